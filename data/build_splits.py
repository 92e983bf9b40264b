"""Writes splits.csv: which labelled message is for training, for choosing, for measuring.

Run from anywhere: `python data/build_splits.py [CORPORA]`. Messages of a family, near-duplicates of each other, go
together; where they are drawn to different splits, test goes before dev and dev before train.
"""

import csv
import hashlib
import sys
import tomllib
from pathlib import Path

from haineclf.dataset import CORPORA, SPLITS, Example, corpora_folder, join, read_annotations, read_corpus, read_texts
from haineclf.dataset.duplicates import near_duplicates
from haineclf.lexicon import load_lexicon
from haineclf.text import fold, normalize, tokenize

DATA = Path(__file__).resolve().parent
# Share of each draw of real messages for (test, dev); the rest is for training.
REAL = {
    "tweets_fr keyword": (0.30, 0.12),
    "tweets_fr uncertainty": (0.0, 0.1),
    "tweets_fr model": (0.0, 0.08),
    "tweets_fr random later": (0.0, 0.08),
    "xed_fr keyword": (0.3, 0.1),
    "xed_fr random": (0.3, 0.1),
    "xed_fr random later": (0.0, 0.1),
    "mlma_fr random": (0.0, 0.2),
    "mlma_fr random later": (0.0, 0.1),
}
DEV_FAMILIES = 0.06


def main() -> None:
    """Places every example and writes the table."""
    held = tomllib.loads((DATA / "held_out.toml").read_text(encoding="utf-8"))
    corpora = corpora_folder(DATA, sys.argv[1] if len(sys.argv) > 1 else None)
    draws = {row["id"]: row["draw"] for row in csv.DictReader((DATA / "draws.csv").open(encoding="utf-8"))}
    examples = read_corpus(DATA)
    for name, corpus in CORPORA.items():
        texts = read_texts(corpora, name)
        if texts is None:
            sys.exit(f"{corpora / corpus.file} is needed: {corpus.origin}")
        examples += join(name, read_annotations(DATA, name), texts)
    forms = _forms(held["test"]["roots"])
    own = [_place(example, held, draws.get(example.id, ""), _has_root(example.text, forms)) for example in examples]
    clusters = _clusters(examples)
    strongest: dict[int, tuple[str, str]] = {}
    for cluster, place in zip(clusters, own, strict=True):
        if cluster not in strongest or _rank(place) > _rank(strongest[cluster]):
            strongest[cluster] = place
    with (DATA / "splits.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["id", "split", "stratum"])
        for example, cluster, place in zip(examples, clusters, own, strict=True):
            split, stratum = strongest[cluster]
            writer.writerow([example.id, split, place[1] if place[0] == split else stratum])


def _place(example: Example, held: dict, draw: str, has_root: bool) -> tuple[str, str]:
    if draw == "random" and example.source == "tweets_fr":
        return "test", "real random"  # whatever they hold: they stand for what is posted
    if has_root:
        return "test", "unseen root"
    if example.source in held["test"]["sources"]:
        return "test", "unseen source"
    if draw:
        return _draw_place(example, draw)
    hand = example.writer.split(".")[0]
    for split in ("test", "dev"):
        if hand in held[split]["hands"]:
            return split, "unseen writer"
    if example.phenomenon in held["test"]["phenomena"]:
        return "test", "unseen phenomenon"
    return ("dev", "unseen family") if _share(example.family) < DEV_FAMILIES else ("train", "authored")


def _draw_place(example: Example, draw: str) -> tuple[str, str]:
    stratum = f"real {draw}"
    if draw == "random seen":
        return "dev", "real random"  # looked at while the rules were written
    test, dev = REAL[f"{example.source} {draw}"]
    share = _share(example.id)
    split = "test" if share < test else "dev" if share < test + dev else "train"
    return split, stratum if example.source == "tweets_fr" else f"real {example.source}"


def _share(key: str) -> float:
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32


def _rank(place: tuple[str, str]) -> int:
    return SPLITS.index(place[0])


def _forms(roots: list[str]) -> set[str]:
    entries = load_lexicon().entries
    return {fold(form) for root in roots for form in entries[root].forms}


def _has_root(text: str, forms: set[str]) -> bool:
    read = f" {' '.join(fold(token.text) for token in tokenize(normalize(text).text))} "
    typed = f" {' '.join(fold(token.text) for token in tokenize(text))} "
    return any(f" {form} " in read or f" {form} " in typed for form in forms)


def _clusters(examples: list[Example]) -> list[int]:
    leader = list(range(len(examples)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    first: dict[str, int] = {}
    for place, example in enumerate(examples):
        if example.family:
            leader[find(place)] = find(first.setdefault(example.family, place))
    for one, other in near_duplicates([example.text for example in examples]):
        leader[find(other)] = find(one)
    return [find(place) for place in range(len(examples))]


if __name__ == "__main__":
    main()
