"""Figures that say how good answers are; arrays in, numbers out.

Every figure takes rows with weights, so that one resample of a bootstrap is one row of weights and a thousand
resamples are one matrix product. Without weights a figure is that of the rows as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

RESAMPLES = 1000
BINS = 10
_CHUNK = 50  # resamples ranked at once; 50 by 10,000 rows are 4 MB an array


class LabelFigures(NamedTuple):
    """Figures of one label, each an array of shape (b,), one value per row of weights.

    Attributes:
        precision: Right among those found; NaN where none was found.
        recall: Found among those there; NaN where none is there.
        f1: Harmonic mean of both, 0 where nothing found is right; NaN where none is there.
        average_precision: Mean precision over the recall steps, ties taken together, as scikit-learn's
            `average_precision_score`; NaN where none is there.
        false_positive_rate: Found among those that do not have the label; NaN where all have it.
        support: How many have the label.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    average_precision: Floats
    false_positive_rate: Floats
    support: Floats


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of a reliability table.

    Attributes:
        low: Least score of the bin.
        high: Greatest score.
        count: How many scores lie in it.
        mean_score: Their mean; NaN where there is none.
        rate: Share of them that have the label; NaN where there is none.
    """

    low: float
    high: float
    count: int
    mean_score: float
    rate: float


def resamples(groups: ArrayLike, count: int = RESAMPLES, *, seed: int = 0) -> Floats:
    """Draws the weights of a bootstrap: how often each row stands in each resample.

    Rows of one group are drawn together, since messages that differ by an edit are not independent (cluster
    bootstrap, Davison & Hinkley 1997, section 3.8).

    Args:
        groups: Number of the group of each row, counted from 0, shape (n,).
        count: Number of resamples.
        seed: Seed of the draw; the same seed gives the same weights.

    Returns:
        Array of shape (count, n).
    """
    members = np.asarray(groups)
    total = int(members.max()) + 1
    generator = np.random.default_rng(seed)
    weights = np.empty((count, len(members)))
    for line in weights:
        line[:] = np.bincount(generator.integers(0, total, size=total), minlength=total)[members]
    return weights


def label_figures(
    gold: ArrayLike, decided: ArrayLike, scores: ArrayLike, weights: Floats | None = None
) -> LabelFigures:
    """Computes the figures of one label.

    Args:
        gold: Whether each row has the label, shape (n,).
        decided: Whether each row was given it, shape (n,).
        scores: Scores by which rows are ranked, shape (n,).
        weights: Shape (b, n); None for the rows as they are, which gives arrays of length 1.

    Returns:
        The figures.
    """
    truth = np.asarray(gold, dtype=np.float64)
    found = np.asarray(decided, dtype=np.float64)
    if weights is None:
        weights = np.ones((1, len(truth)))
    right = weights @ (truth * found)
    positives = weights @ truth
    given = weights @ found
    negatives = weights.sum(axis=1) - positives
    there = positives > 0
    return LabelFigures(
        precision=_ratio(right, given),
        recall=_ratio(right, positives),
        f1=np.where(there, _ratio(2 * right, given + positives), np.nan),
        average_precision=_average_precision(truth, np.asarray(scores, dtype=np.float64), weights),
        false_positive_rate=_ratio(given - right, negatives),
        support=positives,
    )


def macro(figures: Sequence[Floats]) -> Floats:
    """Averages one figure over labels.

    Args:
        figures: One array of shape (b,) per label.

    Returns:
        Array of shape (b,); NaN where any of the figures is not defined.
    """
    mean: Floats = np.stack(figures).mean(axis=0)
    return mean


def rate(part: ArrayLike, whole: ArrayLike, weights: Floats | None = None) -> Floats:
    """Computes a share.

    Args:
        part: Whether each row counts, shape (n,).
        whole: Whether each row could count, shape (n,).
        weights: As for `label_figures`.

    Returns:
        Array of shape (b,); NaN where no row could count.
    """
    among = np.asarray(whole, dtype=np.float64)
    if weights is None:
        weights = np.ones((1, len(among)))
    return _ratio(weights @ (np.asarray(part, dtype=np.float64) * among), weights @ among)


def interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """Cuts the tails off a bootstrap distribution (percentile method, Efron & Tibshirani 1993).

    Args:
        values: One figure over the resamples; NaN values are left out.
        level: Share that the interval holds, in (0, 1).

    Returns:
        Low and high end; NaN both where no value is defined.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_p(ours: Floats, theirs: Floats) -> float:
    """Says how easily chance alone turns round the difference of two systems (paired bootstrap).

    Args:
        ours: A figure of one system over the resamples.
        theirs: The figure of the other on the same resamples.

    Returns:
        Two-sided p-value in (0, 1]: twice the share of resamples, at least one, in which the smaller side wins.
    """
    gap = (ours - theirs)[~np.isnan(ours - theirs)]
    if not gap.size:
        return 1.0
    contrary = min(np.count_nonzero(gap <= 0), np.count_nonzero(gap >= 0))
    return float(min(1.0, 2 * (contrary + 1) / (gap.size + 1)))


