"""What a line of a lexicon file may say, checked when it is read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from haineclf.labels import Label
from haineclf.lexicon.conjugation import conjugate, tags_by_form

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION = 1

_ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_CLASS = re.compile(r"[a-z_]+")
_ELEMENT = re.compile(r"(?:<[a-z_]+(?:\.[a-z]+[1-6]?)?>|[^\W_]+|:[a-z]+:)")
_REGISTERS = frozenset("standard familiar vulgar youth sms verlan literary militant".split())
_REGIONS = frozenset("all fr qc be ch maghreb westafrica centralafrica antilles reunion".split())
_COMMON = frozenset({"id", "kind", "register", "region", "source", "innocent"})


class Kind(StrEnum):
    """What an entry is for."""

    SLUR = "slur"
    PHRASE = "phrase"
    PATTERN = "pattern"
    WORD = "word"
    INNOCENT = "innocent"


class Check(StrEnum):
    """What must be a person for a pattern to hold."""

    OBJECT = "object"
    SUBJECT = "subject"


_ALLOWED = {
    Kind.SLUR: {"lemma", "forms", "labels", "strength", "target"},
    Kind.PHRASE: {"lemma", "forms", "labels", "strength", "target", "check"},
    Kind.PATTERN: {"pattern", "labels", "strength", "target", "check"},
    Kind.WORD: {"lemma", "forms", "class", "verb", "tenses"},
    Kind.INNOCENT: {"lemma", "forms", "pattern"},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One lexicon entry.

    Attributes:
        id: Stable id, unique over all files.
        kind: What the entry is for.
        forms: Surface forms, lower case; to each the tags of its tense, empty for what is no verb.
        pattern: Words with slots, in place of forms; empty for the other kinds.
        labels: Labels it speaks for.
        strength: How surely, in [0, 1].
        person_only: Whether it counts only when said of a person or a group.
        check: What else must be a person.
        word_class: Class that the forms belong to.
        innocent: Senses in which it is harmless, for people.
    """

    id: str
    kind: Kind
    forms: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    pattern: str = ""
    labels: tuple[Label, ...] = ()
    strength: float = 0.0
    person_only: bool = False
    check: Check | None = None
    word_class: str = ""
    innocent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mute:
    """A line of a user's file that takes a built-in entry out.

    Attributes:
        id: Id of the entry.
    """

    id: str


def parse_line(line: str) -> Entry | Mute | None:
    """Reads one line of a lexicon file.

    Args:
        line: A JSON object: an entry, `{"mute": id}`, or the header `{"haineclf_lexicon": 1, ...}`.

    Returns:
        The entry or mute; None for a header.

    Raises:
        ValueError: If the line is none of these; the message says which field is wrong.
    """
    data = json.loads(line)
    if not isinstance(data, dict):
        message = "a line must be a JSON object"
        raise ValueError(message)
    if "haineclf_lexicon" in data:
        _require(data["haineclf_lexicon"] == SCHEMA_VERSION, f"header: schema must be {SCHEMA_VERSION}")
        return None
    if "mute" in data:
        _require(isinstance(data["mute"], str) and len(data) == 1, 'a mute is {"mute": "<entry id>"}, nothing else')
        return Mute(data["mute"])
    return _parse_entry(data)


def _parse_entry(data: dict[str, Any]) -> Entry:
    identifier = data.get("id")
    _require(isinstance(identifier, str) and _ID.fullmatch(identifier) is not None, f"id: {identifier!r} is not an id")
    _require(data.get("kind") in list(Kind), f"kind: must be one of {', '.join(Kind)}")
    kind = Kind(data["kind"])
    unknown = set(data) - _COMMON - _ALLOWED[kind]
    _require(not unknown, f"a {kind} has no field {', '.join(sorted(unknown))}")
    _require(
        data.get("register", "standard") in _REGISTERS, f"register: must be one of {', '.join(sorted(_REGISTERS))}"
    )
    region = data.get("region", ["all"])
    _require(
        isinstance(region, list) and bool(region) and set(region) <= _REGIONS,
        f"region: must list some of {', '.join(sorted(_REGIONS))}",
    )
    _require(isinstance(data.get("source", ""), str), "source: must be a string")
    pattern = data.get("pattern", "")
    if pattern or kind is Kind.PATTERN:
        _check_pattern(pattern)
    return Entry(
        id=data["id"],
        kind=kind,
        forms={} if pattern else _forms(data),
        pattern=pattern,
        labels=_labels(data) if kind in {Kind.SLUR, Kind.PHRASE, Kind.PATTERN} else (),
        strength=_strength(data) if kind in {Kind.SLUR, Kind.PHRASE, Kind.PATTERN} else 0.0,
        person_only=_choice(data, "target", ("none", "person")) == "person",
        check=Check(data["check"]) if _choice(data, "check", ("", *Check)) else None,
        word_class=_word_class(data) if kind is Kind.WORD else "",
        innocent=tuple(_strings(data, "innocent")),
    )


def _forms(data: dict[str, Any]) -> dict[str, frozenset[str]]:
    _require(isinstance(data.get("lemma"), str) and bool(data["lemma"].strip()), "lemma: a word is needed")
    forms = dict.fromkeys(_strings(data, "forms"), frozenset[str]())
    if "tenses" in data:
        tenses = data["tenses"]
        _require(isinstance(tenses, dict), "tenses: must be an object of lists")
        forms |= tags_by_form({tag: _strings(tenses, tag) for tag in tenses})
    elif "verb" in data:
        forms |= tags_by_form(conjugate(data["lemma"], str(data["verb"])))
    _require(bool(forms), "forms: at least one is needed")
    return forms


def _labels(data: dict[str, Any]) -> tuple[Label, ...]:
    named = set(_strings(data, "labels"))
    _require(bool(named) and named <= set(Label), f"labels: must list some of {', '.join(Label)}")
    return tuple(label for label in Label if label in named)


def _strength(data: dict[str, Any]) -> float:
    strength = data.get("strength")
    _require(isinstance(strength, int | float) and 0 < strength <= 1, "strength: must be a number above 0, at most 1")
    return float(data["strength"])


def _word_class(data: dict[str, Any]) -> str:
    name = data.get("class")
    _require(isinstance(name, str) and _CLASS.fullmatch(name) is not None, "class: must be lower-case letters and _")
    return str(name)


def _choice(data: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = data.get(name, allowed[0])
    _require(value in allowed, f"{name}: must be one of {', '.join(filter(None, allowed))}")
    return str(value)


def _strings(data: dict[str, Any], name: str) -> list[str]:
    value = data.get(name, [])
    _require(
        isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value),
        f"{name}: must be a list of strings",
    )
    return list(value)


def _check_pattern(pattern: object) -> None:
    _require(isinstance(pattern, str) and bool(pattern.strip()), "pattern: words or slots are needed")
    elements = str(pattern).split()
    for element in elements:
        plain = element.rstrip("?")
        fine = plain in {"^", "$", "_", "..."} or all(_ELEMENT.fullmatch(choice) for choice in plain.split("|"))
        _require(fine, f"pattern: cannot read {element!r}")
    solid = [e for e in elements if e not in {"^", "$", "_", "..."} and not e.endswith("?")]
    _require(bool(solid), "pattern: at least one word or class must be required")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
