"""Teaching one model what several know together (Hinton et al. 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from haineclf.classifier import Classifier
from haineclf.dataset import label_matrix
from haineclf.evaluation import TfidfBaseline
from haineclf.labels import Label
from haineclf.metrics import sigmoid
from haineclf.text import normalize
from haineclf.training.calibrate import fit_weights
from haineclf.training.rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from haineclf.dataset import Example

_BATCH = 64
_SUREST = 1e-6


class Teacher:
    """Fine-tuned encoders, character n-grams and the lexicon, weighed per label: they err on different messages.

    Args:
        folders: Folders of the fine-tuned models; their logits are averaged.
        max_length: Longest input in pieces.
        train: What the n-gram model learns.
        dev: What the weights are fitted on.
    """

    def __init__(
        self, folders: Sequence[Path], max_length: int, train: Sequence[Example], dev: Sequence[Example]
    ) -> None:
        self._folders = folders
        self._max_length = max_length
        self._ngrams = TfidfBaseline.train(train, dev)
        self._lexicon = Classifier(backend="lexicon")
        features = self._features([example.text for example in dev])
        gold = label_matrix(dev)
        self._weights = np.array([fit_weights(features[:, c], gold[:, c]) for c in range(len(Label))])

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Says how probable each label is.

        Args:
            texts: Messages as they were typed.

        Returns:
            Shape (n, 4), in [0, 1].
        """
        return sigmoid((self._features(texts) * self._weights[:, :-1]).sum(axis=2) + self._weights[:, -1])

    def _features(self, texts: Sequence[str]) -> NDArray[np.float64]:
        read = [normalize(text).text for text in texts]
        encoders = np.mean([folder_logits(folder, read, self._max_length) for folder in self._folders], axis=0)
        ngrams = self._ngrams.answer(texts).scores.clip(_SUREST, 1 - _SUREST)
        return np.stack([encoders, np.log(ngrams / (1 - ngrams)), self._lexicon.scores(texts)], axis=2)


def folder_logits(folder: Path, texts: Sequence[str], max_length: int) -> NDArray[np.float64]:
    """Runs the model of a folder in 32 bits.

    Args:
        folder: Folder of a stage or of an exported model.
        texts: Messages as the encoder sees them.
        max_length: Longest input in pieces.

    Returns:
        Shape (n, k), in the order of the texts.
    """
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    found = np.zeros((len(texts), model.config.num_labels))
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
