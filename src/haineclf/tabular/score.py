"""Scores a table: every row comes back as it was, in its place, with the answer behind it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from haineclf.classifier import BATCH_SIZE, Classifier
from haineclf.errors import HaineclfError, TableError
from haineclf.labels import Label
from haineclf.results import Backend, Prediction
from haineclf.tabular.answers import answer_cells
from haineclf.tabular.columns import check_names, find_text_column
from haineclf.tabular.files import PART_SUFFIX, check_paths, decodable, format_of, replacing
from haineclf.tabular.readers import open_reader
from haineclf.tabular.records import big_cells, joined
from haineclf.tabular.writers import writer_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from haineclf.tabular.batches import Batch


class _Judge(Protocol):
    """What scoring needs of a classifier."""

    @property
    def backend(self) -> Backend: ...
    @property
    def model_version(self) -> str: ...
    def classify_many(self, texts: Sequence[str], /) -> list[Prediction]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far scoring is.

    Attributes:
        rows: Rows written so far.
        bytes_read: Bytes of the input behind them, about.
        bytes_total: Size of the input in bytes.
    """

    rows: int
    bytes_read: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read, what was found and how long it took.

    Attributes:
        rows: Rows read, and written.
        errors: Rows whose `haineclf_error` says something, judged or not.
        abusive: Rows with any label.
        counts: Rows per label.
        seconds: Time from opening the input to completing the output.
        text_column: Name of the column that was judged.
        format: Format of the input: `"csv"`, `"tsv"`, `"jsonl"` or `"parquet"`.
        encoding: Encoding it was read in, or None for Parquet.
        delimiter: Delimiter it was read with, or None where there is none.
        backend: Who answered.
        model_version: Version of the model, or of the lexicon that answered.
        output: Where the scored table is.
    """

    rows: int
    errors: int
    abusive: int
    counts: Mapping[Label, int]
    seconds: float
    text_column: str
    format: str
    encoding: str | None
    delimiter: str | None
    backend: Backend
    model_version: str
    output: Path

    @property
    def rows_per_second(self) -> float:
        """Rows a second, reading and writing included."""
        return self.rows / self.seconds if self.seconds else 0.0


def score_table(
    source: str | Path,
    output: str | Path,
    *,
    classifier: _Judge | None = None,
    text_column: str | None = None,
    excel: bool = False,
    overwrite: bool = False,
    batch_size: int = BATCH_SIZE,
    delimiter: str | None = None,
    encoding: str | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Scores the messages of a table, in constant memory.

    Formats go by the extension, for input and output alike: .csv, .tsv, .jsonl, .ndjson, .parquet. Every input
    column, row and cell comes back as it was, in its place, followed by the columns `haineclf_<label>` (0 or 1) and
    `haineclf_<label>_score` for each label, `haineclf_labels` (joined with `|`), `haineclf_evidence` (a list;
    in CSV as JSON, offsets counted in the message as it was read), `haineclf_backend`, `haineclf_model` and
    `haineclf_error`.

    A row that cannot be judged is kept: `haineclf_error` says why, and its other added cells are empty or
    null, never 0. A row that was judged with a reservation has both. Nothing read is dropped: cells beyond the
    header's stand in `haineclf_error` as JSON, a JSONL line that is no object stands in the column
    `haineclf_raw`, a line with unmatched quotes is read as it stands, bytes outside the encoding are read as
    Windows-1252 and named. Text outputs are UTF-8; CSV keeps a CSV input's delimiter.

    The output appears whole or not at all: it is written beside and renamed at the end.

    Args:
        source: The input table.
        output: The table to write; never the input itself.
        classifier: Who judges; by default `Classifier()`.
        text_column: Name of the column that holds the messages; found by name, then by content, when None.
        excel: Makes a CSV that French Excel opens right: byte order mark, `;`, decimal commas in scores,
            and an apostrophe before every cell, the input's too, that Excel would run as a formula. Without it only
            added cells get that apostrophe.
        overwrite: Whether an output that exists is replaced.
        batch_size: Rows handled at once, at least 1; changes speed and memory, not answers.
        delimiter: Character between cells of a CSV or TSV input; found out when None.
        encoding: Encoding of a text input, as Python names it; found out when None.
        progress: Called after each batch.

    Returns:
        Counts, timing, and how the input was read.

    Raises:
        TextColumnError: If the column of the messages is not there, or unclear.
        TableError: If the input cannot be read as a table, was scored already, or the output cannot be written.
        HaineclfError: If the classifier raises one.
        ValueError: If `batch_size` is less than 1.
    """
    if batch_size < 1:
        message = f"batch_size must be at least 1, not {batch_size}"
        raise ValueError(message)
    source, output = Path(source), Path(output)
    started = time.perf_counter()
    kind = format_of(source)
    open_writer = writer_for(output, source, excel=excel)
    counts: Counter[Label] = Counter()
    rows = errors = abusive = 0
    with _os_errors(output):
        check_paths(source, output, overwrite=overwrite)
        judge = classifier or Classifier()
        with big_cells(), open_reader(source, delimiter=delimiter, encoding=encoding) as reader:
            names, sample = reader.sample()
            check_names(names)
            column = find_text_column(names, sample, text_column)
            with replacing(output, overwrite=overwrite) as part:
                writer = open_writer(part, reader)
                try:
                    for batch in reader.batches(column, batch_size):
                        predictions, problems = _judged(judge, batch)
                        writer.write(batch, list(map(answer_cells, predictions, problems)))
                        rows += len(problems)
                        errors += sum(map(bool, problems))
                        for prediction in predictions:
                            if prediction is not None and prediction.labels:
                                abusive += 1
                                counts.update(prediction.labels)
                        if progress:
                            progress(Progress(rows, reader.bytes_read, reader.bytes_total))
                finally:
                    writer.close()
    return Summary(
        rows=rows,
        errors=errors,
        abusive=abusive,
        counts={label: counts[label] for label in Label},
        seconds=time.perf_counter() - started,
        text_column=names[column],
        format=kind,
        encoding=reader.encoding,
        delimiter=reader.delimiter,
        backend=judge.backend,
        model_version=judge.model_version,
        output=output,
    )


