"""`textclf predict`."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.default_run import find_run
from textclf.cli.expectations import Expectation, find_unmet
from textclf.cli.piped import NAME, piped_table
from textclf.errors import DataError, ExpectationError, RunError

if TYPE_CHECKING:
    from textclf.data.texts import Columns, Example
    from textclf.runs import RunFolder
    from textclf.training.reporter import Reporter


def _check_suffix(_context: Any, _parameter: Any, output: Path | None) -> Path | None:
    if output is not None and output.suffix.lower() not in (".csv", ".jsonl"):
        raise click.BadParameter(f"{output} must end in .csv or .jsonl.")
    return output


def _check_delimiter(_context: Any, _parameter: Any, delimiter: str | None) -> str | None:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise click.BadParameter(f"{delimiter!r} is not one character, such as ';'.")
    return delimiter


def _check_encoding(_context: Any, _parameter: Any, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    from typing import get_args

    from textclf.config.settings.dataset import Encoding

    names = get_args(Encoding)
    if encoding.lower() not in names:
        raise click.BadParameter(f"{encoding!r} is not one of {', '.join(names)}.")
    return encoding.lower()


class _Predict(click.Command):
    """Says how to give a text that begins with a dash."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        try:
            return super().parse_args(context, arguments)
        except click.NoSuchOption as error:
            hint = "A text that begins with a dash goes behind --: textclf predict -- '-5 stars'"
            message = f"{error.message} {hint}"
            raise click.NoSuchOption(
                error.option_name, message, error.possibilities, context
            ) from error


@click.command(cls=_Predict)
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option(
    "--run",
    metavar="RUN",
    shell_complete=complete_run,
    help="The run whose model predicts.  [default: the newest finished one that can]",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read examples from a .csv, .tsv or .jsonl file, plain or .gz, .xlsx or .parquet, a "
    "folder with a folder of .txt files for each class, or the lines of any other file.",
)
@click.option("--column", metavar="NAME", help="FILE's column of texts.  [default: text]")
@click.option(
    "--label",
    metavar="NAME",
    help="FILE's column of true classes or numbers.  [default: the run's, else label]",
)
@click.option(
    "--delimiter",
    metavar="CHAR",
    callback=_check_delimiter,
    help="The separator of FILE's columns.  [default: a tab in .tsv, else a comma]",
)
@click.option(
    "--quoting",
    type=click.Choice(["standard", "none"]),
    help="What quotes mean in FILE: they enclose a field, or are characters like any other.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    callback=_check_encoding,
    help="How the characters of FILE or of standard input are written, such as cp949.  [default: "
    "the run's, else UTF-8 or a guess; of lines of standard input UTF-8]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.csv|FILE.jsonl",
    callback=_check_suffix,
    help="Where to write the predictions.",
)
@click.option(
    "--keep-columns/--no-keep-columns",
    default=True,
    show_default=True,
    help="Add all columns of FILE to the output.",
)
@click.option("--probabilities", "each_class", is_flag=True, help="Add each class's probability.")
@options.threshold_option
@options.positive_option
@options.predict_expect_option
@options.runs_dir_option
@options.device_option
@options.json_option
def predict(
    texts: tuple[str, ...],
    run: str | None,
    file: Path | None,
    column: str | None,
    label: str | None,
    delimiter: str | None,
    quoting: str | None,
    encoding: str | None,
    output: Path | None,
    keep_columns: bool,
    each_class: bool,
    threshold: float | None,
    positive: str | None,
    expectations: tuple[Expectation, ...],
    runs_dir: Path,
    device: str,
    as_json: bool,
) -> None:
    """Predict classes or numbers of new texts or features.

    The texts are the TEXT arguments, those of --file, or the lines of standard input, which are
    predicted as they come; features are columns of --file, or of CSV or JSON Lines on standard
    input. RUN is a folder, or a name under --runs-dir; left out, the newest finished run that can
    read them.

    A terminal shows one line for each example. Elsewhere the output is CSV: row (from 0),
    prediction, of classes their probability, second and third if there are more than two, of texts
    the number of known words, and then FILE's columns. If FILE has the true classes or numbers,
    they are added, and the scores are printed at the end.

    Of a run whose rows have several labels, prediction joins those whose probability is above 0.5;
    it may be empty, and the probability of each label follows.

    Of two classes, the second is predicted where its probability is above 0.5; --threshold moves
    that, and textclf evaluate --choose-threshold suggests where to.
    """
    from textclf import workflow
    from textclf.cli.answers import open_answers
    from textclf.cli.progress import show_progress
    from textclf.data.texts import text_warnings
    from textclf.results.prediction import predict_batches
    from textclf.results.thresholds import Threshold

    if positive is not None and threshold is None:
        raise click.UsageError("--positive needs a --threshold.")
    if file and output and output.exists() and file.exists() and output.samefile(file):
        raise click.UsageError(f"-o {output} would overwrite --file; choose another file.")
    if texts and file is not None:
        raise click.UsageError("Give texts or --file, not both.")

    def columns_of(found: RunFolder) -> Columns:
        return _columns(found, file, column, label, delimiter, quoting, encoding)

    is_named = file is not None
    opened = _find_run(run, runs_dir, file, columns_of)
    if not (texts or file or opened.config.dataset.is_text):
        file = click.get_current_context().with_resource(piped_table())
    columns = columns_of(opened)._replace(kept=keep_columns)
    batches, has_truth, kept = _source(texts, file, columns, encoding)
    if expectations and not has_truth:
        raise click.UsageError("--expect needs a --file with the true classes or numbers.")
    with show_progress(quiet=False) as reporter:
        for warning in text_warnings(file, columns) if file else ():
            reporter.warn(warning if is_named else warning.replace(str(file), NAME))
        predictor = workflow.load_predictor(
            opened,
            device=device,
            each_class=each_class,
            threshold=None if threshold is None else Threshold(threshold, positive),
            reporter=reporter,
        )
        tally = predictor.new_tally()
        header = ["row", *(["truth"] if has_truth else []), *predictor.columns, *kept]
        is_typed = not (texts or file) and _is_typed(reporter)
        names, separator = predictor.class_names, predictor.separator
        with open_answers(header, names, output, as_json, is_typed, separator) as answers:
            for examples, rows in predict_batches(predictor, batches, tally):
                answers.write(examples, rows)
        for warning in tally.warnings():
            reporter.warn(warning)
    unmet = find_unmet(expectations, tally.metrics)
    if not (unmet and as_json):  # then the object is the error's
        answers.finish(str(opened.path), tally)
    if unmet:
        raise ExpectationError(*unmet)


