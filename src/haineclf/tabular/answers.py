"""The columns that scoring adds, and what stands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from haineclf.labels import Label
from haineclf.tabular.columns import PREFIX

if TYPE_CHECKING:
    from haineclf.results import Prediction

FLAGS = tuple(f"{PREFIX}{label}" for label in Label)
SCORES = tuple(f"{PREFIX}{label}_score" for label in Label)
LABELS, EVIDENCE, BACKEND, MODEL, ERROR = (
    f"{PREFIX}{name}" for name in ("labels", "evidence", "backend", "model", "error")
)
NAMES = (*FLAGS, *SCORES, LABELS, EVIDENCE, BACKEND, MODEL, ERROR)


def answer_cells(prediction: Prediction | None, problem: str) -> list[object]:
    """The added cells of one row, in the order of `NAMES`.

    Args:
        prediction: The answer, or None for a row that could not be judged: its cells are null, not 0, since
            nobody looked at the message.
        problem: What was wrong with the row, or `""`.

    Returns:
        Integers, floats, strings, a list of plain dictionaries for the evidence, and None for "nothing".
    """
    if prediction is None:
        return [None] * (len(NAMES) - 1) + [problem or None]
    return [
        *(int(label in prediction.labels) for label in Label),
        *(float(prediction.scores[label]) for label in Label),
        "|".join(prediction.labels),
        prediction.to_dict()["evidence"] if prediction.evidence else [],
        str(prediction.backend),
        prediction.model_version,
        problem or None,
    ]
