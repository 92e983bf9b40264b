from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from haineclf import Label
from haineclf.dataset import (
    CORPORA,
    SPLITS,
    Example,
    corpora_folder,
    data_folder,
    load_split,
    read_annotations,
    read_corpus,
    read_splits,
    read_texts,
)
from haineclf.dataset.duplicates import near_duplicates
from haineclf.dataset.folders import CORPORA_DIR_VARIABLE, DATA_DIR_VARIABLE
from haineclf.errors import DatasetError
from haineclf.lexicon import load_lexicon
from haineclf.text import fold, tokenize

if TYPE_CHECKING:
    from pathlib import Path

LINE = {
    "id": "w-1",
    "text": "Sale pédé",
    "labels": ["insult", "homophobia"],
    "family": "w-f1",
    "phenomenon": "slur",
    "register": "sms",
    "region": "Lyon",
    "writer": "w.voice",
    "form": "homophobia",
}
TWEETS = "id,text,keyword_group\naa,Bonjour,x\nbb,Crève,x\n"


def project(folder: Path, *lines: dict[str, Any], corpora: bool = True) -> tuple[Path, Path]:
    data = folder / "data"
    (data / "corpus").mkdir(parents=True)
    (data / "annotations").mkdir()
    (data / "corpus" / "w.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    header = "id,insult,threat,call_to_murder,homophobia\n"
    for name in CORPORA:
        rows = "aa,0,0,0,0\nbb,0,1,0,0\n" if name == "tweets_fr" else ""
        (data / "annotations" / f"{name}.csv").write_text(header + rows, encoding="utf-8")
    places = "id,split,stratum\nw-1,train,authored\ntweets_fr/aa,test,real\ntweets_fr/bb,test,real\n"
    (data / "splits.csv").write_text(places, encoding="utf-8")
    texts = folder / "texts"
    texts.mkdir()
    if corpora:
        (texts / "tweets_fr.csv").write_text(TWEETS, encoding="utf-8")
    return data, texts


def test_a_split_joins_labels_with_texts(tmp_path: Path) -> None:
    data, texts = project(tmp_path, LINE)
    train, test = (load_split(name, data=data, corpora=texts) for name in ("train", "test"))
    assert [(e.text, e.labels) for e in train.examples] == [("Sale pédé", frozenset({Label.INSULT, Label.HOMOPHOBIA}))]
    assert [(e.id, e.text, e.labels, e.source, e.stratum) for e in test.examples] == [
        ("tweets_fr/aa", "Bonjour", frozenset(), "tweets_fr", "real"),
        ("tweets_fr/bb", "Crève", frozenset({Label.THREAT}), "tweets_fr", "real"),
    ]
    assert test.missing == {}
    assert test.note == ""


def test_what_lacks_its_text_is_counted_and_said(tmp_path: Path) -> None:
    data, texts = project(tmp_path, LINE, corpora=False)
    test = load_split("test", data=data, corpora=texts)
    assert test.examples == ()
    assert test.missing == {"tweets_fr": 2}
    assert "MickaelDP/OutlierDetection" in test.note
    assert load_split("train", data=data, corpora=texts).note == ""


def test_another_version_of_a_corpus_is_refused(tmp_path: Path) -> None:
    data, texts = project(tmp_path, LINE)
    (texts / "tweets_fr.csv").write_text(TWEETS.replace("bb,", "cc,"), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"lacks 1 of 2 annotated ids, first 'bb'"):
        load_split("test", data=data, corpora=texts)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": ["insulte"]}, "insulte"),
        ({"text": " "}, "empty"),
        ({"labels": ["insult"]}, "form"),
        ({"form": "racism"}, "racism"),
        ({"mood": "sour"}, "mood"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    data, _ = project(tmp_path, {**LINE, "id": "w-0"}, {**LINE, **change})
    with pytest.raises(DatasetError, match=f"w.jsonl, line 2: .*{reason}"):
        read_corpus(data)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    data, _ = project(tmp_path, LINE, LINE)
    with pytest.raises(DatasetError, match="twice"):
        read_corpus(data)


def test_an_example_without_a_place_is_refused(tmp_path: Path) -> None:
    data, texts = project(tmp_path, LINE, {**LINE, "id": "w-2"})
    with pytest.raises(DatasetError, match="build_splits"):
        load_split("train", data=data, corpora=texts)


def test_folders_are_found_by_argument_then_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "named"
    named.mkdir()
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    monkeypatch.setenv(CORPORA_DIR_VARIABLE, str(tmp_path / "texts"))
    assert data_folder() == tmp_path
    assert data_folder(named) == named
    assert corpora_folder(named) == tmp_path / "texts"
    with pytest.raises(DatasetError, match="clone the repository"):
        data_folder(tmp_path / "nowhere")


def test_near_duplicates_are_found_whatever_the_dress() -> None:
    texts = [
        "On sait très bien où tu habites, fais attention à toi",
        "Le marché aura lieu samedi sur la place de la mairie",
        "on sait tres bien ou tu habites !!! fais attention à toi",
        "ok",
        "ok",
    ]
    assert list(near_duplicates(texts)) == [(0, 2)]


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """Everything labelled whose text is here."""
    data = data_folder()
    corpora = corpora_folder(data)
    found = read_corpus(data)
    for name in CORPORA:
        texts = read_texts(corpora, name)
        if texts is not None:
            labels = read_annotations(data, name)
            found += [Example(f"{name}/{id_}", texts[id_], labels[id_], name) for id_ in labels]
    return found


def test_every_example_has_its_place_in_a_split(examples: list[Example]) -> None:
    places = read_splits(data_folder())
    assert {place.split for place in places.values()} == set(SPLITS)
    known = {example.id for example in read_corpus(data_folder())}
    known |= {f"{name}/{id_}" for name in CORPORA for id_ in read_annotations(data_folder(), name)}
    assert known == set(places)


def test_no_family_and_no_near_duplicate_crosses_splits(examples: list[Example]) -> None:
    places = read_splits(data_folder())
    families = defaultdict(set)
    for example in examples:
        if example.family:
            families[example.family].add(places[example.id].split)
    assert [family for family, splits in families.items() if len(splits) > 1] == []
    crossing = [
        (examples[one].id, examples[other].id)
        for one, other in near_duplicates([example.text for example in examples])
        if places[examples[one].id].split != places[examples[other].id].split
    ]
    assert crossing == []


def test_no_held_out_root_hand_phenomenon_or_source_stands_in_train(examples: list[Example]) -> None:
    places = read_splits(data_folder())
    held = tomllib.loads((data_folder() / "held_out.toml").read_text(encoding="utf-8"))
    entries = load_lexicon().entries
    roots = {fold(form) for root in held["test"]["roots"] for form in entries[root].forms}
    assert len(held["test"]["roots"]) >= 15
    for example in examples:
        split = places[example.id].split
        if split == "test":
            continue
        words = f" {' '.join(fold(token.text) for token in tokenize(example.text))} "
        assert not [root for root in roots if f" {root} " in words], example.id
        assert example.writer.split(".")[0] not in held["test"]["hands"]
        assert example.source not in held["test"]["sources"]
        if split == "train":
            assert example.phenomenon not in held["test"]["phenomena"]
            assert example.writer.split(".")[0] not in held["dev"]["hands"]


def test_the_test_split_is_wide_enough() -> None:
    strata: dict[str, int] = defaultdict(int)
    for place in read_splits(data_folder()).values():
        strata[place.stratum] += place.split == "test"
    assert strata["real random"] >= 1000
    assert strata["real keyword"] >= 1000
    assert all(strata[f"unseen {what}"] >= 100 for what in ("writer", "phenomenon", "root", "source"))
