"""A trial in its own process: what its folder holds already, and how its training ended."""

import errno
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from textclf.config.settings import Config
from textclf.data.tasks import is_better_higher
from textclf.errors import (
    OUT_OF_MEMORY,
    DivergedError,
    ResourceError,
    RunError,
    TextclfError,
    device_error,
    is_out_of_memory,
)
from textclf.runs import FitFolder, RunFolder, open_folder
from textclf.runs.folder import FIRST_FIT
from textclf.runs.lifecycle import Pruned
from textclf.runs.lock import RunLock
from textclf.runs.series import FIRST_SEED
from textclf.sweep.orders import (
    DIED,
    DIVERGED,
    FAILED,
    FINISHED,
    OUT_OF_RESOURCES,
    PRUNED,
    Order,
    Outcome,
)

PATIENCE = 20.0  # seconds for a process that is left over from a killed coordinator to end
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class InUseError(RunError):
    """A process that nobody waits for writes the run; later it has ended, perhaps."""


def attempt(
    order: Order,
    train: Callable[[], None],
    read: Callable[[Order, float], Outcome] | None = None,
) -> Outcome:
    """Train an order, and say how it ended.

    Args:
        train: writes the order's folder; it does nothing if that has ended already.
        read: the outcome of an order that began at a time; by default what the run in its folder
            says.

    Raises:
        Exception: a bug, or a signal.
    """
    started = time.monotonic()
    try:
        train()
    except Pruned:
        pass  # the folder says so
    except Exception as error:
        failure = _failure(error)
        if failure is None:
            raise
        status, code, message = failure
        return _outcome(order, status, started, {}, code, message)
    return (read or _from_folder)(order, started)


def ended_before(order: Order) -> bool:
    """Whether the order's folder holds an ended run: the end was not heard of.

    Waits for a process that still writes it.

    Raises:
        InUseError: another process keeps writing it.
        RunError: it is the run of another config.
    """
    if not order.folder.exists():
        return False
    _wait_until_free(order.folder)
    run = open_folder(order.folder)
    if run.config != Config.model_validate(dict(order.config)):
        raise RunError(f"{run.path}: a run of another config; remove the folder")
    return run.status in (FINISHED, FAILED, PRUNED)


def begins_first_fit(folder: Path) -> bool:
    """Whether an order's first fit is still to be trained to its end."""
    return not first_fit(FitFolder(folder)).metrics_path.exists()


def first_fit(run: FitFolder) -> FitFolder:
    """The first of a run's fits: of the first seed, the first fold, or the one before a refit."""
    for name in (FIRST_SEED, "fold-1", FIRST_FIT):
        if (run.path / name).is_dir():
            return first_fit(FitFolder(run.path / name))
    return run


def _wait_until_free(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not RunLock(folder).is_free():
        if time.monotonic() > deadline:
            raise InUseError(f"{folder}: in use by another process for {PATIENCE:.0f} seconds")
        time.sleep(0.1)


def _failure(error: Exception) -> tuple[str, int, str] | None:
    """Status, exit code and message; None for a bug."""
    if is_out_of_memory(error):
        return OUT_OF_RESOURCES, ResourceError.exit_code, OUT_OF_MEMORY
    error = device_error(error) or error
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return OUT_OF_RESOURCES, ResourceError.exit_code, f"{error}; make room on the disk"
    if not isinstance(error, TextclfError):
        return None
    status = OUT_OF_RESOURCES if isinstance(error, ResourceError) else FAILED
    status = DIVERGED if isinstance(error, DivergedError) else status
    status = DIED if isinstance(error, InUseError) else status
    return status, error.exit_code, error.messages[0]


def _from_folder(order: Order, started: float) -> Outcome:
    """The outcome of an order whose folder holds an ended run."""
    run = open_folder(order.folder)
    if run.status == FAILED:
        record = run.record
        status = DIVERGED if record.get("diverged") else FAILED
        message = str(next(iter(record.get("error") or [""])))
        return _outcome(order, status, started, {}, RunError.exit_code, message)
    if run.status == PRUNED:
        return _outcome(order, PRUNED, started, _best_so_far(run, order.score))
    return _outcome(order, FINISHED, started, run.metrics)


def _best_so_far(run: RunFolder, score: str) -> dict[str, float]:
    fit = first_fit(run)
    if not fit.history_path.exists() or score not in fit.history:
        return {}
    column = fit.history[score].dropna()
    return {score: float(column.max() if is_better_higher(score) else column.min())}


def _outcome(
    order: Order,
    status: str,
    started: float,
    scores: Mapping[str, float],
    code: int = 0,
    message: str = "",
) -> Outcome:
    seconds = time.monotonic() - started
    return Outcome(order.name, order.attempt, status, dict(scores), code, message, seconds)
