"""Reading the built-in lexicon and a user's own file."""

from __future__ import annotations

import gc
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from haineclf.errors import LexiconError
from haineclf.lexicon.entries import Entry, Mute, parse_line
from haineclf.lexicon.store import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator


def load_lexicon(extra: str | Path | None = None) -> Lexicon:
    """Loads the built-in lexicon, with a user's file on top.

    Args:
        extra: A JSONL file. Each line adds an entry, replaces the built-in entry with its id,
            or takes one out: `{"mute": "insult.bouffon"}`.

    Returns:
        The lexicon.

    Raises:
        LexiconError: If the file is missing, is not UTF-8, or has a bad line (named with its number).
    """
    if extra is None:
        return _built_in()
    entries = dict(_built_in().entries)
    path = Path(extra)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"lexicon file {str(path)!r} cannot be read: {error.strerror}"
        raise LexiconError(message) from error
    except UnicodeDecodeError as error:
        message = f"lexicon file {str(path)!r} is not UTF-8 (byte {error.start}); save it as UTF-8"
        raise LexiconError(message) from error
    for number, item in _items(content, path.name):
        if isinstance(item, Entry):
            entries[item.id] = item
        elif entries.pop(item.id, None) is None:
            message = f"{path.name}, line {number}: no entry has the id {item.id!r}; see `haineclf classify --json`"
            raise LexiconError(message)
    return Lexicon(entries.values())


@cache
def _built_in() -> Lexicon:
    collecting = gc.isenabled()
    gc.disable()  # what is made here stays; looking it over again and again takes a fifth of the time
    try:
        return _read_built_in()
    finally:
        if collecting:
            gc.enable()


def _read_built_in() -> Lexicon:
    entries: dict[str, Entry] = {}
    folder = files("haineclf") / "data" / "lexicon"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".jsonl"):
            for number, item in _items(file.read_text(encoding="utf-8"), file.name):
                if isinstance(item, Mute) or item.id in entries:
                    message = f"{file.name}, line {number}: id {item.id!r} stands twice"
                    raise LexiconError(message)
                entries[item.id] = item
    return Lexicon(entries.values())


def _items(content: str, name: str) -> Iterator[tuple[int, Entry | Mute]]:
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            item = parse_line(line)
        except ValueError as error:
            message = f"{name}, line {number}: {error}"
            raise LexiconError(message) from error
        if item is not None:
            yield number, item
