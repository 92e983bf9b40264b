"""Evaluations as tables of text; what prints them decides between a terminal and Markdown."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import TYPE_CHECKING, NamedTuple

from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from haineclf.behaviour import Gaps, GroupRates, Outcome
    from haineclf.evaluation.measure import Evaluation, Figure, Slice, SystemReport
    from haineclf.metrics import Bin
    from haineclf.results import Prediction

_SHOWN_TEXT = 200
_LOW = 0.8
_STATES = ("none", "threat", "call to murder", "both")
_ANSI = re.compile("(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


class Table(NamedTuple):
    """A table for people.

    Attributes:
        name: What it is known by, such as `labels`.
        title: What it shows.
        columns: Heads of the columns; the first column is text, the others are numbers where they can be.
        rows: Cells.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables(evaluation: Evaluation, evidence: dict[str, Prediction] | None = None) -> Iterator[Table]:
    """Lays an evaluation out.

    Args:
        evaluation: The figures.
        evidence: Answers of the first system to the messages it got wrong, by example id.

    Yields:
        The tables, the most asked for first.
    """
    first = evaluation.systems[0]
    if len(evaluation.systems) > 1:
        yield _side_by_side(evaluation)
    for system in evaluation.systems:
        yield _labels(system)
    yield from _calibrations(evaluation.systems)
    if first.confusion:
        rows = [[state, *map(str, line)] for state, line in zip(_STATES, first.confusion, strict=True)]
        yield Table(
            "confusion",
            f"{first.name}: threat × call to murder (rows: what holds; columns: what was found)",
            ("", *_STATES),
            rows,
        )
    for field in dict.fromkeys(part.field for part in first.slices):
        heads = (field, "messages", "clean", "false alarms", "labels", "missed", "macro-F1")
        rows = [_slice(part) for part in first.slices if part.field == field]
        yield Table(field, f"{first.name} by {field}", heads, rows)
    if evaluation.mistakes:
        yield _mistakes(evaluation, evidence or {})


def suite_tables(outcomes: Sequence[Outcome], *, failures: bool = True) -> Iterator[Table]:
    """Lays the functional suites out.

    Args:
        outcomes: How each functionality went.
        failures: Whether to list every case that failed.

    Yields:
        A summary by kind, the pass rates, and the failures.
    """
    kinds = list(dict.fromkeys(outcome.functionality.kind for outcome in outcomes))
    summary = []
    for kind in kinds:
        of_kind = [outcome for outcome in outcomes if outcome.functionality.kind is kind]
        applied = sum(outcome.applied for outcome in of_kind)
        failed = sum(len(outcome.failures) for outcome in of_kind)
        least = min((o.pass_rate for o in of_kind if o.applied), default=math.nan)
        summary.append(
            [kind.value, str(len(of_kind)), str(applied), _percent(1 - failed / applied if applied else math.nan),
             _percent(least)]
        )  # fmt: skip
    yield Table(
        "suites", "Functional suites", ("kind", "functionalities", "cases", "passed", "lowest functionality"), summary
    )
    rows = [
        [o.functionality.name, o.functionality.kind.value, str(o.applied), _percent(o.pass_rate), o.functionality.about]
        for o in outcomes
    ]
    yield Table(
        "functionalities", "Functionalities", ("functionality", "kind", "cases", "passed", "what it says"), rows
    )
    if failures:
        yield Table(
            "failures",
            "Failures",
            ("functionality", "wanted", "found", "message"),
            [
                [
                    outcome.functionality.name,
                    _names(case.labels),
                    " → ".join(map(_names, given)),
                    shown(f"{case.text} → {case.changed}" if case.changed else case.text),
                ]
                for outcome in outcomes
                for case, given in outcome.failures
            ],
        )


def suites_side_by_side(systems: Mapping[str, tuple[Sequence[Outcome], Gaps]]) -> Table:
    """Sets the pass rates of several systems beside each other.

    Args:
        systems: Outcomes of the functional suites and gaps of the fairness suite, by name of the system.

    Returns:
        One row a system: pass rate by kind, functionalities under 80 %, widest gap in false positives.
    """
    kinds = list(dict.fromkeys(one.functionality.kind for outcomes, _ in systems.values() for one in outcomes))
    rows = []
    for name, (outcomes, gaps) in systems.items():
        rates = []
        for kind in kinds:
            of_kind = [one for one in outcomes if one.functionality.kind is kind]
            applied = sum(one.applied for one in of_kind)
            failed = sum(len(one.failures) for one in of_kind)
            rates.append(_percent(1 - failed / applied if applied else math.nan))
        low = sum(one.pass_rate < _LOW for one in outcomes if one.applied)
        rows.append([name, *rates, str(low), f"{100 * gaps.false_positive_rate:.1f}"])
    heads = ("system", *(kind.value for kind in kinds), "functionalities under 80 %", "fairness gap in points")
    return Table("suites_compare", "Functional suites, side by side: share of cases passed", heads, rows)


def fairness_tables(rates: Sequence[GroupRates], gaps: Gaps) -> Iterator[Table]:
    """Lays the fairness suite out.

    Args:
        rates: Rates per term.
        gaps: Widest gaps.

    Yields:
        The gaps, then the terms.
    """
    yield Table(
        "fairness",
        "Fairness: widest gap between two terms",
        ("rate", "gap in points"),
        [
            ["false positives", f"{100 * gaps.false_positive_rate:.1f}"],
            ["false negatives", f"{100 * gaps.false_negative_rate:.1f}"],
        ],
    )
    yield Table(
        "terms",
        "Fairness by term",
        ("term", "group", "false positives", "false negatives"),
        [[r.term, r.group, _percent(r.false_positive_rate), _percent(r.false_negative_rate)] for r in rates],
    )


