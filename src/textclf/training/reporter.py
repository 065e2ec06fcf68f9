"""How a training reports its progress: not at all, or in lines on standard error."""

from typing import Any

import click

from textclf.wording import printable

MOST_LINES = 20  # for a fit; longer fits print every few epochs


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
    """A line for an epoch on standard error; the default of calls from Python."""

    def note(self, message: str) -> None:
        click.echo(printable(f"textclf: {message}"), err=True)

    def warn(self, message: str) -> None:
        click.echo(printable(f"textclf: warning: {message}"), err=True)

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
