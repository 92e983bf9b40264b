"""The lexicon backend: rules on words, and on spaCy's parse where words alone lie."""

from haineclf.rules.backend import LexiconBackend

__all__ = ["LexiconBackend"]
