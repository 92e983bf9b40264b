"""Everything haineclf raises or warns with; each message says what to do next.

```
HaineclfError
├── DatasetError          labelled data are missing, or a line of them is not valid
├── LexiconError          a lexicon file is missing or has a bad line
├── MissingExtraError     an optional dependency is not installed
├── ModelError            a model folder is there but cannot be used
│   └── ModelNotFoundError   the caller asked for the model and there is none
├── TrainingError         a training recipe or one of its inputs cannot be used
└── TableError            an input or output table cannot be handled
    └── TextColumnError   which column holds the messages is unknown
HaineclfWarning
└── FallbackWarning       the lexicon answers because no model was found
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class HaineclfError(Exception):
    """Base of every error that haineclf raises on purpose."""


class DatasetError(HaineclfError, ValueError):
    """Labelled data are missing, or one of their lines is not valid."""


class LexiconError(HaineclfError, ValueError):
    """A lexicon file is missing, or one of its lines is not a valid entry."""


class MissingExtraError(HaineclfError, ImportError):
    """What was asked for needs an optional dependency; the message gives the pip command."""


class ModelError(HaineclfError):
    """A model folder exists but is incomplete, altered or of another version."""


class ModelNotFoundError(ModelError, FileNotFoundError):
    """The camembert backend was asked for and no model folder was found."""


class TableError(HaineclfError, ValueError):
    """A table cannot be read or written as asked."""


class TextColumnError(TableError):
    """The column that holds the messages is unknown.

    Args:
        message: What is wrong and what to do.
        candidates: Column names to choose from, likeliest first.

    Attributes:
        candidates: Column names to choose from, likeliest first.
    """

    def __init__(self, message: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class TrainingError(HaineclfError, ValueError):
    """A training recipe, or something it needs, cannot be used."""


class HaineclfWarning(UserWarning):
    """Base of every warning that haineclf gives."""


class FallbackWarning(HaineclfWarning):
    """The lexicon backend answers in place of the model."""
