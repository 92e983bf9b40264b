"""Labels that were given to messages of public corpora, joined with their texts where the user has them."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from haineclf.dataset.examples import Example
from haineclf.errors import DatasetError
from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public corpus whose messages were annotated here.

    Attributes:
        name: Name of the source and of the annotation file.
        file: Name of the file that holds the texts.
        text: Column of the texts.
        id: Column of the ids; empty where the id is the first 16 hex digits of the text's SHA-1.
        origin: Where to get it, and how it is cited.
        licence: Under which licence it is published.
    """

    name: str
    file: str
    text: str
    id: str
    origin: str
    licence: str


CORPORA: Mapping[str, Corpus] = {
    corpus.name: corpus
    for corpus in (
        Corpus(
            "tweets_fr",
            "tweets_fr.csv",
            "text",
            "id",
            "GitHub MickaelDP/OutlierDetection: its French tweets as columns id,text, handles as @user, links removed, "
            "id = first 16 hex digits of sha1(text)",
            "GPL-3.0",
        ),
        Corpus(
            "mlma_fr",
            "mlma_fr.csv",
            "tweet",
            "HITId",
            "GitHub HKUST-KnowComp/MLMA_hate_speech, French file (Ousidhoum et al. 2019)",
            "MIT",
        ),
        Corpus(
            "ftr_fr",
            "ftr_fr.csv",
            "tweet",
            "id",
            "GitHub NataliaVanetik/FTR-dataset (Vanetik & Mimoun 2022)",
            "MIT",
        ),
        Corpus(
            "xed_fr",
            "xed_fr.tsv",
            "",
            "",
            "GitHub Helsinki-NLP/XED, French projection (Öhman et al. 2020), tab-separated, no header",
            "CC BY 4.0",
        ),
    )
}


def read_annotations(data: Path, name: str) -> dict[str, frozenset[Label]]:
    """Reads the labels given to the messages of one corpus.

    Args:
        data: The project's data folder.
        name: Name of the corpus, a key of `CORPORA`.

    Returns:
        Labels by the id that the message has in the corpus.

    Raises:
        DatasetError: If the file is missing, a cell is neither 0 nor 1, or an id stands twice.
    """
    labels: dict[str, frozenset[Label]] = {}
    path = data / "annotations" / f"{name}.csv"
    if not path.is_file():
        message = f"{path} is missing; name the repository's data folder with --data"
        raise DatasetError(message)
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            if row["id"] in labels or any(row[label] not in {"0", "1"} for label in Label):
                message = f"{path.name}, line {number}: an id stands once, and each label is 0 or 1"
                raise DatasetError(message)
            labels[row["id"]] = frozenset(label for label in Label if row[label] == "1")
    return labels


def read_texts(corpora: Path, name: str) -> dict[str, str] | None:
    """Reads the texts of one corpus.

    Args:
        corpora: Folder of the public corpora.
        name: Name of the corpus.

    Returns:
        Texts by id; None where the file is not there.

    Raises:
        DatasetError: If the file is there and is not that corpus.
    """
    corpus = CORPORA[name]
    path = corpora / corpus.file
    if not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if not corpus.text:
                texts = (line.rstrip("\r\n").split("\t")[0] for line in stream)
                # Only a name for a text: nothing hangs on its strength.
                return {hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]: text for text in texts}
            return {row[corpus.id]: row[corpus.text] for row in csv.DictReader(stream)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        message = f"{path} cannot be read ({error!r}); expected UTF-8: {corpus.origin}"
        raise DatasetError(message) from error


def join(corpus: str, labels: Mapping[str, frozenset[Label]], texts: Mapping[str, str]) -> list[Example]:
    """Puts labels and texts together.

    Args:
        corpus: Name of the corpus.
        labels: Labels by id.
        texts: Texts by id.

    Returns:
        One example per labelled id, its id preceded by the name of the corpus.

    Raises:
        DatasetError: If a labelled id has no text: the file is another version of the corpus.
    """
    if missing := [id_ for id_ in labels if id_ not in texts]:
        message = (
            f"{CORPORA[corpus].file} lacks {len(missing)} of {len(labels)} annotated ids, first {missing[0]!r}: "
            f"it is another version; expected {CORPORA[corpus].origin}"
        )
        raise DatasetError(message)
    return [Example(id=f"{corpus}/{id_}", text=texts[id_], labels=held, source=corpus) for id_, held in labels.items()]
