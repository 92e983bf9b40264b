"""The normaliser with its map back to original offsets, and the words it leaves."""

from haineclf.text.alignment import Edit, NormalizedText
from haineclf.text.normalizer import NORMALIZER_VERSION, normalize
from haineclf.text.tokens import Token, TokenKind, fold, tokenize
from haineclf.text.vocabulary import is_french_word, word_frequency

__all__ = [
    "NORMALIZER_VERSION",
    "Edit",
    "NormalizedText",
    "Token",
    "TokenKind",
    "fold",
    "is_french_word",
    "normalize",
    "tokenize",
    "word_frequency",
]
