from __future__ import annotations

import csv
import io
import json
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haineclf import Backend, Classifier, Evidence, Label, LexiconError, Prediction, TableError, TextColumnError
from haineclf.tabular import Progress, Summary, score_table
from haineclf.tabular.columns import find_text_column, unique_names
from haineclf.tabular.formulas import neutralised
from haineclf.tabular.sniff import sniff_dialect, sniff_encoding

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = "connard"


class Fake:
    """Finds one word; refuses messages that say so."""

    backend = Backend.LEXICON
    model_version = "7"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def classify_many(self, texts: Sequence[str]) -> list[Prediction]:
        if "refuse" in texts:
            message = "too odd"
            raise ValueError(message)
        self.seen += texts
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Prediction:
        start = text.find(WORD)
        found = start >= 0
        evidence = (Evidence(start, start + len(WORD), Label.INSULT, "insult.connard", 0.9),) if found else ()
        scores = {label: 0.9 if found and label is Label.INSULT else 0.125 for label in Label}
        return Prediction(text, (Label.INSULT,) if found else (), scores, evidence, self.backend, self.model_version)


def score_bytes(folder: Path, content: bytes, name: str = "in.csv", out: str = "out.csv", **options: Any) -> Summary:  # noqa: ANN401 - the options of score_table
    (folder / name).write_bytes(content)
    options.setdefault("classifier", Fake())
    return score_table(folder / name, folder / out, **options)


