"""The normaliser: from what was typed to what was meant, and back."""

from __future__ import annotations

from haineclf.text.alignment import AlignedText, NormalizedText
from haineclf.text.characters import (
    drop_invisible,
    latin_homoglyphs,
    name_emoji,
    plain_letters,
    plain_punctuation,
    repair_encoding,
    unescape_html,
)
from haineclf.text.disguises import join_letters, read_leetspeak, shorten, split_words, unmask
from haineclf.text.spelling import spell_out, undo_inclusive

NORMALIZER_VERSION = "1"
"""Changes with every change of a rule or list here; a model is only valid with the version it was trained on."""

_STEPS = (
    repair_encoding,
    unescape_html,
    drop_invisible,
    plain_letters,
    latin_homoglyphs,
    plain_punctuation,
    name_emoji,
    undo_inclusive,
    unmask,
    read_leetspeak,
    join_letters,
    shorten,
    split_words,
    spell_out,
)
_FINAL = frozenset({"apostrophe", "space", "emoji"})  # leave nothing for a second pass to do
_MOST_PASSES = 8


def normalize(text: str) -> NormalizedText:
    """Undoes what hides words from a reader: look-alikes, leetspeak, stars, spaced letters, chat spelling.

    A disguise is undone only where the result is a word that people disguise; numbers, prices, links, handles,
    hashtags and e-mail addresses stay as they are. Applying it to its own result changes nothing.

    Args:
        text: Any string.

    Returns:
        The normal form, its edits, and the map back to `text`.

    >>> normalize("sale p3d3").text
    'sale pédé'
    >>> result = normalize("t un c0nn4rd")
    >>> result.text, result.span(8, 15)
    ("t'es un connard", (5, 12))
    """
    aligned = AlignedText(text)
    for _ in range(_MOST_PASSES):
        before = len(aligned.edits)
        for step in _STEPS:
            step(aligned)
        if all(edit.step in _FINAL for edit in aligned.edits[before:]):
            break
    return aligned.freeze()
