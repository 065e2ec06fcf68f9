"""Who watches a sweep: what the coordinator reports while it runs."""

from collections.abc import Sequence

from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import Trial
from textclf.training.reporter import Reporter


class Watcher(Reporter):
    """Silent; the base of those that show something. Notes and warnings are a Reporter's."""

    def begin_sweep(self, sweep: SweepFolder, trials: Sequence[Trial], wanted: int) -> None:
        """A sweep begins or resumes.

        Args:
            trials: those that were asked for before; some may have ended.
            wanted: the number of trials in the end.
        """

    def begin_trial(self, trial: Trial) -> None:
        """A trial waits for a slot, for the first time or again."""

    def end_step(self, trial: Trial, step: int, value: float) -> None:
        """A trial has done an epoch; `value` is its score of the validation rows."""

    def end_trial(self, trial: Trial) -> None:
        """A trial has ended, as its status says."""

    def end_sweep(self) -> None:
        """All trials ended, or the sweep was stopped; a live table is closed."""
