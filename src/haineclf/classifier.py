"""Which backend answers, with which thresholds, and the two functions most people need."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Literal, Protocol

from haineclf.artifact import find_model
from haineclf.errors import FallbackWarning, ModelNotFoundError
from haineclf.labels import Label
from haineclf.results import Analysis, Backend, Evidence, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from haineclf.rules import LexiconBackend

BATCH_SIZE = 256


class _Answers(Protocol):
    """What a backend is."""

    name: Backend
    version: str
    thresholds: Mapping[Label, float]
    strict_thresholds: Mapping[Label, float]

    def analyze(self, texts: Sequence[str]) -> list[Analysis]: ...
    def explain(self, text: str, labels: Iterable[Label]) -> tuple[Evidence, ...]: ...


class Classifier:
    """Labels French messages; holds the backend and its thresholds.

    Safe to share between threads. Nothing is sent over a network.

    Args:
        model: Folder of a fine-tuned model; by default `HAINECLF_MODEL_DIR`, then the shipped one.
        backend: `"camembert"` (the model), `"lexicon"` (the rules), or `"auto"`: the model when there is
            one, together with the rules where that was measured to be better; else the rules with one
            `FallbackWarning`.
        thresholds: Score in [0, 1] from which a label holds, for the labels whose default should change.
        lexicon: A JSONL file whose entries extend or mute the built-in lexicon.
        strict: Whether the default thresholds are the backend's stricter ones: fewer false alarms, more misses.

    Raises:
        ModelNotFoundError: If a model was asked for and there is none.
        ModelError: If a model folder is there and cannot be used.
        LexiconError: If the lexicon file is missing or has a bad line.
        ValueError: If `backend` or `thresholds` holds something else than described.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        backend: Literal["auto", "camembert", "lexicon"] = "auto",
        thresholds: Mapping[Label | str, float] | None = None,
        lexicon: str | Path | None = None,
        strict: bool = False,
    ) -> None:
        self._made_of = (model, backend, thresholds, lexicon, strict)
        self._backend = _choose_backend(model, backend, lexicon)
        default = self._backend.strict_thresholds if strict else self._backend.thresholds
        self.thresholds: Mapping[Label, float] = {**default, **_checked(thresholds or {})}

    def __reduce__(self) -> tuple[Callable[..., Classifier], tuple[object, ...]]:
        """Sends what it was made of to another process, which makes it anew: sessions and locks do not travel."""
        return _made, self._made_of

    @property
    def backend(self) -> Backend:
        """Who answers."""
        return self._backend.name

    @property
    def model_version(self) -> str:
        """Version of the model, or of the lexicon that answers."""
        return self._backend.version

    def classify(self, text: str, *, explain: bool = False) -> Prediction:
        """Labels one message.

        Args:
            text: Any string, of any length.
            explain: Whether the model looks for the words that carried each label; takes one run per word. The
                lexicon's hits are always given.

        Returns:
            Labels, scores and the words that carry them.

        Raises:
            TypeError: If `text` is not a string.
        """
        return self._predict([_string(text)], explain=explain)[0]

    def classify_many(
        self, texts: Iterable[str], *, batch_size: int = BATCH_SIZE, explain: bool = False
    ) -> list[Prediction]:
        """Labels messages, in their order, with the answers `classify` gives one by one.

        Args:
            texts: Messages; an iterable is read batch by batch.
            batch_size: Messages handled at once, at least 1; changes speed and memory, not answers.
            explain: As for `classify`.

        Returns:
            One prediction per message.

        Raises:
            TypeError: If `texts` is one string, or holds something else than strings.
            ValueError: If `batch_size` is less than 1.
        """
        return [
            prediction for batch in _batches(texts, batch_size) for prediction in self._predict(batch, explain=explain)
        ]

    def scores(self, texts: Iterable[str], *, batch_size: int = BATCH_SIZE) -> NDArray[np.float64]:
        """Scores messages for whoever computes.

        Args:
            texts: Messages.
            batch_size: As for `classify_many`.

        Returns:
            Array of shape (n, 4) in [0, 1]; columns in the order of `Label`.

        Raises:
            TypeError: As for `classify_many`.
            ValueError: As for `classify_many`.
        """
        import numpy as np

        rows = [
            [analysis.scores[label] for label in Label]
            for batch in _batches(texts, batch_size)
            for analysis in self._backend.analyze(batch)
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, len(Label))

    def _predict(self, texts: list[str], *, explain: bool) -> list[Prediction]:
        analyses = self._backend.analyze(texts)
        labels = [
            tuple(label for label in Label if analysis.scores[label] >= self.thresholds[label]) for analysis in analyses
        ]
        # A rule's hit is shown though its label does not hold; under the model only what speaks for an answer is.
        every = self._backend.name is Backend.LEXICON
        evidence = [
            tuple(one for one in analysis.evidence if every or one.label in held)
            for analysis, held in zip(analyses, labels, strict=True)
        ]
        if explain:
            evidence = [
                tuple(sorted({*known, *self._backend.explain(text, held)})) if held else known
                for text, held, known in zip(texts, labels, evidence, strict=True)
            ]
        return [
            Prediction(
                text=text,
                labels=held,
                scores=analysis.scores,
                evidence=words,
                backend=self._backend.name,
                model_version=self._backend.version,
            )
            for text, held, analysis, words in zip(texts, labels, analyses, evidence, strict=True)
        ]


