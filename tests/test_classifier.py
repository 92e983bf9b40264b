from __future__ import annotations

import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

import haineclf
from haineclf import Backend, Classifier, FallbackWarning, Label, ModelError, ModelNotFoundError, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(backend="lexicon")


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HAINECLF_MODEL_DIR", raising=False)
    monkeypatch.setattr("haineclf.artifact.__file__", str(tmp_path / "src" / "haineclf" / "artifact.py"))


def test_readme_example(classifier: Classifier) -> None:
    prediction = classifier.classify("Sale pédé, on sait où tu habites.")
    assert prediction.labels == (Label.INSULT, Label.THREAT, Label.HOMOPHOBIA)
    assert prediction.backend is Backend.LEXICON
    assert prediction.abusive


@pytest.mark.parametrize(
    "text", ["", " \n\t", "😀😀", ".", "\x00", "\ud800", "a" * 100_000, "pd " * 5000, "a." * 20_000 + "@"]
)
def test_any_string_is_answered(classifier: Classifier, text: str) -> None:
    prediction = classifier.classify(text)
    assert prediction.text == text
    assert list(prediction.scores) == list(Label)
    assert all(0 <= score <= 1 for score in prediction.scores.values())


def test_scores_are_an_array_in_label_order(classifier: Classifier) -> None:
    scores = classifier.scores(["sale connard", "bonjour"])
    assert scores.shape == (2, 4)
    assert scores.dtype == np.float64
    assert scores[0, 0] > 0.5
    assert not scores[1].any()
    assert classifier.scores([]).shape == (0, 4)


def test_many_reads_an_iterator_and_keeps_order(classifier: Classifier) -> None:
    answers = classifier.classify_many((text for text in ["bonjour", "connard", "merci"]), batch_size=2)
    assert [answer.abusive for answer in answers] == [False, True, False]
    assert classifier.classify_many([]) == []


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.classify_many("connard"), TypeError),
        (lambda c: c.classify_many([None]), TypeError),
        (lambda c: c.classify(3), TypeError),
        (lambda c: c.classify_many(["a"], batch_size=0), ValueError),
        (lambda c: Classifier(backend="magic"), ValueError),  # type: ignore[arg-type]
        (lambda c: Classifier(backend="lexicon", thresholds={"insulte": 0.5}), ValueError),
        (lambda c: Classifier(backend="lexicon", thresholds={"insult": 2}), ValueError),
    ],
)
def test_misuse_is_refused(
    classifier: Classifier, call: Callable[[Classifier], object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        call(classifier)


def test_threshold_moves_the_label_not_the_score(classifier: Classifier) -> None:
    strict = Classifier(backend="lexicon", thresholds={Label.INSULT: 1.0})
    assert strict.classify("connard").scores == classifier.classify("connard").scores
    assert not strict.classify("connard").abusive


def test_strict_thresholds_ask_for_more(classifier: Classifier) -> None:
    strict = Classifier(backend="lexicon", strict=True, thresholds={Label.THREAT: 0.2})
    assert strict.thresholds[Label.INSULT] > classifier.thresholds[Label.INSULT]
    assert strict.thresholds[Label.THREAT] == 0.2


@pytest.mark.usefixtures("no_model")
def test_auto_falls_back_with_one_warning() -> None:
    with pytest.warns(FallbackWarning) as caught:
        fallen = Classifier()
    assert len(caught) == 1
    assert fallen.classify("bonjour").backend is Backend.LEXICON


@pytest.mark.usefixtures("no_model")
def test_model_asked_for_and_missing_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelNotFoundError):
        Classifier(backend="camembert")
    with pytest.raises(ModelNotFoundError):
        Classifier(tmp_path / "nowhere")
    monkeypatch.setenv("HAINECLF_MODEL_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ModelNotFoundError, match="HAINECLF_MODEL_DIR"):
        Classifier()


@pytest.mark.usefixtures("no_model")
def test_model_folder_is_never_passed_over_in_silence(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Classifier(tmp_path)


def test_threads_share_the_two_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haineclf.classifier._shared", None)
    answers: list[Prediction] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=lambda: answers.append(haineclf.classify("connard"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert sum(issubclass(w.category, FallbackWarning) for w in caught) <= 1
    assert haineclf.classify_many(["connard"]) == [answers[0]]


def test_to_dict_is_plain_and_repr_reads_well(classifier: Classifier) -> None:
    prediction = classifier.classify("espèce de connard")
    plain = prediction.to_dict()
    assert plain["labels"] == ["insult"]
    assert plain["evidence"][0]["words"] in "espèce de connard"
    assert repr(prediction).startswith("Prediction('espèce de connard': insult | insult 0.9")


def test_html_escapes_the_message(classifier: Classifier) -> None:
    shown = classifier.classify('<script>alert(1)</script> connard & "x"')._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<mark" in shown


def test_all_names_the_public_api() -> None:
    public = {name for name in vars(haineclf) if not name.startswith("_")}
    modules = {name for name in public if isinstance(getattr(haineclf, name), type(sys))}
    assert public - modules == set(haineclf.__all__)


def test_import_is_light_silent_and_offline() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('socket opened')\n"
        "socket.socket = refuse\n"
        "import haineclf\n"
        "heavy = {'spacy', 'torch', 'transformers', 'onnxruntime', 'numpy', 'pyarrow', 'rich', 'typer', 'ftfy'}\n"
        "sys.exit(f'loaded {heavy & set(sys.modules)}' if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
