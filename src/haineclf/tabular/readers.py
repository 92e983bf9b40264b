"""Delimited text and JSONL, read row by row."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

from haineclf.errors import TableError
from haineclf.tabular.batches import MAX_BATCH_CHARS, RAW_COLUMN, CellBatch, ObjectBatch, json_text
from haineclf.tabular.columns import PREFIX, check_names, unique_names
from haineclf.tabular.files import decodable, format_of, open_text, repaired
from haineclf.tabular.records import joined, read_records
from haineclf.tabular.sniff import sniff_dialect, sniff_encoding

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa  # type: ignore[import-untyped]

    from haineclf.tabular.batches import Batch, Reader

_SAMPLE_ROWS = 500
_SAMPLE_CHARS = 1 << 20
_INT64 = range(-(2**63), 2**63)
_EXACT_IN_FLOAT = range(-(2**53), 2**53 + 1)


def open_reader(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Reader:
    """Opens a table in the format that its extension names.

    Args:
        path: The input.
        delimiter: Character between cells of a CSV or TSV; found out when None.
        encoding: Encoding of a text format; found out when None.

    Returns:
        A reader to be used as a context manager.

    Raises:
        TableError: If the file is no table of that format, or an option does not apply to it.
    """
    kind = format_of(path)
    if delimiter is not None:
        if kind not in {"csv", "tsv"}:
            message = f"{path}: a delimiter is for .csv and .tsv input"
            raise TableError(message)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            message = f"the delimiter must be one character other than a quote or a line end, not {delimiter!r}"
            raise TableError(message)
    if kind == "parquet":
        if encoding is not None:
            message = f"{path}: an encoding is for text formats, not for Parquet"
            raise TableError(message)
        # Half a second of import that the text formats do without.
        from haineclf.tabular.parquet import open_parquet

        return open_parquet(path)
    encoding = encoding or sniff_encoding(path)
    return _JsonlReader(path, encoding) if kind == "jsonl" else _CsvReader(path, encoding, delimiter)


class _TextReader:
    """A text file that is open while it is read."""

    def __init__(self, path: Path, encoding: str, newline: str) -> None:
        self.encoding: str | None = encoding
        self.delimiter: str | None = None
        self.bytes_total = path.stat().st_size
        self._path = path
        self._codec = encoding
        self._stream: io.TextIOWrapper = open_text(path, encoding, newline)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def bytes_read(self) -> int:
        """Bytes read so far."""
        return cast("BinaryIO", self._stream.buffer).tell()


class _CsvReader(_TextReader):
    """CSV and TSV; every cell is a string and stays as it is.

    A short row is padded with empty cells. A blank line is an empty message in a table of one column,
    and no row in others.

    Args:
        path: The input.
        encoding: Its encoding.
        delimiter: Its delimiter; found out when None.

    Raises:
        TableError: If there is no header, or its quotes do not match.
    """

    def __init__(self, path: Path, encoding: str, delimiter: str | None = None) -> None:
        dialect = sniff_dialect(path, encoding, delimiter)
        super().__init__(path, encoding, "")
        self.delimiter = dialect.delimiter
        self._quoted = dialect.quoted
        self._records = self._read(self._stream)
        header, problem = next(((cells, problem) for cells, problem in self._records if cells), ([], ""))
        if not header or problem:
            self._stream.close()
            message = f"{path}: {problem or 'the file is empty'}; the first line must name the columns"
            raise TableError(message)
        header[0] = header[0].removeprefix("\ufeff")
        self.names: Sequence[str] = header

    def __enter__(self) -> _CsvReader:
        return self

    @property
    def schema(self) -> pa.Schema:
        """Every column, as text."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in unique_names(self.names)])

    def sample(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Column names and the first rows that are in order."""
        rows: list[Sequence[object]] = []
        size = 0
        with open_text(self._path, self._codec, "") as stream:
            for cells, _ in islice(self._read(stream), 1, _SAMPLE_ROWS):
                if len(cells) == len(self.names):
                    rows.append(cells)
                size += sum(map(len, cells))
                if size > _SAMPLE_CHARS:
                    break
        return self.names, rows

    def batches(self, column: int, size: int) -> Iterator[Batch]:
        """The rows, at most `size` at a time."""
        width = len(self.names)
        texts: list[object] = []
        problems: list[str] = []
        rows: list[list[str]] = []
        chars = 0
        for cells, problem in self._records:
            if len(cells) != width:
                if not cells and width > 1:
                    continue
                cells, problem = _fitted(cells or [""], width, problem)
            text = cells[column] if column < len(cells) else None
            texts.append(text)
            problems.append(problem)
            rows.append(cells if len(cells) == width else cells + [""] * (width - len(cells)))
            chars += len(text or "")
            if len(rows) >= size or chars > MAX_BATCH_CHARS:
                yield CellBatch(texts, problems, rows)
                texts, problems, rows, chars = [], [], [], 0
        if rows:
            yield CellBatch(texts, problems, rows)

    def _read(self, stream: io.TextIOWrapper) -> Iterator[tuple[list[str], str]]:
        return read_records(stream, self.delimiter, quoted=self._quoted)


def _fitted(cells: list[str], width: int, problem: str) -> tuple[list[str], str]:
    if len(cells) < width:
        return cells, joined(problem, f"only {len(cells)} of {width} cells")
    if len(cells) == width:
        return cells, problem
    extra = json_text(cells[width:])
    return cells[:width], joined(problem, f"{len(cells)} cells for {width} columns, beyond them: {extra}")


class _JsonlReader(_TextReader):
    """One JSON object a line; blank lines are no rows.

    Args:
        path: The input.
        encoding: Its encoding.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        super().__init__(path, encoding, "\n")

    def __enter__(self) -> _JsonlReader:
        return self

    @property
    def names(self) -> Sequence[str]:
        """Every key of every object, in the order of first appearance."""
        return list(self._kinds)

    @property
    def schema(self) -> pa.Schema:
        """Every column with the type that holds all its values; text, as JSON where needed, when types mix."""
        import pyarrow as pa

        types = {
            frozenset({"bool"}): pa.bool_(),
            frozenset({"int"}): pa.int64(),
            frozenset({"long"}): pa.int64(),
            frozenset({"int", "long"}): pa.int64(),
            frozenset({"float"}): pa.float64(),
            frozenset({"int", "float"}): pa.float64(),
        }
        fields = [types.get(frozenset(kinds), pa.string()) for kinds in self._kinds.values()]
        return pa.schema(list(zip(unique_names(self.names), fields, strict=True)))

    @cached_property
    def _kinds(self) -> Mapping[str, set[str]]:
        kinds: dict[str, set[str]] = {}
        with open_text(self._path, self._codec, "\n") as stream:
            for _, row, _ in _parsed_lines(stream):
                for name, value in row.items():
                    known = kinds.setdefault(name, set())
                    if value is not None:
                        known.add(_kind(value))
        return kinds

    def sample(self) -> tuple[Sequence[str], Sequence[Sequence[object]]]:
        """Keys and values of the first objects."""
        objects: list[Mapping[str, object]] = []
        size = 0
        with open_text(self._path, self._codec, "\n") as stream:
            for line, row, _ in islice(_parsed_lines(stream), _SAMPLE_ROWS):
                if RAW_COLUMN not in row or len(row) > 1:
                    objects.append(row)
                size += len(line)
                if size > _SAMPLE_CHARS:
                    break
        if not objects:
            message = f'{self._path}: no line is a JSON object; write one object a line, such as {{"text": "…"}}'
            raise TableError(message)
        names = list(dict.fromkeys(name for row in objects for name in row))
        return names, [[row.get(name) for name in names] for row in objects]

    def batches(self, column: int, size: int) -> Iterator[Batch]:
        """The rows, at most `size` at a time."""
        name = self.sample()[0][column]
        texts: list[object] = []
        problems: list[str] = []
        objects: list[Mapping[str, object]] = []
        lines: list[str] = []
        chars = 0
        for line, row, problem in _parsed_lines(self._stream):
            texts.append(row.get(name))
            problems.append(problem)
            objects.append(row)
            lines.append(line)
            chars += len(line)
            if len(lines) >= size or chars > MAX_BATCH_CHARS:
                yield ObjectBatch(texts, problems, objects, lines)
                texts, problems, objects, lines, chars = [], [], [], [], 0
        if lines:
            yield ObjectBatch(texts, problems, objects, lines)


def _parsed_lines(stream: io.TextIOWrapper) -> Iterator[tuple[str, Mapping[str, object], str]]:
    """Each line as an object, with what was wrong; a line that is no object becomes one that holds it."""
    for number, typed in enumerate(stream):
        line = (typed if number else typed.removeprefix("\ufeff")).strip(" \t\r\n")
        if not line:
            continue
        problem = ""
        if not decodable(line):
            line, problem = repaired(line)
        try:
            # not strict: a raw tab in a string is no reason to leave a message unread
            row = json.loads(line, strict=False)
        except (ValueError, RecursionError) as error:
            row, reason = None, f"the line is not JSON ({error})"
        else:
            reason = f"the line is not a JSON object but {type(row).__name__}"
        if isinstance(row, dict):
            if PREFIX in line:
                check_names(list(row))
            yield line, row, problem
        else:
            kept = {RAW_COLUMN: line}
            yield json_text(kept), kept, joined(problem, f"{reason}; kept in {RAW_COLUMN}")


def _kind(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "int" if value in _EXACT_IN_FLOAT else "long" if value in _INT64 else "json"
    return type(value).__name__ if isinstance(value, bool | float | str) else "json"
