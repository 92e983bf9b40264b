"""Files as bytes and as text: formats by extension, decoding that loses nothing, outputs that appear whole."""

from __future__ import annotations

import codecs
import io
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from haineclf.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMATS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}

PART_SUFFIX = ".part"

KEEP_BYTES = "haineclf.keep_bytes"
_KEPT_BYTE = re.compile("[\udc00-\udcff]")
_KEPT_BASE = 0xDC00


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    # As surrogateescape, which refuses the ASCII bytes that a broken UTF-16 file can hold.
    return "".join(chr(_KEPT_BASE + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(KEEP_BYTES, _keep_bytes)


def _as_cp1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)  # five bytes have no character in cp1252; browsers read them as controls too


_READ_AS_CP1252 = {_KEPT_BASE + byte: _as_cp1252(byte) for byte in range(256)}


def decodable(text: str) -> bool:
    """Whether `text` holds no lone surrogate, that is no byte that `KEEP_BYTES` had to keep."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def repaired(text: str) -> tuple[str, str]:
    """Reads the bytes that `KEEP_BYTES` kept as Windows-1252, the usual stranger in a French UTF-8 file.

    Args:
        text: Text decoded with `KEEP_BYTES`.

    Returns:
        Text that can be encoded, of the same length, and what was wrong with the bytes by value.
    """
    values = sorted({ord(char) - _KEPT_BASE for char in _KEPT_BYTE.findall(text)})
    shown = " ".join(f"0x{value:02X}" for value in values)
    return text.translate(_READ_AS_CP1252), f"bytes outside the file's encoding were read as Windows-1252: {shown}"


def format_of(path: Path) -> str:
    """The format that a file's extension names.

    Args:
        path: Input or output file.

    Returns:
        `"csv"`, `"tsv"`, `"jsonl"` or `"parquet"`.

    Raises:
        TableError: If the extension is none of `FORMATS`.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        message = f"{path}: unknown format {path.suffix!r}; the file name must end in {', '.join(FORMATS)}"
        raise TableError(message) from None


def open_text(path: Path, encoding: str, newline: str) -> io.TextIOWrapper:
    """Opens a text file so that no byte of it is refused or lost.

    Args:
        path: The file.
        encoding: Name of a Python codec.
        newline: As for `open`; `""` keeps every line end as it is.

    Returns:
        A stream whose `.buffer` tells how many bytes were read.

    Raises:
        TableError: If there is no such encoding.
    """
    raw = path.open("rb")
    try:
        return io.TextIOWrapper(raw, encoding=encoding, errors=KEEP_BYTES, newline=newline)
    except LookupError:
        raw.close()
        message = f"there is no encoding {encoding!r}; try utf-8, cp1252 or utf-16, or leave it out"
        raise TableError(message) from None


def check_paths(source: Path, output: Path, *, overwrite: bool) -> None:
    """Refuses paths that cannot be read or written, before any work is done.

    Args:
        source: Input file.
        output: Output file.
        overwrite: Whether an output that exists may be replaced.

    Raises:
        TableError: If the input is missing or empty, the output is the input or a folder, its folder is
            missing, or it exists and may not be replaced.
    """
    if not source.is_file():
        message = f"{source}: no such file"
    elif source.stat().st_size == 0:
        message = f"{source}: the file is empty; a table needs at least a header"
    elif output.exists() and output.samefile(source):
        message = f"{output}: the output is the input; give another output file"
    elif output.is_dir():
        message = f"{output}: is a folder; give a file name"
    elif output.exists() and not overwrite:
        message = f"{output}: already exists; give another name, or overwrite it with --overwrite (overwrite=True)"
    elif not output.parent.is_dir():
        message = f"{output}: there is no folder {str(output.parent)!r}; make it first"
    else:
        return
    raise TableError(message)


@contextmanager
def replacing(output: Path, *, overwrite: bool) -> Iterator[Path]:
    """Gives a file to write that becomes `output` when all went well, and is removed otherwise.

    Args:
        output: The file that appears at the end, whole or not at all.
        overwrite: Whether it may replace a file.

    Yields:
        Path: A new name in the same folder, so that the last step is one rename.

    Raises:
        TableError: If `output` appeared meanwhile and may not be replaced.
    """
    part = output.parent / f".haineclf-{secrets.token_hex(6)}{PART_SUFFIX}"
    try:
        yield part
        if not overwrite and output.exists():
            message = f"{output}: appeared while scoring; give another name or overwrite it"
            raise TableError(message)
        part.replace(output.resolve())  # resolved: a link stays a link
    finally:
        part.unlink(missing_ok=True)
