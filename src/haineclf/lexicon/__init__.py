"""The lexicon: data files, their schema, and how they are searched."""

from haineclf.lexicon.entries import Check, Entry, Kind
from haineclf.lexicon.loading import load_lexicon
from haineclf.lexicon.patterns import Match, Pattern
from haineclf.lexicon.store import Hit, Lexicon

__all__ = ["Check", "Entry", "Hit", "Kind", "Lexicon", "Match", "Pattern", "load_lexicon"]
