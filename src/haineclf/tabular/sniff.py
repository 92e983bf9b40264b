"""How a text table is encoded, parted and quoted, decided on a bounded sample of it."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from haineclf.tabular.files import open_text
from haineclf.tabular.records import read_records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_CHARS = 1 << 18
SAMPLE_RECORDS = 500

_HEAD = 1 << 20
_WINDOW = 1 << 16
_WINDOWS = 16
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_ESCAPED = re.compile("[\udc80-\udcff]")
_UTF8_LONGEST = 4
_NULS_IN_UTF16 = 0.4
_LEAST_REGULAR = 0.3


@dataclass(frozen=True, slots=True)
class Dialect:
    """How delimited text is laid out.

    Attributes:
        delimiter: What parts cells, or None when there is one column.
        quoted: Whether `"` quotes cells.
    """

    delimiter: str | None
    quoted: bool


def sniff_encoding(path: Path) -> str:
    """Tells UTF-8, UTF-16 and Windows-1252 apart.

    A UTF-8 file with a few foreign bytes stays UTF-8. A sample is read: the first MiB and 16 windows of 64 KiB
    spread over the rest, so a file whose first accent comes late is still told.

    Args:
        path: The file.

    Returns:
        Name of a Python codec: `utf-8`, `utf-8-sig`, `utf-16`, `utf-16-le`, `utf-16-be` or `cp1252`.
    """
    pieces = _sample_bytes(path)
    head = pieces[0]
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    # Text in Latin letters has a NUL for every other byte in UTF-16, from the header's first letter on.
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        nuls = head[first::2].count(0)
        if head[:2].find(0) == first and nuls > _NULS_IN_UTF16 * len(head[first::2]):
            return name
    valid = invalid = 0
    for position, piece in enumerate(pieces):
        text = piece.decode("utf-8", "surrogateescape")
        # A window may begin and end inside a character.
        text = text[_UTF8_LONGEST if position else 0 : len(text) - (_UTF8_LONGEST if len(pieces) > 1 else 0)]
        escaped = len(_ESCAPED.findall(text))
        invalid += escaped
        valid += len(_NOT_ASCII.findall(text)) - escaped
    return "cp1252" if invalid > valid else "utf-8"


def sniff_dialect(path: Path, encoding: str, delimiter: str | None = None) -> Dialect:
    """Tells which delimiter parts the cells and whether quotes are in use.

    A delimiter must part the header, and most records into as many cells as the header; a column of prose
    full of commas or semicolons fails the second test. Where no delimiter parts the header there is one column.

    To be called inside `big_cells`.

    Args:
        path: The file.
        encoding: Its encoding.
        delimiter: The delimiter when the caller knows it.

    Returns:
        The layout.
    """
    with open_text(path, encoding, "") as stream:
        sample = stream.read(SAMPLE_CHARS)
        whole = not stream.read(1)
    best = Dialect(delimiter, quoted=True)
    best_score = (_LEAST_REGULAR, 0)
    for candidate in (delimiter,) if delimiter else DELIMITERS:
        quoted, plain = (_parse(sample, candidate, quoted=quoted, whole=whole) for quoted in (True, False))
        # Tabs alone part cells without quotes for good; elsewhere a stray quote is the exception, not the rule.
        broken = plain.regular > quoted.regular and plain.broken_cells > plain.wrapped_cells
        unquoted = candidate == "\t" and broken
        layout = plain if unquoted else quoted
        score = (layout.regular, layout.width)
        if delimiter or (layout.width > 1 and score > best_score):
            best, best_score = Dialect(candidate, quoted=not unquoted), score
    return best


@dataclass(frozen=True, slots=True)
class _Parse:
    width: int
    regular: float
    wrapped_cells: int
    broken_cells: int


def _parse(sample: str, delimiter: str, *, quoted: bool, whole: bool) -> _Parse:
    lines = io.StringIO(sample, newline="").readlines()
    if not whole:
        lines.pop()
    records = list(islice(read_records(lines, delimiter, quoted=quoted, cut=not whole), SAMPLE_RECORDS))
    filled = [(cells, problem) for cells, problem in records if cells]
    width = len(filled[0][0]) if filled else 0
    rows = filled[1:]
    good = sum(len(cells) == width and not problem for cells, problem in rows)
    return _Parse(width, good / len(rows) if rows else 1.0, *_count_quotes(rows))


def _count_quotes(rows: Sequence[tuple[Sequence[str], str]]) -> tuple[int, int]:
    opened = [cell for cells, _ in rows for cell in cells if cell.startswith('"')]
    wrapped = sum(len(cell) > 1 and cell.endswith('"') for cell in opened)
    return wrapped, len(opened) - wrapped


def _sample_bytes(path: Path) -> list[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _HEAD + _WINDOW * _WINDOWS:
            return [file.read()]
        pieces = [file.read(_HEAD)]
        for number in range(_WINDOWS):
            file.seek(_HEAD + number * ((size - _HEAD - _WINDOW) // (_WINDOWS - 1)))
            pieces.append(file.read(_WINDOW))
        return pieces