def read_csv(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> tuple[list[str], list[list[str]]]:
    with path.open(encoding=encoding, newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    return header, rows


def scored(folder: Path, content: bytes | str, **options: Any) -> list[dict[str, str]]:  # noqa: ANN401 - the options of score_table
    data = content.encode() if isinstance(content, str) else content
    summary = score_bytes(folder, data, **options)
    header, rows = read_csv(folder / "out.csv", summary.delimiter or ",")
    return [dict(zip(header, row, strict=True)) for row in rows]


def scored_lines(folder: Path, content: bytes | str) -> list[dict[str, Any]]:
    data = content.encode() if isinstance(content, str) else content
    score_bytes(folder, data, "in.jsonl", "out.jsonl")
    return [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]


# What is added


def test_added_columns_follow_the_input_in_a_fixed_order(tmp_path: Path) -> None:
    score_bytes(tmp_path, b"id,texte\n007,quel connard\n8,bonjour\n")
    header, rows = read_csv(tmp_path / "out.csv")
    assert header == [
        "id", "texte",
        "haineclf_insult", "haineclf_threat", "haineclf_call_to_murder", "haineclf_homophobia",
        "haineclf_insult_score", "haineclf_threat_score", "haineclf_call_to_murder_score", "haineclf_homophobia_score",
        "haineclf_labels", "haineclf_evidence", "haineclf_backend", "haineclf_model", "haineclf_error",
    ]  # fmt: skip
    evidence = json.loads(rows[0].pop(11))
    assert rows[0] == [
        "007", "quel connard", "1", "0", "0", "0", "0.9", "0.125", "0.125", "0.125", "insult", "lexicon", "7", "",
    ]  # fmt: skip
    assert evidence == [
        {"start": 5, "end": 12, "label": "insult", "source": "insult.connard", "strength": 0.9, "words": WORD}
    ]
    assert rows[1][2:] == ["0"] * 4 + ["0.125"] * 4 + ["", "[]", "lexicon", "7", ""]


def test_summary(tmp_path: Path) -> None:
    summary = score_bytes(tmp_path, b"id;texte\n1;connard\n2;bonjour\n3\n")
    assert (summary.rows, summary.errors, summary.abusive) == (3, 1, 1)
    assert summary.counts == {Label.INSULT: 1, Label.THREAT: 0, Label.CALL_TO_MURDER: 0, Label.HOMOPHOBIA: 0}
    assert (summary.text_column, summary.format, summary.encoding, summary.delimiter) == ("texte", "csv", "utf-8", ";")
    assert (summary.backend, summary.model_version) == (Backend.LEXICON, "7")
    assert summary.output == tmp_path / "out.csv"
    assert summary.rows_per_second == pytest.approx(3 / summary.seconds)


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[Progress] = []
    content = b"text\n" + b"bonjour\n" * 10
    score_bytes(tmp_path, content, batch_size=4, progress=seen.append)
    assert [state.rows for state in seen] == [4, 8, 10]
    assert seen[-1].bytes_read == seen[-1].bytes_total == len(content)


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_batch_size_changes_nothing(tmp_path: Path, batch_size: int) -> None:
    rows = scored(tmp_path, "id,text\n1,connard\n2,\n3,oui\n4,un connard\n", batch_size=batch_size)
    assert [row["haineclf_insult"] for row in rows] == ["1", "0", "0", "1"]


def test_batch_size_below_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="batch_size"):
        score_bytes(tmp_path, b"text\na\n", batch_size=0)


# Cells come back as they were

CELLS = st.text(max_size=30)
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12),
    delimiter=DELIMITERS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    excel=st.booleans(),
)
def test_round_trip_of_any_cells(rows: list[tuple[str, str, str]], delimiter: str, encoding: str, excel: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=delimiter).writerows([("id", "text", "note"), *rows])
        summary = score_bytes(folder, buffer.getvalue().encode(encoding), excel=excel)
        _, out = read_csv(
            folder / "out.csv", ";" if excel else summary.delimiter or ",", "utf-8-sig" if excel else "utf-8"
        )
    assert summary.delimiter == delimiter
    assert summary.errors == 0
    expected = [[neutralised(cell) if excel else cell for cell in row] for row in rows]
    assert [row[:3] for row in out] == expected


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(CELLS, max_size=8), out=st.sampled_from(["jsonl", "parquet"]))
def test_round_trip_to_other_formats(cells: list[str], out: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        buffer = io.StringIO(newline="")
        csv.writer(buffer).writerows([("text",), *((cell,) for cell in cells)])
        score_bytes(folder, buffer.getvalue().encode(), out=f"out.{out}")
        path = folder / f"out.{out}"
        if out == "parquet":
            back = pq.read_table(path).column("text").to_pylist()
        else:
            back = [json.loads(line)["text"] for line in path.read_text("utf-8").split("\n") if line]
    assert back == cells


def test_multi_line_cells_and_line_ends_inside_them(tmp_path: Path) -> None:
    rows = scored(tmp_path, 'id,text\r\n1,"un\nconnard\r\nlà"\r\n2,"a\rb"\r\n')
    assert [row["text"] for row in rows] == ["un\nconnard\r\nlà", "a\rb"]
    assert rows[0]["haineclf_insult"] == "1"


def test_empty_text_has_no_labels_and_no_error(tmp_path: Path) -> None:
    (row,) = scored(tmp_path, "id,text\n1,\n")
    assert (row["haineclf_insult"], row["haineclf_labels"], row["haineclf_error"]) == ("0", "", "")


def test_nul_bytes_stay(tmp_path: Path) -> None:
    (row,) = scored(tmp_path, b"id,text\n1,con\x00nard\n")
    assert (row["text"], row["haineclf_error"]) == ("con\x00nard", "")


@pytest.mark.parametrize("size", [100_000, 5_000_000])
def test_big_cells(tmp_path: Path, size: int) -> None:
    limit = csv.field_size_limit()
    text = "mot " * (size // 4) + WORD
    score_bytes(tmp_path, f'id,text\n1,"{text}"\n2,{text}\n'.encode())
    assert csv.field_size_limit() == limit
    # the test's own reader has the limit too
    csv.field_size_limit(size + 100)
    try:
        _, rows = read_csv(tmp_path / "out.csv")
    finally:
        csv.field_size_limit(limit)
    assert [(row[1] == text, row[2]) for row in rows] == [(True, "1"), (True, "1")]


def test_header_only(tmp_path: Path) -> None:
    summary = score_bytes(tmp_path, b"id,text\n")
    assert summary.rows == 0
    header, rows = read_csv(tmp_path / "out.csv")
    assert (header[:3], rows) == (["id", "text", "haineclf_insult"], [])


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"])
@pytest.mark.parametrize("name", ["in.csv", "in.jsonl", "in.parquet"])
def test_empty_file(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(TableError):
        score_bytes(tmp_path, content, name)
    assert not (tmp_path / "out.csv").exists()


def test_one_column_of_unquoted_prose(tmp_path: Path) -> None:
    rows = scored(tmp_path, "Commentaire\nnon, merci; vraiment\n\noui | connard\n")
    assert [row["Commentaire"] for row in rows] == ["non, merci; vraiment", "", "oui | connard"]
    assert [row["haineclf_insult"] for row in rows] == ["0", "0", "1"]
    assert not any(row["haineclf_error"] for row in rows)


def test_blank_lines_between_rows_of_several_columns_are_no_rows(tmp_path: Path) -> None:
    assert len(scored(tmp_path, "id,text\n\n1,a\n\n2,b\n\n")) == 2


def test_names_blank_and_twice(tmp_path: Path) -> None:
    content = b"id,,text,id\n1,x,connard,2\n"
    score_bytes(tmp_path, content)
    header, rows = read_csv(tmp_path / "out.csv")
    assert (header[:4], rows[0][:4]) == (["id", "", "text", "id"], ["1", "x", "connard", "2"])
    score_bytes(tmp_path, content, out="out.jsonl")
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert [row[name] for name in ("id", "column_2", "text", "id_2")] == ["1", "x", "connard", "2"]


def test_unique_names_never_collide() -> None:
    assert unique_names(["a", "a", "a_2", "", "column_4", "a"]) == ["a", "a_3", "a_2", "column_4_2", "column_4", "a_4"]


# Rows that are out of order


def test_short_row_is_padded_and_not_judged_clean(tmp_path: Path) -> None:
    rows = scored(tmp_path, "id,date,text\n1,hier,connard\n2,hier\n")
    assert (rows[1]["id"], rows[1]["text"]) == ("2", "")
    assert rows[1]["haineclf_error"] == "only 2 of 3 cells"
    assert rows[1]["haineclf_insult"] == rows[1]["haineclf_backend"] == ""


def test_short_row_that_has_its_text_is_judged(tmp_path: Path) -> None:
    rows = scored(tmp_path, "text,date,id\noui,hier,1\nconnard\n")
    assert (rows[1]["haineclf_insult"], rows[1]["haineclf_error"]) == ("1", "only 1 of 3 cells")


def test_cells_beyond_the_header_are_kept(tmp_path: Path) -> None:
    rows = scored(tmp_path, 'id,text\n1,oui\n2,connard,"é ""x""",\n')
    assert (rows[1]["id"], rows[1]["text"], rows[1]["haineclf_insult"]) == ("2", WORD, "1")
    _, _, extra = rows[1]["haineclf_error"].partition("beyond them: ")
    assert json.loads(extra) == ['é "x"', ""]


def test_stray_quote_never_swallows_the_rows_after_it(tmp_path: Path) -> None:
    body = "".join(f"{number},un connard de plus\n" for number in range(3, 300))
    rows = scored(tmp_path, f'id,text\n1,"oui\n2,"il a dit "non" et voilà\n{body}')
    assert len(rows) == 299
    assert [row["text"] for row in rows[:3]] == ['"oui', '"il a dit "non" et voilà', "un connard de plus"]
    assert ["quotes" in row["haineclf_error"] for row in rows[:3]] == [True, True, False]


def test_quote_open_for_too_long_is_a_stray_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haineclf.tabular.records.MAX_RECORD", 50)
    rows = scored(tmp_path, 'id,text\n1,"oui\n' + "2,un message\n" * 20 + '3,"non"\n')
    assert (len(rows), rows[-1]["text"]) == (22, "non")


def test_header_with_a_stray_quote(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="first line"):
        score_bytes(tmp_path, b'id,"text\n1,a\n')


def test_tsv_without_quoting_keeps_its_quotes(tmp_path: Path) -> None:
    content = b'id\ttext\n1\t"Salut" dit-il\n2\t"ouvert et connard\n3\trien\n'
    score_bytes(tmp_path, content, "in.tsv", "out.tsv")
    _, rows = read_csv(tmp_path / "out.tsv", "\t")
    assert [row[1] for row in rows] == ['"Salut" dit-il', '"ouvert et connard', "rien"]
    assert not any(row[-1] for row in rows)


def test_a_message_that_breaks_the_classifier_costs_only_its_own_answer(tmp_path: Path) -> None:
    rows = scored(tmp_path, "id,text\n1,connard\n2,refuse\n3,connard\n")
    assert [row["haineclf_insult"] for row in rows] == ["1", "", "1"]
    assert "too odd" in rows[1]["haineclf_error"]


def test_errors_of_haineclf_are_not_swallowed(tmp_path: Path) -> None:
    class Broken(Fake):
        def classify_many(self, texts: Sequence[str]) -> list[Prediction]:
            raise LexiconError(str(len(texts)))

    with pytest.raises(LexiconError):
        score_bytes(tmp_path, b"text\na\n", classifier=Broken())


# Encodings


@pytest.mark.parametrize(
    ("codec", "bom", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16"),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1252", b"", "cp1252"),
    ],
)
@pytest.mark.parametrize("extension", ["csv", "jsonl"])
def test_encodings(tmp_path: Path, codec: str, bom: bytes, name: str, extension: str) -> None:
    text = "id,text\n1,été à l’œuvre\n" if extension == "csv" else '{"id": "1", "text": "été à l’œuvre"}\n'
    summary = score_bytes(tmp_path, bom + text.encode(codec), f"in.{extension}")
    header, rows = read_csv(tmp_path / "out.csv")
    assert summary.encoding == name
    assert (header[:2], rows[0][:2], rows[0][-1]) == (["id", "text"], ["1", "été à l’œuvre"], "")


def test_first_accent_far_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"text\n" + b"que de l'ascii\n" * 200_000 + "été\n".encode("cp1252") * 20_000)
    assert sniff_encoding(path) == "cp1252"


def test_encoding_given(tmp_path: Path) -> None:
    (row,) = scored(tmp_path, "text\nПривет\n".encode("koi8-r"), encoding="koi8-r")
    assert row["text"] == "Привет"
    with pytest.raises(TableError, match="no encoding"):
        score_bytes(tmp_path, b"text\na\n", encoding="klingon", overwrite=True)


def test_foreign_bytes_are_read_and_named(tmp_path: Path) -> None:
    rows = scored(tmp_path, "id,text\n1,été là-bas\n".encode() + b"2,\xe9t\xe9 connard \x81\n")
    assert (rows[0]["text"], rows[0]["haineclf_error"]) == ("été là-bas", "")
    assert (rows[1]["text"], rows[1]["haineclf_insult"]) == ("été connard \x81", "1")
    assert rows[1]["haineclf_error"].endswith("Windows-1252: 0x81 0xE9")


def test_broken_utf_16(tmp_path: Path) -> None:
    lone = "\ud83d".encode("utf-16-le", "surrogatepass")
    content = b"\xff\xfe" + "id,text\n1,connard ".encode("utf-16-le") + lone + "\n2,oui".encode("utf-16-le") + b"Z"
    rows = scored(tmp_path, content)
    assert [row["haineclf_insult"] for row in rows] == ["1", "0"]
    assert ["0x3D 0xD8" in rows[0]["haineclf_error"], "0x5A" in rows[1]["haineclf_error"]] == [True, True]


# Layouts


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_beside_prose_full_of_others(tmp_path: Path, delimiter: str) -> None:
    others = " ".join({",", ";", "|"} - {delimiter})
    lines = [delimiter.join((str(n), f"oui {others} non{others * (n % 3)}", "x")) for n in range(20)]
    path = tmp_path / "in.csv"
    path.write_text("\n".join([delimiter.join(("id", "texte", "note")), *lines]), encoding="utf-8")
    assert sniff_dialect(path, "utf-8").delimiter == delimiter


def test_sample_that_ends_inside_a_quoted_cell(tmp_path: Path) -> None:
    content = 'id;text\n1;"' + "une, ligne\n" * 60_000 + '"\n2;connard\n'
    summary = score_bytes(tmp_path, content.encode())
    assert (summary.delimiter, summary.rows, summary.errors, summary.abusive) == (";", 2, 0, 1)


def test_delimiter_given(tmp_path: Path) -> None:
    score_bytes(tmp_path, b"id:text\n1:connard\n", delimiter=":")
    assert read_csv(tmp_path / "out.csv", ":")[1][0][:3] == ["1", WORD, "1"]


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_delimiter_that_cannot_be(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(TableError, match="delimiter"):
        score_bytes(tmp_path, b"id,text\n1,a\n", delimiter=delimiter)


@pytest.mark.parametrize("option", ["delimiter", "encoding"])
def test_options_that_do_not_apply(tmp_path: Path, option: str) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "t.parquet")
    with pytest.raises(TableError, match=option):
        score_table(tmp_path / "t.parquet", tmp_path / "out.csv", classifier=Fake(), **{option: ";"})  # type: ignore[arg-type]


# The text column


@pytest.mark.parametrize(
    "name",
    [
        "text",
        "Texte",
        " MESSAGE ",
        "commentaire",
        "Comment text",
        "Texte du commentaire",
        "full_text",
        "Légende",
        "msg",
    ],
)
def test_usual_names(name: str) -> None:
    assert find_text_column(["id", name, "auteur"], [["1", "oui", "un auteur au nom bien long"]]) == 1


def test_count_that_has_a_usual_name_is_not_the_text() -> None:
    rows = [[str(number), f"voilà mon avis numéro {number} sur la question"] for number in range(10)]
    assert find_text_column(["Comment", "Contribution"], rows) == 1


def test_longest_prose_wins_without_a_usual_name() -> None:
    rows = [
        [str(n), "Un titre d'article qui revient chaque fois", f"voilà ce que je pense de ça {'n' * n}"]
        for n in range(9)
    ]
    assert find_text_column(["num", "titre", "contribution"], rows) == 2


def test_full_text_comes_before_text() -> None:
    assert find_text_column(["text", "full_text"], [["une phrase cour…", "une phrase courte"]]) == 1


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (["a", "b"], [["1", "2"]]),
        (["a", "b"], []),
        (["question", "suite"], [["une phrase assez longue là", "une autre phrase assez longue"]]),
        (["message", "commentaire"], [["une phrase assez longue là", "une autre phrase assez longue"]]),
        (["text", "text"], []),
    ],
)
def test_unsure_of_the_column(names: list[str], rows: list[list[str]]) -> None:
    with pytest.raises(TextColumnError, match="--text-column") as caught:
        find_text_column(names, rows)
    assert sorted(caught.value.candidates) == sorted(names)


