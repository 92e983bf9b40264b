"""Where labelled data and the public corpora are looked for."""

from __future__ import annotations

import os
from pathlib import Path

from haineclf.errors import DatasetError

DATA_DIR_VARIABLE = "HAINECLF_DATA_DIR"
CORPORA_DIR_VARIABLE = "HAINECLF_CORPORA_DIR"


def data_folder(asked: str | Path | None = None) -> Path:
    """Finds the project's `data` folder, which is in the repository and not in the wheel.

    Args:
        asked: The folder that the caller names; by default `HAINECLF_DATA_DIR`, then that of the source tree.

    Returns:
        The folder.

    Raises:
        DatasetError: If it is not there.
    """
    named = asked or os.environ.get(DATA_DIR_VARIABLE)
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "data"
    if not folder.is_dir():
        message = (
            f"no labelled data at {str(folder)!r}; it is in the repository, not in the installed package: "
            f"clone the repository and name its data folder with --data or {DATA_DIR_VARIABLE}"
        )
        raise DatasetError(message)
    return folder


def corpora_folder(data: Path, asked: str | Path | None = None) -> Path:
    """Says where the texts of the public corpora are expected; the folder need not exist.

    Args:
        data: The project's data folder.
        asked: The folder that the caller names; by default `HAINECLF_CORPORA_DIR`, then `../shared/data` seen
            from the folder that holds `data`.

    Returns:
        The folder.
    """
    named = asked or os.environ.get(CORPORA_DIR_VARIABLE)
    return Path(named) if named else data.resolve().parents[1] / "shared" / "data"
