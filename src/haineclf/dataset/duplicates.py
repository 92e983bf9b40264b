"""Messages that are almost the same."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from haineclf.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHINGLE = 5
_PERMUTATIONS = 128


def near_duplicates(texts: Sequence[str], similarity: float = 0.7) -> Iterator[tuple[int, int]]:
    """Finds pairs of messages that share most of their letters in the same order.

    Similarity is Jaccard's, over runs of five characters without case, accents, spaces and punctuation; pairs are
    proposed by MinHash (Broder 1997) and then measured exactly, so that none is wrong and few are overlooked.

    Args:
        texts: Messages; those with fewer than five letters have no pairs.
        similarity: Least share of common runs, in (0, 1].

    Yields:
        Positions of the two messages, the earlier first.
    """
    from datasketch import MinHash, MinHashLSH

    sets = [_shingles(text) for text in texts]
    index = MinHashLSH(threshold=similarity - 0.1, num_perm=_PERMUTATIONS)
    known = [position for position, shingles in enumerate(sets) if shingles]
    hashes = MinHash.bulk([[shingle.encode() for shingle in sets[p]] for p in known], num_perm=_PERMUTATIONS)
    for position, hashed in zip(known, hashes, strict=True):
        for earlier in sorted(index.query(hashed)):
            common = len(sets[earlier] & sets[position])
            if common >= similarity * (len(sets[earlier]) + len(sets[position]) - common):
                yield earlier, position
        index.insert(position, hashed)


def _shingles(text: str) -> set[str]:
    letters = "".join(char for char in fold(text) if unicodedata.category(char)[0] in "LNS")
    return {letters[start : start + _SHINGLE] for start in range(len(letters) - _SHINGLE + 1)}
