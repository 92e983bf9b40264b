"""Does the author take the words as his own? Reported, quoted, denied, denounced and self-directed words are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from haineclf.rules.syntax import governors, is_negated, subject_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from haineclf.rules.message import Sentence
    from haineclf.rules.parses import Parses

_FIRST = frozenset("je j moi nous".split())
_SECOND = frozenset("tu vous".split())
_COPULA_1 = frozenset("suis etais serai serais sommes etions sens sentais sentons".split())
_NEGATIONS = frozenset("pas plus jamais".split())
_OPENERS = frozenset("que qu".split())
_READER = frozenset("tu t te toi ton ta tes vous votre vos".split())
_PEOPLE = ("person", "firstname", "group", "lgbt")
_NOT_OWN = frozenset("il elle ils elles on qui lui leur se s".split())
_REACH = 8
_NEAR = 4


def not_meant(sentences: Sequence[Sentence], sentence: Sentence, start: int, end: int) -> bool:
    """Whether the words around say that the author does not speak for himself.

    Args:
        sentences: The whole message.
        sentence: Where the expression stands.
        start: Index of its first word.
        end: Index after its last word.

    Returns:
        True if the expression is reported, quoted, asked about, denounced, denied or said of oneself.
    """
    return (
        _denied(sentence, start)
        or _of_oneself(sentence, start)
        or _called_by_others(sentence, start)
        or _told_by_others(sentence, start)
        or _named_as_word(sentence, start)
        or _asked_about(sentence, start)
        or _quoted(sentences, sentence, start, end)
    )


def reported_by_syntax(sentence: Sentence, start: int, end: int, parses: Parses) -> bool:
    """Whether the parse shows the expression under somebody else's saying, or under a negation.

    Args:
        sentence: Where the expression stands.
        start: Index of its first word.
        end: Index after its last word.
        parses: Parses; asked only when a verb of saying or a negation comes first.

    Returns:
        True if a verb above is negated, or is a verb of saying whose subject is not the author.
    """
    first = range(start)
    if not any(sentence.has("say", i) or sentence.keys[i] in _NEGATIONS for i in first):
        return False
    doc = parses.of(sentence)
    offset = parses.offset(sentence, end - 1)
    by_offset = {parses.offset(sentence, i): i for i in range(len(sentence.words))}
    for verb in governors(doc, offset):
        index = by_offset.get(verb.idx)
        if index is None or index >= start:
            continue
        if is_negated(verb):
            return True
        if sentence.has("say", index):
            subject = subject_of(doc, verb.idx)
            return subject is None or subject.text.lower() not in _FIRST | _SECOND | {"j'", "j’"}
    return False


def playing(sentence: Sentence, start: int, end: int) -> bool:
    """Whether the words around an expression talk of a game or a sport, where nobody is hurt.

    Args:
        sentence: Where the expression stands.
        start: Index of its first word.
        end: Index after its last word.

    Returns:
        True if a word of a game or a sport stands outside the expression.
    """
    return any(not start <= i < end for name in ("game", "sport") for i in sentence.starts_of(name))


def _denied(sentence: Sentence, start: int) -> bool:
    """Spots "t'es pas un …", "c'est pas une …"."""
    keys = sentence.keys
    index = start - 1
    while index >= 0 and sentence.has("filler", index) and keys[index] not in _NEGATIONS:
        index -= 1
    return index > 0 and keys[index] in _NEGATIONS and sentence.has("be", index - 1)


def _of_oneself(sentence: Sentence, start: int) -> bool:
    """Spots "je suis trop …", "nous sommes des …", "en tant que …"."""
    keys = sentence.keys
    index = start - 1
    while index >= 0 and start - index <= _REACH and (sentence.has("filler", index) or keys[index] in _NEGATIONS):
        index -= 1
    if index < 0 or start - index > _REACH:
        return keys[max(0, start - 3) : start] == ["en", "tant", "que"]
    subject = keys[max(0, index - 3) : index]
    return keys[index] in _COPULA_1 and bool(_FIRST & set(subject))


def _called_by_others(sentence: Sentence, start: int) -> bool:
    """Spots "traité de …", "m'insulte de …", "appeler l'arbitre …", also in a row: "de …, de …"."""
    keys = sentence.keys
    for index in range(start - 1, max(-1, start - 1 - _REACH), -1):
        if sentence.has("sayinsult", index):
            between = set(keys[index + 1 : start])
            close = len(between) <= _NEAR - 1 and not between & _READER
            return (close or bool(between & {"de", "d"})) and keys[index - 1 : index] not in (["je"], ["j"])
        if index + 1 in sentence.marks and keys[index + 1] not in {"de", "d", "et", "ou"}:
            return False
    return False


def _told_by_others(sentence: Sentence, start: int) -> bool:
    """Spots "m'a dit …", "il crie …", "mon père a hurlé que …"."""
    keys = sentence.keys
    for index in range(start - 1, -1, -1):
        if sentence.has("say", index):
            between = keys[index + 1 : start]
            complement = bool(_OPENERS & set(between))
            near = len(between) < _NEAR and (not between or index + 1 in sentence.marks or "m" in keys[:index])
            return (complement or near) and _said_by_third(sentence, index)
    return False


def _said_by_third(sentence: Sentence, index: int) -> bool:
    """Whether the subject of a verb of saying is neither the author nor the reader."""
    before = range(max(0, index - 3), index)
    speaker = {sentence.keys[i] for i in before}
    if "m" in speaker or "me" in speaker:
        return not speaker & _SECOND
    third = bool(speaker & _NOT_OWN) or any(sentence.has(name, i) for i in before for name in _PEOPLE)
    return third and not speaker & (_FIRST | _SECOND)


def _named_as_word(sentence: Sentence, start: int) -> bool:
    """Spots "le mot …", "l'insulte …", "stop aux …", "condamné pour …"."""
    for index in range(start - 1, max(-1, start - 1 - _NEAR), -1):
        if sentence.marks.get(index + 1) == ",":
            return False
        if sentence.has("report", index) or sentence.has("denounce", index):
            return sentence.keys[max(0, index - 1)] not in {"ta", "ton", "votre", "tu", "vous"}
    return False


def _asked_about(sentence: Sentence, start: int) -> bool:
    """Spots "c'est quoi un …", "… ça veut dire quoi"."""
    return bool(sentence.starts_of("ask")) and not _SECOND & set(sentence.keys[:start])


def _quoted(sentences: Sequence[Sentence], sentence: Sentence, start: int, end: int) -> bool:
    """Spots words between quotation marks in a message that tells of others' words outside them."""
    if not all(index in sentence.quoted for index in range(start, end)):
        return False
    return any(
        _speaks_of_others(other, index)
        for other in sentences
        for name in ("say", "sayinsult", "report", "denounce", "judged")
        for index in other.starts_of(name)
        if index not in other.quoted
    )


def _speaks_of_others(sentence: Sentence, index: int) -> bool:
    return not _SECOND & set(sentence.keys[max(0, index - 2) : index])
