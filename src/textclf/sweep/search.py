"""What to try next: every combination, at random, or where the scores were good."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from textclf.config.space import Axis, Choices, Range
from textclf.config.sweep_file import CONFIG, TYPE, Space
from textclf.data.tasks import is_better_higher
from textclf.runs.trials import DIVERGED, FINISHED, PRUNED, Trial
from textclf.sweep.extra import import_optuna
from textclf.sweep.plan import Plan

if TYPE_CHECKING:
    import optuna

DECIDING = (CONFIG, TYPE)  # which other keys there are
DIGITS = 4  # of a number that was drawn: a learning rate of 0.001237 is exact enough


class Search(Protocol):
    """Proposes points; the same ones in every process that was given the same results."""

    def propose(self, number: int) -> dict[str, Any]:
        """The values of a trial, from 1."""

    def restore(self, trial: Trial) -> None:
        """Take a trial that an earlier process proposed, in the order of their numbers."""

    def tell(self, trial: Trial) -> None:
        """Take the result of a trial that was proposed or restored."""


def make_search(plan: Plan, seed: int) -> Search:
    """The plan's search.

    Raises:
        ResourceError: Optuna is needed, but not installed.
    """
    if plan.search == "grid":
        return Grid(plan.space)
    if plan.search == "random":
        return Random(plan.space, seed)
    return Tpe(plan.space, seed, is_better_higher(plan.score))


class Grid:
    """Every combination of choices."""

    def __init__(self, space: Space) -> None:
        self.points = space.grid()

    def propose(self, number: int) -> dict[str, Any]:
        return self.points[number - 1]

    def restore(self, trial: Trial) -> None:
        """A place in the grid follows from the number."""

    def tell(self, trial: Trial) -> None:
        """A grid learns nothing."""


class Random:
    """Independent draws; a number decides alone what is drawn."""

    def __init__(self, space: Space, seed: int) -> None:
        self.space = space
        self.seed = seed

    def propose(self, number: int) -> dict[str, Any]:
        draw = random.Random(f"{self.seed}-{number}")
        return self.space.canonical(
            {key: _drawn(axis, draw) for key, axis in self.space.axes.items()}
        )

    def restore(self, trial: Trial) -> None:
        """Earlier draws do not matter."""

    def tell(self, trial: Trial) -> None:
        """Chance learns nothing."""


def _drawn(axis: Axis, draw: random.Random) -> Any:
    if isinstance(axis, Choices):
        return draw.choice(axis.values)
    margin = 0.5 if axis.is_whole else 0.0  # each whole number has the same share
    low, high = axis.low - margin, axis.high + margin
    if axis.is_log:
        return within(axis, math.exp(draw.uniform(math.log(low), math.log(high))))
    return within(axis, draw.uniform(low, high))


def within(axis: Range, number: float) -> float:
    """A number that is short enough to be read, and in the range."""
    plain = round(number) if axis.is_whole else float(f"{number:.{DIGITS}g}")
    return min(max(plain, axis.low), axis.high)


class Tpe:
    """Optuna's tree-structured Parzen estimator: it draws more where scores were good.

    Nothing of it is stored: each process rebuilds it from the trials.
    """

    def __init__(self, space: Space, seed: int, is_higher_better: bool) -> None:
        self.optuna = import_optuna()
        self.space = space
        self.seed = seed
        direction = "maximize" if is_higher_better else "minimize"
        self.study = self.optuna.create_study(direction=direction)
        self.asked: dict[int, optuna.trial.Trial] = {}

    def propose(self, number: int) -> dict[str, Any]:
        # A sampler of its own for each number, so that a proposal does not depend on how often
        # this process was restarted.
        self.study.sampler = self.optuna.samplers.TPESampler(
            seed=(self.seed + number) % 2**32, multivariate=True, group=True, constant_liar=True
        )
        values = self._ask(number)
        # What was drawn had more digits: the study is to know the values as they are trained.
        self.study.tell(self.asked[number], state=self.optuna.trial.TrialState.FAIL)
        self.restore(Trial(number, values))
        return values

    def restore(self, trial: Trial) -> None:
        self.study.enqueue_trial(
            {key: self._parameter(key, value) for key, value in trial.values.items()}
        )
        self._ask(trial.number)

    def tell(self, trial: Trial) -> None:
        states, asked = self.optuna.trial.TrialState, self.asked.pop(trial.number)
        if trial.status == FINISHED:
            self.study.tell(asked, trial.value)
        else:  # a pruned one without a value counts as the worst
            is_bad = trial.status in (PRUNED, DIVERGED)
            self.study.tell(asked, state=states.PRUNED if is_bad else states.FAIL)

    def _ask(self, number: int) -> dict[str, Any]:
        trial = self.asked[number] = self.study.ask()
        chosen: dict[str, Any] = {}
        for key in self._in_order():
            if key in DECIDING or key in self.space.canonical({**chosen, key: None}):
                chosen[key] = self._suggest(trial, key)
        return chosen

    def _in_order(self) -> Iterator[str]:
        """What decides which keys there are comes first."""
        yield from sorted(self.space.axes, key=lambda key: key not in DECIDING)

    def _suggest(self, trial: optuna.trial.Trial, key: str) -> Any:
        axis = self.space.axes[key]
        if isinstance(axis, Choices):  # by place: a choice may be a list or a map
            return axis.values[trial.suggest_categorical(key, tuple(range(len(axis.values))))]
        if axis.is_whole:
            return trial.suggest_int(key, int(axis.low), int(axis.high), log=axis.is_log)
        return within(axis, trial.suggest_float(key, axis.low, axis.high, log=axis.is_log))

    def _parameter(self, key: str, value: Any) -> Any:
        axis = self.space.axes[key]
        return axis.values.index(value) if isinstance(axis, Choices) else value
