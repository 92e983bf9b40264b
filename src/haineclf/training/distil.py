"""Teaching one model what several know together (Hinton et al. 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from haineclf.training.rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_BATCH = 64


def logits(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int
) -> NDArray[np.float64]:
    """Runs a model in 32 bits.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        texts: Messages as the encoder sees them.
        max_length: Longest input in pieces.

    Returns:
        Shape (n, k), in the order of the texts.
    """
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    found = np.zeros((len(texts), model.config.num_labels))
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            batch = tokenizer(
                [texts[number] for number in chosen],
                truncation=True, max_length=max_length, padding=True, return_tensors="pt",
            )  # fmt: skip
            answer = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
            found[chosen] = answer.logits.float().numpy()
    return found


def soften(rows: Sequence[Row], taught: NDArray[np.float64], share: float = 0.5) -> list[Row]:
    """Mixes what people said with what the teacher says.

    Args:
        rows: Rows with targets.
        taught: The teacher's probabilities, shape (n, k).
        share: Weight of the teacher, in [0, 1]; where no target is known the teacher alone counts.

    Returns:
        New rows.
    """
    return [
        Row(
            row.text,
            tuple(
                float(said) if target is None else (1 - share) * target + share * float(said)
                for target, said in zip(row.targets, line, strict=True)
            ),
            row.weight,
            row.varied,
        )
        for row, line in zip(rows, taught, strict=True)
    ]