def test_first_message_is_not_taken_for_a_header() -> None:
    with pytest.raises(TextColumnError, match="header"):
        find_text_column(["On sait où tu habites"], [["et tu vas voir"]])


def test_asked_column(tmp_path: Path) -> None:
    rows = scored(tmp_path, "text,Réponse\noui,connard\n", text_column="reponse")
    assert rows[0]["haineclf_insult"] == "1"
    with pytest.raises(TextColumnError, match="'nope'") as caught:
        score_bytes(tmp_path, b"a,b\n1,2\n", text_column="nope", overwrite=True)
    assert caught.value.candidates == ("a", "b")
    with pytest.raises(TextColumnError, match="2 columns"):
        find_text_column(["x", "x"], [], "x")


# JSONL


def test_jsonl_stays_as_it_was_typed(tmp_path: Path) -> None:
    typed = ['{"n": 1.10, "n": 1e400, "text":"\\u00e9 connard" }', '{"text": "\ttab", "a": {"b": [1]}}']
    score_bytes(tmp_path, "\n".join(typed).encode(), "in.jsonl", "out.ndjson")
    lines = (tmp_path / "out.ndjson").read_text("utf-8").split("\n")
    assert [line.startswith(start.rstrip("} ")) for line, start in zip(lines, typed, strict=False)] == [True, True]
    assert json.loads(lines[0])["haineclf_evidence"][0]["words"] == WORD
    assert json.loads(lines[0])["haineclf_error"] is None


