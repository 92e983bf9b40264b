"""Records of delimited text, none lost to a stray quote."""

from __future__ import annotations

import csv
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from haineclf.tabular.files import decodable, repaired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_RECORD = 1 << 24
"""Characters that one multi-line record may span; a quote still open after them is taken for a stray one."""

NO_DELIMITER = "\ud800"
"""Stands for "one column": a lone surrogate, which no decoded text holds."""

_BIGGEST_CELL = (1 << 31) - 1  # csv keeps the limit in a C long, 32 bits wide on Windows
_limit_lock = threading.Lock()
_limit_users = 0
_limit_before = 0


@contextmanager
def big_cells() -> Iterator[None]:
    """Lifts csv's limit of 128 KiB a cell, for the process, while any caller is inside."""
    global _limit_users, _limit_before
    with _limit_lock:
        if _limit_users == 0:
            _limit_before = csv.field_size_limit(_BIGGEST_CELL)
        _limit_users += 1
    try:
        yield
    finally:
        with _limit_lock:
            _limit_users -= 1
            if _limit_users == 0:
                csv.field_size_limit(_limit_before)


class _Lines:
    """Lines of a stream, of which those of the record being read can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self._size = 0
        self.ended = False
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        if self._size > MAX_RECORD and len(self.taken) > 1:
            message = "a quote is never closed"
            raise csv.Error(message)
        return line

    def start_record(self) -> None:
        self.taken.clear()
        self._size = 0

    def keep_only_first(self) -> str:
        first, *rest = self.taken
        self._returned.extendleft(reversed(rest))
        return first


def read_records(
    lines: Iterable[str], delimiter: str | None, *, quoted: bool, cut: bool = False
) -> Iterator[tuple[list[str], str]]:
    r"""Reads records, and says of each what was wrong with it.

    Python's csv and not pyarrow's: that one guesses types (`007` becomes 7) and stops at a ragged row.
    A line whose quotes do not match is one record, split at each delimiter with its quotes left in; reading goes
    on at the next line, so a stray quote never swallows the rows after it.

    Args:
        lines: Lines with their line ends, decoded with `KEEP_BYTES`.
        delimiter: What parts cells, or None for one column.
        quoted: Whether `"` quotes cells; otherwise it is a character like others.
        cut: Whether the lines are only the first of more: a quote open at their end is then no stray one.

    Yields:
        tuple[list[str], str]: The cells, none for a blank line, and a sentence on what was wrong, or `""`.
    """
    delimiter = delimiter or NO_DELIMITER
    source = _Lines(lines)
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    # strict, since otherwise csv drops the quotes it does not understand
    reader = csv.reader(source, delimiter=delimiter, quoting=quoting, strict=True)
    while True:
        source.start_record()
        problem = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if cut and source.ended:
                return
            line = source.keep_only_first()
            cells = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE))
            problem = "quotes do not match: the line was read as it stands"
            source.taken[:] = [line]
        if not all(map(decodable, source.taken)):
            cells = [repaired(cell)[0] for cell in cells]
            problem = joined(problem, repaired("".join(source.taken))[1])
        yield cells, problem


def joined(*problems: str) -> str:
    """Joins what was wrong with a row into one cell.

    Args:
        *problems: Sentences, of which any may be empty.

    Returns:
        The sentences that say something, joined with `"; "`.
    """
    return "; ".join(filter(None, problems))
