"""The loop of a sweep: ask for trials, have them trained, write down how they ended."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from textclf.config.settings import Config
from textclf.data.tasks import is_better_higher
from textclf.errors import DataError, ResourceError, RunError
from textclf.runs import FitFolder
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import DIED as DIED_ONCE
from textclf.runs.trials import ENDS, FAILED, FINISHED, Trial
from textclf.sweep.orders import DIED, LOST, OUT_OF_RESOURCES, Order, Outcome, Progress, Slots
from textclf.sweep.plan import Plan
from textclf.sweep.pruner import Pruner
from textclf.sweep.search import make_search
from textclf.sweep.trial import first_fit
from textclf.sweep.watcher import Watcher

MOST_RESUMED = 3  # times, after its process died
PAUSE, SHARE = 1.0, 1 / 30  # seconds between two tables, which take this share of the time at most
WAIT = 0.5  # seconds at most until the clock is looked at


@dataclass(frozen=True)
class Where:
    """What trials need besides their configs.

    Args:
        data_dir: absolute.
        device: as of `--device`.
    """

    data_dir: Path | None = None
    device: str = "auto"


class Coordinator:
    """Runs a sweep's trials; what it knows is in the folder before anything follows from it.

    Args:
        sweep: its folder, locked.
        deadline: of `time.monotonic`, after which no trial begins; None: no limit.
        publish: writes what is known so far for people; it is called now and then.
    """

    def __init__(
        self,
        sweep: SweepFolder,
        plan: Plan,
        slots: Slots,
        watcher: Watcher,
        where: Where,
        deadline: float | None = None,
        publish: Callable[[], None] = lambda: None,
    ) -> None:
        self.sweep = sweep
        self.plan = plan
        self.slots = slots
        self.watcher = watcher
        self.where = where
        self.deadline = deadline
        self.publish = publish
        self.publish_at = 0.0
        self.was_waiting = False
        self.trials: dict[int, Trial] = {}
        self.twins: dict[str, int] = {}  # the first trial of each point
        self.begun: dict[str, Trial] = {}  # ordered, by name
        epochs = plan.space.config(plan.space.first()).training.epochs
        self.pruner = Pruner(plan.prune, plan.score, epochs)

    def run(self) -> None:
        """Ask until all trials are asked for, and wait until all have ended.

        Raises:
            ResourceError: disk or memory is full.
            DataError: data is missing or damaged: no trial could be trained.
            RunError: all trials failed.
        """
        self._restore()
        while True:
            while self._may_ask():
                self._ask()
            if not self.begun and not self._is_asking():
                break
            self._note_waiting()
            self._take(self.slots.next_event(WAIT))
        ended = list(self.trials.values())
        if ended and all(trial.status == FAILED for trial in ended):
            raise RunError(f"{self.sweep.path}: every trial failed: {ended[0].message}")

    def _note_waiting(self) -> None:
        is_waiting = not self.slots.n_slots
        if is_waiting and not self.was_waiting:
            self.watcher.note("no worker is here; waiting for one to join")
        self.was_waiting = is_waiting

    # --- asking ---------------------------------------------------------------------------------

    def _restore(self) -> None:
        self.sweep.ledger.repair()
        known = self.sweep.trials
        self.search = make_search(self.plan, _seed(self.plan))
        for trial in known:
            self.trials[trial.number] = trial
            self.twins.setdefault(_point(trial), trial.number)
            self.search.restore(trial)
            self._restore_steps(trial)
            if trial.has_ended:
                self.search.tell(trial)
                self.pruner.end(trial)
        self.watcher.begin_sweep(self.sweep, known, self.plan.trials)
        for line in self.plan.space.left_out():
            self.watcher.note(line)
        for trial in known:
            if not trial.has_ended and trial.same_as is None:
                self._order(trial)

    def _restore_steps(self, trial: Trial) -> None:
        fit = first_fit(FitFolder(self.sweep.path / trial.name))
        if not (self.pruner.is_on and trial.same_as is None and fit.history_path.exists()):
            return
        with contextlib.suppress(RunError, KeyError):  # the trial itself meets what is damaged
            history = fit.history
            for step, value in zip(history["epoch"], history[self.plan.score], strict=True):
                self.pruner.should_end(trial.number, int(step), float(value))

    def _is_asking(self) -> bool:
        if len(self.trials) >= self.plan.trials:
            return False
        return self.deadline is None or time.monotonic() < self.deadline

    def _may_ask(self) -> bool:
        """Whether a slot is free, too; before the first worker joins, there may be none."""
        return self._is_asking() and len(self.begun) < self.slots.n_slots

    def _ask(self) -> None:
        number = len(self.trials) + 1
        trial = Trial(number, self.search.propose(number))
        twin = self.twins.setdefault(_point(trial), number)
        if twin != number:
            self._repeat(trial, self.trials[twin])
            return
        self.sweep.ledger.ask(trial)
        self.trials[number] = trial
        self._order(trial)

    def _repeat(self, trial: Trial, first: Trial) -> None:
        """A point that was asked for before has its result already, or will have it."""
        trial = replace(first, number=trial.number, same_as=first.number)
        self.sweep.ledger.ask(trial)
        self.trials[trial.number] = trial
        self.watcher.note(
            f"trial {trial.number} has the values of trial {first.number}, and its result"
        )
        if trial.has_ended:
            self._tell(trial)

    def _order(self, trial: Trial) -> None:
        config: Config = self.plan.space.config(trial.values)
        self.begun[trial.name] = trial
        self.watcher.begin_trial(trial)
        self.slots.submit(
            Order(
                name=trial.name,
                attempt=trial.attempts + 1,
                config=config.model_dump(),
                folder=self.sweep.path.absolute() / trial.name,
                recipe=str(trial.values.get("config") or next(iter(self.plan.space.drafts))),
                seeds=self.plan.seeds,
                score=self.plan.score,
                data_dir=self.where.data_dir,
                device=self.where.device,
            )
        )

    # --- taking ---------------------------------------------------------------------------------

    def _take(self, event: Outcome | Progress | None) -> None:
        if event is None or event.name not in self.begun:
            return
        trial = self.begun[event.name]
        if event.attempt != trial.attempts + 1:
            return  # of a process that was given up
        if isinstance(event, Progress):
            self.watcher.end_step(trial, event.step, event.value)
            if self.pruner.should_end(trial.number, event.step, event.value):
                self.slots.prune(trial.name)
            return
        del self.begun[event.name]
        if event.status == OUT_OF_RESOURCES:
            raise ResourceError(event.message)
        if event.exit_code == DataError.exit_code:
            raise DataError(event.message)
        if event.status == LOST:
            self._order(trial)
        else:
            self._count(trial, event)

    def _count(self, trial: Trial, outcome: Outcome) -> None:
        trial = replace(
            trial,
            attempts=trial.attempts + 1,
            seconds=outcome.seconds,
            message=outcome.message,
            scores=outcome.scores,
            value=outcome.scores.get(self.plan.score),
        )
        if outcome.status == DIED and trial.attempts <= MOST_RESUMED:
            self.sweep.ledger.end(trial, DIED_ONCE)
            self.watcher.note(f"{trial.name}: {outcome.message}; resumed")
            self._order(trial)
            return
        status = outcome.status if outcome.status in ENDS else FAILED
        self._end(replace(trial, status=status))

    def _end(self, trial: Trial) -> None:
        self.sweep.ledger.end(trial, trial.status)
        self._tell(trial)
        if self.plan.keep == "best":
            self._keep_best(trial)
        self._publish()
        for twin in [other for other in self.trials.values() if other.same_as == trial.number]:
            self._tell(replace(trial, number=twin.number, same_as=trial.number))

    def _tell(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        self.search.tell(trial)
        if trial.same_as is None:
            self.pruner.end(trial)
        self.watcher.end_trial(trial)

    def _publish(self) -> None:
        started = time.monotonic()
        if started >= self.publish_at:
            self.publish()
            ended = time.monotonic()
            self.publish_at = ended + max(PAUSE, (ended - started) / SHARE)

    def _keep_best(self, trial: Trial) -> None:
        """Remove the models of a trial that has ended, or of the one that it beats."""
        others = [other for other in self.trials.values() if other.has_ended and not other.same_as]
        best = max((o for o in others if o.number != trial.number), key=self._rank, default=None)
        if best is not None:
            worse = best if self._rank(trial) > self._rank(best) else trial
            for folder in (self.sweep.path / worse.name).rglob("checkpoints"):
                shutil.rmtree(folder, ignore_errors=True)

    def _rank(self, trial: Trial) -> tuple[bool, float]:
        """More for a better one; one that did not finish cannot win."""
        sign = 1 if is_better_higher(self.plan.score) else -1
        return trial.status == FINISHED, sign * (trial.value or 0.0)


def _point(trial: Trial) -> str:
    return repr(sorted(trial.values.items()))


def _seed(plan: Plan) -> int:
    """Of the search: that of the first config."""
    seed = next(iter(plan.space.drafts.values())).data.get("seed", 42)
    return seed if isinstance(seed, int) else 42


@contextlib.contextmanager
def closing(slots: Slots) -> Iterator[Slots]:
    """Close slots however the block ends."""
    try:
        yield slots
    finally:
        slots.close()
