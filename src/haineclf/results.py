"""What `classify` gives back: predictions and the words that carry them."""

from __future__ import annotations

import html
import itertools
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from haineclf.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLOURS = {
    Label.INSULT: "#fde68a",
    Label.THREAT: "#fdba74",
    Label.CALL_TO_MURDER: "#fca5a5",
    Label.HOMOPHOBIA: "#d8b4fe",
}
_REPR_TEXT = 60


class Backend(StrEnum):
    """Who answered: the fine-tuned encoder, the rule-based lexicon, or both together."""

    CAMEMBERT = "camembert"
    COMBINED = "camembert+lexicon"
    LEXICON = "lexicon"


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """Words of the message that speak for one label.

    Attributes:
        start: Offset of the first character in the message as it was typed.
        end: Offset after the last character; `text[start:end]` are the words.
        label: The label they speak for.
        source: Id of the lexicon entry that found them, or `"model"`.
        strength: How strongly, in [0, 1].
    """

    start: int
    end: int
    label: Label
    source: str
    strength: float

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types."""
        return {
            "start": self.start,
            "end": self.end,
            "label": self.label.value,
            "source": self.source,
            "strength": self.strength,
        }


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a backend says of one message, before thresholds.

    Attributes:
        scores: One score in [0, 1] per label.
        evidence: Spans of the message as it was typed, sorted, without duplicates.
    """

    scores: Mapping[Label, float]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one message.

    Attributes:
        text: The message as it was given.
        labels: The labels that hold, in the order of `Label`.
        scores: One score in [0, 1] per label. A calibrated probability where the model
            answers, a rule's strength where the lexicon answers alone; never mix the two.
        evidence: Spans of `text`, sorted by offset.
        backend: Who answered.
        model_version: Version of the model, or of the lexicon that answered.
    """

    text: str
    labels: tuple[Label, ...]
    scores: Mapping[Label, float] = field(hash=False)
    evidence: tuple[Evidence, ...]
    backend: Backend
    model_version: str

    @property
    def abusive(self) -> bool:
        """Whether any label holds."""
        return bool(self.labels)

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON types, keys in a fixed order."""
        return {
            "text": self.text,
            "labels": [label.value for label in self.labels],
            "scores": {label.value: self.scores[label] for label in Label},
            "evidence": [{**e.to_dict(), "words": self.text[e.start : e.end]} for e in self.evidence],
            "backend": self.backend.value,
            "model_version": self.model_version,
        }

    def __repr__(self) -> str:
        """Shows the labels first, then every score, then the words."""
        shown = self.text if len(self.text) <= _REPR_TEXT else self.text[: _REPR_TEXT - 1] + "…"
        labels = ", ".join(self.labels) or "none"
        scores = ", ".join(f"{label} {self.scores[label]:.2f}" for label in Label)
        words = list(dict.fromkeys(self.text[e.start : e.end] for e in self.evidence))
        return f"Prediction({shown!r}: {labels} | {scores} | words: {words} | {self.backend})"

    def _repr_html_(self) -> str:
        """Shows the message with its evidence coloured; the message is escaped."""
        cuts = sorted({0, len(self.text), *(c for e in self.evidence for c in (e.start, e.end))})
        parts = []
        for start, end in itertools.pairwise(cuts):
            piece = html.escape(self.text[start:end])
            covering = [e for e in self.evidence if e.start <= start and end <= e.end]
            if covering:
                # Where labels overlap the gravest, last in the order of Label, gives the colour.
                gravest = max(covering, key=lambda e: list(Label).index(e.label))
                title = html.escape(", ".join(dict.fromkeys(e.label.french for e in covering)), quote=True)
                piece = f'<mark style="background:{_COLOURS[gravest.label]}" title="{title}">{piece}</mark>'
            parts.append(piece)
        scores = " · ".join(
            f"<b>{label.french} {self.scores[label]:.2f}</b>"
            if label in self.labels
            else f"{label.french} {self.scores[label]:.2f}"
            for label in Label
        )
        body = "".join(parts)
        return (
            f'<div><div style="white-space:pre-wrap">{body}</div>'
            f"<small>{scores} · {html.escape(self.backend)}</small></div>"
        )
