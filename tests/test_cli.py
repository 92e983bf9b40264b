from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import haineclf
from haineclf import Backend, Evidence, FallbackWarning, Label, Prediction
from haineclf.cli import app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.testing import Result

WORD = "connard"


class Fake:
    """Stands for Classifier; remembers what it was made with."""

    made: dict[str, object]
    seen: list[str]
    backend = Backend.LEXICON
    model_version = "7"

    def __init__(self, model: Path | None = None, **options: object) -> None:
        type(self).made = {"model": model, **options}
        type(self).seen = []
        if options.get("backend") == "auto":
            warnings.warn("the lexicon backend answers", FallbackWarning, stacklevel=2)

    def classify(self, text: str) -> Prediction:
        start = text.find(WORD)
        found = start >= 0
        evidence = (Evidence(start, start + len(WORD), Label.INSULT, "insult.connard", 0.9),) if found else ()
        scores = {label: 0.9 if found and label is Label.INSULT else 0.125 for label in Label}
        self.seen.append(text)
        return Prediction(text, (Label.INSULT,) if found else (), scores, evidence, self.backend, self.model_version)

    def classify_many(self, texts: Sequence[str]) -> list[Prediction]:
        return [self.classify(text) for text in texts]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> type[Fake]:
    monkeypatch.setattr("haineclf.cli.Classifier", Fake)
    return Fake


