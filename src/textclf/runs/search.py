"""Runs found by folder, by name, or as the newest finished one."""

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from textclf.errors import RunError
from textclf.runs.curve import CurveFolder
from textclf.runs.folder import RunFolder
from textclf.runs.opening import open_folder
from textclf.wording import listed

REPRODUCTION = "-again"  # the end of the recipe's name of a run that `reproduce` made
MOST_NAMED = 5


def find_run(
    run: str | None, runs_dir: Path, suits: Callable[[RunFolder], bool] = lambda _: True
) -> RunFolder:
    """The run in a folder, or with a name under `runs_dir`; None: the newest finished one.

    Args:
        suits: whether a run may be taken that nobody named. Copies that `reproduce` made and
            learning curves are not.

    Raises:
        RunError: it does not exist, or the folder does not hold a run.
    """
    if run is None:
        return _newest_finished(runs_dir, suits)
    for path in (runs_dir / run, Path(run)):
        if os.path.isfile(path / "run.json"):  # noqa: PTH113 (unlike Path's, it never raises)
            return open_folder(path)
    for path in (runs_dir / run, Path(run)):
        if os.path.isfile(path / "sweep.json"):  # noqa: PTH113
            raise RunError(
                f"{path}: a sweep, whose trials are runs; name one of them, such as "
                f"{path / 'trial-1'}, or show the sweep: textclf sweep {path}"
            )
    if os.path.lexists(run) and run:
        raise RunError(f"{run}: not a run: it has no run.json")
    names = ", ".join(sorted(path.name for path in list_runs(runs_dir))) or "none"
    raise RunError(f"{run or repr(run)}: no such run; the runs under {runs_dir} are: {names}")


def find_runs(names: Sequence[str], runs_dir: Path) -> tuple[list[RunFolder], list[str]]:
    """Several runs that somebody named, and a line for each that is damaged or not a run.

    Raises:
        RunError: one does not exist, or there is only one and it is damaged, or all are.
    """
    found: list[RunFolder] = []
    problems: list[str] = []
    for name in names:
        try:
            found.append(find_run(name, runs_dir))
        except RunError as error:
            exists = os.path.lexists(name) or os.path.lexists(runs_dir / name)
            if len(names) == 1 or not exists:
                raise
            problems += error.messages
    if not found:
        raise RunError(*problems)
    return found, problems


def list_runs(runs_dir: Path) -> list[Path]:
    """The folders under `runs_dir` that hold a run."""
    return [
        path.parent for path in runs_dir.glob("*/run.json") if not path.parent.name.startswith(".")
    ]


def distinct_names(runs: Sequence[RunFolder]) -> list[str]:
    """A name for each run: the shortest end of its path that no other of them has.

    Raises:
        RunError: two of them are the same folder.
    """
    paths = [run.path.resolve() for run in runs]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise RunError(f"{twice}: named twice; compare it with another run")
    return [_shortest_end(path, [other for other in paths if other != path]) for path in paths]


def _shortest_end(path: Path, others: list[Path]) -> str:
    for length in range(1, len(path.parts)):
        end = path.parts[-length:]
        if all(other.parts[-length:] != end for other in others):
            return "/".join(end)
    return str(path)


def _newest_finished(runs_dir: Path, suits: Callable[[RunFolder], bool]) -> RunFolder:
    finished = [run for path in list_runs(runs_dir) if (run := _finished(path))]
    if not finished:
        raise RunError(f"{runs_dir}: holds no finished run; train one: textclf train CONFIG")
    newest_first = sorted(finished, key=lambda run: str(run.record.get("started")), reverse=True)
    for run in newest_first:
        with contextlib.suppress(RunError):  # damaged
            if not is_reproduction(run) and not isinstance(run, CurveFolder) and suits(run):
                return run
    names = listed([run.name for run in newest_first], most=MOST_NAMED)
    raise RunError(f"{runs_dir}: none of its finished runs can read this; name one of {names}")


def is_reproduction(run: RunFolder) -> bool:
    """Whether `reproduce` made a run."""
    return str(run.record.get("recipe")).endswith(REPRODUCTION)


def _finished(path: Path) -> RunFolder | None:
    """The run in a folder if it is finished; `textclf runs` shows which ones are damaged."""
    with contextlib.suppress(RunError):
        run = open_folder(path)
        return run if run.status == "finished" else None
    return None
