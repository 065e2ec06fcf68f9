"""A run's folder as an object: the name of each of its files stands here, and only here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf.config.file import load_config
from textclf.config.settings import Config
from textclf.disk.atomic import write_json
from textclf.errors import ConfigError, RunError
from textclf.runs.lock import RunLock
from textclf.runs.reading import (
    MAX_BYTES,
    missing,
    number_of,
    read_arrays,
    read_confusion,
    read_json,
    read_predictions,
    read_table,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


# The fields of run.json that are read again, and their types.
RECORD = {
    **dict.fromkeys(("status", "recipe"), str),
    **dict.fromkeys(("versions", "data", "vectors", "device", "engine", "curve"), dict),
    **dict.fromkeys(("error", "resumed", "seeds", "warnings"), list),
    **dict.fromkeys(("tensorboard", "untested", "diverged"), bool),
    "workers": int,
}
FIRST_FIT = "first-fit"  # the folder of the fit that chooses the epochs of `refit`
A_JSON = {
    **{str: "a text", dict: "an object", list: "a list", bool: "true or false"},
    int: "a whole number",
}


class FitFolder:
    """What one fit leaves: at a run's top, or in `fold-1/`, ... of a run of several fits."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def first_fit(self) -> FitFolder:
        """The folder of the fit before it, if it is a refit."""
        return FitFolder(self.path / FIRST_FIT)

    @property
    def is_refit(self) -> bool:
        """Whether it is fitted on all training rows, after a fit that chose its epochs."""
        return self.first_fit.path.is_dir()

    @property
    def validated(self) -> FitFolder:
        """The fit whose history has validation scores: its own, or the one before a refit."""
        return self.first_fit if self.is_refit else self

    @property
    def history_path(self) -> Path:
        return self.path / "history.csv"

    @property
    def metrics_path(self) -> Path:
        return self.path / "metrics.json"

    @property
    def predictions_path(self) -> Path:
        return self.path / "predictions.csv"

    @property
    def report_path(self) -> Path:
        return self.path / "classification_report.csv"

    @property
    def report(self) -> pd.DataFrame:
        """The classification report: class, precision, recall, f1 and support, then the means."""
        return read_table(self.report_path, ("class", "f1", "support"), as_text=("class",))

    @property
    def confusion_path(self) -> Path:
        return self.path / "confusion_matrix.csv"

    @property
    def baseline_path(self) -> Path:
        return self.path / "baseline.json"

    @property
    def preprocessing_path(self) -> Path:
        return self.path / "preprocessing.json"

    @property
    def ngrams_path(self) -> Path:
        return self.path / "ngrams.npz"

    @property
    def kept_model_path(self) -> Path:
        return self.path / "checkpoints" / "best.keras"

    @property
    def last_model_path(self) -> Path:
        return self.path / "checkpoints" / "last.keras"

    @property
    def state_path(self) -> Path:
        return self.path / "checkpoints" / "state.npz"

    @property
    def tensorboard_path(self) -> Path:
        return self.path / "tensorboard"

    @property
    def plots_path(self) -> Path:
        return self.path / "plots"

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: epoch (from 1), loss, the metric, val_..., learning_rate, seconds."""
        return read_table(self.history_path, ("epoch", "loss"), numbers_only=True)

    @property
    def predictions(self) -> pd.DataFrame:
        """split, row, truth, prediction and, for classes, probability."""
        return read_predictions(self.predictions_path)

    @property
    def confusion(self) -> pd.DataFrame:
        """The confusion matrix: a row for each true class, a column for each predicted one."""
        return read_confusion(self.confusion_path)

    @property
    def metrics(self) -> dict[str, float]:
        """The scores, as in metrics.json."""
        return _numbers(read_json(self.metrics_path), self.metrics_path)

    @property
    def baseline(self) -> dict[str, Any] | None:
        """A linear model's name, 'model', and its scores, 'metrics'; None if there is none.

        Raises:
            RunError: the file is damaged.
        """
        path = self.baseline_path
        if not os.path.lexists(path):
            return None
        content = read_json(path)
        if not isinstance(content.get("model"), str):
            raise RunError(f"{path}: damaged: 'model' must be a text")
        if not isinstance(content.get("metrics"), dict):
            raise RunError(f"{path}: damaged: 'metrics' must be an object")
        _numbers(content["metrics"], path)
        return content

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, whose model is kept.

        Raises:
            RunError: metrics.json is missing, or has no best_epoch.
        """
        epoch = self.metrics.get("best_epoch")
        if not isinstance(epoch, int):
            raise RunError(f"{self.metrics_path}: damaged: it has no best_epoch")
        return epoch

    @property
    def preprocessing(self) -> dict[str, Any]:
        """Everything needed to encode new examples in the same way, as in preprocessing.json."""
        return read_json(self.preprocessing_path, MAX_BYTES)

    @property
    def ngrams(self) -> dict[str, np.ndarray]:
        """The arrays of the n-grams that the model reads, as in ngrams.npz; of other models none.

        Raises:
            RunError: the file is damaged.
        """
        return read_arrays(self.ngrams_path, MAX_BYTES) if os.path.lexists(self.ngrams_path) else {}


