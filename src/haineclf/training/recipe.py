"""A recipe: the TOML file that says how a model is made, checked before anything runs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haineclf.dataset import CORPORA
from haineclf.errors import TrainingError
from haineclf.training.finetune import FinetuneConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGES = "packages"


@dataclass(frozen=True, slots=True)
class BootstrapConfig:
    """Where the encoder comes from.

    Attributes:
        source: `"packages"` for multilingual-e5-small out of PyPI packages, a local folder, or a hub id.
        pooling_layer: Whether a layer is added that gathers the mean of all positions.
        trim: Whether the pieces that French does not use are dropped before the last stage.
    """

    source: str = PACKAGES
    pooling_layer: bool = True
    trim: bool = True


@dataclass(frozen=True, slots=True)
class WarmupData:
    """A table with one yes/no label, learnt before the real task.

    Attributes:
        path: A CSV file.
        text: Column of the messages.
        label: Column of 0 and 1.
    """

    path: Path
    text: str = "text"
    label: str = "label"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made.

    Attributes:
        name: Name of the model, and of its folder.
        version: Version of the weights.
        data: The project's data folder, or None for the one that is found.
        corpora: Folder of the public corpora, or None for the one that is found.
        bootstrap: Where the encoder comes from.
        warmup_data: What is learnt first, or None.
        warmup: How it is learnt.
        finetune: How the labels are learnt.
        seeds: One fine-tuning each; from more than one a last model is distilled.
        unlabelled: A public corpus whose messages without annotation a last model learns too, with what the
            fine-tuned models, character n-grams and the lexicon say of them together. None for no such stage.
        self_training: How they are learnt.
        augmentation: Share of the messages that are changed each time they are read, in [0, 1].
        per_channel: Whether 8-bit matrices have a scale per row.
    """

    name: str
    version: str
    data: Path | None = None
    corpora: Path | None = None
    bootstrap: BootstrapConfig = field(default_factory=BootstrapConfig)
    warmup_data: WarmupData | None = None
    warmup: FinetuneConfig = field(default_factory=FinetuneConfig)
    finetune: FinetuneConfig = field(default_factory=FinetuneConfig)
    seeds: tuple[int, ...] = (0,)
    unlabelled: str | None = None
    self_training: FinetuneConfig = field(default_factory=FinetuneConfig)
    augmentation: float = 0.3
    per_channel: bool = True


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe.

    Args:
        path: A TOML file; paths in it are relative to its folder.

    Returns:
        The recipe.

    Raises:
        TrainingError: If the file cannot be read, or names something that does not exist.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise TrainingError(message) from error
    parts: dict[str, Any] = {
        "bootstrap": lambda value: _made(BootstrapConfig, value, path, "bootstrap"),
        "warmup_data": lambda value: _made(WarmupData, _located(value, path, "path"), path, "warmup_data"),
        "warmup": lambda value: _made(FinetuneConfig, value, path, "warmup"),
        "finetune": lambda value: _made(FinetuneConfig, value, path, "finetune"),
        "self_training": lambda value: _made(FinetuneConfig, value, path, "self_training"),
        "seeds": tuple,
    }
    values = {name: parts[name](value) if name in parts else value for name, value in table.items()}
    recipe: Recipe = _made(Recipe, _located(_located(values, path, "data"), path, "corpora"), path, "")
    if not recipe.seeds:
        message = f"{path}: seeds must name at least one seed"
        raise TrainingError(message)
    for stage, needed in (("warmup", "warmup_data"), ("self_training", "unlabelled")):
        if stage in table and needed not in table:
            message = f"{path}: [{stage}] does nothing without {needed}"
            raise TrainingError(message)
    if recipe.unlabelled is not None and recipe.unlabelled not in CORPORA:
        message = f"{path}: unlabelled is {recipe.unlabelled!r}; the corpora are {', '.join(CORPORA)}"
        raise TrainingError(message)
    return recipe


def _located(values: Mapping[str, Any], path: Path, name: str) -> dict[str, Any]:
    if name not in values:
        return dict(values)
    return {**values, name: (path.parent / Path(values[name]).expanduser()).resolve()}


def _made(kind: Any, values: Mapping[str, Any], path: Path, where: str) -> Any:  # noqa: ANN401 - any of the dataclasses here
    known = {one.name for one in fields(kind)}
    if unknown := values.keys() - known:
        place = f" in [{where}]" if where else ""
        message = f"{path}: unknown {', '.join(sorted(unknown))}{place}; known: {', '.join(sorted(known))}"
        raise TrainingError(message)
    try:
        return kind(**values)
    except TypeError as error:
        message = f"{path}: {error}"
        raise TrainingError(message) from error