def reliability(gold: ArrayLike, scores: ArrayLike, bins: int = BINS) -> list[Bin]:
    """Sets the scores beside what came true, in bins of equal width.

    Args:
        gold: Whether each row has the label, shape (n,).
        scores: Probabilities in [0, 1], shape (n,).
        bins: Number of bins.

    Returns:
        The bins from 0 to 1.
    """
    truth = np.asarray(gold, dtype=np.float64)
    values = np.asarray(scores, dtype=np.float64)
    place = np.minimum((values * bins).astype(int), bins - 1)
    table = []
    for number in range(bins):
        inside = place == number
        count = int(inside.sum())
        table.append(
            Bin(
                number / bins,
                (number + 1) / bins,
                count,
                float(values[inside].mean()) if count else float("nan"),
                float(truth[inside].mean()) if count else float("nan"),
            )
        )
    return table


def expected_calibration_error(table: Sequence[Bin]) -> float:
    """Mean distance between score and rate, weighted by count (Naeini et al. 2015).

    Args:
        table: A reliability table.

    Returns:
        A value in [0, 1]; NaN for a table without rows.
    """
    total = sum(row.count for row in table)
    if not total:
        return float("nan")
    return sum(row.count * abs(row.mean_score - row.rate) for row in table if row.count) / total


def brier(gold: ArrayLike, scores: ArrayLike) -> float:
    """Mean squared distance between score and truth (Brier 1950).

    Args:
        gold: Whether each row has the label, shape (n,).
        scores: Probabilities in [0, 1], shape (n,).

    Returns:
        A value in [0, 1]; less is better.
    """
    return float(np.mean((np.asarray(scores, dtype=np.float64) - np.asarray(gold, dtype=np.float64)) ** 2))


def sigmoid(logits: ArrayLike) -> Floats:
    """Turns logits into probabilities.

    Args:
        logits: Any numbers, any shape.

    Returns:
        Values in (0, 1), of the same shape.
    """
    values: Floats = 1 / (1 + np.exp(-np.asarray(logits)))
    return values


def best_threshold(gold: ArrayLike, scores: ArrayLike, tolerance: float = 0.0) -> float:
    """Finds the score from which a label should hold for the best F1.

    Args:
        gold: Whether each row has the label, shape (n,).
        scores: Scores in [0, 1], shape (n,).
        tolerance: How much less F1 is as good; of the thresholds that reach it the highest is taken.

    Returns:
        The threshold, half-way to the next lower score so that it does not hang on one row; 0.5 where no row has
        the label.
    """
    truth = np.asarray(gold, dtype=np.float64)
    values = np.asarray(scores, dtype=np.float64)
    if not truth.any():
        return 0.5
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    right = np.cumsum(truth[order])
    last = np.append(ranked[1:] != ranked[:-1], True)
    f1 = np.where(last, 2 * right / (np.arange(1, len(ranked) + 1) + truth.sum()), -1.0)
    best = int(np.argmax(f1 >= f1.max() - tolerance))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def _ratio(part: Floats, whole: Floats) -> Floats:
    quotient: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return quotient


def _average_precision(truth: Floats, scores: Floats, weights: Floats) -> Floats:
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(ranked[1:] != ranked[:-1], True) if ranked.size else np.zeros(0, dtype=bool)
    parts = []
    for start in range(0, len(weights), _CHUNK):
        drawn = weights[start : start + _CHUNK, order]
        right = np.cumsum(drawn * truth[order], axis=1)[:, last]
        given = np.cumsum(drawn, axis=1)[:, last]
        gained = np.diff(right, axis=1, prepend=0.0)
        precision = np.divide(right, given, out=np.zeros(right.shape), where=given > 0)
        parts.append(_ratio((gained * precision).sum(axis=1), (drawn @ truth[order])))
    return np.concatenate(parts)
