from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from haineclf import Classifier, Label
from haineclf.cli import app
from haineclf.dataset import Example
from haineclf.errors import DatasetError
from haineclf.evaluation import (
    AlwaysYes,
    ClassifierSystem,
    TfidfBaseline,
    WordList,
    as_json,
    evaluate,
    faithfulness,
    markdown,
    read_gold,
)
from haineclf.evaluation.render import shown, tables
from haineclf.evaluation.systems import Answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

INSULT, THREAT, CALL, HOMO = Label
HOSTILE = "| **x** <script>alert(1)</script> \x1b[31m\u202e connard"


class Scripted:
    """Answers by a table, so that every figure can be reckoned by hand."""

    def __init__(self, name: str, found: dict[str, set[Label]], *, probabilities: bool = True) -> None:
        self.name = name
        self.probabilities = probabilities
        self._found = found

    def answer(self, texts: Sequence[str]) -> Answers:
        decided = np.array([[label in self._found.get(text, set()) for label in Label] for text in texts])
        return Answers(np.where(decided, 0.9, 0.1), decided)


def example(text: str, *labels: Label, **facts: str) -> Example:
    return Example(text, text, frozenset(labels), **facts)  # type: ignore[arg-type]


EXAMPLES = [
    replace(one, id=f"{one.text}{copy}")
    for copy in range(20)
    for one in (
        example("a", INSULT, THREAT, region="Paris"),
        example("b", THREAT, region="Paris"),
        example("c", CALL, region="Paris"),
        example("d", region="Paris"),
        example("e", region="Québec"),
        example("f", INSULT, HOMO, region="Québec"),
    )
]
FOUND = {"a": {INSULT}, "b": {THREAT}, "c": {THREAT}, "d": {INSULT}, "f": {INSULT, HOMO}}


def test_figures_are_those_of_the_rows() -> None:
    report = evaluate(EXAMPLES, [Scripted("ours", FOUND)], subject="toy").systems[0]
    by_label = {one.label: one for one in report.labels}
    assert by_label[INSULT].precision.value == pytest.approx(2 / 3)
    assert by_label[INSULT].recall.value == 1
    assert by_label[THREAT].f1.value == pytest.approx(0.5)
    assert by_label[CALL].f1.value == 0
    assert by_label[HOMO].f1.value == 1
    assert report.macro_f1.value == pytest.approx((0.8 + 0.5 + 0 + 1) / 4)
    assert report.false_alarms.value == 0.5
    assert report.confusion == [[60, 0, 0, 0], [20, 20, 0, 0], [0, 20, 0, 0], [0, 0, 0, 0]]
    low, high = report.macro_f1.low, report.macro_f1.high
    assert low < report.macro_f1.value < high


def test_slices_and_worst_errors_name_what_went_wrong() -> None:
    evaluation = evaluate(EXAMPLES, [Scripted("ours", FOUND)], subject="toy")
    paris, quebec = (part for part in evaluation.systems[0].slices if part.field == "region")
    assert (paris.value, paris.rows, paris.clean, paris.false_alarms, paris.labels) == ("Paris", 80, 20, 1, 80)
    assert paris.missed == 0.5
    assert (quebec.value, quebec.missed) == ("Québec", 0)
    assert np.isnan(quebec.macro_f1)
    errors = {(mistake.text, mistake.label, mistake.missed) for mistake in evaluation.mistakes}
    assert errors == {("a", THREAT, True), ("c", THREAT, False), ("c", CALL, True), ("d", INSULT, False)}


def test_systems_are_compared_on_the_same_resamples() -> None:
    systems = [Scripted("ours", FOUND), Scripted("same", FOUND), Scripted("none", {}, probabilities=False)]
    ours, same, none = evaluate(EXAMPLES, systems, subject="toy").systems
    assert ours.p_value is None
    assert same.p_value == 1
    assert none.p_value is not None
    assert none.p_value < 0.05
    assert [bool(system.calibration) for system in (ours, same, none)] == [True, True, False]


def test_only_labels_with_gold_are_measured() -> None:
    report = evaluate(EXAMPLES, [AlwaysYes()], subject="toy", labels=[THREAT, HOMO]).systems[0]
    assert [one.label for one in report.labels] == [THREAT, HOMO]
    assert report.confusion == []


def test_few_messages_have_no_intervals() -> None:
    evaluation = evaluate(EXAMPLES[:6], [Scripted("ours", FOUND), Scripted("none", {})], subject="toy")
    ours, none = evaluation.systems
    assert np.isnan(ours.macro_f1.low)
    assert none.p_value is None
    assert "no intervals" in evaluation.note


