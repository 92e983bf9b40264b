"""The command line: arguments, exit codes and what people see; the work is done elsewhere.

Exit codes: 0 all well, 1 a `HaineclfError`, 2 wrong usage, 130 stopped with Ctrl-C.
"""

import gc
import io
import json
import logging
import platform
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from haineclf import __version__
from haineclf.classifier import BATCH_SIZE, Classifier
from haineclf.errors import FallbackWarning, HaineclfError, MissingExtraError
from haineclf.labels import Label

if TYPE_CHECKING:
    from haineclf.evaluation import Report
    from haineclf.results import Prediction
    from haineclf.tabular import Progress, Summary

# Rich tracebacks print local variables, and those hold people's messages.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_ANSI = re.compile("(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]")
# C0, DEL, C1, line separators, and the bidirectional controls that can turn a line round.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_WIDTH_OF_A_FILE = 160
_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t"}

_BackendOption = Annotated[
    Literal["auto", "camembert", "lexicon"],
    typer.Option(help="Who answers. auto: the model with the lexicon when there is a model, else the lexicon."),
]
_ModelOption = Annotated[Path | None, typer.Option(help="Folder of a fine-tuned model.")]
_LexiconOption = Annotated[
    Path | None, typer.Option(help="JSONL file whose entries extend or mute the built-in lexicon.")
]
_ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL=VALUE", help=f"Score from which a label holds; repeatable. Labels: {', '.join(Label)}."
    ),
]
_StrictOption = Annotated[bool, typer.Option("--strict", help="Stricter thresholds: fewer false alarms, more misses.")]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Runs the command line; the entry point of `haineclf`."""
    app(prog_name="haineclf")


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except HaineclfError as error:
        _note(f"Error: {error}", "bold red")
        raise typer.Exit(1) from None


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"haineclf {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find insults, threats, calls to murder and homophobia in French messages. Nothing leaves this machine."""


@app.command()
@_reported()
def classify(
    text: Annotated[
        str | None, typer.Argument(help="The message. Without it: standard input, one message a line.")
    ] = None,
    as_json: _JsonOption = False,
    backend: _BackendOption = "auto",
    model: _ModelOption = None,
    lexicon: _LexiconOption = None,
    threshold: _ThresholdOption = None,
    strict: _StrictOption = False,
) -> None:
    """Judge one message, or each line of standard input, and print a line each."""
    classifier = _classifier(backend, model, lexicon, threshold, strict=strict)
    _write_utf8()
    for message in _lines_of_stdin() if text is None else [_readable(text)]:
        prediction = classifier.classify(message)
        # One line at a time, so that a program at the other end of the pipe has its answer at once.
        print(_json(prediction.to_dict()) if as_json else _line(prediction), flush=True)  # noqa: T201


