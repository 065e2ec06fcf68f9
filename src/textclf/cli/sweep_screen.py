"""A sweep's progress on standard error: a line for each trial."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from textclf.cli import output
from textclf.runs.trials import Trial
from textclf.sweep.watcher import Watcher


@contextlib.contextmanager
def show_sweep(quiet: bool) -> Iterator[Watcher]:
    """Lines, or warnings alone if `quiet`."""
    watcher = QuietWatcher() if quiet else LineWatcher()
    try:
        yield watcher
    finally:
        watcher.end_sweep()


class QuietWatcher(Watcher):
    """Warnings alone."""

    def warn(self, message: str) -> None:
        output.warn(message)


class LineWatcher(QuietWatcher):
    """A line for each trial that ends."""

    def note(self, message: str) -> None:
        output.note(message)

    def end_trial(self, trial: Trial) -> None:
        values = "  ".join(f"{key}={value}" for key, value in trial.values.items())
        score = "" if trial.value is None else f"{trial.value:.4f}  "
        output.say(f"{trial.name}  {trial.status}  {score}{values}  {trial.message}", err=True)