class RunFolder(FitFolder):
    """A run: one `train` command, and everything about it.

    Args:
        lock: the run's lock, if it is held already.
    """

    def __init__(self, path: Path, lock: RunLock | None = None) -> None:
        super().__init__(path)
        self.lock = lock or RunLock(path)
        self.lock.run = path

    @property
    def name(self) -> str:
        return self.path.resolve().name  # '.' has none of its own

    @property
    def confusion(self) -> pd.DataFrame:
        if self.config.dataset.separator is not None:
            raise RunError(
                f"{self.path}: has no confusion matrix, as its rows have several labels; see "
                f"{self.report_path.name}"
            )
        return super().confusion

    @property
    def title(self) -> str:
        """The name; of a part that of its whole, too: 'imdb_lstm-1/seed-2'."""
        return "/".join([*(whole.name for whole in self.wholes), self.name])

    @property
    def wholes(self) -> list[RunFolder]:
        """The runs that it is a part of, from the top: a learning curve, a series of seeds."""
        found: list[RunFolder] = []
        folder = self.path.resolve()
        for kind in ("seed-", "share-"):
            if folder.name.startswith(kind) and (folder.parent / "run.json").is_file():
                folder = folder.parent
                found.insert(0, RunFolder(folder))
        return found

    @property
    def config_path(self) -> Path:
        return self.path / "config.yaml"

    @property
    def record_path(self) -> Path:
        return self.path / "run.json"

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    @property
    def notes_path(self) -> Path:
        return self.path / "notes.json"

    @cached_property
    def config(self) -> Config:
        """The complete config, as in config.yaml.

        Raises:
            RunError: the file is missing or damaged.
        """
        if not os.path.lexists(self.config_path):
            raise missing(self.config_path)
        if self.config_path.is_symlink():
            raise RunError(f"{self.config_path}: damaged: a symbolic link, not a file")
        try:
            return load_config(self.config_path)
        except ConfigError as error:
            raise RunError(*error.messages) from error

    @property
    def record(self) -> dict[str, Any]:
        """run.json: status, command, versions, device, engine, times."""
        record = read_json(self.record_path)
        for key, kind in RECORD.items():
            if not isinstance(record.get(key, kind()), kind):
                raise RunError(f"{self.record_path}: damaged: {key!r} must be {A_JSON[kind]}")
        return record

    @property
    def status(self) -> str:
        """'running', 'finished', 'interrupted', 'failed' or, of a sweep's trial, 'pruned'.

        A run whose process was killed says 'running', but no process holds its lock.
        """
        status = str(self.record.get("status"))
        return "interrupted" if status == "running" and self.lock.is_free() else status

    @property
    def is_untested(self) -> bool:
        """Whether its test rows are not scored, as those of a sweep's trials."""
        return bool(self.record.get("untested"))

    @property
    def warnings(self) -> list[str]:
        """What may make the run's result misleading, a line each."""
        return list(map(str, self.record.get("warnings", [])))

    @property
    def folds(self) -> dict[str, FitFolder]:
        """The folders of the fits before the final one, by name: of k folds in order, or of the one
        before a refit; empty for a single fit."""
        if self.is_refit:
            return {FIRST_FIT: self.first_fit}
        folders = (path for path in self.path.glob("fold-*") if path.is_dir())
        numbered = [path for path in folders if number_of(path)]
        return {path.name: FitFolder(path) for path in sorted(numbered, key=number_of)}

    def fold(self, number: int) -> FitFolder:
        """The folder of a fold, from 1."""
        return FitFolder(self.path / f"fold-{number}")

    @property
    def seeds(self) -> Mapping[str, RunFolder]:
        """The runs of a series of seeds by name; any other run has none."""
        return {}

    @property
    def parts(self) -> Mapping[str, RunFolder]:
        """The runs that it consists of, by name: of seeds or, of a learning curve, of shares."""
        return self.seeds

    def update(self, **fields: Any) -> None:
        """Set fields of run.json; None removes one."""
        record = {**self.record, **fields}
        write_json(
            self.record_path, {key: value for key, value in record.items() if value is not None}
        )


def _numbers(metrics: dict[str, Any], path: Path) -> dict[str, float]:
    """The scores in a file.

    Raises:
        RunError: one is not a finite number.
    """
    if not all(type(value) in (int, float) and isfinite(value) for value in metrics.values()):
        raise RunError(f"{path}: damaged: not all scores are finite numbers")
    return metrics


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
