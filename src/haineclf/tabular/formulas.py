"""Cells that a spreadsheet would run."""

from __future__ import annotations

import re

# Spreadsheets skip leading blanks and read full-width signs as ASCII ones; a leading tab or CR hides a sign.
_FORMULA = re.compile(r"[\t\r]|[\s\x00-\x20\u200b-\u200f\ufeff]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"\s*[+\-]\s?[0-9][0-9\s.,]*(?:[eE][+\-]?[0-9]+)?\s?%?\s*")


def neutralised(cell: str) -> str:
    """Puts an apostrophe before a cell that a spreadsheet would run as a formula.

    Args:
        cell: Text of a cell.

    Returns:
        The cell, as it was when it is no formula, or a mere number such as `-5` or `+33 6 12 34 56 78`.
    """
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
