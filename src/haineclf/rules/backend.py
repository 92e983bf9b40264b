"""The lexicon backend: finds what a message does with the words it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from haineclf.labels import Label
from haineclf.lexicon import Check, load_lexicon
from haineclf.results import Analysis, Backend, Evidence
from haineclf.rules.aim import done_to_thing, object_is_person, said_of_person, subject_is_person
from haineclf.rules.frames import not_meant, playing, reported_by_syntax
from haineclf.rules.message import Sentence, matches, read
from haineclf.rules.parses import ParseNeededError, Parses
from haineclf.rules.syntax import parse
from haineclf.text import NormalizedText, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from spacy.tokens import Doc

    from haineclf.lexicon import Entry, Match

_VIOLENCE = (Label.THREAT, Label.CALL_TO_MURDER)
_NOT_SURE = 0.99  # no rule is certain


class _Finding(NamedTuple):
    """An entry that holds, by the indices of its words in the sentence."""

    start: int
    end: int
    entry: Entry
    strength: float


class LexiconBackend:
    """Answers by rules.

    Args:
        lexicon: A user's lexicon file, or None.

    Attributes:
        lexicon: The entries.
        version: Their number and digest.
        thresholds: Strength from which a label holds.
        strict_thresholds: The same for fewer false alarms.
    """

    name = Backend.LEXICON

    def __init__(self, lexicon: str | Path | None = None) -> None:
        self.lexicon = load_lexicon(lexicon)
        self.version = self.lexicon.version
        self.thresholds: Mapping[Label, float] = dict.fromkeys(Label, 0.5)
        self.strict_thresholds: Mapping[Label, float] = dict.fromkeys(Label, 0.9)

    def analyze(self, texts: Sequence[str]) -> list[Analysis]:
        """Analyses messages.

        Args:
            texts: Messages.

        Returns:
            Strengths and evidence, in order.
        """
        normalized = [normalize(text) for text in texts]
        messages = [read(text, self.lexicon) for text in normalized]
        known: dict[str, Doc] = {}
        found: dict[tuple[int, int], list[_Finding]] = {}
        waiting = [(m, s) for m, sentences in enumerate(messages) for s in range(len(sentences))]
        while waiting:
            needed: dict[str, None] = {}
            unsure = []
            for m, s in waiting:
                parses = Parses(normalized[m].text, known)
                try:
                    found[m, s] = list(self._findings(messages[m], messages[m][s], parses))
                except ParseNeededError as need:
                    needed[need.text] = None
                    unsure.append((m, s))
            if needed:  # the first parse loads spaCy, which takes a second
                known.update(zip(needed, parse(needed), strict=True))
            waiting = unsure
        return [
            _analysis(text, [(sentence, found[m, s]) for s, sentence in enumerate(messages[m])])
            for m, text in enumerate(normalized)
        ]

    def explain(self, text: str, labels: Iterable[Label]) -> tuple[Evidence, ...]:
        """Adds nothing: the rules have named their words already."""
        del text, labels
        return ()

    def _findings(self, sentences: Sequence[Sentence], sentence: Sentence, parses: Parses) -> Iterator[_Finding]:
        for hit in sentence.hits:
            if not_meant(sentences, sentence, hit.start, hit.end):
                continue
            weight = said_of_person(sentence, hit, parses) if hit.entry.person_only else 1.0
            if weight:
                yield _Finding(hit.start, hit.end, hit.entry, round(hit.entry.strength * weight, 3))
        for entry, match in matches(sentence, self.lexicon, innocent=False):
            if self._holds(sentences, sentence, entry, match, parses):
                yield _Finding(match.start, match.end, entry, entry.strength)

    def _holds(
        self, sentences: Sequence[Sentence], sentence: Sentence, entry: Entry, match: Match, parses: Parses
    ) -> bool:
        if any(sentence.has("neg", index) for index in match.gaps):
            return False
        if sentence.masked.issuperset(range(match.start, match.end)):
            return False
        if not_meant(sentences, sentence, match.start, match.end):
            return False
        violent = bool(set(entry.labels) & set(_VIOLENCE))
        if entry.check is Check.OBJECT and not object_is_person(sentence, match.start, match.end, parses):
            return False
        if violent and done_to_thing(sentence, match.start, match.end):
            return False
        if entry.check is Check.SUBJECT and not subject_is_person(sentence, match.start, parses):
            return False
        return not reported_by_syntax(sentence, match.start, match.end, parses)


def _analysis(normalized: NormalizedText, judged: Iterable[tuple[Sentence, list[_Finding]]]) -> Analysis:
    evidence = {
        Evidence(*normalized.span(words[f.start].start, words[f.end - 1].end), label, f.entry.id, f.strength)
        for sentence, findings in judged
        for words in (sentence.words,)
        for f in findings
        for label in f.entry.labels
        if not (label in _VIOLENCE and playing(sentence, f.start, f.end))
    }
    ordered = tuple(sorted(evidence))
    return Analysis(replay(ordered), ordered)


def replay(evidence: Iterable[Evidence]) -> dict[Label, float]:
    """Computes the strengths that evidence amounts to.

    Each entry counts once a label, and independent entries add up: 1 − ∏(1 − strength), the noisy-or of
    Pearl (1988), "Probabilistic Reasoning in Intelligent Systems".

    Args:
        evidence: Evidence for one message.

    Returns:
        A strength in [0, 0.99] for every label.
    """
    strongest: dict[tuple[Label, str], float] = {}
    for item in evidence:
        key = (item.label, item.source)
        strongest[key] = max(item.strength, strongest.get(key, 0.0))
    doubt = dict.fromkeys(Label, 1.0)
    for (label, _), strength in strongest.items():
        doubt[label] *= 1 - strength
    return {label: round(min(1 - rest, _NOT_SURE), 4) for label, rest in doubt.items()}
