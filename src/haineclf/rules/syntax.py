"""What spaCy's parse is asked, and the parser itself, loaded when a sentence first needs it."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.tokens import Token as SpacyToken

PARSER = "fr_core_news_md"
_OBJECTS = frozenset({"obj", "obl:arg", "obl:mod", "iobj", "nsubj:pass"})
_SUBJECTS = frozenset({"nsubj", "nsubj:pass"})
# As the treebank cuts: the elided "l'" is a word. White space beyond one sign is a piece too, so that offsets hold.
_PIECE = re.compile(r"\w+'|\w+|[^\w\s]|(?<=\s)\s+")
_lock = threading.Lock()


@cache
def _parser() -> Language:
    import spacy

    # Tokens, morphology and dependencies are all that is asked; names and lemmas cost half the time. spaCy's French
    # tokenizer takes 2.6 s to compile its exceptions, of 3.4 s in all: the words are cut here, and the pipeline is
    # loaded as if it were no language's in particular. The parses are the same.
    return spacy.load(
        PARSER, exclude=["ner", "lemmatizer", "attribute_ruler", "tokenizer"], config={"nlp": {"lang": "xx"}}
    )


def _doc(text: str) -> Doc:
    from spacy.tokens import Doc

    # A lone surrogate, which cannot be encoded, would stop spaCy.
    pieces = list(_PIECE.finditer(text.encode("utf-8", "replace").decode()))
    spaces = [text[piece.end() : piece.end() + 1].isspace() for piece in pieces]
    return Doc(_parser().vocab, words=[piece.group() for piece in pieces], spaces=spaces)


def parse(texts: Iterable[str]) -> list[Doc]:
    """Parses sentences; safe between threads.

    Args:
        texts: Sentences.

    Returns:
        One parse each, in order.
    """
    with _lock:  # the pipeline's vocabulary grows while it parses
        return list(_parser().pipe(map(_doc, texts), batch_size=128))


def object_of(doc: Doc, offset: int) -> SpacyToken | None:
    """Finds the object of the verb that stands at a character offset."""
    verb = _at(doc, offset)
    if verb is None:
        return None
    return next((t for t in verb.children if t.dep_ in _OBJECTS and t.i > verb.i and t.pos_ != "PRON"), None)


def subject_of(doc: Doc, offset: int) -> SpacyToken | None:
    """Finds the subject of the predicate that holds a character offset."""
    token = _at(doc, offset)
    while token is not None:
        subject = next((t for t in token.children if t.dep_ in _SUBJECTS), None)
        if subject is not None or token.head.i == token.i:
            return subject
        token = token.head
    return None


def governors(doc: Doc, offset: int) -> list[SpacyToken]:
    """Lists the verbs above the one at a character offset, whose clause it completes, nearest first."""
    token = _at(doc, offset)
    above = []
    while token is not None and token.head.i != token.i:
        if token.dep_ in {"ccomp", "xcomp", "parataxis", "acl:relcl", "advcl"}:
            above.append(token.head)
        token = token.head
    return above


def is_negated(token: SpacyToken) -> bool:
    """Whether a verb is negated."""
    return any(child.text.lower() in {"ne", "n'", "n’", "pas", "jamais", "plus"} for child in token.children)


def is_name(token: SpacyToken) -> bool:
    """Whether a token is a proper noun."""
    return token.pos_ == "PROPN"


def _at(doc: Doc, offset: int) -> SpacyToken | None:
    return next((t for t in doc if t.idx <= offset < t.idx + max(len(t), 1)), None)
