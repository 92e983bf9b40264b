"""From logits to probabilities and decisions, chosen on dev."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression

from haineclf.artifact import Scale
from haineclf.metrics import best_threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AS_GOOD = 0.003
_RESAMPLES = 200
_STRICT_PRECISION = 0.9
_NO_PENALTY = 1e6


def fit_scale(logits: NDArray[np.float64], gold: NDArray[np.bool_]) -> Scale:
    """Fits a probability to the logits of one label (Platt 1999).

    Args:
        logits: Shape (n,).
        gold: Whether each row has the label, shape (n,); both kinds must occur.

    Returns:
        The scale.
    """
    slope, shift = fit_weights(logits[:, None], gold)
    return Scale(slope, shift)


def fit_weights(features: NDArray[np.float64], gold: NDArray[np.bool_]) -> tuple[float, ...]:
    """Fits a logistic regression to the features of one label.

    Args:
        features: Shape (n, k).
        gold: Whether each row has the label, shape (n,); both kinds must occur.

    Returns:
        The k weights and the intercept.
    """
    fitted = LogisticRegression(C=_NO_PENALTY).fit(features, gold)
    return (*map(float, fitted.coef_[0]), float(fitted.intercept_[0]))


def thresholds(scores: NDArray[np.float64], gold: NDArray[np.bool_]) -> tuple[float, float]:
    """Chooses from where a label holds.

    Args:
        scores: Probabilities, shape (n,).
        gold: Whether each row has the label, shape (n,).

    Returns:
        The highest threshold that comes within 0.3 points of the best F1, which is flat near its top (it gives fewer
        false alarms for the same), as the mean over 200 bootstrap resamples (of a rare label a few rows would
        decide). And the least one at or above it from which nine in ten are right.
    """
    chance = np.random.default_rng(0)
    drawn = [chance.integers(0, len(gold), len(gold)) for _ in range(_RESAMPLES)]
    best = float(np.mean([best_threshold(gold[rows], scores[rows], _AS_GOOD) for rows in drawn]))
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(ranked[1:] != ranked[:-1], True)  # equal scores hold or fall together
    precision = np.cumsum(gold[order]) / np.arange(1, len(order) + 1)
    right = np.flatnonzero(last & (precision >= _STRICT_PRECISION) & (ranked >= best))
    return best, float(ranked[right[-1]]) if right.size else 1.0
