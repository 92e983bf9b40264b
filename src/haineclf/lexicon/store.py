"""The lexicon as it is searched: forms in a trie, patterns by the words they need."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from haineclf.lexicon.entries import Entry, Kind
from haineclf.lexicon.patterns import Pattern
from haineclf.text import Token, TokenKind, fold, is_french_word, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_END = ""  # no folded word is empty


class Hit(NamedTuple):
    """An entry found in a row of tokens.

    Attributes:
        start: Index of the first token.
        end: Index after the last token.
        entry: The entry.
        classes: Word classes of the form that was found; for a verb with its tenses too.
    """

    start: int
    end: int
    entry: Entry
    classes: tuple[str, ...]


class Lexicon:
    """Entries, ready to be searched.

    Args:
        entries: Entries with ids of their own.

    Attributes:
        entries: Entries by id.
        version: Number of entries and a digest of their content.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.version = self._digest()
        self._trie: dict[str, Any] = {}
        self._patterns: dict[str, Pattern] = {}
        self._by_anchor: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}  # by innocence
        for entry in self.entries.values():
            for form, tags in entry.forms.items():
                self._add_form(entry, form, tags)
            if entry.pattern:
                self._add_pattern(entry)

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.entries)

    def find(self, tokens: Sequence[Token]) -> Iterator[Hit]:
        """Finds every form, overlapping ones too.

        Args:
            tokens: Tokens of normalised text; a form never runs over punctuation.

        Yields:
            Hits by their first token.
        """
        keys = [token.key for token in tokens]
        plain = [token.text.isascii() for token in tokens]
        last = len(keys)
        for start, key in enumerate(keys):
            node = self._trie.get(key)
            end = start + 1
            unaccented = True
            while node is not None:
                unaccented = unaccented and plain[end - 1]
                for entry, typed, classes in node.get(_END, ()):
                    # Accents that were left out are no objection, except to an innocent ("sale" is not "salé").
                    if (unaccented and entry.kind is not Kind.INNOCENT) or _same_accents(
                        tokens[start:end], typed, entry
                    ):
                        yield Hit(start, end, entry, classes)
                node = node.get(keys[end]) if end < last else None
                end += 1

    def patterns_for(self, present: frozenset[str], *, innocent: bool) -> list[tuple[Entry, Pattern]]:
        """Lists the patterns that can match.

        Args:
            present: Words and `<classes>` that stand in the sentence.
            innocent: Whether to list the harmless ones or the abusive ones.

        Returns:
            Entries with their pattern, by id.
        """
        by_anchor = self._by_anchor[innocent]
        found = {identifier for name in present for identifier in by_anchor.get(name, ())}
        return [
            (self.entries[identifier], self._patterns[identifier])
            for identifier in sorted(found)
            if self._patterns[identifier].possible(present)
        ]

    def _add_form(self, entry: Entry, form: str, tags: frozenset[str]) -> None:
        tokens = [token for token in tokenize(form) if token.kind in {TokenKind.WORD, TokenKind.EMOJI}]
        node = self._trie
        for token in tokens:
            node = node.setdefault(token.key, {})
        if tokens:
            typed = tuple(token.text.lower() for token in tokens)
            node.setdefault(_END, []).append((entry, typed, _classes(entry, tags)))

    def _add_pattern(self, entry: Entry) -> None:
        pattern = Pattern(entry.pattern)
        self._patterns[entry.id] = pattern
        for anchor in pattern.anchors:
            self._by_anchor[entry.kind is Kind.INNOCENT].setdefault(anchor, []).append(entry.id)

    def _digest(self) -> str:
        content = "\n".join(sorted(f"{e.id} {sorted(e.forms)} {e.pattern} {e.strength}" for e in self.entries.values()))
        return f"lexicon-{len(self.entries)}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _classes(entry: Entry, tags: frozenset[str]) -> tuple[str, ...]:
    name = "slur" if entry.kind is Kind.SLUR else entry.word_class
    return (name, *(f"{name}.{tag}" for tag in sorted(tags))) if name else ()


def _same_accents(tokens: Sequence[Token], typed: Sequence[str], entry: Entry) -> bool:
    """Whether the accents that were typed, or left out, allow that a form is meant; another French word does not."""
    for token, word in zip(tokens, typed, strict=True):
        lower = token.text.lower()
        if lower == word or not is_french_word(lower):
            continue
        if lower != fold(word) or entry.kind is Kind.INNOCENT:
            return False
    return True
