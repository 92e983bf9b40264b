from __future__ import annotations

import itertools
import json
import multiprocessing
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from haineclf import Backend, Classifier, Label, ModelError
from haineclf.artifact import MANIFEST, MODEL_DIR_VARIABLE
from haineclf.encoder.occlusion import spans
from haineclf.encoder.windows import windows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = ["tu connard demain", "je vais tuer le voisin", "bonjour le chat", "", "tu sale pédé à la gare", "🙂"]


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> Classifier:
    return Classifier(tiny_model)


def test_the_model_answers_when_its_folder_is_there(classifier: Classifier) -> None:
    found = [set(prediction.labels) for prediction in classifier.classify_many(TEXTS)]
    assert found[0] == {Label.INSULT}
    assert found[1] == {Label.THREAT}
    assert found[2] == set()
    assert found[4] == {Label.INSULT, Label.HOMOPHOBIA}
    assert classifier.backend is Backend.CAMEMBERT
    assert classifier.model_version == "tiny-1"


def test_one_by_one_and_together_give_the_same_answers(classifier: Classifier) -> None:
    texts = [f"{text} {'demain le voisin ' * (number % 17)}" for number in range(10) for text in TEXTS]
    for text, answer in zip(texts, classifier.classify_many(texts, batch_size=7), strict=True):
        assert classifier.classify(text).scores == answer.scores


def test_any_string_is_answered(classifier: Classifier) -> None:
    for text in ("tu \ud800 connard", "\0", "a!" * 3000, "\ud83d"):
        assert set(classifier.classify(text).scores) == set(Label)


def test_disguise_is_undone_before_the_model_reads(classifier: Classifier) -> None:
    plain, hidden = classifier.classify_many(["tu connard demain", "tu c0nn4rd demain"])
    assert plain.scores == hidden.scores


def test_a_threat_at_the_end_of_a_long_message_is_found(classifier: Classifier) -> None:
    long = "bonjour le chat demain. " * 60
    without, within = classifier.classify_many([long, long + "tu connard demain"])
    assert within.scores[Label.INSULT] > without.scores[Label.INSULT] + 0.1


def test_the_lexicon_names_its_words_and_the_model_its_own_when_asked(classifier: Classifier) -> None:
    text = "Demain : t'es qu'un c0nn4rd"
    named, asked = classifier.classify(text), classifier.classify(text, explain=True)
    if Label.INSULT in named.labels:
        assert {e.source.split(".")[0] for e in named.evidence} == {"insult"}
        assert "model" in {e.source for e in asked.evidence}
    (found,) = [e for e in classifier.classify("tu connard demain", explain=True).evidence if e.source == "model"]
    assert "tu connard demain"[found.start : found.end] == "connard"


def test_words_are_named_for_the_labels_that_the_caller_s_thresholds_give(tiny_model: Path) -> None:
    eager = Classifier(tiny_model, thresholds={Label.THREAT: 0.0})
    answer = eager.classify("le chat tuer demain", explain=True)
    assert Label.THREAT in {e.label for e in answer.evidence if e.source == "model"}
    strict = Classifier(tiny_model, thresholds={Label.INSULT: 1.0})
    assert Label.INSULT not in {e.label for e in strict.classify("tu connard demain", explain=True).evidence}


def test_a_classifier_travels_to_a_spawned_process(tiny_model: Path) -> None:
    sent = Classifier(tiny_model, thresholds={Label.INSULT: 0.6}, strict=True)
    there = pickle.loads(pickle.dumps(sent))  # noqa: S301 - our own
    assert there.thresholds == sent.thresholds
    assert there.thresholds[Label.INSULT] == 0.6
    assert there.classify("tu connard demain").labels == (Label.INSULT,)


def test_every_file_is_checked(tiny_model: Path, tmp_path: Path) -> None:
    def broken(name: str) -> Path:
        return shutil.copytree(tiny_model, tmp_path / name)

    altered = broken("altered")
    content = bytearray((altered / "model.onnx").read_bytes())
    content[-5] ^= 1
    (altered / "model.onnx").write_bytes(content)
    missing = broken("missing")
    (missing / "tokenizer.json").unlink()
    older = broken("older")
    fields = json.loads((older / MANIFEST).read_text())
    (older / MANIFEST).write_text(json.dumps({**fields, "normalizer_version": "0"}))
    unreadable = broken("unreadable")
    (unreadable / MANIFEST).write_text("{")
    incomplete = broken("incomplete")
    (incomplete / MANIFEST).write_text(json.dumps({**fields, "thresholds": {"insult": 0.5}}))
    for folder, reason in (
        (altered, "altered"),
        (missing, "is missing"),
        (older, "normaliser"),
        (unreadable, "cannot be read"),
        (incomplete, "not a valid manifest"),
    ):
        with pytest.raises(ModelError, match=reason):
            Classifier(folder)


def test_a_damaged_model_is_never_replaced_in_silence(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "damaged")
    (folder / "model.onnx").unlink()
    monkeypatch.setenv(MODEL_DIR_VARIABLE, str(folder))
    with pytest.raises(ModelError):
        Classifier()


def test_threads_share_a_classifier(classifier: Classifier) -> None:
    expected = classifier.scores(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(lambda _: classifier.scores(TEXTS), range(12)):
            assert scores == pytest.approx(expected, abs=1e-6)


def _labels(classifier: Classifier, queue: multiprocessing.Queue[list[str]]) -> None:
    queue.put([str(label) for label in classifier.classify("tu connard demain").labels])


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_answers(classifier: Classifier) -> None:
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_labels, args=(classifier, queue))
    process.start()
    assert queue.get(timeout=60) == ["insult"]
    process.join(60)


def test_the_model_needs_neither_torch_nor_transformers(tiny_model: Path) -> None:
    code = (
        "import sys; from haineclf import Classifier; Classifier(sys.argv[1]).classify('tu connard demain');"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tiny_model)], check=False).returncode == 0


def test_transformers_loads_the_folder_as_it_is(tiny_model: Path) -> None:
    from transformers import pipeline

    answer = pipeline("text-classification", model=str(tiny_model), top_k=None)("tu connard demain")
    assert {one["label"] for one in answer[0]} == set(Label)
    assert max(answer[0], key=lambda one: one["score"])["label"] == "insult"


def test_windows_cover_every_piece_and_end_with_sentences() -> None:
    text = "Un mot. Deux mots encore ! Trois ? " * 20 + "Une phrase sans fin" + " et encore" * 50
    pieces = [(place, place + 1) for place, char in enumerate(text) if char != " "]
    cut = windows(text, pieces, 60)
    assert windows(text[:30], pieces[:20], 60) == [(0, 30)]
    assert all(any(start <= piece[0] and piece[1] <= end for start, end in cut) for piece in pieces)
    assert all(sum(start <= piece[0] < end for piece in pieces) <= 60 for start, end in cut)
    assert sum(text[:end].rstrip()[-1] in ".!?" for _, end in cut[:8]) >= 7
    assert all(after.start < before.end for before, after in itertools.pairwise(cut))


def test_occlusion_names_the_words_that_count() -> None:
    def score(texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([0.9 if "sale" in text and "type" in text else 0.2 for text in texts])

    ((start, end, drop),) = spans("un sale type ici", score)
    assert "un sale type ici"[start:end] == "sale type"
    assert drop == pytest.approx(0.7)
    assert spans("!!", score) == []
