"""haineclf finds insults, threats, calls to murder and homophobia in French messages."""

from haineclf.classifier import Classifier, classify, classify_many
from haineclf.errors import (
    FallbackWarning,
    HaineclfError,
    HaineclfWarning,
    LexiconError,
    ModelError,
    ModelNotFoundError,
    TableError,
    TextColumnError,
)
from haineclf.labels import Label
from haineclf.results import Backend, Evidence, Prediction

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "Classifier",
    "Evidence",
    "FallbackWarning",
    "HaineclfError",
    "HaineclfWarning",
    "Label",
    "LexiconError",
    "ModelError",
    "ModelNotFoundError",
    "Prediction",
    "TableError",
    "TextColumnError",
    "classify",
    "classify_many",
]
