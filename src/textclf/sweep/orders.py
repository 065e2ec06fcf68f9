"""What a coordinator and its slots say to each other: orders, progress, outcomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

FINISHED = "finished"
PRUNED = "pruned"  # stopped after an epoch that looked hopeless
DIVERGED = "diverged"  # a result, the worst: it would diverge again
FAILED = "failed"  # an error that would come again
DIED = "died"  # its process ended without an outcome: to be ordered again, and resumed
LOST = "lost"  # its worker or machine is gone: to be ordered again, and not counted as an attempt
OUT_OF_RESOURCES = "out_of_resources"  # disk or memory is full: the sweep stops
STATUSES = (FINISHED, PRUNED, DIVERGED, FAILED, DIED, LOST, OUT_OF_RESOURCES)


@dataclass(frozen=True)
class Order:
    """A config to train in a process of its own, or to resume where its folder exists already.

    Args:
        name: of the folder within the sweep's: 'trial-7'; an order of the same name comes only
            after the outcome of the one before.
        attempt: from 1.
        config: the complete config, as `Config.model_dump()`.
        folder: of the run, absolute: <runs>/<sweep>/trial-7.
        recipe: the config's name, for run.json.
        seeds: how many models to train; 1 is a plain run, more are a series of seeds.
        score: of the validation rows, which decides: 'val_accuracy'.
        tests: whether the test rows are scored, too; a trial must not see them.
        data_dir: absolute; None: the usual folders of the machine that trains.
        device: 'auto', 'cpu', 'gpu' or 'gpu:N'.
        threads: of TensorFlow; None: what the slots find right.
    """

    name: str
    attempt: int
    config: Mapping[str, Any]
    folder: Path
    recipe: str
    seeds: int
    score: str
    tests: bool = False
    data_dir: Path | None = None
    device: str = "auto"
    threads: int | None = None


@dataclass(frozen=True)
class Progress:
    """An order's epoch is done.

    Args:
        step: epochs done by the order's first model, from 1.
        value: the order's score of the validation rows in that epoch.
    """

    name: str
    attempt: int
    step: int
    value: float


@dataclass(frozen=True)
class Outcome:
    """How an order ended, in the words of STATUSES.

    Args:
        scores: as in metrics.json; of a pruned one those of its best epoch so far.
        exit_code: of the error, as in textclf.errors; of a process that died its own, which is
            negative for a signal.
        message: the error in a line; '' without one.
        seconds: from start to end, of this attempt.
        facts: of a part of a run: its `warnings` and `notes`, and run.json's `engine`.
    """

    name: str
    attempt: int
    status: str
    scores: Mapping[str, float] = field(default_factory=dict)
    exit_code: int = 0
    message: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


class Link(Protocol):
    """What a training process has of its coordinator."""

    def report(self, step: int, value: float) -> None:
        """Send a Progress; it must neither wait nor fail."""

    def is_pruned(self) -> bool:
        """Whether the training is to end after this epoch; asked once an epoch."""


# What trains an order, in the main thread of a process of its own; a module's function, so that
# its name can be sent to the process. It returns an outcome for every error of textclf's. What it
# raises (a bug, a signal) counts as died.
Work = Callable[[Order, Link], Outcome]


class Slots(Protocol):
    """Where orders are trained, several at a time; made with the Work that trains them.

    A trial's process leads its own life: it ignores SIGINT, and ends with the coordinator.
    """

    @property
    def n_slots(self) -> int:
        """How many orders are trained at the same time; it changes as workers come and leave."""

    def submit(self, order: Order) -> None:
        """Train it as soon as a slot is free."""

    def next_event(self, timeout: float) -> Outcome | Progress | None:
        """The next outcome or progress, each once; None if there was none for `timeout` seconds.

        Of an order whose process died, the outcome says DIED; if its worker died, LOST.
        """

    def prune(self, name: str) -> None:
        """End an order's training after its epoch; its outcome says PRUNED, or FINISHED if it was
        too late."""

    def close(self) -> None:
        """End all processes, within 2 seconds: by SIGTERM first, which saves the last epoch, then
        by SIGKILL. Nothing is lost: an order of the same folder resumes it."""
