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
from haineclf.encoder.windows import windows
from haineclf.errors import ModelError
from haineclf.labels import Label
from haineclf.results import Analysis, Backend, Evidence
from haineclf.text import NORMALIZER_VERSION, normalize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from haineclf.text import NormalizedText

_MARKS = 2
_SURROGATE = re.compile("[\ud800-\udfff]")


class EncoderBackend:
    """Answers by the fine-tuned model. Safe between threads and after a fork.

    Args:
        folder: The model folder.

    Attributes:
        version: Name and version of the model.
        thresholds: Probability from which a label holds.

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

    def analyze(self, texts: Sequence[str], *, explain: bool = False) -> list[Analysis]:
        """Analyses messages.

        Args:
            texts: Messages as they were typed.
            explain: Whether to look for the words that carried each label that holds; costs a run per word.

        Returns:
            One analysis per message.
        """
        read = [normalize(text) for text in texts]
        parts = [self._parts(one.text) for one in read]
        logits = self._logits([part for several in parts for part in several])
        analyses = []
        start = 0
        for one, several in zip(read, parts, strict=True):
            rows = logits[start : start + len(several)]
            start += len(several)
            scores = self._probabilities(rows.max(axis=0))
            found = self._explain(one, several, rows, scores) if explain else ()
            analyses.append(Analysis(dict(zip(Label, map(float, scores), strict=True)), found))
        return analyses

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Runs the model without calibration.

        Args:
            texts: Messages as they were typed.

        Returns:
            Shape (n, 4): of a message in several windows the highest logit of each label.
        """
        parts = [self._parts(normalize(text).text) for text in texts]
        rows = self._logits([part for several in parts for part in several])
        highest = np.zeros((len(texts), len(Label)))
        start = 0
        for number, several in enumerate(parts):
            highest[number] = rows[start : start + len(several)].max(axis=0)
            start += len(several)
        return highest

    def _parts(self, text: str) -> list[str]:
        offsets = self._encode(text, marks=False).offsets
        return [text[start:end] for start, end in windows(text, offsets, self.manifest.max_length - _MARKS)]

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

    def _probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = 1 / (1 + np.exp(-(logits * self._scales[:, 0] + self._scales[:, 1])))
        return values

    def _explain(
        self, one: NormalizedText, parts: Sequence[str], rows: NDArray[np.float32], scores: NDArray[np.float64]
    ) -> tuple[Evidence, ...]:
        found: set[Evidence] = set()
        for place, label in enumerate(Label):
            if scores[place] < self.thresholds[label]:
                continue
            part = parts[int(rows[:, place].argmax())]
            shift = one.text.find(part)

            def score(texts: Sequence[str], place: int = place) -> NDArray[np.float64]:
                logits = self._logits(texts)
                return np.array([self._probabilities(row)[place] for row in logits])

            for start, end, drop in spans(part, score):
                typed = one.span(shift + start, shift + end)
                found.add(Evidence(*typed, label, "model", round(drop, 3)))
        return tuple(sorted(found))

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
