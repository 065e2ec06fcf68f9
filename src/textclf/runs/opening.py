"""A run's folder opened as what it is: a run, a series of seeds, or a learning curve."""

from pathlib import Path

from textclf.runs.curve import CurveFolder
from textclf.runs.folder import RunFolder
from textclf.runs.lock import RunLock
from textclf.runs.series import SeriesFolder


def open_folder(path: Path, lock: RunLock | None = None) -> RunFolder:
    """The folder of a run, as a series or a learning curve where its run.json names their parts.

    Args:
        lock: the run's lock, if it is held already.

    Raises:
        RunError: run.json is missing or damaged.
    """
    run = RunFolder(path, lock)
    record = run.record
    kind = CurveFolder if record.get("curve") else SeriesFolder if record.get("seeds") else None
    return kind(path, run.lock) if kind else run
