from __future__ import annotations

import json
from pathlib import Path

import pytest

import haineclf
from haineclf import Classifier, Label, LexiconError
from haineclf.lexicon import Kind, Pattern, load_lexicon
from haineclf.lexicon.conjugation import conjugate


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


SLUR = {
    "id": "mine.zorglub",
    "kind": "slur",
    "lemma": "zorglub",
    "forms": ["zorglub", "zorglubs"],
    "labels": ["insult"],
    "strength": 0.9,
}


def test_built_in_lexicon_is_large_and_whole() -> None:
    lexicon = load_lexicon()
    abusive = [entry for entry in lexicon.entries.values() if entry.labels]
    assert len(abusive) >= 1000
    assert {label for entry in abusive for label in entry.labels} == set(Label)
    assert sum(entry.kind is Kind.INNOCENT for entry in lexicon.entries.values()) >= 300


def test_every_class_that_a_pattern_names_has_members() -> None:
    entries = load_lexicon().entries.values()
    classes = {entry.word_class for entry in entries} | {"slur"}
    named = {
        (entry.id, choice.strip("<>?").partition(".")[0])
        for entry in entries
        for element in entry.pattern.split()
        for choice in element.split("|")
        if choice.startswith("<")
    }
    assert {(identifier, name) for identifier, name in named if name not in classes} == set()


def test_user_file_adds_an_entry(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", {"haineclf_lexicon": 1}, SLUR)
    (evidence,) = Classifier(backend="lexicon", lexicon=path).classify("sacrés zorglubs").evidence
    assert (evidence.source, evidence.label) == ("mine.zorglub", Label.INSULT)


def test_user_file_mutes_an_entry(tmp_path: Path) -> None:
    before = Classifier(backend="lexicon").classify("tafiole")
    assert before.abusive
    path = write(tmp_path / "mine.jsonl", *({"mute": source} for source in sorted({e.source for e in before.evidence})))
    assert not Classifier(backend="lexicon", lexicon=path).classify("tafiole").abusive


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2"),
        ({**SLUR, "strength": 3}, "strength"),
        ({**SLUR, "labels": ["insulte"]}, "labels"),
        ({**SLUR, "colour": "red"}, "colour"),
        ({**SLUR, "kind": "noun"}, "kind"),
        ({**SLUR, "forms": []}, "forms"),
        ({**SLUR, "forms": "zorglub"}, "forms"),
        ({"id": "mine.p", "kind": "pattern", "pattern": "a| b", "labels": ["insult"], "strength": 0.9}, "pattern"),
        ({"id": "mine.p", "kind": "pattern", "pattern": "... _", "labels": ["insult"], "strength": 0.9}, "pattern"),
        ({"mute": "insult.nowhere"}, "insult.nowhere"),
        ({"mute": 5}, '{"mute": "<entry id>"}'),
        ("[1]", "object"),
    ],
)
def test_bad_line_is_named_with_its_number(tmp_path: Path, line: object, message: str) -> None:
    path = write(tmp_path / "mine.jsonl", {"haineclf_lexicon": 1}, line)
    with pytest.raises(LexiconError, match=r"mine\.jsonl, line 2: ") as caught:
        load_lexicon(path)
    assert message in str(caught.value)


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="cannot be read"):
        load_lexicon(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes('{"mute": "é"}'.encode("cp1252"))
    with pytest.raises(LexiconError, match="UTF-8"):
        load_lexicon(tmp_path / "latin.jsonl")


@pytest.mark.parametrize(
    ("verb", "group", "tag", "form"),
    [
        ("tuer", "er", "fut1", "tuerai"),
        ("égorger", "er", "pres4", "égorgeons"),
        ("menacer", "er", "impf3", "menaçait"),
        ("crever", "er", "subj3", "crève"),
        ("crever", "er", "imp5", "crevez"),
        ("noyer", "er", "pres3", "noie"),
        ("pendre", "re", "pp", "pendu"),
        ("pendre", "re", "fut6", "pendront"),
        ("pendre", "re", "pres3", "pend"),
        ("finir", "ir", "subj6", "finissent"),
        ("lyncher", "er", "subj3", "lynche"),
    ],
)
def test_conjugation(verb: str, group: str, tag: str, form: str) -> None:
    assert form in conjugate(verb, group)[tag]


class Row:
    """Words with a class or two, as a pattern sees them."""

    def __init__(self, text: str, **classes: str) -> None:
        self.keys = text.split()
        self._classes = {name: words.split() for name, words in classes.items()}

    def class_ends(self, name: str, start: int) -> list[int]:
        return [start + 1] if self.keys[start] in self._classes.get(name, ()) else []


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("je vais <kill>", "demain je vais tuer", (1, 4)),
        ("je|on vais|va te? <kill>", "on va tuer", (0, 3)),
        ("je ... <kill>", "je te jure que tuer", (0, 5)),
        ("je ... <kill>", "je te jure bien que tuer", None),
        ("^ crève $", "crève", (0, 1)),
        ("^ crève $", "pneu crève", None),
        ("sale _", "sale type", (0, 2)),
        ("sale _", "sale", None),
        ("stop aux ...", "stop aux gens comme ça là", (0, 5)),
    ],
)
def test_pattern_language(pattern: str, text: str, found: tuple[int, int] | None) -> None:
    row = Row(text, kill="tuer")
    compiled = Pattern(pattern.replace("crève", "creve"))
    row.keys = [key.replace("è", "e").replace("ç", "c").replace("à", "a") for key in row.keys]
    matches = [(match.start, match.end) for match in compiled.find(row)]
    assert matches == ([found] if found else [])


def test_every_built_in_entry_says_where_it_is_used() -> None:
    folder = Path(haineclf.__file__).parent / "data" / "lexicon"
    lines = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    entries = [line for line in lines if "id" in line]
    assert len(lines) - len(entries) == len(list(folder.glob("*.jsonl"))), "one header a file"
    assert [entry["id"] for entry in entries if not {"register", "region", "source"} <= entry.keys()] == []
