"""Writes the measured tables into README.md, between their markers; `make readme-tables`.

A table stands between `<!-- table NAME -->` and `<!-- end -->`; what stands there is replaced.
"""

import re
import sys
from pathlib import Path

from haineclf import Classifier
from haineclf.evaluation import Table, evaluate_split, evaluate_suites

README = Path(__file__).resolve().parents[1] / "README.md"
MARKED = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Measures, then rewrites the file."""
    classifier = Classifier()
    split = evaluate_split(classifier, "test", compare=True)
    suites = evaluate_suites(classifier)
    if split.note:
        sys.exit(f"not whole: {split.note}")
    by_title = {table.title.split(":")[-1].strip().split(";")[0]: table for table in (*split.tables, *suites.tables)}
    name = f"{classifier.backend}"
    first = next(table for table in split.tables if table.title.startswith(f"{name}: figures"))
    tables = {
        "compare": by_title["Side by side"],
        "labels": first,
        "strata": by_title[f"{name} by stratum"],
        "suites": by_title["Functional suites"],
        "fairness": by_title["widest gap between two terms"],
    }
    text = README.read_text(encoding="utf-8")
    unknown = {found[2] for found in MARKED.finditer(text)} - tables.keys()
    if unknown:
        sys.exit(f"README.md names unknown tables: {', '.join(sorted(unknown))}")
    README.write_text(
        MARKED.sub(lambda found: found[1] + as_markdown(tables[found[2]]) + found[3], text), encoding="utf-8"
    )


def as_markdown(table: Table) -> str:
    """Lays one table out."""
    lines = [table.columns, ["---"] + ["--:"] * (len(table.columns) - 1), *table.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
