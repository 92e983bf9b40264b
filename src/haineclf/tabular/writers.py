"""Delimited text and JSONL, written row by row."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from haineclf.errors import TableError
from haineclf.tabular.answers import NAMES, SCORES
from haineclf.tabular.batches import ObjectBatch, json_text, plain_text
from haineclf.tabular.columns import unique_names
from haineclf.tabular.files import format_of
from haineclf.tabular.formulas import neutralised

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from haineclf.tabular.batches import Batch, OpenWriter, Reader

_SCORE_PLACES = {NAMES.index(name) for name in SCORES}


def writer_for(output: Path, source: Path, *, excel: bool) -> OpenWriter:
    """Chooses the writer that an output's extension names.

    Args:
        output: The output file.
        source: The input file; a CSV output of a CSV input keeps its delimiter.
        excel: Whether French Excel is to open the output.

    Returns:
        What makes the writer.

    Raises:
        TableError: If the format is unknown, or not the one that `excel` needs.
    """
    kind = format_of(output)
    if excel and kind != "csv":
        message = f"{output}: --excel (excel=True) writes CSV; end the output's name in .csv"
        raise TableError(message)
    if kind == "parquet":
        from haineclf.tabular.parquet import create_parquet

        return create_parquet
    if kind == "jsonl":
        return _JsonlWriter
    own = "," if kind == "csv" else "\t"
    keeps = kind == format_of(source)

    def csv_writer(path: Path, reader: Reader) -> _CsvWriter:
        return _CsvWriter(path, reader, ";" if excel else (keeps and reader.delimiter) or own, excel=excel)

    return csv_writer


class _CsvWriter:
    """Writes CSV as RFC 4180 has it: UTF-8, CRLF, quotes where needed.

    Added cells that a spreadsheet would run as formulas get an apostrophe. Those of the input get one only with
    `excel`: without it the file is for programs, and nothing of the input is altered.

    Args:
        path: The file to write.
        reader: The input, whose columns come first.
        delimiter: Character between cells.
        excel: Whether French Excel is to open it: a byte order mark, decimal commas in scores.
    """

    def __init__(self, path: Path, reader: Reader, delimiter: str, *, excel: bool) -> None:
        self._names = reader.names
        self._excel = excel
        # Lone surrogates, which JSON may hold, are no UTF-8: they stay readable as \udXXX.
        self._file = path.open("x", encoding="utf-8-sig" if excel else "utf-8", errors="backslashreplace", newline="")
        # CRLF, since csv would leave a lone CR in a cell unquoted with any other line end.
        self._writer = csv.writer(self._file, delimiter=delimiter, lineterminator="\r\n")
        self._writer.writerow([*self._input_cells(self._names), *NAMES])

    def write(self, batch: Batch, answers: Sequence[Sequence[object]]) -> None:
        """Adds rows, each followed by its answer."""
        self._writer.writerows(
            [*self._input_cells(row), *self._answer_cells(answer)]
            for row, answer in zip(batch.rows(self._names), answers, strict=True)
        )

    def close(self) -> None:
        """Completes the file."""
        self._file.close()

    def _input_cells(self, row: Sequence[object]) -> list[str]:
        cells = [plain_text(cell) or "" for cell in row]
        return [neutralised(cell) for cell in cells] if self._excel else cells

    def _answer_cells(self, answer: Sequence[object]) -> list[str]:
        cells = [neutralised(plain_text(cell) or "") for cell in answer]
        if self._excel:
            for place in _SCORE_PLACES:
                cells[place] = cells[place].replace(".", ",")
        return cells


class _JsonlWriter:
    """Writes one JSON object a line; objects of a JSONL input stay as they were typed, the answer added behind.

    Args:
        path: The file to write.
        reader: The input.
    """

    def __init__(self, path: Path, reader: Reader) -> None:
        self._reader = reader
        # In JSON the escape of a lone surrogate is the character itself.
        self._file = path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n")
        self._keys: list[str] | None = None

    def write(self, batch: Batch, answers: Sequence[Sequence[object]]) -> None:
        """Adds rows, each followed by its answer."""
        lines = batch.lines if isinstance(batch, ObjectBatch) else self._objects(batch)
        for line, answer in zip(lines, answers, strict=True):
            added = json_text(dict(zip(NAMES, answer, strict=True)))
            head = line[:-1].rstrip()
            comma = "" if head == "{" else ", "
            self._file.write(f"{head}{comma}{added[1:]}\n")

    def close(self) -> None:
        """Completes the file."""
        self._file.close()

    def _objects(self, batch: Batch) -> list[str]:
        if self._keys is None:
            self._keys = unique_names(self._reader.names)
        return [json_text(dict(zip(self._keys, row, strict=True))) for row in batch.rows(self._reader.names)]
