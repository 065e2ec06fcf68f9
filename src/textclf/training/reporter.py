"""How a training reports its progress: not at all, or in lines on standard error."""

import contextlib
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import click

from textclf.errors import TextclfWarning
from textclf.wording import printable

MOST_LINES = 20  # for a fit; longer fits print every few epochs

OWN_FRAMES = ("textclf.", "contextlib")  # of modules between a warning and the user's call


class Reporter:
    """Silent; the base of those that show something."""

    def note(self, message: str) -> None:
        """Something that a user may want to know; nothing is wrong."""

    def warn(self, message: str) -> None:
        """Something that may make a result misleading."""

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        """A fit of at most `epochs` epochs of `batches` batches begins, or resumes after `done`."""

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        """Batches up to `batch` (from 1) of `epoch` (from 1) are done; `logs`: the means so far."""

    def end_epoch(self, row: dict[str, float]) -> None:
        """An epoch is done; `row` is its line of history.csv."""

    def end_fit(self) -> None:
        """The fit is over, finished or interrupted."""


class LineReporter(Reporter):
    """A line for an epoch on standard error, and Python's own warnings: the default in Python."""

    def note(self, message: str) -> None:
        self.write(printable(f"textclf: {message}"))

    def warn(self, message: str) -> None:
        warnings.warn(message, TextclfWarning, stacklevel=_depth_of_caller())

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        self.name, self.epochs, self.batches = name, epochs, batches
        if done:
            self.write(f"{name}  resuming after epoch {done}")

    def end_epoch(self, row: dict[str, float]) -> None:
        epoch = int(row["epoch"])
        if epoch == self.epochs or epoch % -(-self.epochs // MOST_LINES) == 0:
            self.write(f"{self.name}  {describe_epoch(row, self.epochs)}")

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads it: no reason to stop training
            click.echo(line, err=True)


def _depth_of_caller() -> int:
    """How many frames above `warn` the call into textclf lies, as `stacklevel` counts them."""
    frame, depth = inspect.currentframe(), 0
    while frame and frame.f_globals.get("__name__", "").startswith(OWN_FRAMES):
        frame, depth = frame.f_back, depth + 1
    return depth


class Warnings(Reporter):
    """Passes everything on to a reporter, and keeps the warnings, each of them once.

    Args:
        reporter: what shows them.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.lines: list[str] = []
        self.write_to: Callable[[Sequence[str]], None] = _nowhere

    def keep_in(self, write_to: Callable[[Sequence[str]], None]) -> None:
        """Write the warnings so far, and from now on each that comes."""
        self.write_to = write_to
        write_to(self.lines)

    def keep(self, message: str) -> bool:
        """Keep a warning without showing it; False: it is known."""
        if message in self.lines:
            return False
        self.lines.append(message)
        self.write_to([message])
        return True

    def warn(self, message: str) -> None:
        if self.keep(message):
            self.reporter.warn(message)

    def note(self, message: str) -> None:
        self.reporter.note(message)

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        self.reporter.begin_fit(name, epochs, batches, done)

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        self.reporter.end_batch(epoch, batch, logs)

    def end_epoch(self, row: dict[str, float]) -> None:
        self.reporter.end_epoch(row)

    def end_fit(self) -> None:
        self.reporter.end_fit()


class KeptWarnings(Warnings):
    """Keeps warnings without showing them, such as those of a model that has few rows on purpose.

    Args:
        reporter: what shows the progress.
    """

    def warn(self, message: str) -> None:
        self.keep(message)


def _nowhere(_lines: Sequence[str]) -> None:
    """Where warnings go that belong to no run."""


def describe_epoch(row: dict[str, float], epochs: int) -> str:
    """'epoch  3/10  loss 0.6531  accuracy 0.6250  ...  0.5 s'."""
    scores = {name: row[name] for name in row if name not in ("epoch", "learning_rate", "seconds")}
    width = len(str(epochs))
    epoch = f"epoch {int(row['epoch']):>{width}}/{epochs}"
    return f"{epoch}  {describe_scores(scores)}  {describe_seconds(row['seconds'])}"


def describe_scores(scores: dict[str, Any]) -> str:
    return "  ".join(f"{name} {float(value):.4f}" for name, value in scores.items())


def describe_seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
