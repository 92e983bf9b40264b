"""What a training stage learns from: texts with targets."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One message.

    Attributes:
        text: The message as the encoder sees it; French ones after the normaliser.
        targets: Per output a value in [0, 1], or None where it is not known.
        weight: How much it counts.
        varied: Makes another variant of the message each time, or None.
    """

    text: str
    targets: Sequence[float | None]
    weight: float = 1.0
    varied: Callable[[], str] | None = None

    def vary(self) -> str:
        """The message, or a variant of it."""
        return self.varied() if self.varied else self.text


def read_binary(path: Path, text: str, label: str) -> list[Row]:
    """Reads a table of messages with one yes/no label, for a stage before the real one.

    Args:
        path: A CSV file.
        text: Column of the messages.
        label: Column of 0 and 1.

    Returns:
        One row per line, with a single target.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        return [Row(row[text], (float(row[label]),)) for row in csv.DictReader(stream)]
