"""Parses on demand: a sentence is parsed only when a rule asks, and all that wait are parsed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from haineclf.rules.message import Sentence


class ParseNeededError(Exception):
    """A rule asked for the parse of a sentence that has none yet.

    Args:
        text: The sentence.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Parses:
    """The parses made so far, for one message.

    Args:
        text: The normalised message.
        known: Parses by sentence, shared by the messages of a batch.
    """

    def __init__(self, text: str, known: dict[str, Doc]) -> None:
        self._text = text
        self._known = known

    def of(self, sentence: Sentence) -> Doc:
        """Gives a sentence's parse.

        Args:
            sentence: A sentence of the message.

        Returns:
            The parse of its words and what stands between them.

        Raises:
            ParseNeededError: If it has not been parsed yet; the message is judged again once it is.
        """
        text = self._text[sentence.words[0].start : sentence.words[-1].end]
        found = self._known.get(text)
        if found is None:
            raise ParseNeededError(text)
        return found

    @staticmethod
    def offset(sentence: Sentence, index: int) -> int:
        """Offset of a word in the text that was parsed."""
        return sentence.words[index].start - sentence.words[0].start
