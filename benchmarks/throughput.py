"""Messages per second and memory: the normaliser, the lexicon backend, and plain substring search beside them.

    python benchmarks/throughput.py TABLE.csv [--column text] [--rows 20000]

All three read the same messages in one run; the last column is the time taken in multiples of substring search.
"""

from __future__ import annotations

import argparse
import csv
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

from haineclf import Classifier
from haineclf.lexicon import load_lexicon
from haineclf.text import normalize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--column", default="text")
    parser.add_argument("--rows", type=int, default=20_000)
    arguments = parser.parse_args()
    with arguments.table.open(encoding="utf-8", newline="") as file:
        texts = [row[arguments.column] for _, row in zip(range(arguments.rows), csv.DictReader(file), strict=False)]

    words = [form for entry in load_lexicon().entries.values() if entry.labels for form in entry.forms]
    classifier = Classifier(backend="lexicon")
    classifier.classify("il a dit qu'il fallait tuer Machin")  # loads the parser

    systems: dict[str, Callable[[Sequence[str]], object]] = {
        "substring search": lambda batch: [any(word in text.lower() for word in words) for text in batch],
        "normaliser": lambda batch: [normalize(text) for text in batch],
        "lexicon backend": classifier.classify_many,
    }
    seconds = {}
    for name, run in systems.items():
        start = time.perf_counter()
        run(texts)
        seconds[name] = time.perf_counter() - start
    reference = seconds["substring search"]
    print(f"{len(texts)} messages, {len(words)} abusive forms")
    for name, taken in seconds.items():
        print(f"{name:<18}{len(texts) / taken:>10,.0f} messages/s{taken / reference:>8.2f} x")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
