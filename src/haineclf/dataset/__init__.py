"""Labelled messages: the authored corpus, the annotations of public corpora, and the splits over both."""

from haineclf.dataset.annotations import CORPORA, Corpus, join, read_annotations, read_texts
from haineclf.dataset.examples import AUTHORED, Example, Form, label_matrix, read_corpus
from haineclf.dataset.folders import corpora_folder, data_folder
from haineclf.dataset.splits import SPLITS, Split, load_split, read_splits

__all__ = [
    "AUTHORED",
    "CORPORA",
    "SPLITS",
    "Corpus",
    "Example",
    "Form",
    "Split",
    "corpora_folder",
    "data_folder",
    "join",
    "label_matrix",
    "load_split",
    "read_annotations",
    "read_corpus",
    "read_splits",
    "read_texts",
]
