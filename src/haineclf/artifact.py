"""Where a model folder is looked for, and what it must hold to be used."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haineclf.errors import ModelError, ModelNotFoundError
from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL_DIR_VARIABLE = "HAINECLF_MODEL_DIR"
MANIFEST = "manifest.json"
ONNX_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelSearch:
    """The outcome of a search.

    Attributes:
        folder: The model folder, or None.
        reason: Where it was found, or why there is none; one line for people.
    """

    folder: Path | None
    reason: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns a logit into a probability: `sigmoid(slope * logit + shift)` (Platt 1999).

    Attributes:
        slope: Factor on the logit, above 0.
        shift: Added to it.
    """

    slope: float
    shift: float


@dataclass(frozen=True, slots=True)
class Combination:
    """How the model and the lexicon answer together.

    The probability of a label is `sigmoid(slope * logit + lexicon * strength + shift)`.

    Attributes:
        slope: Per label, factor on the model's logit.
        lexicon: Per label, factor on the strength that the rules give it.
        shift: Per label, added to both.
        thresholds: Per label, the probability from which it holds: within 0.3 points of the best F1 on dev.
        strict_thresholds: Per label, the probability above which few are wrong on dev.
    """

    slope: Mapping[Label, float]
    lexicon: Mapping[Label, float]
    shift: Mapping[Label, float]
    thresholds: Mapping[Label, float]
    strict_thresholds: Mapping[Label, float]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model folder says of itself.

    Attributes:
        name: Name of the model.
        version: Version of the weights.
        normalizer_version: Version of the normaliser that the model was trained with.
        max_length: Longest input in pieces, the two marks included.
        calibration: Per label, from logit to probability.
        thresholds: Per label, the probability from which it holds: within 0.3 points of the best F1 on dev.
        strict_thresholds: Per label, the probability above which few are wrong on dev.
        files: SHA-256 of every file that is needed, in hexadecimal.
        combination: How it answers together with the lexicon; None where that is no better.
    """

    name: str
    version: str
    normalizer_version: str
    max_length: int
    calibration: Mapping[Label, Scale]
    thresholds: Mapping[Label, float]
    strict_thresholds: Mapping[Label, float]
    files: Mapping[str, str]
    combination: Combination | None = None


def find_model(model: str | Path | None = None) -> ModelSearch:
    """Looks for a model folder: the argument, `HAINECLF_MODEL_DIR`, then the one that ships.

    Args:
        model: A folder that the caller names, or None.

    Returns:
        What was found; a folder is not opened here.

    Raises:
        ModelNotFoundError: If the argument or the variable names a folder that does not exist.
    """
    for asked, origin in ((model, "model argument"), (os.environ.get(MODEL_DIR_VARIABLE), MODEL_DIR_VARIABLE)):
        if asked:
            folder = Path(asked)
            if not folder.is_dir():
                message = f"{origin}: no model folder at {str(folder)!r}; give a folder that holds a {MANIFEST}"
                raise ModelNotFoundError(message)
            return ModelSearch(folder, f"given by the {origin}")
    package = Path(__file__).resolve().parent
    # In the wheel the folder stands inside the package, in a source tree beside src.
    for root in (package / "models", package.parents[1] / "models"):
        shipped = sorted(manifest.parent for manifest in root.glob(f"*/{MANIFEST}"))
        if shipped:
            return ModelSearch(shipped[-1], "ships with haineclf")
    return ModelSearch(None, f"no model ships with this version, and {MODEL_DIR_VARIABLE} is not set")


def read_manifest(folder: Path) -> Manifest:
    """Reads a manifest and checks every file it names.

    Args:
        folder: The model folder.

    Returns:
        The manifest.

    Raises:
        ModelError: If the manifest is missing or not valid, or a file is missing or altered.
    """
    path = folder / MANIFEST
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read ({error}); restore the model folder or pass backend='lexicon'"
        raise ModelError(message) from error
    if fields.pop("format", None) != FORMAT:
        message = f"{path} is not of format {FORMAT}; use the haineclf version that the model was made for"
        raise ModelError(message)
    try:
        joint = fields.get("combination")
        manifest = Manifest(
            **{
                **fields,
                "calibration": {label: Scale(**fields["calibration"][label]) for label in Label},
                "thresholds": _per_label(fields["thresholds"]),
                "strict_thresholds": _per_label(fields["strict_thresholds"]),
                "combination": joint and Combination(**{name: _per_label(one) for name, one in joint.items()}),
            }
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"{path} is not a valid manifest ({error!r}); restore the model folder or pass backend='lexicon'"
        raise ModelError(message) from error
    if missing := {ONNX_FILE, TOKENIZER_FILE} - manifest.files.keys():
        message = f"{path} does not name {', '.join(sorted(missing))}; restore the model folder"
        raise ModelError(message)
    for name, wanted in manifest.files.items():
        file = folder / name
        if not file.is_file():
            message = f"{file} is missing; restore the model folder or pass backend='lexicon'"
            raise ModelError(message)
        if (found := sha256(file)) != wanted:
            message = f"{file} was altered (sha256 {found[:12]}…, {wanted[:12]}… expected); restore the model folder"
            raise ModelError(message)
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes a manifest.

    Args:
        folder: The model folder.
        manifest: What to write.
    """
    fields = {"format": FORMAT, **asdict(manifest)}
    (folder / MANIFEST).write_text(json.dumps(fields, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Digests a file.

    Args:
        path: The file.

    Returns:
        Its SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _per_label(values: Mapping[str, float]) -> dict[Label, float]:
    return {label: float(values[label]) for label in Label}
