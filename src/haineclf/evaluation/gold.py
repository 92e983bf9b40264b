"""A user's own table with gold columns, read as examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haineclf.dataset import Example
from haineclf.errors import DatasetError, TableError
from haineclf.labels import Label
from haineclf.tabular import find_text_column, open_reader, plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from haineclf.tabular import Batch

_YES = frozenset("1 1.0 true vrai yes oui x".split())
_NO = frozenset(["0", "0.0", "false", "faux", "no", "non", ""])
_SLICED = ("source", "stratum", "phenomenon", "register", "region")
_BATCH = 1000


def read_gold(path: str | Path, *, text_column: str | None = None) -> tuple[list[Example], tuple[Label, ...]]:
    """Reads messages with the labels that people gave them.

    The labels stand in a column each, named as the label (`insult` or `insulte`; a prefix such as `gold_` may stand
    before it) and holding 0/1, true/false, yes/no or oui/non; or all in one column `labels`, as names.

    Args:
        path: A .csv, .tsv, .jsonl, .ndjson or .parquet file.
        text_column: Column of the messages; found when None.

    Returns:
        The examples, and the labels for which the table has an answer.

    Raises:
        DatasetError: If there are no gold columns, or a cell of one says neither yes nor no.
        TableError: If the file cannot be read as a table.
    """
    path = Path(path)
    if not path.is_file():
        message = f"{path}: no such file"
        raise TableError(message)
    examples = []
    with open_reader(path) as reader:
        names, sample = reader.sample()
        column = find_text_column(names, sample, text_column)
        gold = _gold_columns(names)
        listed = next((place for place, name in enumerate(names) if plain_name(name) in {"labels", "goldlabels"}), None)
        if not gold and listed is None:
            wanted = ", ".join(Label)
            message = f"{path}: no gold columns; name them {wanted}, or give one column 'labels'"
            raise DatasetError(message)
        sliced = {name: list(names).index(name) for name in _SLICED if name in names}
        number = 0
        for batch in reader.batches(column, _BATCH):
            for text, cells in zip(batch.texts, _rows(batch, names), strict=True):
                number += 1
                where = f"{path.name}, row {number}"
                held = {label for label, at in gold.items() if _yes(cells[at], f"{where}, column {names[at]!r}")}
                if not gold and listed is not None:
                    held = _listed(cells[listed], where)
                facts: dict[str, Any] = {
                    name: "" if cells[place] is None else str(cells[place]) for name, place in sliced.items()
                }
                examples.append(Example(f"row {number}", _filled(text), frozenset(held), **facts))
    return examples, tuple(label for label in Label if not gold or label in gold)


def _gold_columns(names: Sequence[str]) -> dict[Label, int]:
    found = {}
    for label in Label:
        known = {plain_name(label), plain_name(label.french)}
        for place, name in enumerate(names):
            if plain_name(name).removeprefix("gold") in known:
                found[label] = place
    return found


def _yes(cell: object, where: str) -> bool:
    answer = _filled(cell).strip().casefold()
    if answer not in _YES | _NO:
        message = f"{where}: {answer[:40]!r} says neither yes nor no; write 1 or 0"
        raise DatasetError(message)
    return answer in _YES


def _listed(cell: object, where: str) -> set[Label]:
    names = re.findall(r"[a-z_]+", _filled(cell).casefold())
    if unknown := [name for name in names if name not in list(Label)]:
        message = f"{where}: no label {unknown[0]!r}; the labels are {', '.join(Label)}"
        raise DatasetError(message)
    return set(map(Label, names))


def _rows(batch: Batch, names: Sequence[str]) -> Iterator[Sequence[object]]:
    for cells, problem in zip(batch.rows(names), batch.problems, strict=True):
        if problem:
            message = f"a row cannot be measured: {problem}"
            raise DatasetError(message)
        yield cells


def _filled(cell: object) -> str:
    return "" if cell is None else str(cell)
