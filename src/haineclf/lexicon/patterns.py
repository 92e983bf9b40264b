"""The pattern language: words and word classes in a row, with slots.

Elements are separated by spaces: `word`, `a|b`, `<class>`, `<class.tense>`, each with `?` when it may be absent;
`_` one word; `...` none to three words; `^` and `$` the ends of the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from haineclf.text import fold, word_frequency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = 3
# Classes and words so common that they make poor anchors.
_COMMON_CLASSES = frozenset(
    "i you youobj obj be have go must want can neg det poss dem all person thing firstname say".split()
)
_COMMON_CLASS, _RARE_CLASS = 1.0, 0.003  # in the unit of word_frequency


class WordRow(Protocol):
    """What a pattern is matched against: the words of one sentence."""

    @property
    def keys(self) -> Sequence[str]:
        """Folded words."""
        ...

    def class_ends(self, name: str, start: int) -> Sequence[int]:
        """Where members of a class that begin at `start` end (exclusive)."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched.

    Attributes:
        start: Index of the first word.
        end: Index after the last word.
        gaps: Indices of the words that only filled a gap.
    """

    start: int
    end: int
    gaps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Element:
    words: frozenset[str]
    classes: tuple[str, ...]
    optional: bool
    special: str  # "^", "$", "_", "..." or ""


class Pattern:
    """A compiled pattern.

    Args:
        source: The pattern as it stands in the lexicon file, already checked.

    Attributes:
        anchors: Words and `<classes>` of which one must be present for a match.
    """

    def __init__(self, source: str) -> None:
        self._elements = tuple(_element(piece) for piece in source.split())
        solid = [_names(element) for element in self._elements if not element.special and not element.optional]
        self.anchors = min(solid, key=_commonness)
        self._required = tuple(names for names in solid if names != self.anchors)

    def possible(self, present: frozenset[str]) -> bool:
        """Whether a sentence with these words and `<classes>` can match, once an anchor is among them."""
        for names in self._required:  # noqa: SIM110 - for every candidate in every sentence; a loop is twice as fast
            if names.isdisjoint(present):
                return False
        return True

    def find(self, words: WordRow) -> Iterator[Match]:
        """Yields the matches that do not overlap, shortest gaps first; a gap at the end is as long as can be."""
        first = self._elements[0]
        done = 0
        for start in range(1 if first.special == "^" else len(words.keys)):
            if start < done or not (first.special or first.optional or self._begins(words, start)):
                continue
            found = self._match(words, 0, start, ())
            if found is not None and found[0] > start:
                done = found[0]
                yield Match(start, *found)

    def _begins(self, words: WordRow, start: int) -> bool:
        first = self._elements[0]
        if words.keys[start] in first.words:
            return True
        for name in first.classes:  # noqa: SIM110 - as above
            if words.class_ends(name, start):
                return True
        return False

    def _match(
        self, words: WordRow, element: int, at: int, gaps: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]] | None:
        if element == len(self._elements):
            return at, gaps
        current = self._elements[element]
        if current.special:
            return self._match_special(words, element, at, gaps)
        keys = words.keys
        if at < len(keys):
            ends = {at + 1} if keys[at] in current.words else set()
            for name in current.classes:
                ends.update(words.class_ends(name, at))
            for end in sorted(ends, reverse=True) if len(ends) > 1 else ends:
                found = self._match(words, element + 1, end, gaps)
                if found is not None:
                    return found
        return self._match(words, element + 1, at, gaps) if current.optional else None

    def _match_special(
        self, words: WordRow, element: int, at: int, gaps: tuple[int, ...]
    ) -> tuple[int, tuple[int, ...]] | None:
        special = self._elements[element].special
        last = len(words.keys)
        if special == "^":
            return self._match(words, element + 1, at, gaps) if at == 0 else None
        if special == "$":
            return self._match(words, element + 1, at, gaps) if at == last else None
        shortest, longest = (1, 1) if special == "_" else (0, _GAP)
        widths = range(shortest, min(longest, last - at) + 1)
        for width in reversed(widths) if element + 1 == len(self._elements) else widths:
            found = self._match(words, element + 1, at + width, (*gaps, *range(at, at + width)))
            if found is not None:
                return found
        return None


def _element(piece: str) -> _Element:
    if piece in {"^", "$", "_", "..."}:
        return _Element(frozenset(), (), optional=False, special=piece)
    plain = piece.removesuffix("?")
    choices = plain.split("|")
    return _Element(
        words=frozenset(fold(choice) for choice in choices if not choice.startswith("<")),
        classes=tuple(choice[1:-1] for choice in choices if choice.startswith("<")),
        optional=piece != plain,
        special="",
    )


def _names(element: _Element) -> frozenset[str]:
    return element.words | {f"<{name}>" for name in element.classes}


def _commonness(names: frozenset[str]) -> float:
    """Estimates how many sentences hold one of these; the rarest makes the best anchor."""
    return sum(
        (_COMMON_CLASS if name[1:-1].partition(".")[0] in _COMMON_CLASSES else _RARE_CLASS)
        if name.startswith("<")
        else word_frequency(name)
        for name in names
    )
