"""A sweep's folder: made, found again by its name or by the same command, marked as it ends."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textclf.errors import DataError, ResourceError, RunError, TextclfError
from textclf.runs.environment import describe_environment
from textclf.runs.folder import now
from textclf.runs.sweep import SweepFolder, create_sweep, find_sweep, list_sweeps
from textclf.sweep.dask import NEEDED
from textclf.sweep.extra import require
from textclf.sweep.plan import Plan

MAY_CHANGE = ("trials", "keep")  # when a sweep is resumed


def open_sweep(plan: Plan, recipe: str, runs_dir: Path, name: str | None) -> SweepFolder:
    """The sweep of a plan: the one of that name, or the newest that the same command began and
    did not end, or else a new one.

    Raises:
        RunError: `name` is taken, by another sweep or something else.
        ResourceError: the folder cannot be written, or the extra `sweep` is not installed.
    """
    found = find_sweep(str(runs_dir / name), runs_dir) if name else _unfinished(plan, runs_dir)
    if found is None:
        proposes = plan.search == "tpe" or plan.prune != "none"
        require(*NEEDED, *(["optuna"] if proposes else []))
        return create_sweep(recipe, runs_dir, name, describe_environment() | plan.to_json())
    if not _is_of(found, plan):
        raise RunError(
            f"{found.path}: a sweep of this name varies something else; choose another --name, or "
            f"resume it with: textclf sweep {shlex.quote(str(found.path))}"
        )
    return found


def _unfinished(plan: Plan, runs_dir: Path) -> SweepFolder | None:
    found: list[SweepFolder] = []
    for sweep in list_sweeps(runs_dir):
        with contextlib.suppress(RunError):  # damaged
            if _is_of(sweep, plan) and not is_over(sweep, plan):
                found.append(sweep)
    return max(found, key=lambda sweep: str(sweep.record.get("started")), default=None)


def is_over(sweep: SweepFolder, plan: Plan) -> bool:
    """Whether nothing of a plan is left to train.

    Raises:
        RunError: the sweep is damaged.
    """
    if sweep.record.get("status") != "finished":
        return False
    trials = sweep.trials
    return len(trials) >= plan.trials and all(trial.has_ended for trial in trials)


def _is_of(sweep: SweepFolder, plan: Plan) -> bool:
    record = sweep.record
    wanted: dict[str, Any] = json.loads(json.dumps(plan.to_json()))
    return all(record.get(key) == wanted[key] for key in wanted if key not in MAY_CHANGE)


@contextlib.contextmanager
def sweeping(sweep: SweepFolder, plan: Plan) -> Iterator[None]:
    """Hold the sweep's lock, and record in sweep.json how the block ends.

    Raises:
        RunError: another process runs this sweep.
    """
    try:
        held = contextlib.ExitStack()
        held.enter_context(sweep.lock.held())
    except RunError as error:
        raise RunError(
            f"{sweep.path}: in use: another process runs this sweep; to help it, see textclf sweep "
            "worker --help"
        ) from error
    with held:
        changed = {key: vars(plan)[key] for key in MAY_CHANGE}
        sweep.update(status="running", finished=None, error=None, **changed)
        try:
            yield
        except BaseException as error:
            _end(sweep, error)
            raise
        sweep.update(status="finished", finished=now())


def _end(sweep: SweepFolder, error: BaseException) -> None:
    resumed = f"resume with: textclf sweep {shlex.quote(str(sweep.path))}"
    messages = list(error.messages) if isinstance(error, TextclfError) else None
    with contextlib.suppress(TextclfError):  # a full disk hides no error
        sweep.update(status="interrupted", finished=now(), error=messages)
    error.add_note(resumed)
    if isinstance(error, ResourceError | DataError):
        raise type(error)(*error.messages, resumed) from error
