from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from haineclf import metrics

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.integers(0, 3)),
    min_size=2,
    max_size=40,
)


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_weighted_figures_are_those_of_scikit_learn(rows: list[tuple[bool, float, int]]) -> None:
    gold, scores, weight = (np.array(column) for column in zip(*rows, strict=True))
    decided = scores >= 0.5
    figures = metrics.label_figures(gold, decided, scores, weight[None, :].astype(float))
    options: dict[str, Any] = {"sample_weight": weight, "zero_division": np.nan}
    if not weight[gold].sum():
        assert math.isnan(figures.recall[0])
        assert math.isnan(figures.average_precision[0])
        assert math.isnan(figures.f1[0])
        return
    assert figures.precision[0] == pytest.approx(sk.precision_score(gold, decided, **options), nan_ok=True)
    assert figures.recall[0] == pytest.approx(sk.recall_score(gold, decided, **options))
    assert figures.f1[0] == pytest.approx(sk.f1_score(gold, decided, **options))
    expected = sk.average_precision_score(gold, scores, sample_weight=weight)
    assert figures.average_precision[0] == pytest.approx(expected)
    clean = weight[~gold].sum()
    rate = weight[~gold & decided].sum() / clean if clean else math.nan
    assert figures.false_positive_rate[0] == pytest.approx(rate, nan_ok=True)


def test_without_weights_each_row_counts_once() -> None:
    figures = metrics.label_figures([1, 1, 0, 0], [1, 0, 1, 0], [0.9, 0.2, 0.8, 0.1])
    assert [float(value[0]) for value in figures] == pytest.approx([0.5, 0.5, 0.5, (1 + 2 / 3) / 2, 0.5, 2])


def test_rows_of_a_group_are_drawn_together() -> None:
    weights = metrics.resamples([0, 0, 1, 2, 2, 2], 200, seed=3)
    assert weights.shape == (200, 6)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert (weights == metrics.resamples([0, 0, 1, 2, 2, 2], 200, seed=3)).all()


def test_macro_is_defined_where_every_figure_is() -> None:
    nan = np.nan
    assert metrics.macro([np.array([0.5, nan]), np.array([1.0, 0.4])]) == pytest.approx([0.75, nan], nan_ok=True)


def test_a_rate_counts_only_what_could_count() -> None:
    assert metrics.rate([1, 1, 0], [1, 0, 1])[0] == 0.5
    assert math.isnan(metrics.rate([1], [0])[0])


def test_interval_holds_most_of_the_values() -> None:
    assert metrics.interval(np.arange(1001.0)) == pytest.approx((25, 975))
    assert all(math.isnan(end) for end in metrics.interval(np.array([np.nan])))


def test_paired_p_tells_a_clear_difference_from_none() -> None:
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 0.01, 999)
    assert metrics.paired_p(0.8 + noise, np.full(999, 0.5)) == pytest.approx(0.002)
    assert metrics.paired_p(0.5 + noise, np.full(999, 0.5)) > 0.3
    assert metrics.paired_p(noise, noise) == 1


def test_calibration_of_true_probabilities_is_near_zero_and_of_overconfidence_is_not() -> None:
    generator = np.random.default_rng(1)
    scores = generator.random(20_000)
    gold = generator.random(20_000) < scores
    assert metrics.expected_calibration_error(metrics.reliability(gold, scores)) < 0.02
    sure = np.where(scores > 0.5, 1.0, 0.0)
    assert metrics.expected_calibration_error(metrics.reliability(gold, sure)) == pytest.approx(0.25, abs=0.02)
    assert metrics.brier(gold, sure) == pytest.approx(sk.brier_score_loss(gold, sure))


def test_reliability_counts_every_score_once_at_the_edges_too() -> None:
    table = metrics.reliability([0, 1, 1, 0], [0.0, 1.0, 0.1, 0.95])
    assert [row.count for row in table] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert table[-1].rate == 0.5


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_no_threshold_beats_the_best(rows: list[tuple[bool, float, int]]) -> None:
    gold, scores, _ = (np.array(column) for column in zip(*rows, strict=True))
    threshold = metrics.best_threshold(gold, scores)
    if not gold.any():
        assert threshold == 0.5
        return
    best = sk.f1_score(gold, scores >= threshold)
    assert best >= max(sk.f1_score(gold, scores >= other) for other in np.unique(scores)) - 1e-12
