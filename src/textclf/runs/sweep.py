"""The folder of a sweep: what was asked for, a line for each trial, and the trials' own runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from textclf.config.space import Axis, axis_from_json
from textclf.disk.atomic import write_json
from textclf.errors import RunError
from textclf.runs.creation import FORMAT, drafting, settle
from textclf.runs.folder import RunFolder
from textclf.runs.lock import RunLock
from textclf.runs.opening import open_folder
from textclf.runs.reading import read_json
from textclf.runs.trials import Ledger, Trial

RECORD_FILE = "sweep.json"
# The fields of sweep.json that are read again, and their types.
RECORD = {
    **dict.fromkeys(("status", "recipe", "search", "prune", "keep", "score"), str),
    **dict.fromkeys(("configs", "space"), dict),
    **dict.fromkeys(("seeds", "trials", "fresh_seeds"), int),
    "warnings": list,
}


class SweepFolder:
    """A sweep: its trials are ordinary runs in `trial-1/`, `trial-2/`, ...

    Args:
        lock: the sweep's lock, if it is held already.
    """

    def __init__(self, path: Path, lock: RunLock | None = None) -> None:
        self.path = path
        self.lock = lock or RunLock(path)
        self.lock.run = path
        self.ledger = Ledger(path / "trials.jsonl")

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def record_path(self) -> Path:
        return self.path / RECORD_FILE

    @property
    def results_path(self) -> Path:
        return self.path / "results.csv"

    @property
    def best_path(self) -> Path:
        return self.path / "best.yaml"

    @property
    def report_path(self) -> Path:
        return self.path / "report.html"

    @property
    def address_path(self) -> Path:
        """Where workers of other machines find it; written by a sweep that listens."""
        return self.path / "address"

    @property
    def key_path(self) -> Path:
        """What lets workers of other machines in."""
        return self.path / "key.pem"

    @property
    def record(self) -> dict[str, Any]:
        """sweep.json: configs, space, search, prune, seeds, trials, keep, score, status, times.

        Raises:
            RunError: it is missing or damaged.
        """
        record = read_json(self.record_path)
        for key, kind in RECORD.items():
            if not isinstance(record.get(key, kind()), kind):
                raise RunError(f"{self.record_path}: damaged: {key!r} is not of its type")
        return record

    def update(self, **fields: Any) -> None:
        """Set fields of sweep.json; None removes one."""
        record = {**self.record, **fields}
        write_json(
            self.record_path, {key: value for key, value in record.items() if value is not None}
        )

    @property
    def status(self) -> str:
        """'running', 'finished', 'interrupted' or 'failed'; what was killed is interrupted."""
        status = str(self.record.get("status"))
        return "interrupted" if status == "running" and self.lock.is_free() else status

    @property
    def score(self) -> str:
        """The score of the validation rows that decides, such as 'val_accuracy'."""
        return str(self.record["score"])

    @cached_property
    def space(self) -> Mapping[str, Axis]:
        """What is varied, by dotted path; 'config' are the names of several configs.

        Raises:
            RunError: sweep.json is damaged.
        """
        try:
            return {key: axis_from_json(axis) for key, axis in self.record["space"].items()}
        except (KeyError, TypeError) as error:
            raise RunError(f"{self.record_path}: damaged: 'space': {error}") from error

    @property
    def trials(self) -> list[Trial]:
        """All trials that were asked for, in order.

        Raises:
            RunError: trials.jsonl is damaged.
        """
        return self.ledger.read()

    def run(self, name: str) -> RunFolder:
        """One of its runs: 'trial-7'.

        Raises:
            RunError: it does not exist, or is damaged.
        """
        return open_folder(self.path / name)


def create_sweep(
    recipe: str, runs_dir: Path, name: str | None, record: dict[str, Any]
) -> SweepFolder:
    """Create a sweep's folder, complete when it appears; the returned object holds its lock.

    Args:
        recipe: names the folder `<recipe>-sweep-<n>` where `name` is None.

    Raises:
        RunError: `name` is taken.
        ResourceError: the folder cannot be written.
    """
    with drafting(runs_dir, name) as folder:
        draft = SweepFolder(folder)
        write_json(draft.record_path, {"format": FORMAT, "recipe": recipe, **record})
        draft.lock.acquire()
        return SweepFolder(settle(folder, runs_dir, f"{recipe}-sweep", name), draft.lock)


def find_sweep(name: str, runs_dir: Path) -> SweepFolder | None:
    """The sweep in a folder, or of a name under `runs_dir`; None if there is none."""
    for path in (runs_dir / name, Path(name)):
        if os.path.isfile(path / RECORD_FILE):  # noqa: PTH113 (unlike Path's, it never raises)
            return SweepFolder(path)
    return None


def list_sweeps(runs_dir: Path) -> list[SweepFolder]:
    """The sweeps under a folder."""
    found = sorted(runs_dir.glob(f"*/{RECORD_FILE}"))
    return [SweepFolder(path.parent) for path in found if not path.parent.name.startswith(".")]
