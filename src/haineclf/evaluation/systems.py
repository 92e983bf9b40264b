"""What can be measured side by side: the classifier, and the baselines it has to leave behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from haineclf.errors import MissingExtraError
from haineclf.labels import Label
from haineclf.lexicon import Kind, load_lexicon
from haineclf.metrics import best_threshold
from haineclf.results import Backend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from haineclf.classifier import Classifier
    from haineclf.dataset import Example

_WORD = re.compile(r"\w+")
_BATCH = 512


class Answers(NamedTuple):
    """What a system says of n messages.

    Attributes:
        scores: Shape (n, 4), columns in the order of `Label`.
        decided: Which labels hold, shape (n, 4).
    """

    scores: NDArray[np.float64]
    decided: NDArray[np.bool_]


class System(Protocol):
    """A system that can be measured.

    Attributes:
        name: Name in the tables.
        probabilities: Whether its scores claim to be probabilities.
    """

    name: str
    probabilities: bool

    def answer(self, texts: Sequence[str]) -> Answers:
        """Answers messages, in their order."""


class ClassifierSystem:
    """A classifier of this library.

    Args:
        classifier: The classifier.
    """

    def __init__(self, classifier: Classifier) -> None:
        self.name = classifier.backend.value
        self.probabilities = classifier.backend is not Backend.LEXICON
        self._classifier = classifier

    def answer(self, texts: Sequence[str]) -> Answers:
        """Answers messages, in their order."""
        scores = self._classifier.scores(texts, batch_size=_BATCH)
        return Answers(scores, scores >= [self._classifier.thresholds[label] for label in Label])


class AlwaysYes:
    """Gives every label to every message: what a figure is worth nothing below."""

    name = "always-yes"
    probabilities = False

    def answer(self, texts: Sequence[str]) -> Answers:
        """Answers messages, in their order."""
        scores = np.ones((len(texts), len(Label)))
        return Answers(scores, scores > 0)


class WordList:
    """Gives a label where a word or phrase of a list stands, whatever is said with it.

    The list is that of the built-in lexicon, without its rules, patterns and innocent senses: what a moderation
    tool with a list of forbidden words does.
    """

    name = "word list"
    probabilities = False

    def __init__(self) -> None:
        self._labels: dict[tuple[str, ...], set[Label]] = {}
        for entry in load_lexicon().entries.values():
            if entry.kind in {Kind.SLUR, Kind.PHRASE}:
                for form in entry.forms:
                    self._labels.setdefault(tuple(_WORD.findall(form.casefold())), set()).update(entry.labels)
        self._longest = max(map(len, self._labels))

    def answer(self, texts: Sequence[str]) -> Answers:
        """Answers messages, in their order."""
        scores = np.zeros((len(texts), len(Label)))
        for row, text in enumerate(texts):
            words = _WORD.findall(text.casefold())
            for start in range(len(words)):
                for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                    for label in self._labels.get(tuple(words[start:end]), ()):
                        scores[row, list(Label).index(label)] = 1.0
        return Answers(scores, scores > 0)


class TfidfBaseline:
    """Character n-grams weighted by TF-IDF under a logistic regression per label.

    Args:
        vectorizer: The fitted vectorizer.
        models: One fitted model per label.
        thresholds: One threshold per label.
    """

    name = "TF-IDF"
    probabilities = True  # without class weights a logistic regression means what it says

    def __init__(
        self, vectorizer: TfidfVectorizer, models: Sequence[LogisticRegression], thresholds: NDArray[np.float64]
    ) -> None:
        self._vectorizer = vectorizer
        self._models = models
        self._thresholds = thresholds

    @classmethod
    def train(cls, train: Sequence[Example], dev: Sequence[Example]) -> TfidfBaseline:
        """Fits on `train`; regularisation and thresholds are those with the best F1 on `dev`.

        Args:
            train: Examples to fit.
            dev: Examples to choose by.

        Returns:
            The baseline.

        Raises:
            MissingExtraError: If scikit-learn is not installed.
        """
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            message = "--compare trains a baseline with scikit-learn: pip install 'haineclf[evaluate]'"
            raise MissingExtraError(message) from error
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True)
        features = vectorizer.fit_transform([example.text for example in train])
        held_out = vectorizer.transform([example.text for example in dev])
        models, thresholds = [], []
        for label in Label:
            gold = np.array([label in example.labels for example in train])
            wanted = np.array([label in example.labels for example in dev])
            tried = []
            for strength in (1.0, 10.0, 100.0):
                model = LogisticRegression(C=strength, solver="liblinear").fit(features, gold)
                scores = model.predict_proba(held_out)[:, 1]
                threshold = best_threshold(wanted, scores)
                found = scores >= threshold
                f1 = 2 * (found & wanted).sum() / max(1, found.sum() + wanted.sum())
                tried.append((f1, -strength, model, threshold))
            best = max(tried, key=lambda one: one[:2])
            models.append(best[2])
            thresholds.append(best[3])
        return cls(vectorizer, models, np.array(thresholds))

    def answer(self, texts: Sequence[str]) -> Answers:
        """Answers messages, in their order."""
        features = self._vectorizer.transform(texts)
        scores = np.column_stack([model.predict_proba(features)[:, 1] for model in self._models])
        return Answers(scores, scores >= self._thresholds)
