"""Is it said of a person? Asked of words that are harmless when said of a thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from haineclf.rules.syntax import is_name, object_of, subject_of
from haineclf.text import TokenKind

if TYPE_CHECKING:
    from haineclf.lexicon import Hit
    from haineclf.rules.message import Sentence
    from haineclf.rules.parses import Parses

_PEOPLE = ("person", "firstname", "group", "lgbt", "slur", "degrade")
_THINGS = ("thing", "animal")
_READER = frozenset("tu t vous te toi".split())
_THIRD = frozenset("il elle ils elles lui eux".split())
_TELLING = frozenset("ressemble ressembles ressemblez fais faites as avez".split())
_PREPOSITIONS = frozenset("a au aux dans sur par avec pour en chez".split())
_INVECTIVE = frozenset("sale sales espece especes bande ramassis".split())
_AROUND = 6
_PLAIN = 0.8  # from this strength on, the word alone is said to somebody


def said_of_person(sentence: Sentence, hit: Hit, parses: Parses) -> float:
    """Weighs whether an ambiguous word is said of a person.

    Args:
        sentence: Where it stands.
        hit: The word.
        parses: Parses, asked only where the words around leave it open.

    Returns:
        1 if it clearly is, less if it probably is, 0 if not.
    """
    if _belongs_to_thing(sentence, hit):
        return 0.0
    if _alone(sentence, hit):
        return 0.9
    if _marked(sentence, hit, _INVECTIVE):
        return 0.95
    predicate = _predicate_of(sentence, hit)
    if predicate is not None:
        return _subject_weight(sentence, hit, predicate, parses)
    if _followed_by_person(sentence, hit) or _beside_person(sentence, hit):
        return 0.9
    return 0.8 if _called_out(sentence, hit) else 0.0


def object_is_person(sentence: Sentence, start: int, end: int, parses: Parses) -> bool:
    """Whether what a verb does is done to a person.

    Args:
        sentence: Where the verb stands.
        start: Index of the first word of the expression that the verb ends.
        end: Index after the verb.
        parses: Parses, asked only where the words leave it open.

    Returns:
        True for a person or a group; an object pronoun counts as one unless a thing is named after it.
    """
    keys = sentence.keys
    expression = keys[start:end]
    if _READER & set(expression):
        return True
    pronoun = bool({"le", "la", "l", "les", "lui", "leur"} & set(expression))
    heads = _heads_after(sentence, end)
    if heads is None:
        return pronoun and not _antecedent_is_thing(sentence, start)
    if heads == "person":
        return True
    if heads == "thing":
        return False
    token = object_of(parses.of(sentence), parses.offset(sentence, end - 1))
    if token is None:
        return pronoun
    return is_name(token) or (not pronoun and _unknown_person(sentence, token.text))


def done_to_thing(sentence: Sentence, start: int, end: int) -> bool:
    """Whether an expression that names nobody is followed by the thing it is done to ("je vais le tuer ce réveil").

    Args:
        sentence: Where it stands.
        start: Index of its first word.
        end: Index after its last word.

    Returns:
        True if a thing or an animal is named right after.
    """
    return not _READER & set(sentence.keys[start:end]) and _heads_after(sentence, end) == "thing"


def subject_is_person(sentence: Sentence, start: int, parses: Parses) -> bool:
    """Whether what an expression is said of is a person.

    Args:
        sentence: Where it stands.
        start: Index of its first word.
        parses: Parses, asked only where the words leave it open.

    Returns:
        True for a person, a group or a personal pronoun.
    """
    for index in range(start - 1, max(-1, start - 1 - _AROUND), -1):
        kind = _kind_at(sentence, index)
        if kind == "person" or sentence.keys[index] in _READER | _THIRD:
            return True
        if kind == "thing" or sentence.keys[index] in {"c", "ca", "ce", "cela"}:
            return False
    if start == 0:
        return False
    subject = subject_of(parses.of(sentence), parses.offset(sentence, start))
    return subject is not None and is_name(subject)


def _alone(sentence: Sentence, hit: Hit) -> bool:
    """Whether the word, markers aside, is all that is said to somebody ("gros porc", "@x bouffon")."""
    others = [
        index
        for index, word in enumerate(sentence.words)
        if not hit.start <= index < hit.end
        and word.kind is TokenKind.WORD
        and not any(sentence.has(name, index) for name in ("marker", "filler", "joke"))
    ]
    addressed = sentence.words[0].kind is TokenKind.HANDLE
    return not others and (_marked(sentence, hit) or addressed or hit.entry.strength >= _PLAIN)


def _called_out(sentence: Sentence, hit: Hit) -> bool:
    """Whether it is called at the reader, set off by a comma ("casse-toi, bouffon", "dégage, la pédale")."""
    keys = sentence.keys
    article = hit.start > 0 and keys[hit.start - 1] in {"la", "le", "les", "l"}
    set_off = hit.start in sentence.marks or (article and hit.start - 1 in sentence.marks)
    ends = hit.end == len(keys) or hit.end in sentence.marks
    return set_off and ends and (article or bool(_READER & set(keys)))


def _marked(sentence: Sentence, hit: Hit, words: frozenset[str] = frozenset()) -> bool:
    """Whether a word of invective stands right before ("espèce de", "sale"), one of `words` if given."""
    starts = [index for index in sentence.starts_of("marker") if hit.start in sentence.class_ends("marker", index)]
    return any(not words or sentence.keys[index] in words for index in starts)


def _predicate_of(sentence: Sentence, hit: Hit) -> int | None:
    """Index of the copula that the word completes ("t'es vraiment un …"), or None."""
    for index in range(hit.start - 1, max(-1, hit.start - 1 - _AROUND), -1):
        if sentence.has("be", index) or sentence.keys[index] in _TELLING:
            return index
        if not sentence.has("filler", index) and not sentence.has("slur", index):
            return None
    return None


def _subject_weight(sentence: Sentence, hit: Hit, copula: int, parses: Parses) -> float:
    keys = sentence.keys
    before = keys[max(0, copula - 3) : copula]
    after = keys[copula + 1 : copula + 2]
    if {"tu", "t", "vous"} & set(before) or (after and after[0] in {"tu", "vous"}):
        return 1.0
    for index in range(copula - 1, max(-1, copula - 1 - _AROUND), -1):
        kind = _kind_at(sentence, index)
        if kind == "thing" or keys[index] in {"ca", "cela"}:
            return 0.0
        if kind == "person" or keys[index] in {"ils", "elles", "eux", "lui"}:
            return 0.95
        if keys[index] in {"il", "elle"}:
            return 0.0 if sentence.starts_of("thing") else 0.85
        if keys[index] in {"c", "ce"}:
            return 0.7 if hit.start - copula > 1 and _named(sentence, hit) else 0.0
    subject = subject_of(parses.of(sentence), parses.offset(sentence, copula))
    return 0.85 if subject is not None and is_name(subject) else 0.0


def _named(sentence: Sentence, hit: Hit) -> bool:
    """Whether "c'est un …" speaks of somebody who is named in the sentence."""
    return any(_kind_at(sentence, i) == "person" for i in range(len(sentence.keys)) if not hit.start <= i < hit.end)


def _followed_by_person(sentence: Sentence, hit: Hit) -> bool:
    """Whether a person follows as complement ("ce clown de ministre", "ces rats de gauchistes")."""
    keys = sentence.keys
    if hit.end + 1 < len(keys) and keys[hit.end] in {"de", "d", "des"}:
        return _kind_at(sentence, hit.end + 1) == "person"
    return False


def _beside_person(sentence: Sentence, hit: Hit) -> bool:
    """Whether it stands beside the noun for a person that it describes ("un maire débile", "un débile de maire")."""
    near = [hit.start - 1] if hit.start > 0 and hit.start not in sentence.marks else []
    return any(_kind_at(sentence, index) == "person" for index in near)


def _belongs_to_thing(sentence: Sentence, hit: Hit) -> bool:
    """Whether a thing follows or stands before it ("connard de réveil", "un film débile")."""
    keys = sentence.keys
    after = hit.end + (1 if keys[hit.end : hit.end + 1] in (["de"], ["d"]) else 0)
    after += 1 if keys[after : after + 1] and sentence.has("det", after) and after > hit.end else 0
    follows = after > hit.end and after < len(keys) and _kind_at(sentence, after) == "thing"
    return follows or (hit.start > 0 and _kind_at(sentence, hit.start - 1) == "thing")


def _heads_after(sentence: Sentence, end: int) -> str | None:
    """Says what kind of noun comes next: "person", "thing", "unknown", or None for none at all."""
    for index in range(end, min(len(sentence.keys), end + 5)):
        if sentence.keys[index] in _PREPOSITIONS:
            return None  # a place or a means, not what it is done to
        kind = _kind_at(sentence, index)
        if kind:
            return kind
        determiner = any(sentence.has(name, index) for name in ("det", "poss", "dem", "all"))
        if not determiner:
            previous = index > end and any(sentence.has(name, index - 1) for name in ("det", "poss", "dem"))
            word = sentence.words[index].text
            return "unknown" if previous or (word[:1].isupper() and word[1:].islower()) else None
    return None


def _kind_at(sentence: Sentence, index: int) -> str:
    if any(sentence.has(name, index) for name in _PEOPLE):
        return "person"
    return "thing" if any(sentence.has(name, index) for name in _THINGS) else ""


def _antecedent_is_thing(sentence: Sentence, start: int) -> bool:
    """Whether a pronoun takes up a thing or an animal ("les frelons, il faut les …")."""
    kinds = {_kind_at(sentence, index) for index in range(start)}
    return "thing" in kinds and "person" not in kinds


def _unknown_person(sentence: Sentence, word: str) -> bool:
    """Whether a noun that no class knows is written like a name."""
    return word[:1].isupper() and word != sentence.words[0].text
