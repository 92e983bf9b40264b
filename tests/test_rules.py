"""Cases as data: what the lexicon backend must find, must leave, and is known to get wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haineclf import Classifier, Label, Prediction
from haineclf.rules.backend import replay

CASES = Path(__file__).parent / "cases"
FRENCH = st.lists(
    st.sampled_from(
        "je tu vais te tuer sale pédé p3d3 connard les gays sont des mon frère est gay il m'a traité de tapette « » "
        "il faut pas le réveil @lea 🔪 fdp t'es qu'une merde ! ? . , ce film à mort dit que".split()
    ),
    max_size=14,
).map(" ".join)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(backend="lexicon")


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return loaded


def known_failures() -> set[str]:
    return {case["text"] for case in cases("rules_known_failures")}


def parameters() -> list[Any]:
    failing = known_failures()
    names = ("guidelines", "rules_synthetic", "rules_in_the_wild", "rules_negative")
    return [
        pytest.param(
            case,
            id=f"{name}-{number}",
            marks=[pytest.mark.xfail(strict=True, reason="known failure")] if case["text"] in failing else [],
        )
        for name in names
        for number, case in enumerate(cases(name))
    ]


@pytest.mark.parametrize("case", parameters())
def test_case(classifier: Classifier, case: dict[str, Any]) -> None:
    found = set(classifier.classify(case["text"]).labels)
    assert set(case["yes"]) <= found, f"missed {set(case['yes']) - found} in {case['text']!r}"
    assert not set(case["no"]) & found, f"false {set(case['no']) & found} in {case['text']!r}"


def test_known_failures_are_cases_and_few() -> None:
    every = {case["text"] for name in ("guidelines", "rules_synthetic", "rules_in_the_wild", "rules_negative")
             for case in cases(name)}  # fmt: skip
    assert known_failures() <= every
    guidelines = {case["text"] for case in cases("guidelines")}
    assert len(known_failures() & guidelines) <= len(guidelines) / 10


@given(text=st.one_of(FRENCH, st.text(max_size=80)))
def test_evidence_lies_in_the_text_and_replays_to_the_scores(text: str) -> None:
    prediction = Classifier(backend="lexicon").classify(text)
    assert all(0 <= e.start < e.end <= len(text) for e in prediction.evidence)
    assert list(prediction.evidence) == sorted(set(prediction.evidence))
    assert replay(prediction.evidence) == prediction.scores
    assert prediction.labels == tuple(label for label in Label if prediction.scores[label] >= 0.5)


@given(texts=st.lists(FRENCH, max_size=6), batch_size=st.integers(1, 7))
def test_many_answer_as_one_by_one(texts: list[str], batch_size: int) -> None:
    classifier = Classifier(backend="lexicon")
    together = classifier.classify_many(texts, batch_size=batch_size)
    assert together == [classifier.classify(text) for text in texts]


def shown(prediction: Prediction) -> set[str]:
    return {prediction.text[e.start : e.end] for e in prediction.evidence}


def test_evidence_is_what_was_typed(classifier: Classifier) -> None:
    assert "p3d3" in shown(classifier.classify("va mourir sale p3d3 !"))
    assert "c-o-n-n-a-r-d" in shown(classifier.classify("espèce de c-o-n-n-a-r-d"))


def test_long_text_is_answered_and_evidence_found_at_its_end(classifier: Classifier) -> None:
    text = "Il fait beau à Nantes. " * 4400 + "Espèce de connard."
    assert len(text) > 100_000
    prediction = classifier.classify(text)
    assert Label.INSULT in prediction.labels
    assert prediction.evidence[-1].end > 100_000


def test_message_without_a_trigger_is_not_parsed(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(texts: object) -> None:
        pytest.fail(f"parsed {texts}")

    monkeypatch.setattr("haineclf.rules.backend.parse", refuse)
    assert not classifier.classify("On se retrouve demain à la gare, bisous à ta sœur.").abusive


@pytest.mark.parametrize("space", [" ", "  ", "\t \t", "\u2003\u2003 "])
def test_spacing_does_not_change_what_the_parse_says(classifier: Classifier, space: str) -> None:
    reported = f"mon{space}voisin{space}prétend qu'il faut{space}tous les pendre, je suis choquée"
    assert not classifier.classify(reported).abusive
    assert classifier.classify(f"moi{space}je prétends qu'il faut{space}tous les pendre").abusive


def test_lone_surrogate_is_parsed_around(classifier: Classifier) -> None:
    assert classifier.classify("il pense \ud800 qu'il faut tous les pendre").scores
