"""Which words carried a score: those whose removal lowers it most (Li et al. 2016, erasure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|:\w+:")
_LEAST_DROP = 0.02
_SHARE = 0.35
_MOST_WORDS = 120


def spans(text: str, score: Callable[[Sequence[str]], NDArray[np.float64]]) -> list[tuple[int, int, float]]:
    """Finds the words that carry a score.

    Args:
        text: The message as the encoder read it.
        score: Gives the probability of one label for each of several texts.

    Returns:
        Start, end and the fall of the probability without these words, in [0, 1]; neighbours joined.
    """
    words = [(found.start(), found.end()) for found in _WORD.finditer(text)][:_MOST_WORDS]
    if not words:
        return []
    without = [text[:start] + text[end:] for start, end in words]
    scores = score([text, *without])
    drops = scores[0] - scores[1:]
    least = max(_LEAST_DROP, _SHARE * float(drops.max()))
    chosen = [number for number in range(len(words)) if drops[number] >= least]
    if not chosen:
        # No single word carries it: the whole message does.
        return [(words[0][0], words[-1][1], float(scores[0]))]
    joined: list[list[int]] = []
    for number in chosen:
        if joined and number - joined[-1][-1] == 1:
            joined[-1].append(number)
        else:
            joined.append([number])
    return [
        (words[group[0]][0], words[group[-1]][1], float(np.clip(max(drops[number] for number in group), 0, 1)))
        for group in joined
    ]