def markdown(title: str, note: str, parts: Sequence[Table]) -> str:
    """Writes tables as Markdown.

    Args:
        title: Heading.
        note: Line below it, or nothing.
        parts: The tables.

    Returns:
        The text; cells cannot break out of their table.
    """
    return "\n\n".join([f"### {_cell(title)}", *([_cell(note)] if note else []), *map(markdown_table, parts)]) + "\n"


def markdown_table(table: Table) -> str:
    """Writes one table as Markdown.

    Args:
        table: The table.

    Returns:
        Its title in bold and its rows; cells cannot break out of them.
    """
    rule = ["---", *(["--:"] * (len(table.columns) - 1))]
    lines = [table.columns, rule, *([_cell(cell) for cell in row] for row in table.rows)]
    return "\n".join([f"**{table.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])


def as_json(value: object) -> str:
    """Writes figures as JSON; what is not defined is null.

    Args:
        value: Dataclasses, named tuples, lists and mappings of plain values.

    Returns:
        The JSON.
    """
    return json.dumps(_plain(value), ensure_ascii=False, indent=1)


def shown(text: str) -> str:
    """Cuts a message for a cell and takes out what could act on a terminal.

    Args:
        text: Any text.

    Returns:
        At most 200 characters on one line.
    """
    line = _CONTROLS.sub(" ", _ANSI.sub("", text)).encode("utf-8", "backslashreplace").decode("utf-8")
    return line if len(line) <= _SHOWN_TEXT else line[: _SHOWN_TEXT - 1] + "…"


def _side_by_side(evaluation: Evaluation) -> Table:
    labels = [report.label for report in evaluation.systems[0].labels]
    heads = ("system", "macro-F1", "p", *(f"F1 {label}" for label in labels), "macro-AP", "false alarms")
    rows = [
        [
            system.name,
            _interval(system.macro_f1),
            "" if system.p_value is None else f"{system.p_value:.3f}",
            *(_number(report.f1.value) for report in system.labels),
            _interval(system.macro_average_precision),
            _percent(system.false_alarms.value),
        ]
        for system in evaluation.systems
    ]
    return Table("compare", f"Side by side; p: difference in macro-F1 to {evaluation.systems[0].name}", heads, rows)


def _labels(system: SystemReport) -> Table:
    heads = ("label", "support", "precision", "recall", "F1", "average precision", "false-positive rate")
    rows = [
        [
            report.label.value,
            str(report.support),
            *map(_interval, (report.precision, report.recall, report.f1, report.average_precision)),
            _interval(report.false_positive_rate, 3),
        ]
        for report in system.labels
    ]
    rows.append(
        ["macro", "", "", "", _interval(system.macro_f1), _interval(system.macro_average_precision), ""],
    )
    rows.append(["any label, on clean messages", "", "", "", "", "", _interval(system.false_alarms, 3)])
    return Table("labels", f"{system.name}: figures with 95 % intervals", heads, rows)


def _calibrations(systems: Sequence[SystemReport]) -> Iterator[Table]:
    calibrated = [system for system in systems if system.calibration]
    if not calibrated:
        return
    rows = [[s.name, c.label.value, _number(c.ece, 3), _number(c.brier, 3)] for s in calibrated for c in s.calibration]
    yield Table("calibration", "Calibration", ("system", "label", "ECE", "Brier"), rows)
    for system in calibrated:
        bins = [
            [f"{row.low:.1f}–{row.high:.1f}", *(_bin(c.bins[number]) for c in system.calibration)]
            for number, row in enumerate(system.calibration[0].bins)
        ]
        heads = ("score", *(c.label.value for c in system.calibration))
        yield Table("reliability", f"{system.name}: reliability (share that holds, of how many)", heads, bins)


def _bin(row: Bin) -> str:
    return f"{row.rate:.2f} of {row.count}" if row.count else "–"


def _slice(part: Slice) -> list[str]:
    return [
        part.value, str(part.rows), str(part.clean), _percent(part.false_alarms), str(part.labels),
        _percent(part.missed), _number(part.macro_f1),
    ]  # fmt: skip


def _mistakes(evaluation: Evaluation, evidence: dict[str, Prediction]) -> Table:
    rows = []
    for mistake in evaluation.mistakes:
        answer = evidence.get(mistake.id)
        words = dict.fromkeys(answer.text[e.start : e.end] for e in answer.evidence) if answer else ()
        kind = "missed" if mistake.missed else "false"
        rows.append(
            [
                f"{kind} {mistake.label}",
                f"{mistake.score:.2f}",
                mistake.id,
                shown(", ".join(words)),
                shown(mistake.text),
            ]
        )
    name = evaluation.systems[0].name
    return Table("mistakes", f"{name}: worst errors", ("error", "score", "id", "evidence", "message"), rows)


def _names(labels: frozenset[Label]) -> str:
    return "+".join(label for label in Label if label in labels) or "none"


def _number(value: float, digits: int = 2) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"


def _interval(figure: Figure, digits: int = 2) -> str:
    if math.isnan(figure.value):
        return "–"
    if math.isnan(figure.low):
        return f"{figure.value:.{digits}f}"
    return f"{figure.value:.{digits}f} [{figure.low:.{digits}f}, {figure.high:.{digits}f}]"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", _CONTROLS.sub(" ", text))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
