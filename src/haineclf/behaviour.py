"""Functional suites: what the detector must get right, one difficulty at a time.

After CheckList (Ribeiro et al. 2020): a *minimum functionality test* (MFT) gives each message its labels, an
*invariance test* (INV) changes what must not matter, a *directional test* (DIR) changes what must move a score.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from haineclf.errors import DatasetError, MissingExtraError
from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Answer = Callable[[Sequence[str]], tuple[NDArray[np.float64], NDArray[np.bool_]]]

FAIRNESS_FILE = "fairness.yaml"
_CHOICE = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
_NO_ROOM = 0.95  # a score from here on need not rise any more


class Kind(StrEnum):
    """How a functionality is tested."""

    MFT = "MFT"
    INV = "INV"
    DIR = "DIR"


class Case(NamedTuple):
    """One case.

    Attributes:
        text: The message.
        changed: The message after the change; empty for an MFT.
        labels: Labels of `text`.
    """

    text: str
    changed: str
    labels: frozenset[Label]


@dataclass(frozen=True, slots=True)
class Functionality:
    """One thing that must be right.

    Attributes:
        name: Unique over all suites.
        suite: Name of the file it stands in.
        kind: How it is tested.
        about: What it says, in one line.
        judged: Labels that it asserts.
        rises: For a DIR, whether the score must rise; else it must fall.
        cases: The cases.
    """

    name: str
    suite: str
    kind: Kind
    about: str
    judged: tuple[Label, ...]
    rises: bool
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a functionality went.

    Attributes:
        functionality: The functionality.
        failures: Cases that failed, with what the system answered to each of its messages.
        skipped: Cases to which a DIR does not apply: a label that was not found cannot be lost.
    """

    functionality: Functionality
    failures: tuple[tuple[Case, tuple[frozenset[Label], ...]], ...]
    skipped: int

    @property
    def applied(self) -> int:
        """Number of cases that could pass or fail."""
        return len(self.functionality.cases) - self.skipped

    @property
    def pass_rate(self) -> float:
        """Share of the applied cases that passed, in [0, 1]; NaN where none applied."""
        return (self.applied - len(self.failures)) / self.applied if self.applied else float("nan")


@dataclass(frozen=True, slots=True)
class GroupRates:
    """How one identity term or first name fares over all frames.

    Attributes:
        term: The term.
        group: What kind of term it is, such as `religion`.
        false_positive_rate: Share of innocent messages about it that were given a label.
        false_negative_rate: Share of the labels of abusive messages about it that were missed.
    """

    term: str
    group: str
    false_positive_rate: float
    false_negative_rate: float


class Gaps(NamedTuple):
    """Widest distance between two terms.

    Attributes:
        false_positive_rate: Highest rate less lowest.
        false_negative_rate: Highest rate less lowest.
    """

    false_positive_rate: float
    false_negative_rate: float


def load_suites(data: Path) -> list[Functionality]:
    """Reads the functional suites.

    Args:
        data: The project's data folder; the suites are in `suites/*.yaml` within.

    Returns:
        The functionalities, in the order of the files.

    Raises:
        DatasetError: If a suite is not valid or a name stands twice.
    """
    found: dict[str, Functionality] = {}
    for path in sorted((data / "suites").glob("*.yaml")):
        if path.name == FAIRNESS_FILE:
            continue
        content = _read_yaml(path)
        if not isinstance(content, list) or not all(isinstance(fields, dict) for fields in content):
            message = f"{path.name}: a suite is a list of functionalities"
            raise DatasetError(message)
        for fields in content:
            try:
                functionality = _functionality(path.stem, fields)
            except (KeyError, TypeError, ValueError) as error:
                message = f"{path.name}, {fields.get('name', 'a functionality without name')}: {error!r}"
                raise DatasetError(message) from error
            if functionality.name in found:
                message = f"{path.name}: the name {functionality.name!r} stands twice"
                raise DatasetError(message)
            found[functionality.name] = functionality
    return list(found.values())


def run_suites(functionalities: Iterable[Functionality], answer: Answer) -> list[Outcome]:
    """Puts every case to a system.

    Args:
        functionalities: What to test.
        answer: Gives scores and decisions, each of shape (n, 4), for n messages.

    Returns:
        One outcome per functionality.
    """
    return [_run(functionality, answer) for functionality in functionalities]


