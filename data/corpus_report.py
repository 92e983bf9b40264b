"""Prints what is in the corpus, the annotations and the splits, beside what they were meant to hold.

Run from anywhere: `python data/corpus_report.py [CORPORA]`, or `make corpus-report`.
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from haineclf.dataset import (
    CORPORA,
    SPLITS,
    Form,
    corpora_folder,
    read_annotations,
    read_corpus,
    read_splits,
    read_texts,
)
from haineclf.dataset.duplicates import near_duplicates
from haineclf.labels import Label

DATA = Path(__file__).resolve().parent
CONSOLE = Console(width=110)
TEMPLATED = "template"  # name of the hand whose lines code expands


def main() -> None:
    """Prints every table."""
    corpora = corpora_folder(DATA, sys.argv[1] if len(sys.argv) > 1 else None)
    authored()
    annotated(corpora)
    agreement()
    splits()


def authored() -> None:
    """Counts the authored corpus."""
    examples = read_corpus(DATA)
    families = defaultdict(list)
    for example in examples:
        families[example.family].append(example)
    contrast = sum(len({one.labels for one in family}) > 1 for family in families.values())
    crossing = sum(
        examples[one].family != examples[other].family for one, other in near_duplicates([e.text for e in examples])
    )
    none = sum(not example.labels for example in examples)
    templated = sum(example.writer.startswith(TEMPLATED) for example in examples)
    labels = Counter(label for example in examples for label in example.labels)
    forms = Counter(example.form for example in examples)
    rows = [
        ("messages", len(examples), "≥ 12,000"),
        ("insult", labels[Label.INSULT], "≥ 3,500"),
        ("threat", labels[Label.THREAT], "≥ 2,200"),
        ("call_to_murder", labels[Label.CALL_TO_MURDER], "≥ 1,800"),
        ("homophobia", labels[Label.HOMOPHOBIA], "≥ 3,000"),
        ("  of which transphobia", forms[Form.TRANSPHOBIA], "≥ 700"),
        ("  of which lesbophobia", forms[Form.LESBOPHOBIA], "≥ 500"),
        ("  of which biphobia", forms[Form.BIPHOBIA], ""),
        ("without any label", none, f"≥ {len(examples) // 2:,}"),
        ("families", len(families), ""),
        ("families in which the labels change", contrast, "≥ 2,000"),
        ("expanded from templates", templated, f"≤ {len(examples) // 10:,}"),
        ("near-duplicate pairs across families", crossing, "0"),
        ("voices", len({example.writer for example in examples}), ""),
        ("regions", len({example.region for example in examples}), ""),
        ("longest, in characters", max(len(example.text) for example in examples), ""),
    ]
    show("Authored corpus", ("", "count", "wanted"), rows)
    for field in ("register", "phenomenon"):
        total = Counter(getattr(example, field) for example in examples)
        free = Counter(getattr(example, field) for example in examples if not example.labels)
        show(
            f"Authored corpus by {field}",
            (field, "messages", "without label"),
            [(value, count, free[value]) for value, count in total.most_common()],
        )


def annotated(corpora: Path) -> None:
    """Counts the annotated messages."""
    wanted = {"tweets_fr": "≥ 7,000", "xed_fr": "≥ 1,000", "mlma_fr": "≥ 800", "ftr_fr": "≥ 400"}
    rows = []
    for name in CORPORA:
        held = read_annotations(DATA, name)
        counts = Counter(label for labels in held.values() for label in labels)
        texts = "yes" if read_texts(corpora, name) is not None else "no"
        none = sum(not labels for labels in held.values())
        rows.append((name, len(held), wanted[name], *(counts[label] for label in Label), none, texts))
    heads = ("corpus", "messages", "wanted", *Label, "none", "texts here")
    show("Annotated messages of public corpora", heads, rows)
    with (DATA / "draws.csv").open(encoding="utf-8", newline="") as stream:
        draws = Counter((row["id"].split("/")[0], row["draw"]) for row in csv.DictReader(stream))
    show("How they were drawn", ("corpus", "draw", "messages"), [(*key, count) for key, count in sorted(draws.items())])


def agreement() -> None:
    """Computes the agreement of two annotators."""
    answers: dict[str, dict[str, list[str]]] = defaultdict(dict)
    with (DATA / "agreement.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            answers[row["id"]][row["annotator"]] = [row[label] for label in Label]
    pairs = [(both["first"], both["second"]) for both in answers.values()]
    rows = []
    for place, label in enumerate(Label):
        first, second = ([one[place] for one in side] for side in zip(*pairs, strict=True))
        same = sum(one == other for one, other in zip(first, second, strict=True))
        kappa = cohen_kappa_score(first, second)
        rows.append((label, first.count("1"), second.count("1"), f"{same / len(pairs):.3f}", f"{kappa:.3f}", "≥ 0.80"))
    heads = ("label", "first", "second", "same", "kappa", "wanted")
    show(f"Agreement of two annotators on {len(pairs):,} messages (Cohen 1960)", heads, rows)


def splits() -> None:
    """Counts the splits."""
    places = read_splits(DATA)
    strata = Counter(places.values())
    rows = [(place.split, place.stratum, count) for place, count in sorted(strata.items(), key=_by_split)]
    show("Splits", ("split", "stratum", "messages"), rows)


def _by_split(item: tuple[tuple[str, str], int]) -> tuple[int, str]:
    return SPLITS.index(item[0][0]), item[0][1]


def show(title: str, heads: Iterable[str], rows: Iterable[tuple[object, ...]]) -> None:
    """Prints one table."""
    table = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    CONSOLE.print(table)


if __name__ == "__main__":
    main()
