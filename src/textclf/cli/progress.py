"""A training's progress on standard error: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from textclf.training.reporter import Reporter

if TYPE_CHECKING:
    from rich.progress import Progress

MOST_LINES = 20  # for a fit; longer fits print every few epochs


@contextlib.contextmanager
def show_progress(quiet: bool) -> Iterator[Reporter]:
    """A live line if standard error is a terminal, lines if not, nothing if `quiet`."""
    reporter = _new_reporter(quiet)
    try:
        yield reporter
    finally:
        reporter.end_fit()  # after Ctrl-C, too: the live line hides the cursor


def _new_reporter(quiet: bool) -> Reporter:
    if quiet:
        return Reporter()
    return LiveReporter() if sys.stderr.isatty() else LineReporter()


class LineReporter(Reporter):
    """A line for an epoch."""

    def note(self, message: str) -> None:
        click.echo(f"textclf: {message}", err=True)

    def warn(self, message: str) -> None:
        click.echo(f"textclf: warning: {message}", err=True)

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        self.name, self.epochs, self.batches = name, epochs, batches
        if done:
            click.echo(f"{name}  resuming after epoch {done}", err=True)

    def end_epoch(self, row: dict[str, float]) -> None:
        epoch = int(row["epoch"])
        if epoch == self.epochs or epoch % -(-self.epochs // MOST_LINES) == 0:
            self.write(f"{self.name}  {describe_epoch(row, self.epochs)}")

    def write(self, line: str) -> None:
        click.echo(line, err=True)


class LiveReporter(LineReporter):
    """The same lines above a live one: epoch, batches, loss, time left."""

    progress: Progress | None = None

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        super().begin_fit(name, epochs, batches, done)
        self.console = Console(stderr=True, highlight=False)
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[scores]}", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("left", style="cyan"),
            console=self.console,
            transient=True,
        )
        self.task = self.progress.add_task(
            f"{name}  compiling", total=epochs * batches, completed=done * batches, scores=""
        )
        self.progress.start()

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        assert self.progress is not None  # begin_fit came first
        self.progress.update(
            self.task,
            completed=(epoch - 1) * self.batches + batch,
            description=f"{self.name}  epoch {epoch}/{self.epochs}  batch {batch}/{self.batches}",
            scores=describe_scores(logs),
        )

    def end_fit(self) -> None:
        if self.progress is not None:
            self.progress.stop()

    def write(self, line: str) -> None:
        self.console.print(line, markup=False, soft_wrap=True)


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
