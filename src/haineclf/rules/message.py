"""A message as the rules see it: sentences, the words in them, and what the lexicon finds there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from haineclf.lexicon import Entry, Hit, Kind, Lexicon, Match
from haineclf.text import NormalizedText, Token, TokenKind, tokenize

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_QUOTES = {"«": "»", "“": "”", "„": "”", '"': '"'}
# Classes that speak for innocence, and grammar; a harmless expression leaves them be.
_CUES = frozenset("say sayinsult report denounce judged ask game sport joke be have neg person firstname thing".split())
_ENDINGS = frozenset(".!?…\n;")
_LONGEST = 200


@dataclass(slots=True)
class Sentence:
    """One sentence.

    Attributes:
        words: Words, emoji, handles and links; indices below count these.
        keys: Their folded spellings.
        marks: The comma, colon, bracket or quotation mark before a word, by the word's index.
        quoted: Indices of words inside quotation marks.
        hits: Abusive entries found, innocents already taken out.
        masked: Indices of words inside a harmless expression.
    """

    words: list[Token]
    keys: list[str]
    marks: dict[int, str]
    quoted: frozenset[int]
    hits: list[Hit] = field(default_factory=list)
    masked: set[int] = field(default_factory=set)
    _classes: dict[str, dict[int, list[int]]] = field(default_factory=dict)

    def class_ends(self, name: str, start: int) -> Sequence[int]:
        """Where members of a class that begin at `start` end (exclusive)."""
        ends = self._classes.get(name)
        return ends.get(start, ()) if ends else ()

    def has(self, name: str, index: int) -> bool:
        """Whether a member of a class begins at a word."""
        return bool(self.class_ends(name, index))

    def starts_of(self, name: str) -> Collection[int]:
        """Where members of a class begin."""
        return self._classes.get(name, {})

    def add_class(self, name: str, start: int, end: int) -> None:
        """Notes a member of a class."""
        starts = self._classes.get(name)
        if starts is None:
            self._classes[name] = {start: [end]}
        else:
            starts.setdefault(start, []).append(end)

    def present(self) -> frozenset[str]:
        """Words and `<classes>` that stand here."""
        return frozenset((*self.keys, *(f"<{name}>" for name, starts in self._classes.items() if starts)))

    def mask(self, start: int, end: int) -> None:
        """Takes words out of the classes that patterns attack with: they belong to a harmless expression."""
        covered = range(start, end)
        self.masked.update(covered)
        for name, starts in self._classes.items():
            if name.partition(".")[0] not in _CUES:
                for index in covered:
                    starts.pop(index, None)


def read(normalized: NormalizedText, lexicon: Lexicon) -> list[Sentence]:
    """Cuts a message into sentences and looks every word up.

    Args:
        normalized: The message.
        lexicon: Where to look.

    Returns:
        All its sentences, in order.
    """
    tokens = tokenize(normalized.text)
    quoted = _quoted(tokens)
    sentences = []
    start = 0
    for index in range(len(tokens) + 1):
        last = index == len(tokens)
        ends = last or (tokens[index].kind is TokenKind.PUNCTUATION and tokens[index].text[0] in _ENDINGS)
        # A flood of words without an end is cut, since some rules look back to the start.
        if ends or index - start == _LONGEST:
            if index > start:
                sentences.append(_sentence(tokens, start, index, quoted, lexicon))
            start = index + 1 if ends else index
    return sentences


def _sentence(tokens: list[Token], start: int, end: int, quoted: set[int], lexicon: Lexicon) -> Sentence:
    positions: dict[int, int] = {}
    marks: dict[int, str] = {}
    for index in range(start, end):
        if tokens[index].kind is TokenKind.PUNCTUATION:
            marks[len(positions)] = tokens[index].text
        else:
            positions[index] = len(positions)
    words = [tokens[index] for index in positions]
    sentence = Sentence(
        words=words,
        keys=[word.key for word in words],
        marks=marks,
        quoted=frozenset(place for index, place in positions.items() if index in quoted),
    )
    for place, word in enumerate(words):
        if word.kind is TokenKind.HANDLE:
            sentence.add_class("person", place, place + 1)
    hits = list(lexicon.find(tokens[start:end]))
    if len(words) < end - start:  # punctuation counts in what was searched, not among the words
        hits = [
            Hit(positions[start + hit.start], positions[start + hit.end - 1] + 1, hit.entry, hit.classes)
            for hit in hits
        ]
    _settle(sentence, hits, lexicon)
    return sentence


def _settle(sentence: Sentence, hits: list[Hit], lexicon: Lexicon) -> None:
    """Lets the longest expression win: an innocent mutes what it covers, unless that is longer."""
    abusive = [hit for hit in hits if hit.entry.labels]
    innocents = [(hit.start, hit.end) for hit in hits if hit.entry.kind is Kind.INNOCENT]
    for hit in hits:
        for name in hit.classes:
            sentence.add_class(name, hit.start, hit.end)
    innocents += [(match.start, match.end) for _, match in matches(sentence, lexicon, innocent=True)]
    for start, end in innocents:
        longer = any(h.start <= start and end <= h.end and h.end - h.start > end - start for h in abusive)
        if not longer:
            sentence.mask(start, end)
    sentence.hits = [
        hit
        for hit in abusive
        if not any(start <= hit.start and hit.end <= end for start, end in innocents)
        and not any(_says_more(other, hit) for other in abusive)
    ]


def _says_more(longer: Hit, hit: Hit) -> bool:
    """Whether a longer expression already says all that a hit inside it does."""
    covers = longer.start <= hit.start and hit.end <= longer.end and longer.end - longer.start > hit.end - hit.start
    return covers and not longer.entry.person_only and set(hit.entry.labels) <= set(longer.entry.labels)


def matches(sentence: Sentence, lexicon: Lexicon, *, innocent: bool) -> list[tuple[Entry, Match]]:
    """Matches the patterns that the words of a sentence allow.

    Args:
        sentence: The sentence.
        lexicon: Where the patterns are.
        innocent: Whether to match the harmless ones or the abusive ones.

    Returns:
        Entries and where they matched.
    """
    candidates = lexicon.patterns_for(sentence.present(), innocent=innocent)
    return [(entry, match) for entry, pattern in candidates for match in pattern.find(sentence)]


def _quoted(tokens: list[Token]) -> set[int]:
    """Indices of tokens between quotation marks; a mark without its pair quotes nothing."""
    inside: set[int] = set()
    opened: int | None = None
    closing = ""
    for index, token in enumerate(tokens):
        if token.kind is not TokenKind.PUNCTUATION:
            continue
        if opened is not None and token.text == closing:
            inside.update(range(opened + 1, index))
            opened = None
        elif opened is None and token.text in _QUOTES:
            opened, closing = index, _QUOTES[token.text]
    return inside
