"""A training's progress on standard error: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textclf.cli import output
from textclf.training.reporter import LineReporter, Reporter, describe_scores

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


@contextlib.contextmanager
def show_progress(quiet: bool) -> Iterator[Reporter]:
    """A live line if standard error is a terminal, lines if not, warnings alone if `quiet`."""
    reporter = _new_reporter(quiet)
    try:
        yield reporter
    finally:
        reporter.end_fit()  # after Ctrl-C, too: the live line hides the cursor


def _new_reporter(quiet: bool) -> Reporter:
    if quiet:
        return QuietReporter()
    return LiveReporter() if sys.stderr.isatty() else ScreenReporter()


class QuietReporter(Reporter):
    """Warnings alone, and no progress."""

    def warn(self, message: str) -> None:
        output.warn(message)


class ScreenReporter(LineReporter):
    """A line for an epoch, and one for a warning."""

    def warn(self, message: str) -> None:
        output.warn(message)


class LiveReporter(ScreenReporter):
    """The same lines above a live one: epoch, batches, loss, time left."""

    progress: Progress | None = None
    console: Console | None = None  # from the first fit on

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
        if self.console is None:
            super().write(line)
        else:
            self.console.print(line, markup=False, soft_wrap=True)
