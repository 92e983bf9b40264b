"""Steps on spelling: inclusive writing, chat spellings, verlan, missing accents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from haineclf.text.disguises import like
from haineclf.text.tokens import HANDLE, LINK
from haineclf.text.vocabulary import is_french_word, spellings, words

if TYPE_CHECKING:
    from haineclf.text.alignment import AlignedText

_DOT = "[·•‧∙⋅]"
_FEMININE = "(?:e|ne|le|te|se|fe|ère|re|rice|trice|euse|sse|esse|ive|ette|ale|elle)"
_INCLUSIVE = re.compile(
    rf"(?<=[a-zà-ÿ]){_DOT}{_FEMININE}(?:{_DOT}?(?P<plural>s))?(?!\w)"
    r"|(?<=[a-zà-ÿ]{2})\.(?:e|ne|le|euse|rice|trice)(?:\.(?P<plural2>s))(?!\w)"
    r"|(?<=[a-zà-ÿ]{3})\(e\)(?P<plural3>s)?(?!\w)",
    re.IGNORECASE,
)
_WORD = re.compile(rf"{LINK}|{HANDLE}|#\w+|:[a-z]+:|(?P<word>[^\W\d_]+)(?!')")
_LOUD = frozenset({"fdp", "ftg", "tg"})
_GOING = r"(?:vais|vas|va|allons|allez|vont|veux|veut|peux|peut|faut|dois|doit|aller)"
_OBJECT = r"(?:te|t'|vous|le|la|les|l'|lui|leur|me|m'|se|nous|tous)"
_AFTER_T = (
    "con|conne|un|une|qu'un|qu'une|trop|vraiment|pas|moche|bête|laid|nul|nulle|sale|mort|morte|fou|folle|gay|pd|pédé"
    "|qui|où"
)
_AFTER_TES = "un|une|qu'un|qu'une|trop|vraiment|pas|con|conne|qui|mort|morte"
_AFTER_TAS = "pas|vu|rien|cru|dit|fait|qu'à|le|la|une|un"
_AFTER_C = (
    "pas|un|une|le|la|les|quoi|qui|moi|toi|lui|ça|trop|bien|bon|mon|ton|vrai|pour|des|tout|que|dans|nul|chaud|mort"
)
# Letters left out of "t'es", "t'as" and "c'est", where the next word leaves one reading.
_CONTRACTIONS = tuple(
    (re.compile(rf"(?<![\w'&+])(?P<hit>{typed}) (?=(?:{following})(?!\w))", re.IGNORECASE), full)
    for typed, following, full in (
        ("t", _AFTER_T, "t'es"),
        ("tes", _AFTER_TES, "t'es"),
        ("tas", _AFTER_TAS, "t'as"),
        ("c", _AFTER_C, "c'est"),
    )
)
# "je vais te tué": the infinitive after a verb that asks for it.
_PARTICIPLE = re.compile(
    rf"(?<!\w){_GOING} (?:{_OBJECT}[ ']?)*(?P<stem>[a-zà-ÿ]{{2,}}?)(?P<ending>ée?s?)(?!\w)", re.IGNORECASE
)


def undo_inclusive(text: AlignedText) -> None:
    """Takes the added feminine of inclusive writing away ("con·ne·s" to "cons")."""
    if re.search(rf"{_DOT}|\.s\b|\(e\)", text.text, re.I):
        changes = (
            (m.start(), m.end(), m["plural"] or m["plural2"] or m["plural3"] or "")
            for m in _INCLUSIVE.finditer(text.text)
        )
        text.replace("inclusive", changes)


def spell_out(text: AlignedText) -> None:
    """Writes chat spellings and verlan in full ("jvé te tué", "tg", "tebé"), and accents that are missing."""
    full_spellings, known, accented = spellings(), words().known, words().accented
    changes = []
    for match in _WORD.finditer(text.text):
        word = match["word"]
        if not word:
            continue
        lower = word.lower()
        full = full_spellings.get(lower)
        # "NTM" is also a band, "TT" a car: short capitals in a text are names as often as chat.
        if full is not None and (word == lower or len(word) > 3 or lower in _LOUD):
            changes.append((match.start(), match.end(), like(word, full)))
        # Short words ("the", "des") and names, also in capitals, have too many readings.
        elif full is None and len(word) > 3 and word == lower and lower in accented and lower not in known:
            changes.append((match.start(), match.end(), accented[lower]))
    text.replace("spelling", changes)
    for pattern, full in _CONTRACTIONS:
        changes = [(m.start("hit"), m.end("hit"), like(m["hit"], full)) for m in pattern.finditer(text.text)]
        text.replace("spelling", changes)
    changes = [
        (m.start("ending"), m.end("ending"), like(m["ending"], "er"))
        for m in _PARTICIPLE.finditer(text.text)
        if is_french_word(f"{m['stem'].lower()}er")
    ]
    text.replace("spelling", changes)
