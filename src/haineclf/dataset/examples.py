"""One labelled message, and the authored corpus that holds most of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from haineclf.errors import DatasetError
from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

AUTHORED = "authored"
_FIELDS = {"id", "text", "labels", "family", "phenomenon", "register", "region", "writer"}


class Form(StrEnum):
    """Against whom homophobia is turned; the guidelines count all four as `homophobia`."""

    HOMOPHOBIA = "homophobia"
    LESBOPHOBIA = "lesbophobia"
    BIPHOBIA = "biphobia"
    TRANSPHOBIA = "transphobia"


@dataclass(frozen=True, slots=True)
class Example:
    """A message with the labels that a person gave it.

    Attributes:
        id: Unique over all sources.
        text: The message.
        labels: Labels that hold.
        source: `"authored"`, or the public corpus that it comes from.
        family: Messages that differ by an edit share it; empty for messages that stand alone.
        phenomenon: What the message is a case of, such as `conditional_threat` or `testimony`.
        register: How it is written, such as `sms` or `soutenu`.
        region: Where its French is from.
        writer: The hand and the voice that wrote it, as `hand.voice`.
        form: Against whom, where `homophobia` holds and the writer said so.
        stratum: Why it is in its split, such as `unseen writer`; empty outside a split.
    """

    id: str
    text: str
    labels: frozenset[Label]
    source: str = AUTHORED
    family: str = ""
    phenomenon: str = ""
    register: str = ""
    region: str = ""
    writer: str = ""
    form: Form | None = None
    stratum: str = ""


def label_matrix(examples: Iterable[Example]) -> NDArray[np.bool_]:
    """Lays out which labels hold.

    Args:
        examples: Labelled messages.

    Returns:
        Shape (n, 4), columns in the order of `Label`.
    """
    rows = [[label in example.labels for label in Label] for example in examples]
    return np.array(rows, dtype=bool).reshape(-1, len(Label))


def read_corpus(data: Path) -> list[Example]:
    """Reads the authored corpus.

    Args:
        data: The project's data folder; the corpus is in `corpus/*.jsonl` within.

    Returns:
        The messages, in the order of the files.

    Raises:
        DatasetError: If a line is not a valid example or an id stands twice.
    """
    examples: dict[str, Example] = {}
    for path in sorted((data / "corpus").glob("*.jsonl")):
        for number, example in _lines(path):
            if example.id in examples:
                message = f"{path.name}, line {number}: id {example.id!r} stands twice"
                raise DatasetError(message)
            examples[example.id] = example
    return list(examples.values())


def _lines(path: Path) -> Iterator[tuple[int, Example]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, _example(json.loads(line))
        except (ValueError, TypeError) as error:
            message = f"{path.name}, line {number}: {error}"
            raise DatasetError(message) from error


def _example(fields: dict[str, Any]) -> Example:
    if missing := _FIELDS - fields.keys():
        message = f"fields missing: {', '.join(sorted(missing))}"
        raise ValueError(message)
    if unknown := fields.keys() - _FIELDS - {"form"}:
        message = f"unknown fields: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    form = Form(fields["form"]) if "form" in fields else None
    labels = frozenset(map(Label, fields["labels"]))
    if (form is not None) != (Label.HOMOPHOBIA in labels):
        message = "a form stands beside the label homophobia, and only there"
        raise ValueError(message)
    if not fields["text"].strip():
        message = "the text is empty"
        raise ValueError(message)
    return Example(**{**fields, "labels": labels, "form": form})
