"""The parts of a run, its seeds or folds, each trained in a process of its own."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textclf.config.settings import Config
from textclf.errors import (
    ConfigError,
    DataError,
    DivergedError,
    ResourceError,
    RunError,
    TextclfError,
    UsageError,
)
from textclf.runs import RunFolder
from textclf.runs.environment import available_processors
from textclf.sweep.coordinator import MOST_RESUMED, WAIT, Where, closing
from textclf.sweep.dask import NEEDED
from textclf.sweep.extra import require
from textclf.sweep.orders import (
    DIED,
    DIVERGED,
    FINISHED,
    LOST,
    Link,
    Order,
    Outcome,
    Progress,
    Slots,
    Work,
)
from textclf.sweep.trial import attempt
from textclf.training.reporter import MOST_LINES, Reporter, describe_scores

FINAL = "final-fit"  # the order of the fit at a run's top, after its folds
MAX_WORKERS = 1024
SHOWN = ("val_accuracy", "val_mae", "test_accuracy", "test_mae")
KINDS = {
    kind.exit_code: kind for kind in (UsageError, ConfigError, DataError, RunError, ResourceError)
}


def refuse_workers(config: Config, workers: int, has_seeds: bool, has_callbacks: bool) -> None:
    """Refuse to train parts at the same time where there are none, or where that cannot be done.

    Raises:
        ConfigError: one fit comes after the other, or callbacks cannot follow into processes.
        ResourceError: the packages for it are not installed.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise ConfigError(f"workers: {workers} is not in the range 1 to {MAX_WORKERS:,}")
    if workers == 1:
        return
    if not has_seeds and getattr(config.training.validation, "split", None) != "k_fold":
        raise ConfigError(
            f"workers: {workers} trainings at a time need several seeds, such as --seeds 5, or "
            "k folds; one model is trained in one process"
        )
    if has_callbacks:
        raise ConfigError(
            "workers: several trainings at a time are processes, into which callbacks cannot "
            "follow; leave out the callbacks, or train with one worker"
        )
    require(*NEEDED)


@dataclass
class Parts:
    """Trains parts of a run, several at a time.

    Args:
        run: the whole, locked by this process.
        slots: made with the Work that trains a part.
        threads: of each training.
        reporter: gets notes of the progress, and each part's own warnings and notes.
    """

    run: RunFolder
    slots: Slots
    threads: int
    where: Where
    reporter: Reporter
    ended: dict[str, Outcome] = field(default_factory=dict)

    def train(self, names: Sequence[str], score: str) -> list[Outcome]:
        """Train the parts of these names; one whose process dies is resumed.

        Args:
            score: that is shown of each epoch.

        Raises:
            TextclfError: what the first part raised that failed; the others are stopped when the
                slots are closed.
        """
        waiting = {name: self._order(name, score) for name in names}
        for order in waiting.values():
            self.slots.submit(order)
        while waiting:
            event = self.slots.next_event(WAIT)
            if event is None or event.name not in waiting:
                continue
            order = waiting[event.name]
            if isinstance(event, Progress):
                self._show(order, event)
            elif event.status == FINISHED:
                self._end(waiting.pop(event.name), event)
            else:
                waiting[order.name] = self._again(order, event)
                self.slots.submit(waiting[order.name])
        return [self.ended[name] for name in names]

    def _order(self, name: str, score: str) -> Order:
        return Order(
            name=name,
            attempt=1,
            config=self.run.config.model_dump(),
            folder=self.run.path.absolute() / name,
            recipe=str(self.run.record.get("recipe", "run")),
            seeds=1,
            score=score,
            tests=True,
            data_dir=self.where.data_dir,
            device=self.where.device,
            threads=self.threads,
        )

    def _show(self, order: Order, progress: Progress) -> None:
        if progress.step % -(-self.run.config.training.epochs // MOST_LINES) == 0:
            scores = describe_scores({order.score: progress.value})
            self.reporter.note(f"{order.name}: epoch {progress.step}  {scores}")

    def _end(self, order: Order, outcome: Outcome) -> None:
        self.ended[order.name] = outcome
        for line in outcome.facts.get("warnings", ()):
            self.reporter.warn(line)
        for line in outcome.facts.get("notes", ()):
            self.reporter.note(line)
        shown = {key: outcome.scores[key] for key in SHOWN if key in outcome.scores}
        self.reporter.note(f"{order.name}: trained  {describe_scores(shown)}")

    def _again(self, order: Order, outcome: Outcome) -> Order:
        """The order once more, if its process died."""
        if outcome.status == LOST:
            return order
        if outcome.status == DIED and order.attempt <= MOST_RESUMED:
            self.reporter.note(f"{order.name}: {outcome.message}; resumed")
            return replace(order, attempt=order.attempt + 1)
        raise _error_of(outcome)


def _error_of(outcome: Outcome) -> TextclfError:
    kind = KINDS.get(outcome.exit_code, RunError)
    if outcome.status == DIVERGED:
        kind = DivergedError
    return kind(f"{outcome.name}: {outcome.message}")


@contextlib.contextmanager
def side_by_side(
    run: RunFolder,
    workers: int,
    work: Work,
    reporter: Reporter,
    data_dir: str | Path | None,
    device: str,
) -> Iterator[Parts | None]:
    """Slots for a run's parts, which share the processors; None for one worker."""
    if workers == 1:
        yield None
        return
    from textclf.sweep.cluster import ClusterSlots  # late: most trainings have one worker

    where = Where(Path(data_dir).absolute() if data_dir else None, device)
    threads = max(1, available_processors() // workers)
    with closing(ClusterSlots(work, workers)) as slots:
        yield Parts(run, slots, threads, where, reporter)


class PartReporter(Reporter):
    """In a part's process: sends each epoch's score to the coordinator, and keeps what is said.

    Args:
        score: that is sent; the loss of a fit that has no such score.
    """

    def __init__(self, link: Link, score: str) -> None:
        self.link = link
        self.score = score
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def end_epoch(self, row: dict[str, float]) -> None:
        self.link.report(int(row["epoch"]), float(row.get(self.score, row["loss"])))


# What a part's process does: its scores, and the record of its engine.
TrainPart = Callable[[Order, Reporter], tuple[Mapping[str, float], dict[str, Any] | None]]


def attempt_part(order: Order, link: Link, train: TrainPart) -> Outcome:
    """Train a part in its own process, and say how it ended.

    Raises:
        Exception: a bug, or a signal.
    """
    reporter = PartReporter(link, order.score)
    trained: list[tuple[Mapping[str, float], dict[str, Any] | None]] = []

    def read(order: Order, started: float) -> Outcome:
        scores, engine = trained[0]
        facts = {"warnings": reporter.warnings, "notes": reporter.notes, "engine": engine}
        seconds = time.monotonic() - started
        return Outcome(order.name, order.attempt, FINISHED, scores, seconds=seconds, facts=facts)

    return attempt(order, lambda: trained.append(train(order, reporter)), read)
