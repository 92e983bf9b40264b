"""Text under edit, and the map from each of its characters back to the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Edit:
    """One rewrite that the normaliser made.

    Attributes:
        step: Name of the step that made it.
        start: Offset in the original text of the first character it concerns.
        end: Offset in the original text after the last one.
        before: What stood there when the step ran.
        after: What stands there now.
    """

    step: str
    start: int
    end: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A text, its normal form, and what led from one to the other.

    Attributes:
        original: The text as it was given.
        text: The normal form.
        edits: The rewrites, in the order they were made.
    """

    original: str
    text: str
    edits: tuple[Edit, ...]
    _starts: tuple[int, ...] | None = None
    _ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Maps a span of `text` to the span of `original` that it comes from.

        Args:
            start: Offset in `text`, at least 0.
            end: Offset in `text`, more than `start`, at most its length.

        Returns:
            Offsets in `original`, so that `original[a:b]` is what was typed.
        """
        if self._starts is None or self._ends is None:
            return start, end
        return self._starts[start], self._ends[end - 1]


class AlignedText:
    """A text being rewritten; every character remembers the original span it stands for."""

    def __init__(self, text: str) -> None:
        self.original = text
        self.text = text
        self.edits: list[Edit] = []
        # None stands for the identity, which most messages keep.
        self._starts: list[int] | None = None
        self._ends: list[int] | None = None

    def replace(self, step: str, changes: Iterable[tuple[int, int, str]]) -> None:
        """Rewrites spans of the current text.

        Args:
            step: Name that the edits will bear.
            changes: (start, end, new text) with start < end, sorted, without overlap; one that changes nothing
                is skipped.
        """
        changes = [(s, e, new) for s, e, new in changes if self.text[s:e] != new]
        if not changes:
            return
        old_starts = self._starts if self._starts is not None else list(range(len(self.text)))
        old_ends = self._ends if self._ends is not None else list(range(1, len(self.text) + 1))
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in changes:
            old = self.text[start:end]
            pieces += (self.text[done:start], new)
            starts += old_starts[done:start]
            ends += old_ends[done:start]
            if len(old) == len(new):
                starts += old_starts[start:end]
                ends += old_ends[start:end]
            else:
                # A new spelling stands for the whole old one.
                starts += [old_starts[start]] * len(new)
                ends += [old_ends[end - 1]] * len(new)
            origin = (old_starts[start], old_ends[end - 1])
            self.edits.append(Edit(step, *origin, old, new))
            done = end
        pieces.append(self.text[done:])
        starts += old_starts[done:]
        ends += old_ends[done:]
        self.text = "".join(pieces)
        self._starts, self._ends = starts, ends

    def freeze(self) -> NormalizedText:
        """Returns the result."""
        return NormalizedText(
            self.original,
            self.text,
            tuple(self.edits),
            None if self._starts is None else tuple(self._starts),
            None if self._ends is None else tuple(self._ends),
        )
