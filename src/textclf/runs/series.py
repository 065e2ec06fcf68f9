"""The folder of a series of seeds: one config, a run for each seed in `seed-1/`, `seed-2/`, ..."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from textclf.config.settings import MAX_SEED
from textclf.errors import RunError
from textclf.runs.folder import RunFolder
from textclf.runs.lock import RunLock

if TYPE_CHECKING:
    import pandas as pd

MIN_SEEDS, MAX_SEEDS = 2, 100
FIRST_SEED = "seed-1"  # whose rows are those of all seeds


class SeriesFolder(RunFolder):
    """A run of several seeds: scores and plots at its top, and a run with a model for each seed."""

    @property
    def seed_values(self) -> list[int]:
        """The seeds, in the order of their folders.

        Raises:
            RunError: run.json is damaged.
        """
        values: list[int] = self.record.get("seeds", [])
        if not all(type(value) is int and 0 <= value <= MAX_SEED for value in values):
            raise RunError(
                f"{self.record_path}: damaged: 'seeds' must be whole numbers from 0 to {MAX_SEED:,}"
            )
        if not MIN_SEEDS <= len(values) <= MAX_SEEDS:
            raise RunError(
                f"{self.record_path}: damaged: 'seeds' must hold {MIN_SEEDS} to {MAX_SEEDS} "
                f"numbers, not {len(values):,}"
            )
        return values

    @property
    def seeds(self) -> Mapping[str, RunFolder]:
        """The runs that exist so far, by name, in order."""
        runs = [self.seed(number) for number in range(1, len(self.seed_values) + 1)]
        return {run.name: run for run in runs if run.record_path.is_file()}

    def seed(self, number: int) -> RunFolder:
        """The run of a seed, from 1."""
        return RunFolder(self.path / f"seed-{number}")

    @property
    def baseline_path(self) -> Path:
        return self.path / FIRST_SEED / "baseline.json"

    @property
    def history(self) -> pd.DataFrame:
        self._refuse()

    @property
    def predictions(self) -> pd.DataFrame:
        self._refuse()

    @property
    def confusion(self) -> pd.DataFrame:
        self._refuse()

    @property
    def preprocessing(self) -> dict[str, Any]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        """What belongs to one model is not at the top of a series."""
        raise RunError(
            f"{self.path}: a series of seeds, each with its own model; name one of them: "
            f"{self.path / 'seed-1'}"
        )


def open_folder(path: Path, lock: RunLock | None = None) -> RunFolder:
    """The folder of a run, as a series where its run.json names seeds.

    Args:
        lock: the run's lock, if it is held already.

    Raises:
        RunError: run.json is missing or damaged.
    """
    run = RunFolder(path, lock)
    return SeriesFolder(path, run.lock) if run.record.get("seeds") else run