def _made(
    model: str | Path | None,
    backend: Literal["auto", "camembert", "lexicon"],
    thresholds: Mapping[Label | str, float] | None,
    lexicon: str | Path | None,
    strict: bool,
) -> Classifier:
    return Classifier(model, backend=backend, thresholds=thresholds, lexicon=lexicon, strict=strict)


def _choose_backend(model: str | Path | None, backend: str, lexicon: str | Path | None) -> _Answers:
    if backend not in {"auto", "camembert", "lexicon"}:
        message = f"backend must be 'auto', 'camembert' or 'lexicon', not {backend!r}"
        raise ValueError(message)
    if backend == "lexicon":
        return _lexicon_backend(lexicon)
    search = find_model(model)
    if search.folder is not None:
        from haineclf.combined import CombinedBackend
        from haineclf.encoder import EncoderBackend

        if backend == "camembert":
            return EncoderBackend(search.folder)
        with ThreadPoolExecutor(1) as beside:  # the lexicon takes longest to read, and the model loads outside Python
            rules = beside.submit(_lexicon_backend, lexicon)
            encoder = EncoderBackend(search.folder)
            return encoder if encoder.manifest.combination is None else CombinedBackend(encoder, rules.result())
    if backend == "camembert":
        message = f"the camembert backend needs a model: {search.reason}; pass model=FOLDER or backend='lexicon'"
        raise ModelNotFoundError(message)
    warnings.warn(
        f"the lexicon backend answers: {search.reason}. Its scores are rule strengths, not probabilities; "
        "pass backend='lexicon' to choose it without this warning.",
        FallbackWarning,
        stacklevel=3,
    )
    return _lexicon_backend(lexicon)


def _lexicon_backend(lexicon: str | Path | None) -> LexiconBackend:
    from haineclf.rules import LexiconBackend

    return LexiconBackend(lexicon)


def _checked(thresholds: Mapping[Label | str, float]) -> dict[Label, float]:
    checked = {}
    for name, value in thresholds.items():
        if name not in list(Label):
            message = f"thresholds: no label {name!r}; the labels are {', '.join(Label)}"
            raise ValueError(message)
        if not 0 <= value <= 1:
            message = f"thresholds: {name} must be in [0, 1], not {value!r}"
            raise ValueError(message)
        checked[Label(name)] = float(value)
    return checked


def _string(text: object) -> str:
    if not isinstance(text, str):
        message = f"a message must be a str, not {type(text).__name__}; convert or drop missing values first"
        raise TypeError(message)
    return text


def _batches(texts: Iterable[str], batch_size: int) -> Iterable[list[str]]:
    if isinstance(texts, str):
        message = "classify_many takes many messages; for one string call classify(text)"
        raise TypeError(message)
    if batch_size < 1:
        message = f"batch_size must be at least 1, not {batch_size}"
        raise ValueError(message)
    remaining = (_string(text) for text in texts)
    while batch := list(islice(remaining, batch_size)):
        yield batch


_shared: Classifier | None = None
_shared_lock = threading.Lock()


def _shared_classifier() -> Classifier:
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Classifier()
        return _shared


def classify(text: str) -> Prediction:
    """Labels one French message with the default classifier.

    Args:
        text: Any string, of any length.

    Returns:
        Labels, scores and the words that carry them.

    Raises:
        TypeError: If `text` is not a string.
    """
    return _shared_classifier().classify(text)


def classify_many(texts: Iterable[str], *, batch_size: int = BATCH_SIZE) -> list[Prediction]:
    """Labels French messages, in their order, with the default classifier.

    Args:
        texts: Messages.
        batch_size: Messages handled at once; changes speed and memory, not answers.

    Returns:
        One prediction per message, the same as `classify` gives one by one.

    Raises:
        TypeError: If `texts` is one string, or holds something else than strings.
        ValueError: If `batch_size` is less than 1.
    """
    return _shared_classifier().classify_many(texts, batch_size=batch_size)