def test_jsonl_rows_that_cannot_be_judged(tmp_path: Path) -> None:
    deep = "[" * 100_000
    rows = scored_lines(
        tmp_path, f'{{"text": "connard"}}\n{{}}\n{{"text": null}}\n{{"text": 5}}\n\n{{"text": "x\n[1]\n{deep}\n'
    )
    assert [row["haineclf_insult"] for row in rows] == [1, None, None, None, None, None, None]
    errors = [row["haineclf_error"] for row in rows]
    assert errors[0] is None
    assert errors[1] == errors[2] == "no text: null, or not there"
    assert errors[3] == "the text is int, not a string"
    assert [row["haineclf_raw"] for row in rows[4:]] == ['{"text": "x', "[1]", deep]
    assert ["not JSON" in errors[4], "list" in errors[5]] == [True, True]


def test_jsonl_lone_surrogates_stay(tmp_path: Path) -> None:
    content = '{"text": "connard \\ud83d"}\n'
    (row,) = scored_lines(tmp_path, content)
    assert (row["text"], row["haineclf_insult"]) == ("connard \ud83d", 1)
    assert "surrogate" in row["haineclf_error"]
    for out in ("out.csv", "out.parquet"):
        score_bytes(tmp_path, content.encode(), "in.jsonl", out)
    assert read_csv(tmp_path / "out.csv")[1][0][0] == "connard \\ud83d"
    assert pq.read_table(tmp_path / "out.parquet").column("text").to_pylist() == ["connard \\ud83d"]


