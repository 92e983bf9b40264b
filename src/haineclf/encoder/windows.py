"""Long messages cut into windows that the encoder can read."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_SENTENCE_END = re.compile(r"[.!?…\n]+[\"'»”)\]]*\s*")


class Window(NamedTuple):
    """Part of a message.

    Attributes:
        start: Offset of its first character.
        end: Offset after its last one.
    """

    start: int
    end: int


def windows(text: str, pieces: Sequence[tuple[int, int]], longest: int) -> list[Window]:
    """Cuts a message at sentence ends; the last sentence of a window is read again in the next.

    Args:
        text: The message.
        pieces: Offsets of its pieces.
        longest: Most pieces in a window, at least 2.

    Returns:
        Windows that together hold every piece; one that is the whole message where it is short enough.
    """
    if len(pieces) <= longest:
        return [Window(0, len(text))]
    ends = {found.end() for found in _SENTENCE_END.finditer(text)}
    # Pieces with which a sentence begins.
    begins = [number for number in range(1, len(pieces)) if _begins(ends, pieces[number - 1][1], pieces[number][0])]
    cut: list[Window] = []
    first = 0
    while first + longest < len(pieces):
        last = _latest(begins, first + longest // 2 + 1, first + longest) or first + longest
        cut.append(Window(pieces[first][0], pieces[last - 1][1]))
        first = _latest(begins, max(first + 1, last - longest // 4), last - 1) or last - longest // 8
    cut.append(Window(pieces[first][0], len(text)))
    return cut


def _latest(begins: Sequence[int], low: int, high: int) -> int | None:
    place = bisect_right(begins, high)
    return begins[place - 1] if place and begins[place - 1] >= low else None


def _begins(ends: set[int], before: int, start: int) -> bool:
    return any(end in ends for end in range(before, start + 1))
