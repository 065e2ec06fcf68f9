"""The folder of a series of seeds: one config, a run for each seed in `seed-1/`, `seed-2/`, ..."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from textclf.config.settings.section import MAX_SEED
from textclf.errors import RunError
from textclf.runs.folder import RunFolder
from textclf.runs.whole import WholeFolder

MIN_SEEDS, MAX_SEEDS = 2, 100
FIRST_SEED = "seed-1"  # whose rows are those of all seeds


class SeriesFolder(WholeFolder):
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

    def refuse(self) -> NoReturn:
        """Name one of its runs in place of the series.

        Raises:
            RunError: always.
        """
        raise RunError(
            f"{self.path}: a series of seeds, each with its own model; name one of them: "
            f"{self.path / 'seed-1'}"
        )