def _judged(judge: _Judge, batch: Batch) -> tuple[list[Prediction | None], list[str]]:
    problems = list(batch.problems)
    predictions: list[Prediction | None] = [None] * len(problems)
    places: list[int] = []
    texts: list[str] = []
    for place, text in enumerate(batch.texts):
        if isinstance(text, str):
            if not decodable(text):
                text = text.encode("utf-8", "replace").decode()
                problems[place] = joined(problems[place], "lone surrogates were judged as question marks")
            places.append(place)
            texts.append(text)
        elif text is not None:
            problems[place] = joined(problems[place], f"the text is {type(text).__name__}, not a string")
        elif not problems[place]:
            problems[place] = "no text: null, or not there"
    for place, answer in zip(places, _answers(judge, texts), strict=True):
        if isinstance(answer, Prediction):
            predictions[place] = answer
        else:
            problems[place] = joined(problems[place], answer)
    return predictions, problems


def _answers(judge: _Judge, texts: Sequence[str]) -> Sequence[Prediction | str]:
    """A prediction per text, or what went wrong: one message never costs the other thousands their answer."""
    try:
        return judge.classify_many(texts)
    except HaineclfError:
        raise
    except (ValueError, RuntimeError) as error:
        if len(texts) == 1:
            return [f"the message could not be judged: {error}"]
    return [answer for text in texts for answer in _answers(judge, [text])]


@contextmanager
def _os_errors(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, HaineclfError):
            raise
        hidden = error.filename is None or str(error.filename).endswith(PART_SUFFIX)
        message = (
            f"{output if hidden else error.filename}: {error.strerror or error}; check the disk and the permissions"
        )
        raise TableError(message) from error
