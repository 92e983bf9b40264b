"""Steps on words that were disguised; each accepts a reading only if it is a word that people disguise."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from haineclf.text.tokens import HANDLE, LINK, fold
from haineclf.text.vocabulary import spellings, targets, word_frequency, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from haineclf.text.alignment import AlignedText

_LETTER = "a-zA-ZÀ-ÖØ-öø-ÿŒœ"
_KEEP = rf"{LINK}|{HANDLE}|(?<![\w.+-])[\w.+-]{1, 64}@[\w-]+\.\w+|#\w+|:[a-z]+:"
_HOLDS_KEPT = re.compile(r"[@#]|://|www\.|:[a-z]", re.IGNORECASE)


class _Finder:
    """A pattern with a group `hit`, blind to links, handles, hashtags, addresses and named emoji."""

    def __init__(self, pattern: str) -> None:
        self._plain = re.compile(pattern, re.IGNORECASE)
        self._keeping = re.compile(f"(?:{_KEEP})|{pattern}", re.IGNORECASE)

    def replacements(self, text: str, read: Callable[[str], str | None]) -> Iterator[tuple[int, int, str]]:
        """Yields (start, end, new) for each hit that `read` can read; the capitals are kept."""
        # Looking for what must be kept doubles the cost, and few messages hold any.
        pattern = self._keeping if _HOLDS_KEPT.search(text) else self._plain
        for match in pattern.finditer(text):
            hit = match["hit"]
            if hit and (new := read(hit)) is not None:
                yield match.start("hit"), match.end("hit"), like(hit, new)


_LEET = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "gq",
    "$": "s", "@": "a", "€": "e", "£": "l", "!": "i", "|": "il", "¥": "y",
}  # fmt: skip
_LEET_WORD = _Finder(rf"(?<![\w$€£@!|])(?P<hit>[{_LETTER}0-9$@€£!|¥]*[{_LETTER}0-9$@€£|¥])(?!\w)")
_MOST_READINGS = 64
_APART = _Finder(
    rf"(?<![\w'’])(?P<hit>[{_LETTER}](?P<sep>[ .\-_·/|,]{{1,3}})[{_LETTER}]"
    rf"(?:(?P=sep)[{_LETTER}])*)(?P<last>\.?)(?![\w'’])"
)
_BROKEN = _Finder(rf"(?<!\w)(?P<hit>[{_LETTER}]+(?:[.\-_·/|][{_LETTER}]+)+)(?!\w)")
_MASKED = _Finder(
    rf"(?<![\w*•#])(?P<hit>[{_LETTER}]+(?:(?:[*•●#✱×]+|[._\-]{{2,}})[{_LETTER}]+)+"
    rf"|[{_LETTER}]{{2,}}[*•●✱]{{2,}}|[{_LETTER}]+(?:[*•●#✱×]+[{_LETTER}]*)+(?<=[{_LETTER}]))(?![\w*•#])"
)
_MASK_RUN = re.compile(rf"[^{_LETTER}]+")
_LONG = _Finder(rf"(?<!\w)(?P<hit>[{_LETTER}]*?(?P<letter>[{_LETTER}])(?P=letter)+[{_LETTER}]*)(?!\w)")
_RUN = re.compile(r"(\w)\1+", re.I)
_ROMAN = re.compile(r"[IVXLCDM]+")
_PLAIN_WORD = _Finder(rf"(?<![\w'])(?P<hit>[{_LETTER}]{{6,30}})(?!\w)")


def read_leetspeak(text: AlignedText) -> None:
    """Reads digits and signs inside a word as letters ("c0nn4rd")."""
    if re.search(r"[0-9$@€£!|¥]", text.text):
        text.replace("leetspeak", _LEET_WORD.replacements(text.text, _unleet))


def join_letters(text: AlignedText) -> None:
    """Joins letters or syllables set apart by one sign ("p é d é", "p.d", "sal.ope")."""
    text.replace("apart", _APART.replacements(text.text, lambda hit: _target(re.sub(r"[^\w]|_", "", hit))))
    if re.search(r"\w[.\-_·/|]\w", text.text):
        text.replace("broken", _BROKEN.replacements(text.text, _unbroken))


def unmask(text: AlignedText) -> None:
    """Restores letters hidden behind stars or the like ("p*dé", "enc**é")."""
    if re.search(r"[*•●#✱×]|[._\-]{2}", text.text):
        text.replace("masked", _MASKED.replacements(text.text, _unmasked))


def shorten(text: AlignedText) -> None:
    """Takes drawn-out letters back ("connaaaard", "ouiiii")."""
    text.replace("elongation", _LONG.replacements(text.text, _shortened))


def split_words(text: AlignedText) -> None:
    """Cuts known phrases that were run together ("filsdepute")."""
    text.replace("run-together", _PLAIN_WORD.replacements(text.text, lambda hit: targets().by_joined.get(fold(hit))))


def like(model: str, word: str) -> str:
    """Gives a word the capitals of the spelling that it replaces."""
    letters = [c for c in model if c.isalpha()]
    if len(letters) > 1 and all(c.isupper() for c in letters):
        return word.upper()
    if letters and letters[0].isupper():
        return word[0].upper() + word[1:]
    return word


def _target(letters: str) -> str | None:
    key = fold(letters)
    return targets().by_key.get(key) or _phrase(key)


def _phrase(key: str) -> str | None:
    return targets().by_joined.get(key) if len(key) > 5 else None


def _unleet(hit: str) -> str | None:
    if hit.isalpha() or not any(c.isalpha() for c in hit) or len(hit) > 24:
        return None
    choices = [_LEET.get(c, c) for c in fold(hit)]
    readings = 1
    for choice in choices:
        readings *= len(choice)
    if readings > _MOST_READINGS:
        return None
    # One sign among few letters ("t1", "c4") proves nothing.
    if sum(c.isalpha() for c in hit) < 2 and len(hit) < 4:
        return None
    return next((word for reading in product(*choices) if (word := _target("".join(reading)))), None)


def _unbroken(hit: str) -> str | None:
    pieces = re.split(r"[.\-_·/|]", hit)
    joined = "".join(pieces)
    if len(joined) < 5 or all(piece.lower() in words().known and len(piece) > 3 for piece in pieces):
        return None
    return targets().by_key.get(fold(joined))


def _unmasked(hit: str) -> str | None:
    visible = _MASK_RUN.sub("", hit)
    if len(visible) < 2:
        return None
    if not _MASK_RUN.search(hit.rstrip("*•●✱")) and hit.rstrip("*•●✱").lower() in words().known:
        return None  # "oui**" is emphasis
    key = fold(hit)
    exact = _MASK_RUN.sub(lambda run: f"[a-z]{{{len(run.group())}}}", key)
    found = targets().matching(exact)
    if found is None and max(len(run) for run in _MASK_RUN.findall(key)) > 1:
        found = targets().matching(_MASK_RUN.sub("[a-z]+", key))
    return found


def _shortened(hit: str) -> str | None:
    lower = hit.lower()
    runs = list(_RUN.finditer(lower))
    if (
        lower in words().known
        or lower in spellings()
        or len(runs) > 4
        or lower.startswith("xxx")
        or len(set(lower)) == 1
    ):
        return None
    if _ROMAN.fullmatch(hit):
        return None
    pieces = [_RUN.sub("{}", lower)]
    drawn_out = any(len(run.group()) > 2 for run in runs)
    readings = ["".join(_fill(pieces[0], letters)) for letters in product(*map(_lengths, runs))]
    for reading in readings:
        if found := _target(reading):
            # The target's own accents stand, unless the writer's differ on purpose.
            return found if reading.isascii() else reading if reading in words().known else found
    if not drawn_out:
        return None
    known = [r for r in readings if r in words().known or r in spellings()]
    if known:
        return max(known, key=word_frequency)  # "cool", not "col"
    return "".join(_fill(pieces[0], [r[1] if len(r.group()) > 2 else r.group() for r in runs]))


def _lengths(run: re.Match[str]) -> tuple[str, str]:
    """Gives one letter and two, likelier first: two that were typed are more often meant than three."""
    return (run[1], run[1] * 2) if len(run.group()) > 2 else (run[1] * 2, run[1])


def _fill(shape: str, letters: list[str] | tuple[str, ...]) -> Iterator[str]:
    rest = iter(letters)
    for piece in re.split(r"(\{\})", shape):
        yield next(rest) if piece == "{}" else piece
