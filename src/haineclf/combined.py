"""The model and the lexicon together: one sees what words do in a sentence, the other knows rare words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from haineclf.errors import ModelError
from haineclf.labels import Label
from haineclf.metrics import sigmoid
from haineclf.results import Analysis, Backend

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from haineclf.encoder import EncoderBackend
    from haineclf.results import Evidence
    from haineclf.rules import LexiconBackend


class CombinedBackend:
    """Joins both by a logistic regression per label that was fitted on dev; its scores are probabilities.

    Args:
        encoder: The model; its manifest says how the two are joined.
        lexicon: The rules.

    Attributes:
        version: Version of the model, then of the lexicon.
        thresholds: Probability from which a label holds.
        strict_thresholds: The same for few false alarms.

    Raises:
        ModelError: If the manifest does not say how.
    """

    name = Backend.COMBINED

    def __init__(self, encoder: EncoderBackend, lexicon: LexiconBackend) -> None:
        joint = encoder.manifest.combination
        if joint is None:
            message = f"{encoder.version} was not calibrated together with the lexicon; pass backend='camembert'"
            raise ModelError(message)
        self.version = f"{encoder.version}+{lexicon.version}"
        self.thresholds: Mapping[Label, float] = joint.thresholds
        self.strict_thresholds: Mapping[Label, float] = joint.strict_thresholds
        self._encoder = encoder
        self._lexicon = lexicon
        self._weights = np.array([(joint.slope[label], joint.lexicon[label], joint.shift[label]) for label in Label])

    def analyze(self, texts: Sequence[str]) -> list[Analysis]:
        """Analyses messages.

        Args:
            texts: Messages as they were typed.

        Returns:
            One analysis per message, with the lexicon's evidence.
        """
        logits = self._encoder.logits(texts)
        rules = self._lexicon.analyze(texts)
        strengths = np.array([[one.scores[label] for label in Label] for one in rules]).reshape(-1, len(Label))
        slope, lexicon, shift = self._weights.T
        scores = sigmoid(logits * slope + strengths * lexicon + shift)
        return [
            Analysis(dict(zip(Label, map(float, row), strict=True)), one.evidence)
            for row, one in zip(scores, rules, strict=True)
        ]

    def explain(self, text: str, labels: Iterable[Label]) -> tuple[Evidence, ...]:
        """Finds the words that carry labels for the model; see `EncoderBackend.explain`."""
        return self._encoder.explain(text, labels)