@app.command()
@_reported()
def score(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Table: .csv .tsv .jsonl .ndjson .parquet")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="Table to write; the format goes by its name.")
    ],
    text_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of the messages; found when left out.")
    ] = None,
    excel: Annotated[
        bool,
        typer.Option(
            "--excel",
            help="CSV for French Excel: BOM, semicolons, decimal commas; an apostrophe disarms cells it would run.",
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUT if it exists.")] = False,
    backend: _BackendOption = "auto",
    model: _ModelOption = None,
    lexicon: _LexiconOption = None,
    threshold: _ThresholdOption = None,
    strict: _StrictOption = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Messages handled at once.")] = BATCH_SIZE,
    delimiter: Annotated[
        str | None, typer.Option(help="Delimiter of IN, such as ';' or tab; found when left out.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of IN, such as cp1252; found when left out.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no summary.")] = False,
) -> None:
    """Judge every row of a table and write it with the answers added; no row, column or cell is lost."""
    from haineclf.tabular import score_table

    classifier = _classifier(backend, model, lexicon, threshold, strict=strict)
    gc.freeze()  # the lexicon stays to the end: the collector need not walk it again and again
    with _progress(shown=not quiet) as progress:
        summary = score_table(
            source,
            output,
            classifier=classifier,
            text_column=text_column,
            excel=excel,
            overwrite=overwrite,
            batch_size=batch_size,
            delimiter=_NAMED_DELIMITERS.get(delimiter, delimiter) if delimiter else None,
            encoding=encoding,
            progress=progress,
        )
    if not quiet:
        _show_summary(summary)


@app.command()
@_reported()
def evaluate(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="IN", help="Table with gold columns (insult, threat, …, or labels): .csv .tsv .jsonl .parquet"
        ),
    ] = None,
    split: Annotated[
        Literal["train", "dev", "test"] | None, typer.Option(help="Measure on a split of the project's labelled data.")
    ] = None,
    suites: Annotated[bool, typer.Option("--suites", help="Run the functional and fairness suites.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Set lexicon, TF-IDF, word list and always-yes beside it.")
    ] = False,
    output_format: Annotated[
        Literal["table", "markdown", "json"], typer.Option("--format", help="How to print the figures.")
    ] = "table",
    text_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of the messages in IN; found when left out.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="The repository's data folder; by default HAINECLF_DATA_DIR, then that of the checkout."),
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option(help="Texts of the public corpora; by default HAINECLF_CORPORA_DIR, then ../shared/data."),
    ] = None,
    backend: _BackendOption = "auto",
    model: _ModelOption = None,
    lexicon: _LexiconOption = None,
    threshold: _ThresholdOption = None,
    strict: _StrictOption = False,
) -> None:
    """Measure on labelled messages: figures with intervals, slices, calibration, the worst errors."""
    from haineclf import evaluation

    if (source is not None) + (split is not None) + suites != 1:
        message = "give one of: a table IN, --split NAME, --suites"
        raise typer.BadParameter(message)
    classifier = _classifier(backend, model, lexicon, threshold, strict=strict)
    if suites:
        report = evaluation.evaluate_suites(classifier, compare=compare, data=data, corpora=corpora)
    elif split:
        report = evaluation.evaluate_split(classifier, split, compare=compare, data=data, corpora=corpora)
    elif source:
        report = evaluation.evaluate_table(
            classifier, source, text_column=text_column, compare=compare, data=data, corpora=corpora
        )
    _write_utf8()
    for line in report.note.splitlines():
        _note(f"Note: {line}", "yellow")
    if output_format == "json":
        print(_visible(evaluation.as_json(report.figures)))  # noqa: T201
    elif output_format == "markdown":
        print(evaluation.markdown(report.title, report.note, report.tables), end="")  # noqa: T201
    else:
        _show_report(report)


@app.command()
@_reported()
def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="TOML file that says how the model is made.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Model folder to write; by default models/NAME.")
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the stages, by default out/training/NAME; a run that was stopped goes on from it."
        ),
    ] = None,
) -> None:
    """Make a model: encoder, warm-up, fine-tuning, export, calibration. Needs the extra haineclf[train]."""
    try:
        from haineclf.training.recipe import read_recipe
        from haineclf.training.run import train as run
    except ImportError as error:
        message = f"training needs more packages ({error.name}): pip install 'haineclf[train]'"
        raise MissingExtraError(message) from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    plan = read_recipe(recipe)
    folder = output or Path("models") / plan.name
    run(plan, work or Path("out/training") / plan.name, folder)
    _note(f"Written to {folder}", "green")


@app.command()
@_reported()
def info(as_json: _JsonOption = False) -> None:
    """Show versions, the lexicon, and which backend answers here and why."""
    facts = _facts()
    if as_json:
        typer.echo(_json(facts))
        return
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), _clean("-" if value is None else str(value)))
    _console().print(table)


def _facts() -> dict[str, Any]:
    from haineclf.artifact import find_model
    from haineclf.lexicon import load_lexicon
    from haineclf.text import NORMALIZER_VERSION

    lexicon = load_lexicon()
    folder = backend = version = None
    try:
        search = find_model()
        folder, reason = search.folder, search.reason
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FallbackWarning)  # the reason is shown anyway
            classifier = Classifier()
        backend, version = classifier.backend.value, classifier.model_version
    except HaineclfError as error:
        reason = str(error)
    return {
        "haineclf": __version__,
        "python": platform.python_version(),
        "spacy": metadata.version("spacy"),
        "lexicon_version": lexicon.version,
        "lexicon_entries": len(lexicon),
        "normalizer_version": NORMALIZER_VERSION,
        "backend": backend,
        "model_version": version,
        "model_folder": folder and str(folder),
        "model_search": reason,
    }


def _classifier(
    backend: Literal["auto", "camembert", "lexicon"],
    model: Path | None,
    lexicon: Path | None,
    thresholds: Sequence[str] | None,
    *,
    strict: bool,
) -> Classifier:
    checked = dict(map(_threshold, thresholds or ()))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FallbackWarning)
        classifier = Classifier(model, backend=backend, thresholds=checked, lexicon=lexicon, strict=strict)
    for warning in caught:
        if issubclass(warning.category, FallbackWarning):
            _note(f"Note: {warning.message}", "yellow")
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return classifier