def test_blank_cells_are_no_answer_unless_nothing_else_says_no(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text("text,insult,threat\nva,1,\nbonjour,0,1\n ,1,1\nmeurs,,1\n", encoding="utf-8")
    examples, _, note = read_gold(tmp_path / "gold.csv", text_column="text")
    assert [(one.text, set(one.labels)) for one in examples] == [("va", {INSULT}), ("bonjour", {THREAT})]
    assert "1 rows have no message" in note
    assert "1 rows have a blank gold cell" in note


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(DatasetError, match="no messages"):
        evaluate([], [AlwaysYes()], subject="toy")


def test_baselines_learn_and_match_what_they_should() -> None:
    train = [example(f"t'es un bouffon {n}", INSULT) for n in range(20)] + [example(f"bonjour {n}") for n in range(20)]
    tfidf = TfidfBaseline.train(
        [*train, example("meurs", THREAT, CALL, HOMO)], [*train, example("meurs", THREAT, CALL, HOMO)]
    )
    decided = tfidf.answer(["quel bouffon", "bonjour à tous"]).decided
    assert decided[:, 0].tolist() == [True, False]
    words = WordList().answer(["Il m'a traité de PÉDÉ", "pédéstre", "bonjour"]).decided
    assert words[:, list(Label).index(HOMO)].tolist() == [True, False, False]
    assert AlwaysYes().answer(["bonjour"]).decided.all()


def test_a_classifier_is_measured_with_its_own_thresholds() -> None:
    strict = Classifier(backend="lexicon", thresholds={INSULT: 1.0})
    assert ClassifierSystem(Classifier(backend="lexicon")).answer(["connard"]).decided[0, 0]
    assert not ClassifierSystem(strict).answer(["connard"]).decided[0, 0]


@pytest.mark.parametrize(
    ("name", "content", "labels"),
    [
        ("a.csv", "text,insult,gold_threat\nbonjour à tous,0,non\nva mourir,1,OUI\n", (INSULT, THREAT)),
        ("b.csv", "message;insulte;appel au meurtre\nbonjour à tous;faux;\ntuez-le;1;vrai\n", (INSULT, CALL)),
        ("c.jsonl", '{"text": "bonjour", "labels": []}\n{"text": "meurs", "labels": ["threat"]}\n', tuple(Label)),
        ("e.csv", "text,labels\nbonjour à tous,aucun\nmeurs,appel au meurtre; homophobie\n", tuple(Label)),
        ("d.csv", "text,labels\nbonjour à tous,\nmeurs,insult|threat\n", tuple(Label)),
    ],
)
def test_gold_is_read_from_the_tables_people_have(
    tmp_path: Path, name: str, content: str, labels: tuple[Label, ...]
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    examples, measured, note = read_gold(tmp_path / name)
    assert measured == labels
    assert not note
    assert [bool(one.labels) for one in examples] == [False, True]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("text,colour\nbonjour,red\n", "no gold columns"),
        ("text,insult\nbonjour,0\nva,peut-être\n", r"row 2, column 'insult': 'peut-être'"),
        ("text,labels\nbonjour,rude\n", "no label 'rude'"),
        ("text,labels\nbonjour,1\n", "no label '1'"),
        ("text,insult,insulte\nbonjour,1,0\n", "keep one"),
        ("text,insult,labels\nbonjour,1,insult\n", "keep one"),
    ],
)
def test_gold_that_cannot_be_read_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "gold.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=reason):
        read_gold(tmp_path / "gold.csv", text_column="text")


def test_hostile_messages_stay_in_their_cells() -> None:
    evaluation = evaluate([example(HOSTILE, INSULT), example("ok")], [Scripted("ours", {})], subject="toy")
    text = markdown("Toy", "", list(tables(evaluation)))
    (line,) = [line for line in text.splitlines() if "connard" in line]
    assert line.replace("\\|", "").count("|") == 6
    assert "<script>" not in line
    assert not {"\x1b", "\u202e"} & set(text)
    assert len(shown("x" * 1000)) == 200


def test_json_is_valid_and_holds_null_for_what_is_not_defined() -> None:
    figures = json.loads(as_json(evaluate(EXAMPLES[:1], [Scripted("ours", FOUND)], subject="toy")))
    homophobia = figures["systems"][0]["labels"][3]
    assert homophobia["label"] == "homophobia"
    assert homophobia["f1"]["value"] is None


def test_the_command_prints_each_format(tmp_path: Path) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text("text,insult\nquel connard,1\nbonjour à tous,0\n", encoding="utf-8")
    run = ["evaluate", str(gold), "--backend", "lexicon"]
    table, text, figures = (CliRunner().invoke(app, [*run, "--format", f]) for f in ("table", "markdown", "json"))
    assert table.exit_code == text.exit_code == figures.exit_code == 0
    assert "average precision" in table.stdout
    assert text.stdout.startswith("### ")
    assert json.loads(figures.stdout)["evaluation"]["rows"] == 2


def test_a_cut_emoji_does_not_stop_the_command(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"text": "connard \\ud83d \\u009b31m", "insult": 0}\n' * 2, encoding="utf-8")
    for format_ in ("table", "markdown", "json"):
        answer = CliRunner().invoke(app, ["evaluate", str(gold), "--backend", "lexicon", "--format", format_])
        assert answer.exit_code == 0, answer.output
        assert "\x9b" not in answer.stdout


@pytest.mark.parametrize("arguments", [[], ["x.csv", "--suites"], ["--suites", "--split", "dev"]])
def test_the_command_says_what_it_wants(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["evaluate", *arguments]).exit_code == 2


def test_named_words_carry_more_than_random_ones() -> None:
    texts = [f"{name} est un connard et il arrive demain matin" for name in ("Luc", "Paul", "Marc")]
    table = faithfulness(Classifier(backend="lexicon"), texts, answers=2)
    insult, threat, *_ = table.rows
    assert insult[:2] == ["insult", "2"]
    assert float(insult[2]) > float(insult[3])
    assert threat[1:] == ["0", "–", "–"]
