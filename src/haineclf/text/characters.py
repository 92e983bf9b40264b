"""Steps on characters: what a reader sees as a plain letter becomes that letter."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from haineclf.text.vocabulary import emoji_names, targets, words

if TYPE_CHECKING:
    from haineclf.text.alignment import AlignedText

_MOJIBAKE_HINT = re.compile("[ÃÂâðÅ][\x80-\xff\u0152-\u0178\u2010-\u203a\u20ac\u2122]")
_CHUNK = re.compile(r"\S+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f]|(?<=\\w)[\u200d\ufe0e\ufe0f]|[\u200d](?=\\w)"
)
_MARKS = re.compile("[0-9A-Za-z\u00c0-\u024f][\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_NOT_LATIN1 = re.compile("[^\x00-\xff\u0152\u0153\u2013\u2014\u2018-\u201e\u2026\u20ac]")
_APOSTROPHE = re.compile("(?<=\\w)[\u2018\u2019\u02bc\u02b9\u00b4`\u2032\uff07](?=\\w)")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_FOREIGN_WORD = re.compile("[^\\W\\d_]+")
_LATIN_NAME = re.compile(r"LATIN (?:LETTER )?(SMALL )?(?:CAPITAL )?(?:LETTER )?([A-Z])\b")
_REGIONAL = re.compile("(?<![\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff](?![\U0001f1e6-\U0001f1ff])")
_WHITE_FLAG = "\U0001f3f3\ufe0f?\u200d(?=\U0001f308)"
_SKIN_TONE = "[\U0001f3fb-\U0001f3ff\ufe0f\ufe0e]*"


def repair_encoding(text: AlignedText) -> None:
    """Undoes UTF-8 read as another encoding ("Ã©" for "é"), with ftfy, word by word."""
    if _MOJIBAKE_HINT.search(text.text):
        from ftfy import fix_encoding

        changes = ((m.start(), m.end(), fix_encoding(m.group())) for m in _CHUNK.finditer(text.text))
        text.replace("encoding", changes)


def unescape_html(text: AlignedText) -> None:
    """Turns entities into their characters ("&amp;" into "&")."""
    if "&" in text.text:
        text.replace("html", ((m.start(), m.end(), html.unescape(m.group())) for m in _ENTITY.finditer(text.text)))


def drop_invisible(text: AlignedText) -> None:
    """Takes zero-width, direction and tag characters out, and accents that no French letter bears."""
    if text.text.isascii():
        return
    text.replace("invisible", ((m.start(), m.end(), "") for m in _INVISIBLE.finditer(text.text)))
    text.replace("marks", ((m.start(), m.end(), _composed(m.group())) for m in _MARKS.finditer(text.text)))


def plain_letters(text: AlignedText) -> None:
    """Turns fancy alphabets into plain letters: mathematical, full-width, circled, small capitals."""
    if _NOT_LATIN1.search(text.text):
        text.replace("letters", ((m.start(), m.end(), _plain(m.group())) for m in _NOT_LATIN1.finditer(text.text)))
        text.replace(
            "letters", ((m.start(), m.end(), chr(ord(m.group()) - 0x1F1E6 + 65)) for m in _REGIONAL.finditer(text.text))
        )


def latin_homoglyphs(text: AlignedText) -> None:
    """Turns Cyrillic and Greek look-alikes into Latin letters, where the word is a Latin one in disguise."""
    if _NOT_LATIN1.search(text.text):
        found = ((m.start(), m.end(), _latin(m.group())) for m in _FOREIGN_WORD.finditer(text.text))
        text.replace("homoglyphs", ((start, end, new) for start, end, new in found if new))


def plain_punctuation(text: AlignedText) -> None:
    """Turns typographic apostrophes and spaces into the keyboard's."""
    if not text.text.isascii() or "`" in text.text:
        text.replace("apostrophe", ((m.start(), m.end(), "'") for m in _APOSTROPHE.finditer(text.text)))
        text.replace("space", ((m.start(), m.end(), " ") for m in _SPACE.finditer(text.text)))


def name_emoji(text: AlignedText) -> None:
    """Writes the emoji that carry a meaning as `:name:`, set apart from the words beside them."""
    if text.text.isascii():
        return
    changes = []
    for match in _emoji_pattern().finditer(text.text):
        before, after = text.text[: match.start()][-1:], text.text[match.end() :][:1]
        name = f":{emoji_names()[match['sign']]}:"
        changes.append((match.start(), match.end(), f"{_gap(before)}{name}{_gap(after)}"))
    text.replace("emoji", changes)


@cache
def _emoji_pattern() -> re.Pattern[str]:
    # A sign inside a joined sequence (pirate flag) is another emoji; the rainbow flag is its rainbow.
    signs = "".join(emoji_names())
    return re.compile(f"(?:{_WHITE_FLAG}|(?<!\u200d))(?P<sign>[{signs}]){_SKIN_TONE}(?!\u200d)")


def _gap(neighbour: str) -> str:
    return " " if neighbour.isalnum() else ""


def _composed(cluster: str) -> str:
    composed = unicodedata.normalize("NFC", cluster)
    return "".join(c for c in composed if not unicodedata.combining(c))


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char)
    if folded != char and folded.isalnum() and folded.isascii():
        return folded
    if unicodedata.category(char) in {"So", "Ll", "Lm"} and not "\u0100" <= char <= "\u024f":
        match = _LATIN_NAME.search(unicodedata.name(char, ""))
        enclosed = "SQUARED" in unicodedata.name(char, "") or "CIRCLED" in unicodedata.name(char, "")
        small_capital = "LETTER SMALL CAPITAL" in unicodedata.name(char, "")
        if match and (enclosed or small_capital):
            return match[2].lower() if small_capital else match[2]
    return char


@lru_cache(maxsize=4096)
def _latin(word: str) -> str | None:
    """Gives the Latin word that a word written with look-alikes stands for, or None."""
    if all(c < "\u0250" for c in word):
        return None
    letters = [c if c < "\u0250" else _look_alike(c) for c in word]
    if None in letters:
        return None
    latin = "".join(letter or "" for letter in letters)
    mixed = any(c < "\u0250" for c in word)
    # A word wholly in another script is that script's word, unless it spells one of ours.
    spells = latin.lower() in targets().by_key or (len(latin) > 3 and latin.lower() in words().known)
    return latin if mixed or spells else None


def _look_alike(char: str) -> str | None:
    from confusable_homoglyphs import confusables

    found = confusables.is_confusable(char, preferred_aliases=["latin"])
    for candidate in found[0]["homoglyphs"] if found else ():
        letter: str = candidate["c"]
        if candidate["n"].startswith("LATIN") and len(letter) == 1 and letter.isascii():
            return letter
    return None
