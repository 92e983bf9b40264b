"""The figures of one or several systems on the same messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from haineclf import metrics
from haineclf.errors import DatasetError
from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from haineclf.dataset import Example
    from haineclf.evaluation.systems import System

    Bools = NDArray[np.bool_]

_LENGTHS = ((0, 30), (31, 80), (81, 160), (161, 400), (401, None))
_FIELDS = ("source", "stratum", "register", "region", "phenomenon")
_WORST = 5


class Figure(NamedTuple):
    """A figure with its 95 % interval.

    Attributes:
        value: The figure on the rows as they are; NaN where it is not defined.
        low: Low end over the resamples.
        high: High end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelReport:
    """One label's figures; see `metrics.LabelFigures`."""

    label: Label
    support: int
    precision: Figure
    recall: Figure
    f1: Figure
    average_precision: Figure
    false_positive_rate: Figure


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far one label's scores are from what came true.

    Attributes:
        label: The label.
        ece: Expected calibration error over ten bins, in [0, 1].
        brier: Mean squared error, in [0, 1].
        bins: The reliability table.
    """

    label: Label
    ece: float
    brier: float
    bins: Sequence[metrics.Bin]


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the messages.

    Attributes:
        field: What the parts differ by, such as `region`.
        value: The part.
        rows: Its messages.
        clean: Those without any label.
        false_alarms: Share of the clean ones that were given a label; NaN without clean ones.
        labels: Labels that its messages have, together.
        missed: Share of these that were not found; NaN without labels.
        macro_f1: Mean F1 over the labels that stand in it; NaN without labels.
    """

    field: str
    value: str
    rows: int
    clean: int
    false_alarms: float
    labels: int
    missed: float
    macro_f1: float


@dataclass(frozen=True, slots=True)
class SystemReport:
    """One system's figures.

    Attributes:
        name: Name of the system.
        labels: Figures per label.
        macro_f1: Mean F1 over the labels.
        macro_average_precision: Mean average precision over the labels.
        false_alarms: Share of clean messages that were given any label.
        p_value: Two-sided p of the difference in macro-F1 to the first system; None for the first.
        calibration: Per label; empty where scores do not claim to be probabilities.
        confusion: Counts of `threat` × `call_to_murder`: rows what holds, columns what was found, each in the
            order none, threat, call to murder, both; empty where not both labels are measured.
        slices: Figures by part.
    """

    name: str
    labels: Sequence[LabelReport]
    macro_f1: Figure
    macro_average_precision: Figure
    false_alarms: Figure
    p_value: float | None
    calibration: Sequence[Calibration]
    confusion: Sequence[Sequence[int]]
    slices: Sequence[Slice]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One of the worst errors of the first system.

    Attributes:
        label: The label that is wrong.
        missed: Whether it was missed; else it was a false alarm.
        score: The score given.
        id: Id of the example.
        text: The message.
    """

    label: Label
    missed: bool
    score: float
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured.

    Attributes:
        subject: What the messages are, for people.
        note: What was left out and why; empty when nothing was.
        rows: Number of messages.
        clean: Those without any label.
        systems: One report per system.
        mistakes: The worst errors of the first system.
    """

    subject: str
    note: str
    rows: int
    clean: int
    systems: Sequence[SystemReport]
    mistakes: Sequence[Mistake]


def evaluate(
    examples: Sequence[Example],
    systems: Sequence[System],
    *,
    subject: str,
    note: str = "",
    labels: Sequence[Label] = tuple(Label),
    seed: int = 0,
) -> Evaluation:
    """Measures systems on the same messages and the same resamples.

    Intervals are percentile bootstraps over families: messages that differ by an edit are drawn together.

    Args:
        examples: Messages with the labels that people gave them.
        systems: The systems; the others are compared with the first.
        subject: What the messages are, for people.
        note: What was left out and why.
        labels: Labels to measure; the others have no gold.
        seed: Seed of the resamples.

    Returns:
        The figures.

    Raises:
        DatasetError: If there are no messages.
    """
    if not examples:
        message = f"{subject}: no messages to measure"
        raise DatasetError(message)
    places = [list(Label).index(label) for label in labels]
    gold = np.array([[label in example.labels for label in Label] for example in examples])[:, places]
    texts = [example.text for example in examples]
    weights = metrics.resamples(_groups(examples), seed=seed)
    parts = list(_parts(examples))
    reports: list[SystemReport] = []
    mistakes: list[Mistake] = []
    reference = None
    for system in systems:
        answers = system.answer(texts)
        scores, decided = answers.scores[:, places], answers.decided[:, places]
        drawn = [_figures(gold, scores, decided, column, weights) for column in range(len(labels))]
        macro_f1 = metrics.macro([figures.f1 for figures in drawn])
        if reference is None:
            mistakes = list(_mistakes(examples, labels, gold, scores, decided))
        reports.append(
            SystemReport(
                name=system.name,
                labels=[
                    _label_report(label, _figures(gold, scores, decided, column), drawn[column])
                    for column, label in enumerate(labels)
                ],
                **_macros(gold, scores, decided, drawn),
                false_alarms=_false_alarms(gold, decided, weights),
                p_value=None if reference is None else metrics.paired_p(macro_f1, reference),
                calibration=[_calibration(label, gold[:, c], scores[:, c]) for c, label in enumerate(labels)]
                if system.probabilities
                else [],
                confusion=_confusion(labels, gold, decided),
                slices=[_slice(field, value, gold[rows], scores[rows], decided[rows]) for field, value, rows in parts],
            )
        )
        reference = macro_f1 if reference is None else reference
    clean = int((~gold.any(axis=1)).sum())
    return Evaluation(subject, note, len(examples), clean, reports, mistakes)


