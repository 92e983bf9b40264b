"""Writes the measured tables into README.md, between their markers; `make readme-tables`.

A table stands between `<!-- table NAME -->` and `<!-- end -->`; what stands there is replaced.
"""

import re
import sys
from pathlib import Path

from haineclf import Classifier
from haineclf.dataset import load_split
from haineclf.evaluation import evaluate_split, evaluate_suites, faithfulness, markdown_table

README = Path(__file__).resolve().parents[1] / "README.md"
MARKED = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Measures, then rewrites the file."""
    wanted = {found[2] for found in MARKED.finditer(README.read_text(encoding="utf-8"))}
    classifier = Classifier()
    split = evaluate_split(classifier, "test", compare=True)
    if split.note:
        sys.exit(f"not whole: {split.note}")
    tables = {}
    alone = faithfulness(Classifier(backend="camembert"), [example.text for example in load_split("test").examples])
    for table in (*split.tables, *evaluate_suites(classifier).tables, alone):
        tables.setdefault(table.name, table)  # of several by one name the first system's comes first
    if unknown := wanted - tables.keys():
        sys.exit(f"README.md names unknown tables: {', '.join(sorted(unknown))}")
    text = README.read_text(encoding="utf-8")  # measuring takes minutes, and it may have been edited
    written = MARKED.sub(lambda found: f"{found[1]}{markdown_table(tables[found[2]])}\n{found[3]}", text)
    README.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
