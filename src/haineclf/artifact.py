"""Where a model folder is looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from haineclf.errors import ModelNotFoundError

MODEL_DIR_VARIABLE = "HAINECLF_MODEL_DIR"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ModelSearch:
    """The outcome of a search.

    Attributes:
        folder: The model folder, or None.
        reason: Where it was found, or why there is none; one line for people.
    """

    folder: Path | None
    reason: str


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
