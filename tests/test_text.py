from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from haineclf.text import TokenKind, fold, normalize, tokenize

CASES = Path(__file__).parent / "cases"
# Letters, the signs that disguises are made of, and whatever else Unicode has.
HOSTILE = st.text(
    st.one_of(st.sampled_from("pédéconnardsalopefdptg03145$@€*.-_·:/#' \n🔪🖕🏿\u200b\u0301рα"), st.characters()),
    max_size=60,
)


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((CASES / f"normalizer_{name}.json").read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("case", cases("synthetic") + cases("in_the_wild"), ids=lambda case: case["text"])
def test_disguise_is_undone(case: dict[str, str]) -> None:
    assert normalize(case["text"]).text == case["normal"]


@pytest.mark.parametrize("case", cases("negative"), ids=lambda case: case["text"])
def test_plain_text_stays(case: dict[str, str]) -> None:
    assert normalize(case["text"]).text == case["text"]


@pytest.mark.parametrize("case", cases("known_failures"), ids=lambda case: case["text"])
@pytest.mark.xfail(strict=True, reason="known failure")
def test_known_failure(case: dict[str, str]) -> None:
    assert normalize(case["text"]).text == case["normal"]


@given(HOSTILE)
@example("p é d é\n")
@example("&amp;lt;")
@example("🔪🏿\u200d")
def test_normal_form_is_stable(text: str) -> None:
    once = normalize(text).text
    assert normalize(once).text == once


@given(HOSTILE)
def test_spans_lie_in_the_original_and_in_order(text: str) -> None:
    result = normalize(text)
    spans = [result.span(i, i + 1) for i in range(len(result.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(HOSTILE)
def test_unedited_text_is_the_text(text: str) -> None:
    result = normalize(text)
    assert result.edits or result.text == text


@pytest.mark.parametrize(
    ("text", "word", "typed"),
    [
        ("Ah ! sale p 3 d", "sale", "sale"),
        ("espèce de c0nn4rd va", "connard", "c0nn4rd"),
        ("va  p.é.d.é !", "pédé", "p.é.d.é"),
        ("tg stp", "gueule", "tg"),
        ("p\u200bé\u200bdé", "pédé", "p\u200bé\u200bdé"),
        ("toi🔪", ":couteau:", "🔪"),
    ],
)
def test_span_gives_what_was_typed(text: str, word: str, typed: str) -> None:
    result = normalize(text)
    at = result.text.index(word)
    start, end = result.span(at, at + len(word))
    assert typed in text[start:end]


def test_edits_say_what_was_done() -> None:
    (edit,) = normalize("va, p3d3").edits
    assert (edit.step, edit.start, edit.end, edit.before, edit.after) == ("leetspeak", 4, 8, "p3d3", "pédé")


def test_tokens_cut_at_apostrophes_and_keep_offsets() -> None:
    tokens = tokenize("T'es où @lea ? :couteau: https://a.fr/b")
    assert [t.key for t in tokens] == ["t", "es", "ou", "@", "?", ":couteau:", "https://a.fr/b"]
    assert [t.kind for t in tokens][3:] == [TokenKind.HANDLE, TokenKind.PUNCTUATION, TokenKind.EMOJI, TokenKind.LINK]
    assert all("T'es où @lea ? :couteau: https://a.fr/b"[t.start : t.end] == t.text for t in tokens)


def test_fold_joins_spellings() -> None:
    assert fold("ENCULÉ") == fold("enculé") == "encule"
