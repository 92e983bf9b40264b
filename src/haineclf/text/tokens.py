"""Words with their offsets, and the key under which spellings of a word meet."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple


class TokenKind(Enum):
    """What a token is."""

    WORD = auto()
    EMOJI = auto()
    HANDLE = auto()
    LINK = auto()
    PUNCTUATION = auto()


class Token(NamedTuple):
    """A piece of normalised text.

    Attributes:
        text: The piece as it stands.
        key: Folded spelling; equal for spellings that differ by case or accents.
        kind: What the piece is.
        start: Offset of its first character.
        end: Offset after its last character.
    """

    text: str
    key: str
    kind: TokenKind
    start: int
    end: int


LINK = r"(?:https?://|www\.)\S+"
HANDLE = r"(?<![\w.@])@\w+(?:@[\w.]+\w)?"

_TOKEN = re.compile(
    rf"(?P<LINK>{LINK})|(?P<HANDLE>{HANDLE})|(?P<EMOJI>:[a-z]+:)|(?P<WORD>[^\W_]+)"
    r"|(?P<PUNCTUATION>[.!?…]+|\n+|[\"«»“”„():;,\[\]])"
)
_KINDS = {kind.name: kind for kind in TokenKind}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Lower-cases a word and takes its accents and ligatures away.

    >>> fold("ENCULÉ"), fold("cœur")
    ('encule', 'coeur')
    """
    lowered = word.lower()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFD", lowered.translate(_LIGATURES))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def tokenize(text: str) -> list[Token]:
    """Cuts text at spaces, punctuation, apostrophes and hyphens.

    Args:
        text: Normalised text; emoji that the normaliser knows stand there as `:name:`.

    Returns:
        Tokens in order; spaces and signs without a use here are left out.
    """
    tokens = []
    for match in _TOKEN.finditer(text):
        piece, kind = match.group(), _KINDS[match.lastgroup or ""]
        key = fold(piece) if kind is TokenKind.WORD else "@" if kind is TokenKind.HANDLE else piece
        tokens.append(Token(piece, key, kind, match.start(), match.end()))
    return tokens