def test_jsonl_to_csv_has_every_key(tmp_path: Path) -> None:
    score_bytes(tmp_path, b'{"text": "a"}\n{"b": true, "text": "c", "d": [1]}\nbad\n', "in.jsonl")
    header, rows = read_csv(tmp_path / "out.csv")
    assert header[:4] == ["text", "b", "d", "haineclf_raw"]
    assert [row[:4] for row in rows] == [["a", "", "", ""], ["c", "true", "[1]", ""], ["", "", "", "bad"]]


def test_jsonl_to_parquet_types(tmp_path: Path) -> None:
    lines = [
        {"text": "a", "i": 1, "f": 1, "b": True, "m": 1, "big": 2**70, "none": None},
        {"text": "b", "i": 2**60, "f": 0.5, "b": None, "m": "x", "big": 1, "none": None},
    ]
    score_bytes(tmp_path, "\n".join(map(json.dumps, lines)).encode(), "in.jsonl", "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column("i").to_pylist() == [1, 2**60]
    assert table.column("f").to_pylist() == [1.0, 0.5]
    assert table.column("b").to_pylist() == [True, None]
    assert table.column("m").to_pylist() == ["1", "x"]
    assert table.column("big").to_pylist() == [str(2**70), "1"]
    assert table.column("none").to_pylist() == [None, None]


def test_jsonl_without_objects(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="JSON object"):
        score_bytes(tmp_path, b"[\n1\n]\n", "in.jsonl")


# Parquet


def parquet_table() -> pa.Table:
    return pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int16()),
            "text": pa.array([WORD, None, ""]).dictionary_encode(),
            "at": pa.array([1, 2, None], pa.timestamp("ns")),
            "price": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
            "seen": pa.array([[datetime(2024, 1, 2)], [], None], pa.list_(pa.timestamp("us"))),
            "raw": pa.array([b"a\xff", None, b""]),
        }
    ).replace_schema_metadata({"made by": "someone"})


