"""The folder of a learning curve: one config, a run for each share in `share-0.1/`, ..."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from textclf.errors import RunError
from textclf.runs.folder import RunFolder
from textclf.runs.reading import read_table
from textclf.runs.series import MAX_SEEDS, SeriesFolder
from textclf.runs.whole import WholeFolder

if TYPE_CHECKING:
    import pandas as pd

MAX_SHARES = 20


class CurveFolder(WholeFolder):
    """A learning curve: a table and a plot at its top, and a run for each share of the rows."""

    @property
    def shares(self) -> list[float]:
        """The shares of the training rows, from the smallest to the largest.

        Raises:
            RunError: run.json is damaged.
        """
        found = self._about.get("shares")
        shares = found if isinstance(found, list) else []
        are_shares = all(type(share) in (int, float) and 0 < share <= 1 for share in shares)
        if not (1 <= len(shares) <= MAX_SHARES and are_shares):
            raise RunError(
                f"{self.record_path}: damaged: 'curve' must have 1 to {MAX_SHARES} shares, numbers "
                "above 0 and at most 1"
            )
        return list(map(float, shares))

    @property
    def n_seeds(self) -> int:
        """The number of seeds of each share; with one, a share is a run, else a series of runs.

        Raises:
            RunError: run.json is damaged.
        """
        number = self._about.get("seeds")
        if type(number) is not int or not 1 <= number <= MAX_SEEDS:
            raise RunError(f"{self.record_path}: damaged: 'curve' must have 1 to {MAX_SEEDS} seeds")
        return number

    @property
    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = self.record.get("curve", {})
        return about

    def share(self, share: float) -> RunFolder:
        """The run of a share, or its series of seeds."""
        path = self.path / f"share-{share:g}"
        return SeriesFolder(path) if self.n_seeds > 1 else RunFolder(path)

    @property
    def parts(self) -> Mapping[str, RunFolder]:
        """The runs of shares that exist so far, by name, in order."""
        runs = map(self.share, self.shares)
        return {run.name: run for run in runs if run.record_path.is_file()}

    @property
    def table_path(self) -> Path:
        return self.path / "learning_curve.csv"

    @property
    def picture_path(self) -> Path:
        return self.plots_path / "learning_curve.png"

    @property
    def table(self) -> pd.DataFrame:
        """One row a share: share, rows, seeds, and the scores with their deviations.

        Raises:
            RunError: the file is missing or damaged.
        """
        table = read_table(self.table_path, ("share", "rows", "seeds"), numbers_only=True)
        rows = table["rows"]
        if table.isna().any(axis=None) or len(table) < 2 or rows[0] < 1:
            raise RunError(f"{self.table_path}: damaged: not two shares and more with all scores")
        if not rows.is_monotonic_increasing or not any(n.startswith("train_") for n in table):
            raise RunError(f"{self.table_path}: damaged: not the scores of growing shares")
        return table

    def refuse(self) -> NoReturn:
        """Name one of its runs in place of the learning curve.

        Raises:
            RunError: always.
        """
        raise RunError(
            f"{self.path}: a learning curve, a run for each share of the training rows; name one "
            f"of them: {self.share(self.shares[-1]).path}"
        )
