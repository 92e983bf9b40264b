"""One evaluation from end to end: the messages, the systems, the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from haineclf.classifier import Classifier
from haineclf.dataset import data_folder, load_split
from haineclf.errors import DatasetError
from haineclf.evaluation.gold import read_gold
from haineclf.evaluation.measure import Evaluation, evaluate
from haineclf.evaluation.render import Table, fairness_tables, suite_tables, suites_side_by_side, tables
from haineclf.evaluation.systems import AlwaysYes, ClassifierSystem, System, TfidfBaseline, WordList
from haineclf.results import Backend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    Attributes:
        title: What was measured.
        note: What was left out and why; empty when nothing was.
        tables: The figures for people.
        figures: The same figures for programs: dataclasses and plain values, see `as_json`.
    """

    title: str
    note: str
    tables: Sequence[Table]
    figures: Any


def evaluate_table(
    classifier: Classifier,
    source: Path,
    *,
    text_column: str | None = None,
    compare: bool = False,
    data: Path | None = None,
    corpora: Path | None = None,
) -> Report:
    """Measures a classifier on a user's own table with gold columns.

    Args:
        classifier: The classifier.
        source: The table; see `read_gold`.
        text_column: Column of the messages; found when None.
        compare: Whether to set the baselines beside it; needs the project's data folder to train them.
        data: That folder; see `dataset.data_folder`.
        corpora: Folder of the public corpora; see `dataset.corpora_folder`.

    Returns:
        The figures.

    Raises:
        HaineclfError: If the table cannot be read or measured, or the data are not there.
    """
    gold = read_gold(source, text_column=text_column)
    others, note = _others(classifier, data, corpora) if compare else ([], "")
    systems = [ClassifierSystem(classifier), *others]
    note = "\n".join(filter(None, (gold.note, note)))
    return _report(classifier, evaluate(gold.examples, systems, subject=str(source), note=note, labels=gold.labels))


def evaluate_split(
    classifier: Classifier,
    split: str,
    *,
    compare: bool = False,
    data: Path | None = None,
    corpora: Path | None = None,
) -> Report:
    """Measures a classifier on a named split of the project's labelled data.

    Args:
        classifier: The classifier.
        split: `"train"`, `"dev"` or `"test"`.
        compare: Whether to set the baselines beside it.
        data: The project's data folder; see `dataset.data_folder`.
        corpora: Folder of the public corpora; see `dataset.corpora_folder`.

    Returns:
        The figures.

    Raises:
        HaineclfError: If the data are not there or not valid.
    """
    if compare and split == "train":
        message = "TF-IDF learns the split train, so nothing can be compared on it; take dev or test"
        raise DatasetError(message)
    chosen = load_split(split, data=data, corpora=corpora)
    others, note = _others(classifier, data, corpora) if compare else ([], "")
    systems = [ClassifierSystem(classifier), *others]
    seen = "the thresholds of TF-IDF were chosen on these messages" if compare and split == "dev" else ""
    note = "\n".join(filter(None, (chosen.note, note, seen)))
    return _report(classifier, evaluate(chosen.examples, systems, subject=f"split {split}", note=note))


def evaluate_suites(
    classifier: Classifier, *, compare: bool = False, data: Path | None = None, corpora: Path | None = None
) -> Report:
    """Puts the functional and the fairness suites to a classifier.

    Args:
        classifier: The classifier.
        compare: Whether to set the baselines' pass rates beside its own.
        data: The project's data folder; see `dataset.data_folder`.
        corpora: Folder of the public corpora; see `dataset.corpora_folder`.

    Returns:
        Pass rates, failures and rates per identity term.

    Raises:
        HaineclfError: If the suites are not there or not valid.
    """
    from haineclf.behaviour import load_suites, run_fairness, run_suites

    folder = data_folder(data)
    system = ClassifierSystem(classifier)
    suites = load_suites(folder)
    outcomes = run_suites(suites, system.answer)
    rates, gaps = run_fairness(folder, system.answer)
    others, note = _others(classifier, data, corpora) if compare else ([], "")
    beside = {one.name: (run_suites(suites, one.answer), run_fairness(folder, one.answer)[1]) for one in others}
    side_by_side = [suites_side_by_side({system.name: (outcomes, gaps), **beside})] if compare else []
    return Report(
        f"Functional suites: {system.name} {classifier.model_version}",
        note,
        [*side_by_side, *suite_tables(outcomes), *fairness_tables(rates, gaps)],
        {
            **_answering(classifier),
            "suites": [
                {
                    "name": one.functionality.name,
                    "kind": one.functionality.kind,
                    "applied": one.applied,
                    "pass_rate": one.pass_rate,
                    "failures": one.failures,
                }
                for one in outcomes
            ],
            "fairness": {"terms": rates, "gaps": gaps},
        },
    )


def _others(classifier: Classifier, data: Path | None, corpora: Path | None) -> tuple[list[System], str]:
    train, dev = (load_split(name, data=data, corpora=corpora) for name in ("train", "dev"))
    others: list[System] = [TfidfBaseline.train(train.examples, dev.examples), WordList(), AlwaysYes()]
    if classifier.backend is not Backend.LEXICON:
        others.insert(0, ClassifierSystem(Classifier(backend="lexicon")))
    note = "\n".join(f"TF-IDF, {split.name}: {split.note}" for split in (train, dev) if split.note)
    return others, note


def _report(classifier: Classifier, evaluation: Evaluation) -> Report:
    wrong = {mistake.id: mistake.text for mistake in evaluation.mistakes}
    evidence = dict(zip(wrong, classifier.classify_many(wrong.values()), strict=True))
    title = (
        f"{evaluation.subject}: {evaluation.rows:,} messages, {evaluation.clean:,} without any label; "
        f"{classifier.backend} {classifier.model_version}"
    )
    figures = {**_answering(classifier), "evaluation": evaluation}
    return Report(title, evaluation.note, list(tables(evaluation, evidence)), figures)


def _answering(classifier: Classifier) -> dict[str, Any]:
    return {
        "backend": classifier.backend.value,
        "model_version": classifier.model_version,
        "thresholds": {label.value: value for label, value in classifier.thresholds.items()},
    }
