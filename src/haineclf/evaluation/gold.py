"""A user's own table with gold columns, read as examples."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from haineclf.dataset import Example
from haineclf.errors import DatasetError, TableError
from haineclf.labels import Label
from haineclf.tabular import find_text_column, open_reader, plain_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_YES = frozenset("1 1.0 true vrai yes oui x".split())
_NO = frozenset("0 0.0 false faux no non".split())
_NAMES = {plain_name(name): label for label in Label for name in (label, label.french)}
_NONE = frozenset({"", "none", "aucun"})
_SLICED = ("source", "stratum", "phenomenon", "register", "region")
_BATCH = 1000


class Gold(NamedTuple):
    """A table with gold labels.

    Attributes:
        examples: Rows that can be measured.
        labels: Labels for which the table has an answer.
        note: What was left out or mended, for people; empty when nothing was.
    """

    examples: list[Example]
    labels: tuple[Label, ...]
    note: str


def read_gold(path: str | Path, *, text_column: str | None = None) -> Gold:
    """Reads messages with the labels that people gave them.

    The labels stand in a column each, named as the label (`insult` or `insulte`; `gold_` may stand before it) and
    holding 0/1, true/false, yes/no or oui/non; or all in one column `labels`, as names. In a column that holds no
    other "no" a blank is one; else a row with a blank was not annotated and is left out.

    Args:
        path: A .csv, .tsv, .jsonl, .ndjson or .parquet file.
        text_column: Column of the messages; found when None.

    Returns:
        The rows.

    Raises:
        DatasetError: If there are no gold columns, two for one label, or a cell of one cannot be understood.
        TableError: If the file cannot be read as a table.
    """
    path = Path(path)
    if not path.is_file():
        message = f"{path}: no such file"
        raise TableError(message)
    with open_reader(path) as reader:
        names, sample = reader.sample()
        column = find_text_column(names, sample, text_column)
        gold, listed = _gold_columns(path, names)
        sliced = {name: list(names).index(name) for name in _SLICED if name in names}
        rows = [
            (text, list(cells), problem)
            for batch in reader.batches(column, _BATCH)
            for text, cells, problem in zip(batch.texts, batch.rows(names), batch.problems, strict=True)
        ]
    blank_is_no = {place for place in gold.values() if not any(_plain(cells[place]) in _NO for _, cells, _ in rows)}
    examples = []
    unanswered = untexted = mended = 0
    for number, (text, cells, problem) in enumerate(rows, 1):
        where = f"{path.name}, row {number}"
        if not _filled(text).strip():
            untexted += 1
            continue
        if any(not _plain(cells[place]) and place not in blank_is_no for place in gold.values()):
            unanswered += 1
            continue
        mended += bool(problem)
        held = {label for label, at in gold.items() if _yes(cells[at], f"{where}, column {names[at]!r}")}
        if listed is not None:
            held = _listed(cells[listed], where)
        facts: dict[str, Any] = {name: _filled(cells[place]) for name, place in sliced.items()}
        examples.append(replace(Example(f"row {number}", _filled(text), frozenset(held), source=""), **facts))
    left = (
        (untexted, "rows have no message and are left out"),
        (unanswered, "rows have a blank gold cell and are left out"),
        (mended, "rows were not quite readable and are measured as they were mended"),
    )
    note = "; ".join(f"{count:,} {what}" for count, what in left if count)
    return Gold(examples, tuple(label for label in Label if listed is not None or label in gold), note)


def _gold_columns(path: Path, names: Sequence[str]) -> tuple[dict[Label, int], int | None]:
    found: dict[Label, int] = {}
    listed = [place for place, name in enumerate(names) if plain_name(name) in {"labels", "goldlabels"}]
    for label in Label:
        known = {plain_name(label), plain_name(label.french)}
        places = [place for place, name in enumerate(names) if plain_name(name).removeprefix("gold") in known]
        if len(places) > 1 or (places and listed):
            several = ", ".join(repr(names[place]) for place in [*places, *listed])
            message = f"{path}: {several} all say whether {label} holds; keep one"
            raise DatasetError(message)
        if places:
            found[label] = places[0]
    if not found and not listed:
        wanted = ", ".join(Label)
        message = f"{path}: no gold columns; name them {wanted}, or give one column 'labels'"
        raise DatasetError(message)
    return found, listed[0] if listed else None


def _yes(cell: object, where: str) -> bool:
    answer = _plain(cell)
    if answer and answer not in _YES | _NO:
        message = f"{where}: {answer[:40]!r} says neither yes nor no; write 1 or 0"
        raise DatasetError(message)
    return answer in _YES


def _listed(cell: object, where: str) -> set[Label]:
    parts = cell if isinstance(cell, list | tuple) else re.split(r"[|,;\[\]'\"]+", _filled(cell))
    names = [plain_name(str(part)) for part in parts]
    if unknown := [name for name in names if name not in _NAMES and name not in _NONE]:
        message = f"{where}: no label {unknown[0][:40]!r}; the labels are {', '.join(Label)}"
        raise DatasetError(message)
    return {_NAMES[name] for name in names if name in _NAMES}


def _plain(cell: object) -> str:
    return _filled(cell).strip().casefold()


def _filled(cell: object) -> str:
    return "" if cell is None else str(cell)
