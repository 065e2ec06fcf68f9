"""The outputs of predict: lines for a person, CSV for programs, one JSON object."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from rich.cells import cell_len, set_cell_size

from textclf.cli.output import print_json, say
from textclf.disk.atomic import writing
from textclf.wording import one_line, several, shortened

if TYPE_CHECKING:
    from textclf.data.texts import Example
    from textclf.results.prediction import Row, Tally

WIDEST_CLASS = 24  # columns of a terminal
NARROWEST_TEXT = 20
NO_LABEL = "no label"
FEW_LABELS = 3  # whose probabilities are shown of a text with several
NUMBER = "-1.23457e+06"  # as wide as a predicted number gets


class Answers:
    """Collects rows batch by batch, for one JSON object at the end."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def write(self, _examples: Sequence[Example], rows: Sequence[Row]) -> None:
        """Output the rows of a batch of examples."""
        self.rows += rows

    def finish(self, run: str, tally: Tally) -> None:
        """Output what concerns all rows together."""
        print_json({**_summary(run, tally), "predictions": self.rows})


class CsvAnswers(Answers):
    """CSV on standard output, written after each batch."""

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self.file = file
        self.writer: Any = csv.writer(file, lineterminator="\n")
        self.writer.writerow(columns)
        self.file.flush()  # whoever sends texts one by one may wait for it

    def write(self, _examples: Sequence[Example], rows: Sequence[Row]) -> None:
        self.writer.writerows(row.values() for row in rows)
        self.file.flush()

    def finish(self, _run: str, tally: Tally) -> None:
        self.file.flush()
        for line in _describe(tally):
            say(f"textclf: {line}", err=True)


class FileAnswers(Answers):
    """CSV or JSON Lines in a file, whose path is printed."""

    def __init__(self, file: TextIO, columns: Sequence[str], path: Path, as_json: bool) -> None:
        self.file = file
        self.csv = CsvAnswers(file, columns) if path.suffix.lower() == ".csv" else None
        self.path = path
        self.as_json = as_json

    def write(self, examples: Sequence[Example], rows: Sequence[Row]) -> None:
        if self.csv:
            self.csv.write(examples, rows)
            return
        self.file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    def finish(self, run: str, tally: Tally) -> None:
        if self.as_json:
            print_json({**_summary(run, tally), "file": str(self.path)})
        else:
            say(*_describe(tally), self.path)


class LineAnswers(Answers):
    """A line for each text, as wide as the terminal; below it, the next most probable classes.

    Args:
        with_texts: whether to print the texts; a user who types them sees them already.
    """

    unknown: tuple[str | None, ...] = (None, "")  # truths that say nothing

    def __init__(self, class_names: Sequence[str], with_texts: bool) -> None:
        widths = map(cell_len, class_names or [NUMBER])
        self.class_width = min(max(widths), WIDEST_CLASS)
        self.with_texts = with_texts

    def write(self, examples: Sequence[Example], rows: Sequence[Row]) -> None:
        width = shutil.get_terminal_size().columns
        for example, row in zip(examples, rows, strict=True):
            start = self._verdict(row)
            others = self._others(row)
            if not self.with_texts:
                click.echo(start + click.style(others, dim=True))
                continue
            room = max(width - cell_len(click.unstyle(start)), NARROWEST_TEXT)
            click.echo(start + _shorten(example.text, room))
            if others:
                click.echo(" " * (self.class_width + 2) + click.style(others, dim=True))

    def _verdict(self, row: Row) -> str:
        """'pos  0.934  ', and the true class if the prediction is wrong."""
        is_class, truth = "probability" in row, row.get("truth")
        answer = self._named(row["prediction"]) if is_class else f"{row['prediction']:.6g}"
        verdict = f"{click.style(set_cell_size(answer, self.class_width), bold=True)}  "
        if is_class:
            verdict += f"{row['probability']:.3f}  "
        if truth not in (*self.unknown, row["prediction"]):
            shown = self._named(str(truth)) if is_class else f"{truth:.6g}"
            verdict += click.style(f"truth: {shown}", fg="red" if is_class else None) + "  "
        if not row.get("known_words", True):
            verdict += click.style("no known word", fg="yellow") + "  "
        return verdict

    def finish(self, _run: str, tally: Tally) -> None:
        for line in _describe(tally):
            click.echo(f"\n{line}")

    def _named(self, name: str) -> str:
        return one_line(name)

    def _others(self, row: Row) -> str:
        return _others(row)


class LabelAnswers(LineAnswers):
    """A line for each text, where it may have several labels; below it, the probable ones."""

    unknown = (None,)  # '' is a text without labels

    def __init__(self, class_names: Sequence[str], with_texts: bool) -> None:
        super().__init__([*class_names, "x" * WIDEST_CLASS], with_texts)
        self.class_names = class_names

    def _named(self, name: str) -> str:
        return one_line(name) or NO_LABEL

    def _others(self, row: Row) -> str:
        """'sport 0.951, art 0.612, money 0.043': labels that are given, or the first few."""
        each = [(row[f"probability_{name}"], name) for name in self.class_names]
        probable = sorted(each, key=lambda pair: -pair[0])
        n_given = sum(probability > 0.5 for probability, _ in each)
        shown = probable[: max(n_given, FEW_LABELS)]
        return ", ".join(f"{one_line(name)} {probability:.3f}" for probability, name in shown)


@contextlib.contextmanager
def open_answers(
    columns: Sequence[str],
    class_names: Sequence[str],
    output: Path | None,
    as_json: bool,
    is_typed: bool,
    separator: str | None = None,
) -> Iterator[Answers]:
    """Open the output for rows of `columns`: a file, one JSON object, a terminal, or CSV.

    Args:
        is_typed: whether the user types the texts.
        separator: what joins several labels of a row.

    Raises:
        ResourceError: the file cannot be written.
    """
    if output is not None:
        with (
            writing(output) as temporary,
            temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
        ):
            yield FileAnswers(file, columns, output, as_json)
    elif as_json:
        yield Answers()
    elif sys.stdout.isatty():
        lines = LineAnswers if separator is None else LabelAnswers
        yield lines(class_names, not is_typed)
    else:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        yield CsvAnswers(sys.stdout, columns)


def _summary(run: str, tally: Tally) -> dict[str, Any]:
    return {"run": run, "rows": tally.n_rows, "metrics": tally.metrics}


def _describe(tally: Tally) -> list[str]:
    scores = ", ".join(f"{name} {value:.4f}" for name, value in tally.metrics.items())
    return [f"{scores} ({several(tally.n_labelled, 'row')})"] if scores else []


def _others(row: Row) -> str:
    """'then matplotlib 0.051, pandas 0.020' if there are more than two classes."""
    others = [
        f"{one_line(row[place])} {row[f'{place}_probability']:.3f}"
        for place in ("second", "third")
        if place in row
    ]
    return f"then {', '.join(others)}" if others else ""


def _shorten(text: str, width: int) -> str:
    """The text's beginning as one line of at most `width` columns."""
    start = shortened(text, 8 * width)  # of a very long text, the rest is never looked at
    return shortened(one_line(start), width, cell_len)