def test_parquet_keeps_types_and_metadata(tmp_path: Path) -> None:
    table = parquet_table()
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=2)
    summary = score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=Fake(), batch_size=2)
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.select(table.column_names).equals(table)
    assert out.schema.metadata[b"made by"] == b"someone"
    assert out.column("haineclf_insult").to_pylist() == [1, None, 0]
    assert out.column("haineclf_evidence").to_pylist()[0][0]["words"] == WORD
    assert out.column("haineclf_error").to_pylist() == [None, "no text: null, or not there", None]
    assert (summary.encoding, summary.delimiter, summary.errors) == (None, None, 1)


@pytest.mark.parametrize("out", ["out.csv", "out.jsonl"])
def test_parquet_to_text(tmp_path: Path, out: str) -> None:
    pq.write_table(parquet_table(), tmp_path / "in.parquet")
    score_table(tmp_path / "in.parquet", tmp_path / out, classifier=Fake())
    if out == "out.csv":
        _, rows = read_csv(tmp_path / out)
        assert rows[0][:4] == ["1", WORD, "1970-01-01 00:00:00.000000001", "1.10"]
        assert rows[0][5] == "a\\xff"
    else:
        row = json.loads((tmp_path / out).read_text("utf-8").split("\n")[0])
        assert (row["id"], row["price"], row["seen"]) == (1, "1.10", ["2024-01-02 00:00:00.000000"])