def _is_typed(reporter: Reporter) -> bool:
    """Whether the user types the texts, who then gets a hint."""
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    if is_typed:
        reporter.note("type a text and press Enter; press Ctrl-D to end")
    return is_typed


def _find_run(
    run: str | None, runs_dir: Path, file: Path | None, columns_of: Callable[[RunFolder], Columns]
) -> RunFolder:
    """The run that is named; else the newest that reads the file's columns, or reads texts."""
    from textclf.data.tables import format_of

    if run is None and file is not None and format_of(file) is not None:
        with contextlib.suppress(RunError):
            return find_run(
                None,
                runs_dir,
                lambda found: _has_a_model(found) and _has_columns(file, columns_of(found)),
            )
    return find_run(
        run, runs_dir, lambda found: _has_a_model(found) and found.config.dataset.is_text
    )


def _has_a_model(run: RunFolder) -> bool:
    """Whether a run keeps a model at its top, which a series of seeds does not."""
    return run.kept_model_path.exists()


def _has_columns(file: Path, columns: Columns) -> bool:
    """Whether a file, read as a run reads its own, has what the run's model reads."""
    from textclf.data.tables import read_rows

    rows = read_rows(file, columns.delimiter, columns.quoting, encoding=columns.encoding)
    names: set[str] = set()
    with contextlib.suppress(DataError):  # another run may read it
        names = set(next(rows, (0, {}))[1])
    choices = [columns.features] if columns.features else columns.texts
    return any(set(choice) <= names for choice in choices)


def _texts(run: RunFolder, column: str | None) -> list[tuple[str, ...]]:
    """The columns of texts to look for: those given, or else the run's, or else 'text'."""
    own = getattr(run.config.dataset, "texts", ())
    return [(column,)] if column else [*filter(None, [tuple(own)]), ("text",)]


def _features(run: RunFolder) -> tuple[str, ...]:
    """The columns of numbers that a run's model reads; none of a run on texts."""
    from textclf.runs.preprocessing import read_preprocessing

    return getattr(read_preprocessing(run.config, run).encoder, "feature_names", ())


def _columns(
    run: RunFolder,
    file: Path | None,
    column: str | None,
    label: str | None,
    delimiter: str | None,
    quoting: str | None,
    encoding: str | None,
) -> Columns:
    """The columns to read: those given, else those of the run, else 'text' and 'label'."""
    from textclf.data.tables import format_of
    from textclf.data.texts import Columns

    given = column or label or delimiter or quoting
    if given and (file is None or format_of(file) is None):
        raise click.UsageError(
            "--column, --label, --delimiter and --quoting need a --file with columns."
        )
    dataset = run.config.dataset
    features = () if dataset.is_text else _features(run)
    if features and (file is None or format_of(file) is None):
        raise click.UsageError(
            f"{run.path} reads features: give a --file with the columns {', '.join(features)}."
        )
    own_label = getattr(dataset, "target" if dataset.is_regression else "label", None)
    return Columns(
        texts=_texts(run, column),
        labels=[label or own_label or "label"],
        label_needed=label is not None,
        features=features,
        is_number=dataset.is_regression,
        delimiter=delimiter or getattr(dataset, "delimiter", None),
        quoting=quoting or getattr(dataset, "quoting", None),
        encoding=encoding or getattr(dataset, "encoding", None),
        merged=getattr(dataset, "merged_labels", {}),
        separator=dataset.separator,
    )


def _source(
    texts: Sequence[str], file: Path | None, columns: Columns, encoding: str | None
) -> tuple[Iterator[list[Example]], bool, list[str]]:
    """The examples in batches, whether the true answers are known, and the columns to keep."""
    from textclf.data.encodings import UTF8, with_plain_lines
    from textclf.data.texts import Example, as_they_come, in_batches, read_text_lines, read_texts
    from textclf.results.prediction import BATCH

    if texts:
        return in_batches(map(Example, texts), BATCH), False, []
    if file is None:
        stdin: Any = sys.stdin.buffer if sys.stdin else io.BytesIO()  # closed by <&-
        lines = read_text_lines(with_plain_lines(stdin, encoding or UTF8), NAME, encoding or UTF8)
        return as_they_come(lines, BATCH), False, []
    examples = read_texts(file, columns)
    first = next(examples, None)  # so that errors in a file come first
    if first is None:
        return iter(()), False, []
    batches = in_batches(chain([first], examples), BATCH)
    return batches, first.truth is not None, [*first.columns]
