"""Runs the exported encoder; needs neither torch nor transformers."""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from haineclf.artifact import ONNX_FILE, TOKENIZER_FILE, read_manifest
from haineclf.encoder.occlusion import spans
from haineclf.encoder.windows import Window, windows
from haineclf.errors import ModelError
from haineclf.labels import Label
from haineclf.metrics import sigmoid
from haineclf.results import Analysis, Backend, Evidence
from haineclf.text import NORMALIZER_VERSION, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MARKS = 2
_SURROGATE = re.compile("[\ud800-\udfff]")


class EncoderBackend:
    """Answers by the fine-tuned model. Safe between threads and after a fork.

    Args:
        folder: The model folder.

    Attributes:
        version: Name and version of the model.
        thresholds: Probability from which a label holds.
        strict_thresholds: The same for few false alarms.

    Raises:
        ModelError: If the folder is incomplete or altered, or made for another normaliser.
    """

    name = Backend.CAMEMBERT

    def __init__(self, folder: Path) -> None:
        self.manifest = read_manifest(folder)
        if self.manifest.normalizer_version != NORMALIZER_VERSION:
            message = (
                f"{folder} was trained with version {self.manifest.normalizer_version} of the normaliser, this is "
                f"version {NORMALIZER_VERSION}; use the model that ships with this haineclf"
            )
            raise ModelError(message)
        self.version = f"{self.manifest.name}-{self.manifest.version}"
        self.thresholds: Mapping[Label, float] = self.manifest.thresholds
        self.strict_thresholds: Mapping[Label, float] = self.manifest.strict_thresholds
        self._scales = np.array(
            [(self.manifest.calibration[label].slope, self.manifest.calibration[label].shift) for label in Label]
        )
        self._folder = folder
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:
            message = f"{folder / TOKENIZER_FILE} is not a tokenizer: {error}"
            raise ModelError(message) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._session: onnxruntime.InferenceSession | None = None
        self._abandoned: onnxruntime.InferenceSession | None = None
        self._process = 0
        self._lock = threading.Lock()
        self._running()

    def analyze(self, texts: Sequence[str]) -> list[Analysis]:
        """Analyses messages.

        Args:
            texts: Messages as they were typed.

        Returns:
            One analysis per message, without evidence; see `explain`.
        """
        scores = self._probabilities(self.logits(texts))
        return [Analysis(dict(zip(Label, map(float, row), strict=True)), ()) for row in scores]

    def explain(self, text: str, labels: Iterable[Label]) -> tuple[Evidence, ...]:
        """Finds the words that carry labels, in the window that has the highest score; takes one run per word.

        Args:
            text: A message as it was typed.
            labels: The labels.

        Returns:
            Spans of the message, sorted.
        """
        read = normalize(text)
        parts = self._windows(read.text)
        rows = self._logits([read.text[part.start : part.end] for part in parts])
        found: set[Evidence] = set()
        for label in labels:
            place = list(Label).index(label)
            part = parts[int(rows[:, place].argmax())]

            def score(texts: Sequence[str], place: int = place) -> NDArray[np.float64]:
                return self._probabilities(self._logits(texts))[:, place]

            for start, end, drop in spans(read.text[part.start : part.end], score):
                typed = read.span(part.start + start, part.start + end)
                found.add(Evidence(*typed, label, "model", round(drop, 3)))
        return tuple(sorted(found))

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Runs the model without calibration.

        Args:
            texts: Messages as they were typed.

        Returns:
            Shape (n, 4): of a message in several windows the highest logit of each label.
        """
        read = [normalize(text).text for text in texts]
        parts = [[text[part.start : part.end] for part in self._windows(text)] for text in read]
        rows = self._logits([part for several in parts for part in several])
        highest = np.zeros((len(texts), len(Label)))
        start = 0
        for number, several in enumerate(parts):
            highest[number] = rows[start : start + len(several)].max(axis=0)
            start += len(several)
        return highest

    def _windows(self, text: str) -> list[Window]:
        return windows(text, self._encode(text, marks=False).offsets, self.manifest.max_length - _MARKS)

    def _logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Logits of shape (n, 4); one text a run: 8-bit scales are set per run, and texts must not colour others."""
        logits = np.zeros((len(texts), len(Label)), dtype=np.float32)
        for number, text in enumerate(texts):
            ids = np.array([self._encode(text).ids[: self.manifest.max_length]], dtype=np.int64)
            (logits[number : number + 1],) = self._running().run(
                None, {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            )
        return logits

    def _encode(self, text: str, *, marks: bool = True) -> Encoding:
        # Half a character of a cut emoji is no Unicode; one sign for another, so that offsets stay.
        return self._tokenizer.encode(_SURROGATE.sub("\ufffd", text), add_special_tokens=marks)

    def _probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        return sigmoid(logits * self._scales[:, 0] + self._scales[:, 1])

    def _running(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None or self._process != os.getpid():
                # A session's threads do not live on in a forked process, and freeing it there would wait for them.
                self._abandoned = self._session
                try:
                    self._session = onnxruntime.InferenceSession(
                        str(self._folder / ONNX_FILE), providers=["CPUExecutionProvider"]
                    )
                except Exception as error:
                    message = f"{self._folder / ONNX_FILE} cannot be run: {error}"
                    raise ModelError(message) from error
                self._process = os.getpid()
            return self._session
