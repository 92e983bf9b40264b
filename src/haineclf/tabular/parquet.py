"""Parquet: columns pass through as Arrow arrays, types untouched."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from haineclf.errors import TableError
from haineclf.tabular.answers import BACKEND, ERROR, EVIDENCE, FLAGS, LABELS, MODEL, SCORES
from haineclf.tabular.batches import Batch, plain_text
from haineclf.tabular.files import KEEP_BYTES, repaired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from haineclf.tabular.batches import Reader, Writer

_SAMPLE_ROWS = 500
_GROUP_ROWS = 1 << 16
_GROUP_BYTES = 1 << 25
_EVIDENCE = pa.list_(
    pa.struct(
        [
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("label", pa.string()),
            ("source", pa.string()),
            ("strength", pa.float64()),
            ("words", pa.string()),
        ]
    )
)
_ADDED = [
    *((name, pa.int8()) for name in FLAGS),
    *((name, pa.float64()) for name in SCORES),
    (LABELS, pa.string()),
    (EVIDENCE, _EVIDENCE),
    (BACKEND, pa.string()),
    (MODEL, pa.string()),
    (ERROR, pa.string()),
]


@contextmanager
def _arrow_errors(what: Path | str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        message = f"{what}: Parquet failed, the file may be damaged ({error})"
        raise TableError(message) from error


def open_parquet(path: Path) -> Reader:
    """Opens a Parquet file.

    Args:
        path: The input.

    Returns:
        A reader to be used as a context manager.

    Raises:
        TableError: If the file is not Parquet, or damaged.
    """
    return _ParquetReader(path)


def create_parquet(path: Path, reader: Reader) -> Writer:
    """Creates a Parquet file, written in row groups of some megabytes.

    Args:
        path: The file to write.
        reader: The input, whose columns and types come first.

    Returns:
        The writer.
    """
    return _ParquetWriter(path, reader)


@dataclass(frozen=True, slots=True)
class ArrowBatch:
    """Rows as Arrow columns."""

    texts: Sequence[object]
    problems: Sequence[str]
    arrow: pa.RecordBatch

    def rows(self, names: Sequence[str]) -> Iterable[Sequence[object]]:
        """The cells of each row as plain Python values; dates, times and decimals as their text."""
        del names  # columns stand in the order of the schema already
        with _arrow_errors("a column that text cannot hold"):
            columns = [_strings(column)[0] for column in self.arrow.columns]
        return zip(*columns, strict=True)


class _ParquetReader:
    """A Parquet file that is open while it is read."""

    def __init__(self, path: Path) -> None:
        self.encoding: str | None = None
        self.delimiter: str | None = None
        self.bytes_total = path.stat().st_size
        self._path = path
        self._rows = 0
        with _arrow_errors(path):
            self._file = pq.ParquetFile(path)
            self.schema = self._file.schema_arrow

    def __enter__(self) -> _ParquetReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def names(self) -> Sequence[str]:
        """Every column."""
        return list(self.schema.names)

    @property
    def bytes_read(self) -> int:
        """The file's bytes in proportion to the rows given so far."""
        num_rows: int = self._file.metadata.num_rows
        return self.bytes_total * self._rows // max(num_rows, 1)

    def sample(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Column names, and the first rows."""
        with _arrow_errors(self._path):
            first = next(self._file.iter_batches(batch_size=_SAMPLE_ROWS), None)
        if first is None:
            return self.names, []
        columns = [_strings(column)[0] if _is_text(column.type) else [None] * len(column) for column in first.columns]
        return self.names, list(zip(*columns, strict=True))

    def batches(self, column: int, size: int) -> Iterator[Batch]:
        """The rows, at most `size` at a time."""
        batches = self._file.iter_batches(batch_size=size)
        while True:
            with _arrow_errors(self._path):
                batch = next(batches, None)
            if batch is None:
                return
            self._rows += batch.num_rows
            array = batch.column(column)
            texts, problems = _strings(array)
            if not _is_text(array.type):
                problems = ["" if text is None else f"the text is {array.type}, not a string" for text in texts]
                texts = [None] * len(texts)
            yield ArrowBatch(texts, problems, batch)


class _ParquetWriter:
    """Gathers rows into row groups, since one a batch would make the file large and slow to read."""

    def __init__(self, path: Path, reader: Reader) -> None:
        self._names = reader.names
        self._inputs = reader.schema
        added = [pa.field(name, kind) for name, kind in _ADDED]
        self._schema = pa.schema([*self._inputs, *added], metadata=self._inputs.metadata)
        self._writer = pq.ParquetWriter(path, self._schema)
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_bytes = 0
        self._waiting_rows = 0

    def write(self, batch: Batch, answers: Sequence[Sequence[object]]) -> None:
        """Adds rows, each followed by its answer."""
        if isinstance(batch, ArrowBatch):
            inputs = batch.arrow.columns
        else:
            columns = list(zip(*batch.rows(self._names), strict=True))
            inputs = [_array(cells, field.type) for cells, field in zip(columns, self._inputs, strict=True)]
        added = [_array(cells, kind) for cells, (_, kind) in zip(zip(*answers, strict=True), _ADDED, strict=True)]
        arrow = pa.RecordBatch.from_arrays([*inputs, *added], schema=self._schema)
        self._waiting.append(arrow)
        self._waiting_bytes += arrow.nbytes
        self._waiting_rows += arrow.num_rows
        if self._waiting_rows >= _GROUP_ROWS or self._waiting_bytes >= _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Completes the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema))
        self._waiting, self._waiting_bytes, self._waiting_rows = [], 0, 0


def _array(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_string(kind):
        return pa.array(cells, kind)
    texts = [plain_text(cell) for cell in cells]
    try:
        return pa.array(texts, kind)
    except UnicodeEncodeError:
        # JSON may hold lone surrogates, Arrow may not: they stay readable as \udXXX.
        return pa.array([text and text.encode("utf-8", "backslashreplace").decode() for text in texts], kind)


def _is_text(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(inner) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _strings(array: pa.Array) -> tuple[list[Any], list[str]]:
    """Plain Python values and what was wrong with each."""
    problems = [""] * len(array)
    plain = _plain_type(array.type)
    if plain != array.type:
        array = pc.cast(array, plain)
    try:
        return array.to_pylist(), problems
    except UnicodeDecodeError:
        values: list[Any] = pc.cast(array, pa.binary()).to_pylist()
        for position, value in enumerate(values):
            if value is not None:
                try:
                    values[position] = value.decode()
                except UnicodeDecodeError:
                    values[position], problems[position] = repaired(value.decode("utf-8", KEEP_BYTES))
        return values, problems


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type to cast to before Python sees it: pandas alone reads nanoseconds, and JSON has no dates."""
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _plain_type(field.type)) for field in kind])
    return kind