def run_fairness(data: Path, answer: Answer) -> tuple[list[GroupRates], Gaps]:
    """Puts the same sentences about different people to a system (after Dixon et al. 2018).

    Args:
        data: The project's data folder; frames and terms are in `suites/fairness.yaml` within.
        answer: As for `run_suites`.

    Returns:
        Rates per term, and the widest gaps.

    Raises:
        DatasetError: If the suite is not valid.
    """
    path = data / "suites" / FAIRNESS_FILE
    suite = _read_yaml(path)
    try:
        terms, frames = suite["terms"], suite["frames"]
        texts = [
            filled(frame["text"], term["text"], feminine=term["feminine"]) for term, frame in product(terms, frames)
        ]
        wanted = [frozenset(map(Label, frame["labels"])) for frame in frames]
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path.name}: {error!r}"
        raise DatasetError(message) from error
    decided = answer(texts)[1].reshape(len(terms), len(frames), len(Label))
    order = list(Label)
    innocent = [number for number, labels in enumerate(wanted) if not labels]
    due = [(number, order.index(label)) for number, labels in enumerate(wanted) for label in labels]
    rates = [
        GroupRates(
            term["term"],
            term["group"],
            float(decided[row, innocent].any(axis=1).mean()),
            1 - sum(bool(decided[row, frame, label]) for frame, label in due) / len(due),
        )
        for row, term in enumerate(terms)
    ]
    return rates, Gaps(_gap([r.false_positive_rate for r in rates]), _gap([r.false_negative_rate for r in rates]))


def filled(frame: str, term: str, *, feminine: bool) -> str:
    """Puts a term into a frame, with agreement.

    Args:
        frame: A sentence with `{term}`, and `{masculine|feminine}` where words agree.
        term: A noun group in the singular, such as `mon voisin gay`.
        feminine: Which of the forms the term takes.

    Returns:
        The sentence, its first letter a capital.
    """
    sentence = _CHOICE.sub(lambda found: found[1 + feminine], frame).replace("{term}", term)
    return sentence[:1].upper() + sentence[1:]


def _gap(rates: Sequence[float]) -> float:
    return max(rates) - min(rates)


def _run(functionality: Functionality, answer: Answer) -> Outcome:
    texts = [text for case in functionality.cases for text in case[:2] if text]
    width = 1 if functionality.kind is Kind.MFT else 2
    scores, decided = answer(texts)
    scores = scores.reshape(-1, width, len(Label))
    labels = [frozenset(label for label, yes in zip(Label, row, strict=True) if yes) for row in decided]
    failures = []
    skipped = 0
    for number, case in enumerate(functionality.cases):
        given = tuple(labels[number * width : (number + 1) * width])
        passed = _passed(functionality, case, given, scores[number])
        if passed is None:
            skipped += 1
        elif not passed:
            failures.append((case, given))
    return Outcome(functionality, tuple(failures), skipped)


def _passed(
    functionality: Functionality, case: Case, given: Sequence[frozenset[Label]], scores: NDArray[np.float64]
) -> bool | None:
    judged = frozenset(functionality.judged)
    if functionality.kind is Kind.MFT:
        return given[0] & judged == case.labels & judged
    if functionality.kind is Kind.INV:
        return given[0] & judged == given[1] & judged
    (label,) = functionality.judged
    before, after = scores[:, list(Label).index(label)]
    if functionality.rises:
        return bool(after > before or (before >= _NO_ROOM and after >= _NO_ROOM))
    return bool(after < before) if label in given[0] else None


def _functionality(suite: str, fields: Mapping[str, Any]) -> Functionality:
    kind = Kind(fields["kind"])
    judged = tuple(Label(name) for name in fields.get("judged", list(Label)))
    if kind is Kind.DIR and (len(judged) != 1 or fields.get("direction") not in {"up", "down"}):
        message = "a DIR judges one label and has a direction, up or down"
        raise ValueError(message)
    cases = tuple(
        Case(case["text"], case.get("changed", ""), frozenset(map(Label, case["labels"]))) for case in fields["cases"]
    )
    if any(not case.text.strip() or bool(case.changed) == (kind is Kind.MFT) for case in cases):
        message = "every case has a text, and a changed text unless the kind is MFT"
        raise ValueError(message)
    return Functionality(fields["name"], suite, kind, fields["about"], judged, fields.get("direction") == "up", cases)


def _read_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        import yaml
    except ImportError as error:
        message = "the suites are YAML: pip install 'haineclf[evaluate]'"
        raise MissingExtraError(message) from error
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except OSError as error:
        message = f"{str(path)!r} cannot be read: {error.strerror}; name the repository's data folder with --data"
        raise DatasetError(message) from error
    except yaml.YAMLError as error:
        message = f"{path.name} is not YAML: {error}"
        raise DatasetError(message) from error