def _threshold(option: str) -> tuple[Label | str, float]:
    name, _, value = option.partition("=")
    try:
        label, number = Label(name.strip()), float(value)
    except ValueError:
        label, number = None, -1.0
    if label is None or not 0 <= number <= 1:
        message = f"{_clean(option)!r}: give LABEL=VALUE, VALUE from 0 to 1, LABEL one of {', '.join(Label)}"
        raise typer.BadParameter(message, param_hint="--threshold")
    return label, number


def _lines_of_stdin() -> Iterator[str]:
    if sys.stdin.isatty():
        _note("Type one message a line; end with Ctrl-D.", "dim")
    for number, line in enumerate(sys.stdin.buffer):
        message = _readable(line.decode("utf-8", "surrogateescape").rstrip("\r\n"))
        yield message if number else message.removeprefix("\ufeff")


def _readable(message: str) -> str:
    from haineclf.tabular.files import decodable, repaired

    return message if decodable(message) else repaired(message)[0]


def _line(prediction: "Prediction") -> str:
    labels = " · ".join(f"{label.french} ({label}) {prediction.scores[label]:.2f}" for label in prediction.labels)
    words = dict.fromkeys(prediction.text[e.start : e.end] for e in prediction.evidence)
    shown = ", ".join(f"«{_clean(word)}»" for word in words)
    return "\t".join((labels or "aucun (none)", shown or "-", _clean(prediction.text)))


def _write_utf8() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


def _json(value: object) -> str:
    return _visible(json.dumps(value, ensure_ascii=False))


def _visible(text: str) -> str:
    """JSON whose strings cannot act on a terminal; the line ends between them stay."""
    return _CONTROLS.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def _clean(text: str) -> str:
    """What a terminal may show of a text that anybody may have written."""
    return _CONTROLS.sub(" ", _ANSI.sub("", text))


def _console(*, stderr: bool = False) -> Any:  # noqa: ANN401 - rich is imported late
    from rich.console import Console

    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_FILE
    return console


def _note(text: str, style: str) -> None:
    _console(stderr=True).print(_clean(text), style=style, soft_wrap=True)


@contextmanager
def _progress(*, shown: bool) -> "Iterator[Callable[[Progress], None] | None]":
    console = _console(stderr=True)
    if not shown or not console.is_terminal:
        yield None
        return
    from rich import progress

    with progress.Progress(
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s, left:"),
        progress.TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None, rows=0, rate=0.0)

        def show(state: "Progress") -> None:
            seconds = bar.tasks[0].elapsed or 0.0
            rate = state.rows / seconds if seconds else 0.0
            bar.update(task, completed=state.bytes_read, total=state.bytes_total, rows=state.rows, rate=rate)

        yield show


def _show_report(report: "Report") -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    console.print(_clean(report.title), style="bold", soft_wrap=True)
    for part in report.tables:
        table = Table(title=Text(part.title, style="bold"), title_justify="left")
        for number, head in enumerate(part.columns):
            numeric = all(re.match(r"[\d–.]|$", row[number]) for row in part.rows)
            table.add_column(Text(head), justify="right" if numeric and number else "left", overflow="fold")
        for row in part.rows:
            table.add_row(*(Text(_clean(cell)) for cell in row))
        console.print()
        console.print(table)


def _show_summary(summary: "Summary") -> None:
    from rich.table import Table

    def share(count: int) -> tuple[str, str]:
        return f"{count:,}", f"{100 * count / summary.rows:.1f} %" if summary.rows else "-"

    table = Table("label")
    table.add_column("messages", justify="right")
    table.add_column("share", justify="right")
    for label, count in summary.counts.items():
        table.add_row(f"{label.french} ({label})", *share(count))
    table.add_section()
    table.add_row("any label", *share(summary.abusive))
    table.add_row("rows with a haineclf_error", *share(summary.errors))
    table.add_row("rows", *share(summary.rows))
    console = _console()
    console.print(table)
    read = ", ".join(
        filter(None, (summary.format, summary.encoding, summary.delimiter and f"delimiter {summary.delimiter!r}"))
    )
    for line in (
        f"Text column {summary.text_column!r} ({read}); {summary.backend} {summary.model_version}",
        f"{summary.seconds:.1f} s, {summary.rows_per_second:,.0f} rows/s",
        f"Written to {summary.output}",
    ):
        console.print(_clean(line), soft_wrap=True)
