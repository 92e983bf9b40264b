"""Variants of a message, as people who write carelessly or hide from filters type it."""

from __future__ import annotations

import random
import re
import unicodedata
from typing import TYPE_CHECKING

from haineclf.text import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"})
_LOOK_ALIKES = str.maketrans({"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х"})
_NEIGHBOURS: Mapping[str, str] = {
    "a": "zq", "e": "rz", "i": "uo", "o": "ip", "u": "yi", "s": "dq", "t": "ry", "r": "et", "n": "b", "l": "km",
    "m": "l", "p": "o", "d": "sf", "c": "xv",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{4,}")
_LATENT = re.compile(r"@\w+|#\w+|https?://\S+")


class Augmenter:
    """Makes variants of messages; labels stay true, for spelling does not change them.

    Args:
        share: Share of the calls that change the message, in [0, 1].
        seed: Seed of the choices.
    """

    def __init__(self, share: float = 0.3, seed: int = 0) -> None:
        self._share = share
        self._random = random.Random(seed)

    def __call__(self, text: str) -> str:
        """Changes a message now and then.

        Args:
            text: The message as it was typed.

        Returns:
            The message or a variant, normalised as the encoder sees it in use.
        """
        if self._random.random() < self._share:
            text = self._random.choice(_ATTACKS)(text, self._random)
        return normalize(text).text


def _on_a_word(change: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
    def attack(text: str, choose: random.Random) -> str:
        words = [found for found in _WORD.finditer(text) if not _LATENT.match(text, max(0, found.start() - 1))]
        if not words:
            return text
        word = choose.choice(words)
        return text[: word.start()] + change(word[0], choose) + text[word.end() :]

    return attack


def _elongated(word: str, choose: random.Random) -> str:
    place = choose.randrange(len(word))
    return word[:place] + word[place] * choose.randint(2, 5) + word[place + 1 :]


def _starred(word: str, choose: random.Random) -> str:
    place = choose.randrange(1, len(word) - 1)
    return word[:place] + "*" + word[place + 1 :]


def _swapped(word: str, choose: random.Random) -> str:
    place = choose.randrange(len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _mistyped(word: str, choose: random.Random) -> str:
    place = choose.randrange(len(word))
    near = _NEIGHBOURS.get(word[place].lower())
    return word[:place] + (choose.choice(near) if near else "") + word[place + 1 :]


def _without_accents(text: str, _: random.Random) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _without_punctuation(text: str, _: random.Random) -> str:
    return re.sub(r"[.,;:!?«»\"…]+", "", text).strip() or text


def _addressed(text: str, choose: random.Random) -> str:
    return f"@user {text}" if choose.random() < 0.6 else f"{text} @user"


_ATTACKS: tuple[Callable[[str, random.Random], str], ...] = (
    _on_a_word(_elongated),
    _on_a_word(_starred),
    _on_a_word(_swapped),
    _on_a_word(_mistyped),
    _on_a_word(lambda word, _: word.lower().translate(_LEET)),
    _on_a_word(lambda word, _: word.translate(_LOOK_ALIKES)),
    _on_a_word(lambda word, _: " ".join(word)),
    _on_a_word(lambda word, _: "\u200b".join(word)),
    _without_accents,
    _without_accents,
    _without_punctuation,
    lambda text, _: text.upper(),
    lambda text, _: text.lower(),
    lambda text, _: text.lower(),
    _addressed,
    _addressed,
)
