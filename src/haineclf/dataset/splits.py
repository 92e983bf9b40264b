"""Which example is for training, for choosing, for measuring."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from haineclf.dataset.annotations import CORPORA, join, read_annotations, read_texts
from haineclf.dataset.examples import Example, read_corpus
from haineclf.dataset.folders import corpora_folder, data_folder
from haineclf.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

SPLITS = ("train", "dev", "test")


class Place(NamedTuple):
    """Where an example belongs.

    Attributes:
        split: One of `SPLITS`.
        stratum: Why it is there, such as `unseen writer`.
    """

    split: str
    stratum: str


@dataclass(frozen=True, slots=True)
class Split:
    """The examples of a split, and what could not be had.

    Attributes:
        name: One of `SPLITS`.
        examples: Examples whose texts are there.
        missing: How many examples lack their text, by corpus; empty when the split is whole.
    """

    name: str
    examples: tuple[Example, ...]
    missing: dict[str, int]

    @property
    def note(self) -> str:
        """What is missing and where to get it, for people; empty when nothing is."""
        return "\n".join(
            f"{count:,} messages of {name} are left out: {CORPORA[name].file} was not found "
            f"(--corpora FOLDER). Get it from {CORPORA[name].origin}."
            for name, count in self.missing.items()
        )


def read_splits(data: Path) -> dict[str, Place]:
    """Reads where every example belongs.

    Args:
        data: The project's data folder; the table is `splits.csv` within.

    Returns:
        Split and stratum by example id.

    Raises:
        DatasetError: If the table is not there.
    """
    path = data / "splits.csv"
    if not path.is_file():
        message = f"{str(path)!r} is missing; make it with `python data/build_splits.py`"
        raise DatasetError(message)
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: Place(row["split"], row["stratum"]) for row in csv.DictReader(stream)}


def load_split(name: str, *, data: str | Path | None = None, corpora: str | Path | None = None) -> Split:
    """Loads one split of everything that is labelled.

    Args:
        name: `"train"`, `"dev"` or `"test"`.
        data: The project's data folder; see `data_folder`.
        corpora: Folder of the public corpora; see `corpora_folder`.

    Returns:
        The examples; those of a corpus that is not there are counted in `missing`.

    Raises:
        DatasetError: If there is no such split, or the data are not there or not valid.
    """
    if name not in SPLITS:
        message = f"no split {name!r}; the splits are {', '.join(SPLITS)}"
        raise DatasetError(message)
    folder = data_folder(data)
    places = read_splits(folder)
    texts_folder = corpora_folder(folder, corpora)
    examples = read_corpus(folder)
    annotated = {corpus: read_annotations(folder, corpus) for corpus in CORPORA}
    ids = [example.id for example in examples]
    ids += [f"{corpus}/{id_}" for corpus, labels in annotated.items() for id_ in labels]
    if unplaced := [id_ for id_ in ids if id_ not in places]:
        message = f"{len(unplaced)} examples are in no split, first {unplaced[0]!r}; run `python data/build_splits.py`"
        raise DatasetError(message)
    missing: dict[str, int] = {}
    for corpus, labels in annotated.items():
        texts = read_texts(texts_folder, corpus)
        if texts is None:
            absent = sum(places[f"{corpus}/{id_}"].split == name for id_ in labels)
            missing |= {corpus: absent} if absent else {}
        else:
            examples += join(corpus, labels, texts)
    chosen = (replace(e, stratum=places[e.id].stratum) for e in examples if places[e.id].split == name)
    return Split(name, tuple(chosen), missing)