def run(*args: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("id,text\n1,connard\n2,bonjour\n", encoding="utf-8")
    return path


# classify


def test_classify_one_message() -> None:
    result = run("classify", "quel connard", "--backend", "lexicon")
    assert result.exit_code == 0
    assert result.stdout == "insulte (insult) 0.90\t«connard»\tquel connard\n"
    assert result.stderr == ""


def test_classify_json_is_the_prediction() -> None:
    result = run("classify", "quel connard", "--json", "--backend", "lexicon")
    assert json.loads(result.stdout) == Fake(backend="lexicon").classify("quel connard").to_dict()


def test_classify_stdin_gives_a_line_for_each_line() -> None:
    result = run("classify", "--backend", "lexicon", stdin=b"\xef\xbb\xbfbonjour\n\nun connard \xe9t\xe9\r\nfin")
    assert result.exit_code == 0
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == [
        "aucun (none)", "aucun (none)", "insulte (insult) 0.90", "aucun (none)",
    ]  # fmt: skip
    assert Fake.seen == ["bonjour", "", "un connard été", "fin"]


def test_classify_stdin_json_lines() -> None:
    result = run("classify", "--json", "--backend", "lexicon", stdin="a\nb 😀\n")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["a", "b 😀"]


def test_fallback_is_one_note_on_stderr() -> None:
    result = run("classify", "a\nb")
    assert result.stderr == "Note: the lexicon backend answers\n"


@pytest.mark.parametrize("evil", ["\x1b[31mred", "\x9b31mred", "\x1b]0;title\x07", "a\rb", "a\nb", "\u202eabc", "\x00"])
def test_terminal_is_safe_from_messages(evil: str) -> None:
    for options in ([], ["--json"]):
        out = run("classify", f"{WORD} {evil}", "--backend", "lexicon", *options).stdout
        assert out.count("\n") == 1
        assert not any(char in out.rstrip("\n") for char in "\x1b\x9b\x07\r\n\u202e\x00")


def test_json_escapes_lose_nothing() -> None:
    text = "\x1b[31m \x9b \u202e é 😀"
    assert json.loads(run("classify", text, "--json", "--backend", "lexicon").stdout)["text"] == text


def test_markup_in_a_message_is_text() -> None:
    assert "[bold]x[/nope]" in run("classify", "[bold]x[/nope]", "--backend", "lexicon").stdout


# options reach the classifier


@pytest.mark.parametrize("command", ["classify", "score"])
def test_options_are_passed_on(command: str, fake: type[Fake], table: Path) -> None:
    rest: list[str | Path] = ["x"] if command == "classify" else [table, "-o", table.with_name("out.csv")]
    options: list[str | Path] = ["--backend", "camembert", "--model", "m", "--lexicon", "l.jsonl"]
    result = run(command, *rest, *options, "--strict", "--threshold", "insult=0.7", "--threshold", "threat=1")
    assert result.exit_code == 0, result.output
    assert fake.made == {
        "model": Path("m"),
        "backend": "camembert",
        "lexicon": Path("l.jsonl"),
        "thresholds": {Label.INSULT: 0.7, Label.THREAT: 1.0},
        "strict": True,
    }


@pytest.mark.parametrize("value", ["insult", "insult=", "insult=2", "insult=nan", "rude=0.5", "insulte=0.5"])
def test_threshold_that_cannot_be(value: str) -> None:
    result = run("classify", "x", "--threshold", value)
    assert result.exit_code == 2
    assert "call_to_murder" in result.stderr


@pytest.mark.parametrize("args", [["nope"], ["classify", "x", "--backend", "nope"], ["score"], ["classify", "--nope"]])
def test_usage_errors(args: list[str]) -> None:
    assert run(*args).exit_code == 2


# score


def test_score_writes_and_sums_up(table: Path) -> None:
    out = table.with_name("out.csv")
    result = run("score", table, "-o", out, "--backend", "lexicon")
    assert result.exit_code == 0
    assert out.read_text("utf-8").count("\n") == 3
    shown = " ".join(result.stdout.split())
    for expected in ("insulte (insult) │ 1 │ 50.0 %", "appel au meurtre (call_to_murder) │ 0 │ 0.0 %", "rows │ 2"):
        assert expected in shown
    assert f"Written to {out}\n" in result.stdout
    assert "Text column 'text' (csv, utf-8, delimiter ',')" in result.stdout


def test_score_of_no_rows(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n")
    result = run("score", tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert result.exit_code == 0


def test_quiet(table: Path) -> None:
    result = run("score", table, "-o", table.with_name("out.csv"), "--quiet", "--backend", "lexicon")
    assert (result.exit_code, result.output) == (0, "")


def test_score_options(tmp_path: Path, fake: type[Fake]) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("text\tsuite\n=1\té connard\n".encode("cp1252"))
    out = tmp_path / "out.csv"
    result = run(
        "score", path, "-o", out, "--text-column", "suite", "--excel", "--delimiter", "tab", "--encoding", "cp1252",
        "--batch-size", "1",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert fake.seen == ["é connard"]
    assert out.read_text("utf-8-sig").splitlines()[1].startswith("'=1;é connard;1;")


def test_score_again_needs_overwrite(table: Path) -> None:
    out = table.with_name("out.csv")
    assert run("score", table, "-o", out).exit_code == 0
    again = run("score", table, "-o", out)
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr
    assert run("score", table, "-o", out, "--overwrite").exit_code == 0


def test_errors_are_one_clear_message(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a\x1b[31m,[b]\n1,2\n")
    result = run("score", path, "-o", tmp_path / "out.csv", "--backend", "lexicon")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "--text-column" in result.stderr
    assert "'[b]'" in result.stderr
    assert "\x1b" not in result.stderr
    assert "Traceback" not in result.stderr


def test_progress_on_a_terminal(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    result = run("score", table, "-o", table.with_name("out.csv"), "--backend", "lexicon")
    assert result.exit_code == 0
    assert "2 rows" in result.stderr


# info and version


def test_info() -> None:
    result = run("info", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["haineclf"] == haineclf.__version__
    assert (facts["backend"], facts["model_version"]) == ("lexicon", "7")
    assert facts["model_search"]
    shown = run("info").stdout
    assert all(name.replace("_", " ") in shown for name in facts)


def test_info_says_why_a_model_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAINECLF_MODEL_DIR", "/nowhere")
    facts = json.loads(run("info", "--json").stdout)
    assert facts["backend"] is None
    assert "/nowhere" in facts["model_search"]


def test_version() -> None:
    assert run("--version").stdout == f"haineclf {haineclf.__version__}\n"


# the process

HEAVY = ("spacy", "torch", "transformers", "onnxruntime", "pyarrow", "numpy")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_help_is_quick() -> None:
    code = f"import sys, haineclf.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert python(code).stdout == "[]\n"


SLOW = """
import sys, time, haineclf.cli as cli
from haineclf import Backend
class Slow:
    backend, model_version = Backend.LEXICON, "7"
    def __init__(self, *args, **options): pass
    def classify_many(self, texts):
        print("started", flush=True)
        time.sleep(60)
cli.Classifier = Slow
cli.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_leaves_nothing_behind(table: Path) -> None:
    out = table.with_name("out.csv")
    command = [sys.executable, "-c", SLOW, "score", str(table), "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert [path.name for path in table.parent.iterdir()] == ["in.csv"]


@pytest.mark.skipif(os.name == "nt", reason="pipes")
def test_broken_pipe_is_silent() -> None:
    code = "import haineclf.cli as cli; cli.main()"
    command = [sys.executable, "-c", code, "classify", "--backend", "lexicon"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(b"oui\n" * 50)
        process.stdin.close()
        assert process.stderr.read() == b""
