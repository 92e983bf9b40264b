"""Rows on their way from a reader to a writer, some at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa  # type: ignore[import-untyped]

RAW_COLUMN = "haineclf_raw"
"""Where a line of JSONL that is no JSON object is kept."""

MAX_BATCH_CHARS = 1 << 22
"""Characters of messages after which a batch is closed, however few its rows."""


class Batch(Protocol):
    """Some rows; a row without a text and without a problem has a missing text."""

    @property
    def texts(self) -> Sequence[object]:
        """The text cell of each row; None where there is none to judge."""

    @property
    def problems(self) -> Sequence[str]:
        """What was wrong with each row, or `""`."""

    def rows(self, names: Sequence[str]) -> Iterable[Sequence[object]]:
        """The cells of each row, in the order of the columns `names`."""


@dataclass(frozen=True, slots=True)
class CellBatch:
    """Rows of delimited text: every cell a string, by position."""

    texts: Sequence[object]
    problems: Sequence[str]
    cells: Sequence[Sequence[str]]

    def rows(self, names: Sequence[str]) -> Iterable[Sequence[object]]:
        """The cells of each row, in the order of the columns `names`."""
        del names  # cells stand in the order of the header already
        return self.cells


@dataclass(frozen=True, slots=True)
class ObjectBatch:
    """Rows of JSONL, parsed and as they were typed."""

    texts: Sequence[object]
    problems: Sequence[str]
    objects: Sequence[Mapping[str, object]]
    lines: Sequence[str]

    def rows(self, names: Sequence[str]) -> Iterable[Sequence[object]]:
        """The cells of each row, in the order of the columns `names`; None where an object lacks one."""
        return [[row.get(name) for name in names] for row in self.objects]


class Reader(Protocol):
    """An input table, read once from front to back by `batches`."""

    encoding: str | None
    delimiter: str | None
    bytes_total: int

    def __enter__(self) -> Reader:
        """Gives itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the input."""

    @property
    def names(self) -> Sequence[str]:
        """Every column; may cost a pass over the input."""

    @property
    def schema(self) -> pa.Schema:
        """Every column with its type, under unique names; may cost a pass over the input."""

    @property
    def bytes_read(self) -> int:
        """Bytes of the input behind the rows given so far, about."""

    def sample(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Column names, and the first rows, to find the text column by."""

    def batches(self, column: int, size: int) -> Iterator[Batch]:
        """The rows, at most `size` at a time; `column` is the text's position in the sample's names."""


class Writer(Protocol):
    """An output table."""

    def write(self, batch: Batch, answers: Sequence[Sequence[object]]) -> None:
        """Adds rows, each followed by its answer in the order of `answers.NAMES`."""

    def close(self) -> None:
        """Completes the file."""


class OpenWriter(Protocol):
    """What makes a writer."""

    def __call__(self, path: Path, reader: Reader) -> Writer:
        """Opens `path`, for the columns of `reader` and the answers."""


def json_text(value: object) -> str:
    """JSON as people read it.

    Args:
        value: Any value of a table; what JSON has no type for becomes its text.

    Returns:
        JSON on one line, accents and emoji as they are.
    """
    return _ENCODER.encode(value)


def plain_text(cell: object) -> str | None:
    """A cell for formats or columns that hold text only.

    Args:
        cell: Any value of a table.

    Returns:
        None as it is, text as it is, anything else as JSON.
    """
    if cell is None or isinstance(cell, str):
        return cell
    return _as_text(cell) if isinstance(cell, bytes) else json_text(cell)


def _as_text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_as_text)