def test_parquet_text_that_is_no_string(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([1, None])}), tmp_path / "in.parquet")
    score_table(tmp_path / "in.parquet", tmp_path / "out.csv", classifier=Fake())
    _, rows = read_csv(tmp_path / "out.csv")
    assert [row[-1] for row in rows] == ["the text is int64, not a string", "no text: null, or not there"]


def test_parquet_text_that_is_not_utf8(tmp_path: Path) -> None:
    wrong = pa.StringArray.from_buffers(2, pa.py_buffer(b"\0\0\0\0\2\0\0\0\3\0\0\0"), pa.py_buffer(b"\xe9tx"))
    pq.write_table(pa.table({"text": wrong}), tmp_path / "in.parquet")
    fake = Fake()
    score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=fake)
    assert fake.seen == ["ét", "x"]
    out = pq.read_table(tmp_path / "out.parquet")
    assert ["0xE9" in (error or "") for error in out.column("haineclf_error").to_pylist()] == [True, False]


def test_parquet_without_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "in.parquet")
    summary = score_table(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=Fake())
    assert (summary.rows, pq.read_table(tmp_path / "out.parquet").num_rows) == (0, 0)


def test_damaged_parquet(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="Parquet"):
        score_bytes(tmp_path, b"not parquet at all", "in.parquet")


