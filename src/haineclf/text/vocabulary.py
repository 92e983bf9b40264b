"""The normaliser's word lists, read once, when a message first needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from haineclf.text.tokens import fold

_PARTICIPLE = re.compile("és?$")
_COMMONEST = 5000
_ROOT = files("haineclf") / "data" / "normaliser"


def _lines(name: str) -> list[str]:
    lines = (_ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _pairs(name: str) -> dict[str, str]:
    return dict(line.split("\t") for line in _lines(name))


@dataclass(frozen=True)
class Words:
    """French words.

    Attributes:
        known: Lower-case words, accents where they belong.
        accented: The commonest accented word for each unaccented spelling that is no word itself.
        ranks: Place by frequency of the commonest words, folded; 1 is first.
    """

    known: frozenset[str]
    accented: dict[str, str]
    ranks: dict[str, int]


@cache
def words() -> Words:
    """French words by frequency (see NOTICE.md for the source)."""
    ranked = _lines("words.txt")
    known = frozenset(ranked)
    accented: dict[str, str] = {}
    for word in ranked:
        plain = word if word.isascii() else fold(word)
        # "assures" may be "assurés", but is as likely the verb as it stands.
        only_ending = _PARTICIPLE.sub("", word).isascii()
        if plain not in known and not only_ending:
            accented.setdefault(plain, word)
    ranks: dict[str, int] = {}
    for rank, word in enumerate(ranked[:_COMMONEST], 1):
        ranks.setdefault(fold(word), rank)
    return Words(known, accented, ranks)


def is_french_word(word: str) -> bool:
    """Whether a lower-case spelling is a French word as it stands, accents included."""
    return word in words().known


def word_frequency(key: str) -> float:
    """Estimates how often a folded word occurs, by Zipf's law: 1 / rank, 0 for one outside the commonest."""
    rank = words().ranks.get(key)
    return 1 / rank if rank else 0.0


@dataclass(frozen=True)
class Targets:
    """Words and phrases that people disguise.

    Attributes:
        by_key: Folded word to its spelling, likeliest first.
        by_joined: Folded phrase without spaces to the phrase.
    """

    by_key: dict[str, str] = field(default_factory=dict)
    by_joined: dict[str, str] = field(default_factory=dict)

    def matching(self, pattern: str) -> str | None:
        """Finds the likeliest word whose folded form matches a regular expression as a whole."""
        compiled = re.compile(pattern)
        return next((word for key, word in self.by_key.items() if compiled.fullmatch(key)), None)


@cache
def targets() -> Targets:
    """Words and phrases worth recovering from a disguise; written for this project."""
    found = Targets()
    for line in _lines("targets.txt"):
        if " " in line:
            found.by_joined.setdefault(re.sub(r"\W", "", fold(line)), line)
        else:
            found.by_key.setdefault(fold(line), line)
    return found


@cache
def spellings() -> dict[str, str]:
    """Chat spelling or verlan, lower case, to the spelling in full."""
    return _pairs("spellings.tsv") | _pairs("verlan.tsv")


@cache
def emoji_names() -> dict[str, str]:
    """Emoji character to the name that stands for it."""
    return {chr(int(point, 16)): name for point, name in _pairs("emoji.tsv").items()}