def _groups(examples: Iterable[Example]) -> list[int]:
    numbers: dict[str, int] = {}
    return [numbers.setdefault(example.family or example.id, len(numbers)) for example in examples]


def _parts(examples: Sequence[Example]) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    for field in (*_FIELDS, "length"):
        values = np.array([_length(len(e.text)) if field == "length" else str(getattr(e, field)) for e in examples])
        known = [value for value in np.unique(values) if value]
        if len(known) > 1:
            for value in known:
                yield field, str(value), np.flatnonzero(values == value)


def _length(characters: int) -> str:
    for low, high in _LENGTHS:
        if high is None or characters <= high:
            return f"{low:03d}–{high} characters" if high else f"{low:03d} characters and more"
    raise AssertionError


def _figures(
    gold: Bools, scores: NDArray[np.float64], decided: Bools, column: int, weights: NDArray[np.float64] | None = None
) -> metrics.LabelFigures:
    return metrics.label_figures(gold[:, column], decided[:, column], scores[:, column], weights)


def _label_report(label: Label, exact: metrics.LabelFigures, drawn: metrics.LabelFigures) -> LabelReport:
    return LabelReport(
        label=label,
        support=int(exact.support[0]),
        **{
            name: _figure(getattr(exact, name), getattr(drawn, name))
            for name in ("precision", "recall", "f1", "average_precision", "false_positive_rate")
        },
    )


def _macros(
    gold: Bools, scores: NDArray[np.float64], decided: Bools, drawn: Sequence[metrics.LabelFigures]
) -> dict[str, Figure]:
    exact = [_figures(gold, scores, decided, column) for column in range(gold.shape[1])]
    return {
        f"macro_{name}": _figure(
            metrics.macro([getattr(one, name) for one in exact]), metrics.macro([getattr(one, name) for one in drawn])
        )
        for name in ("f1", "average_precision")
    }


def _false_alarms(gold: Bools, decided: Bools, weights: NDArray[np.float64]) -> Figure:
    any_gold, any_decided = gold.any(axis=1), decided.any(axis=1)
    exact, drawn = (metrics.label_figures(any_gold, any_decided, any_decided, each) for each in (None, weights))
    return _figure(exact.false_positive_rate, drawn.false_positive_rate)


def _figure(exact: NDArray[np.float64], drawn: NDArray[np.float64]) -> Figure:
    return Figure(float(exact[0]), *metrics.interval(drawn))


def _calibration(label: Label, gold: Bools, scores: NDArray[np.float64]) -> Calibration:
    bins = metrics.reliability(gold, scores)
    return Calibration(label, metrics.expected_calibration_error(bins), metrics.brier(gold, scores), bins)


def _confusion(labels: Sequence[Label], gold: Bools, decided: Bools) -> list[list[int]]:
    if Label.THREAT not in labels or Label.CALL_TO_MURDER not in labels:
        return []
    threat, call = labels.index(Label.THREAT), labels.index(Label.CALL_TO_MURDER)
    table = np.zeros((4, 4), dtype=int)
    np.add.at(table, (gold[:, threat] + 2 * gold[:, call], decided[:, threat] + 2 * decided[:, call]), 1)
    return table.tolist()


def _slice(field: str, value: str, gold: Bools, scores: NDArray[np.float64], decided: Bools) -> Slice:
    clean = ~gold.any(axis=1)
    present = [_figures(gold, scores, decided, column).f1 for column in range(gold.shape[1]) if gold[:, column].any()]
    return Slice(
        field=field,
        value=value,
        rows=len(gold),
        clean=int(clean.sum()),
        false_alarms=float(decided[clean].any(axis=1).mean()) if clean.any() else float("nan"),
        labels=int(gold.sum()),
        missed=float((gold & ~decided).sum() / gold.sum()) if gold.any() else float("nan"),
        macro_f1=float(metrics.macro(present)[0]) if present else float("nan"),
    )


def _mistakes(
    examples: Sequence[Example], labels: Sequence[Label], gold: Bools, scores: NDArray[np.float64], decided: Bools
) -> Iterator[Mistake]:
    for column, label in enumerate(labels):
        for missed in (True, False):
            wrong = np.flatnonzero((gold[:, column] != decided[:, column]) & (gold[:, column] == missed))
            ranked = wrong[np.argsort(scores[wrong, column] * (1 if missed else -1), kind="stable")]
            for row in ranked[:_WORST]:
                yield Mistake(label, missed, float(scores[row, column]), examples[row].id, examples[row].text)