# Spreadsheets


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\tx",
        "  =1",
        "＝1",
        "－a",
        "\u00a0=1",
        "\ufeff=1",
    ],
)
def test_formulas_are_neutralised(cell: str) -> None:
    assert neutralised(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a=1", "-5", "+33 6 12 34 56 78", "-1,5", "+3.2e-05", "-12 %", "(=)", "é@b"])
def test_other_cells_are_left_alone(cell: str) -> None:
    assert neutralised(cell) == cell


def test_excel(tmp_path: Path) -> None:
    score_bytes(tmp_path, "=id,text\n-5,@connard é\n".encode(), excel=True)
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf'=id;text;haineclf_insult;")
    assert raw.endswith(b"\r\n")
    _, rows = read_csv(tmp_path / "out.csv", ";", "utf-8-sig")
    assert rows[0][:7] == ["-5", "'@connard é", "1", "0", "0", "0", "0,9"]


def test_without_excel_only_added_cells_are_neutralised(tmp_path: Path) -> None:
    fake = Fake()
    fake.model_version = "=evil()"
    (row,) = scored(tmp_path, "id,text\n1,=1+1\n", classifier=fake)
    assert (row["text"], row["haineclf_model"]) == ("=1+1", "'=evil()")


def test_excel_needs_csv(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"\.csv"):
        score_bytes(tmp_path, b"text\na\n", out="out.jsonl", excel=True)


@pytest.mark.parametrize(("out", "delimiter"), [("out.csv", ";"), ("out.tsv", "\t")])
def test_delimiter_of_the_output(tmp_path: Path, out: str, delimiter: str) -> None:
    score_bytes(tmp_path, b"id;text\n1;a\n", out=out)
    assert read_csv(tmp_path / out, delimiter)[0][:2] == ["id", "text"]


# Files


@pytest.mark.parametrize(("name", "out"), [("in.txt", "o.csv"), ("in.csv", "o.xlsx"), ("in", "o.csv")])
def test_unknown_formats_are_listed(tmp_path: Path, name: str, out: str) -> None:
    with pytest.raises(TableError, match=r"\.csv, \.tsv, \.jsonl, \.ndjson, \.parquet"):
        score_bytes(tmp_path, b"text\na\n", name, out)


def test_never_over_the_input(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"text\na\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    for out in ("in.csv", "link.csv"):
        with pytest.raises(TableError, match="is the input"):
            score_table(tmp_path / "in.csv", tmp_path / out, classifier=Fake(), overwrite=True)
    assert (tmp_path / "in.csv").read_bytes() == b"text\na\n"


def test_output_that_exists(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("dear")
    with pytest.raises(TableError, match="overwrite"):
        score_bytes(tmp_path, b"text\na\n")
    assert (tmp_path / "out.csv").read_text() == "dear"
    score_bytes(tmp_path, b"text\na\n", overwrite=True)
    assert (tmp_path / "out.csv").read_text() != "dear"


def test_output_that_appears_meanwhile(tmp_path: Path) -> None:
    def appear(_: Progress) -> None:
        (tmp_path / "out.csv").write_text("dear")

    with pytest.raises(TableError, match="while scoring"):
        score_bytes(tmp_path, b"text\na\n", progress=appear)
    assert (tmp_path / "out.csv").read_text() == "dear"


def test_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    for out in ("out.csv", "out.jsonl", "out.parquet"):
        with pytest.raises(KeyboardInterrupt):
            score_bytes(tmp_path, b"text\na\n", out=out, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match="no such file"):
        score_table(tmp_path / "none.csv", tmp_path / "out.csv", classifier=Fake())
    with pytest.raises(TableError, match="folder"):
        score_bytes(tmp_path, b"text\na\n", out="folder.csv")
    with pytest.raises(TableError, match="no folder"):
        score_bytes(tmp_path, b"text\na\n", out="none/out.csv")


def test_disk_errors_are_table_errors(tmp_path: Path) -> None:
    def full(_: Progress) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(TableError, match="No space left"):
        score_bytes(tmp_path, b"text\na\n", progress=full)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_input_that_was_scored_already(tmp_path: Path, name: str) -> None:
    content = b"text,Haineclf_insult\na,1\n" if name == "in.csv" else b'{"text": "a", "haineclf_insult": 1}\n'
    with pytest.raises(TableError, match="already has haineclf columns"):
        score_bytes(tmp_path, content, name)


def test_jsonl_row_that_was_scored_already_far_down(tmp_path: Path) -> None:
    content = b'{"text": "a"}\n' * 1000 + b'{"text": "a", "haineclf_insult": 1}\n'
    with pytest.raises(TableError, match="already"):
        score_bytes(tmp_path, content, "in.jsonl", "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("salepd éètu vais@*3,;\"'\n-=conrmt"), max_size=30), min_size=1, max_size=5)
)
def test_table_holds_the_answers_of_classify(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("answers")
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text"])
        rows.writerows([number, text] for number, text in enumerate(texts))
    classifier = Classifier(backend="lexicon")
    score_table(folder / "in.csv", folder / "out.csv", classifier=classifier, text_column="text")
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        scored = list(csv.DictReader(file))
    for text, row in zip(texts, scored, strict=True):
        prediction = classifier.classify(text)
        assert row["text"] == text
        assert row["haineclf_labels"] == "|".join(prediction.labels)
        assert [float(row[f"haineclf_{label}_score"]) for label in Label] == [
            prediction.scores[label] for label in Label
        ]
        assert [item["source"] for item in json.loads(row["haineclf_evidence"])] == [
            item.source for item in prediction.evidence
        ]
