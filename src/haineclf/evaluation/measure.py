"""The figures of one or several systems on the same messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from haineclf import metrics
from haineclf.dataset import label_matrix
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
_LEAST_ROWS = 20
_LEAST_SUPPORT = 10
_LEAST_GROUPS = 30


class Figure(NamedTuple):
    """A figure with its 95 % interval.

    Attributes:
        value: The figure on the rows as they are; NaN where it is not defined.
        low: Low end over the resamples; NaN where there are too few messages for an interval.
        high: High end.
    """

    value: float
    low: float
    high: float


_UNDEFINED = Figure(float("nan"), float("nan"), float("nan"))


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
        macro_f1: Mean F1 over the labels; NaN where one of them stands in it less than ten times.
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
        macro_f1: Mean F1 over the labels that stand in the messages.
        macro_average_precision: Mean average precision over the same labels.
        false_alarms: Share of clean messages that were given any label.
        p_value: Two-sided p of the difference in macro-F1 to the first system; None for the first, and where there
            are too few messages for it.
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
    gold = label_matrix(examples)[:, places]
    texts = [example.text for example in examples]
    groups = _groups(examples)
    weights = metrics.resamples(groups, seed=seed) if max(groups) + 1 >= _LEAST_GROUPS else None
    parts = list(_parts(examples))
    reports: list[SystemReport] = []
    mistakes: list[Mistake] = []
    reference = None
    averaged = [column for column in range(len(labels)) if gold[:, column].any()]
    for system in systems:
        answers = system.answer(texts)
        scores, decided = answers.scores[:, places], answers.decided[:, places]
        exact = [_figures(gold, scores, decided, column) for column in range(len(labels))]
        drawn = [_figures(gold, scores, decided, column, weights) for column in range(len(labels))]
        macros = {
            name: [metrics.macro([getattr(side[column], name) for column in averaged]) for side in (exact, drawn)]
            for name in ("f1", "average_precision")
            if averaged
        }
        if reference is None:
            mistakes = list(_mistakes(examples, labels, gold, scores, decided))
        clean_rows = ~gold.any(axis=1)
        alarms = [metrics.rate(decided.any(axis=1), clean_rows, each) for each in (None, weights)]
        certain = weights is not None
        reports.append(
            SystemReport(
                name=system.name,
                labels=[
                    _label_report(label, exact[column], drawn[column], certain) for column, label in enumerate(labels)
                ],
                macro_f1=_figure(macros["f1"], certain) if averaged else _UNDEFINED,
                macro_average_precision=_figure(macros["average_precision"], certain) if averaged else _UNDEFINED,
                false_alarms=_figure(alarms, certain),
                p_value=metrics.paired_p(macros["f1"][1], reference)
                if reference is not None and certain and averaged
                else None,
                calibration=[_calibration(label, gold[:, c], scores[:, c]) for c, label in enumerate(labels)]
                if system.probabilities
                else [],
                confusion=_confusion(labels, gold, decided),
                slices=[_slice(field, value, gold[rows], scores[rows], decided[rows]) for field, value, rows in parts],
            )
        )
        if reference is None and averaged:
            reference = macros["f1"][1]
    clean = int((~gold.any(axis=1)).sum())
    if weights is None:
        note = "; ".join(filter(None, (note, f"fewer than {_LEAST_GROUPS} messages or families: no intervals")))
    return Evaluation(subject, note, len(examples), clean, reports, mistakes)


def _groups(examples: Iterable[Example]) -> list[int]:
    numbers: dict[str, int] = {}
    return [numbers.setdefault(example.family or example.id, len(numbers)) for example in examples]


def _parts(examples: Sequence[Example]) -> Iterator[tuple[str, str, list[int]]]:
    for field in _FIELDS:
        rows: dict[str, list[int]] = {}
        for number, example in enumerate(examples):
            rows.setdefault(str(getattr(example, field)), []).append(number)
        known = sorted(value for value in rows if value and len(rows[value]) >= _LEAST_ROWS)
        yield from ((field, value, rows[value]) for value in known)
    for low, high in _LENGTHS:
        inside = [n for n, one in enumerate(examples) if low <= len(one.text) and (not high or len(one.text) <= high)]
        if len(inside) >= _LEAST_ROWS:
            yield "length", f"{low}–{high} characters" if high else f"{low} characters and more", inside


def _figures(
    gold: Bools, scores: NDArray[np.float64], decided: Bools, column: int, weights: NDArray[np.float64] | None = None
) -> metrics.LabelFigures:
    return metrics.label_figures(gold[:, column], decided[:, column], scores[:, column], weights)


def _label_report(label: Label, exact: metrics.LabelFigures, drawn: metrics.LabelFigures, certain: bool) -> LabelReport:
    return LabelReport(
        label=label,
        support=int(exact.support[0]),
        **{
            name: _figure((getattr(exact, name), getattr(drawn, name)), certain)
            for name in ("precision", "recall", "f1", "average_precision", "false_positive_rate")
        },
    )


def _figure(sides: Sequence[NDArray[np.float64]], certain: bool) -> Figure:
    """A figure of the exact rows with its interval over the drawn ones."""
    exact, drawn = sides
    return Figure(float(exact[0]), *(metrics.interval(drawn) if certain else (float("nan"), float("nan"))))


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
    f1 = [_figures(gold, scores, decided, column).f1 for column in range(gold.shape[1])]
    return Slice(
        field=field,
        value=value,
        rows=len(gold),
        clean=int(clean.sum()),
        false_alarms=float(metrics.rate(decided.any(axis=1), clean)[0]),
        labels=int(gold.sum()),
        missed=float((gold & ~decided).sum() / gold.sum()) if gold.any() else float("nan"),
        macro_f1=float(metrics.macro(f1)[0]) if gold.sum(axis=0).min() >= _LEAST_SUPPORT else float("nan"),
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
