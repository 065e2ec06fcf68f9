"""Which trials end early: those whose scores fall behind the others' at the same epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textclf.data.tasks import is_better_higher
from textclf.runs.trials import FINISHED, Trial
from textclf.sweep.extra import import_optuna

if TYPE_CHECKING:
    import optuna

ENOUGH = 5  # trials that finish before the median says anything
REDUCTION = 3  # ASHA keeps one of so many
RUNGS = 2  # how often it chooses: at a ninth and a third of the epochs


class Pruner:
    """Optuna's median or ASHA (successive halving without waiting), rebuilt by each process.

    Args:
        kind: 'none', 'median' or 'asha'.
        score: that is reported.
        epochs: of a trial that is not pruned.

    Raises:
        ResourceError: Optuna is needed, but not installed.
    """

    def __init__(self, kind: str, score: str, epochs: int) -> None:
        self.asked: dict[int, optuna.trial.Trial] = {}
        self.steps: dict[int, int] = {}  # reported last
        self.study: Any = None
        if kind != "none":
            pruners = (optuna := import_optuna()).pruners
            first = -(-epochs // REDUCTION**RUNGS)
            self.states = optuna.trial.TrialState
            self.study = optuna.create_study(
                direction="maximize" if is_better_higher(score) else "minimize",
                pruner=pruners.MedianPruner(ENOUGH)
                if kind == "median"
                else pruners.SuccessiveHalvingPruner(first, reduction_factor=REDUCTION),
            )

    @property
    def is_on(self) -> bool:
        return self.study is not None

    def should_end(self, number: int, step: int, value: float) -> bool:
        """Whether a trial is to end; a step that was reported before says nothing new.

        Args:
            number: of the trial.
            step: epochs done.
        """
        if not self.is_on or step <= self.steps.get(number, 0):
            return False
        trial = self._trial(number)
        self.steps[number] = step
        trial.report(value, step)
        return bool(trial.should_prune())

    def end(self, trial: Trial) -> None:
        """A trial has ended; only finished ones are compared with by the median."""
        if self.is_on and trial.value is not None:
            asked, is_finished = self._trial(trial.number), trial.status == FINISHED
            if is_finished:
                self.study.tell(asked, trial.value)
            else:
                self.study.tell(asked, state=self.states.PRUNED)

    def _trial(self, number: int) -> optuna.trial.Trial:
        if number not in self.asked:
            self.asked[number] = self.study.ask()
        return self.asked[number]
