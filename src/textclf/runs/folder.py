"""A run's folder as an object: every file of it has one name, and it stands here."""

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from textclf.atomic import is_temporary, write_json, write_text
from textclf.config.file import dump_config, load_config
from textclf.config.settings import MAX_SEED, Config
from textclf.errors import ConfigError, ResourceError, RunError, TextclfError
from textclf.runs.lock import RunLock
from textclf.runs.reading import (
    missing,
    number_of,
    read_confusion,
    read_json,
    read_predictions,
    read_table,
)

if TYPE_CHECKING:
    import pandas as pd


# What is read of run.json again, and of what kind it is.
RECORD = {
    **dict.fromkeys(("status", "recipe"), str),
    **dict.fromkeys(("versions", "data", "device", "engine"), dict),
    **dict.fromkeys(("error", "resumed", "seeds"), list),
    "tensorboard": bool,
}
SEEDS = (2, 100)  # as few and as many as a series has


class FitFolder:
    """What one fit leaves: at a run's top, or in `fold-1/`, ... of a run of several fits."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
    def confusion_path(self) -> Path:
        return self.path / "confusion_matrix.csv"

    @property
    def preprocessing_path(self) -> Path:
        return self.path / "preprocessing.json"

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
    def history(self) -> "pd.DataFrame":
        """One row an epoch: epoch (from 1), loss, the metric, val_..., learning_rate, seconds."""
        return read_table(self._own(self.history_path), ("epoch", "loss"), numbers_only=True)

    @property
    def predictions(self) -> "pd.DataFrame":
        """split, row, truth, prediction and, for classes, probability."""
        return read_predictions(self._own(self.predictions_path))

    @property
    def confusion(self) -> "pd.DataFrame":
        """The confusion matrix: a row for each true class, a column for each predicted one."""
        return read_confusion(self._own(self.confusion_path))

    @property
    def metrics(self) -> dict[str, float]:
        """The scores, as in metrics.json."""
        metrics = read_json(self.metrics_path)
        if not all(type(value) in (int, float) and isfinite(value) for value in metrics.values()):
            raise RunError(f"{self.metrics_path}: damaged: not all scores are finite numbers")
        return metrics

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, whose model is kept.

        Raises:
            RunError: metrics.json is missing or does not tell.
        """
        epoch = self.metrics.get("best_epoch")
        if not isinstance(epoch, int):
            raise RunError(f"{self.metrics_path}: damaged: it has no best_epoch")
        return epoch

    @property
    def preprocessing(self) -> dict[str, Any]:
        """What it takes to encode new examples, as in preprocessing.json."""
        return read_json(self._own(self.preprocessing_path))

    def _own(self, path: Path) -> Path:
        """The path of a file that belongs to one model."""
        return path


class RunFolder(FitFolder):
    """A run: one `train` command, and everything about it.

    Args:
        lock: the run's lock, if it is held already.
    """

    def __init__(self, path: Path, lock: RunLock | None = None) -> None:
        super().__init__(path)
        self.lock = lock or RunLock(path)
        self.lock.run = path
        self.blocks = 0  # that hold the lock, one within the other

    @property
    def name(self) -> str:
        return self.path.resolve().name  # '.' has none of its own

    @property
    def title(self) -> str:
        """The name; of a seed's run that of its series, too: 'imdb_lstm-1/seed-2'."""
        folder = self.path.resolve()
        is_part = self.name.startswith("seed-") and (folder.parent / "run.json").is_file()
        return f"{folder.parent.name}/{self.name}" if is_part else self.name

    @property
    def config_path(self) -> Path:
        return self.path / "config.yaml"

    @property
    def record_path(self) -> Path:
        return self.path / "run.json"

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    @cached_property
    def config(self) -> Config:
        """The complete config, as in config.yaml.

        Raises:
            RunError: the file is missing or damaged.
        """
        if not self.config_path.is_file():
            raise missing(self.config_path)
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
                raise RunError(f"{self.record_path}: damaged: its {key} is not of its kind")
        return record

    @property
    def status(self) -> str:
        """'running', 'finished', 'interrupted' or 'failed'.

        A run whose process was killed says 'running', but nobody holds its lock.
        """
        status = str(self.record.get("status"))
        return "interrupted" if status == "running" and self.lock.is_free() else status

    @property
    def folds(self) -> dict[str, FitFolder]:
        """The folders of a k-fold run's fits by name, in order; empty for a single fit."""
        numbered = [path for path in self.path.glob("fold-*") if path.is_dir()]
        return {path.name: FitFolder(path) for path in sorted(numbered, key=number_of)}

    def fold(self, number: int) -> FitFolder:
        """The folder of a fold, from 1."""
        return FitFolder(self.path / f"fold-{number}")

    @property
    def seed_values(self) -> list[int]:
        """The seeds of a series, in the order of their folders; empty for any other run."""
        values = self.record.get("seeds", [])
        if not all(type(value) is int and 0 <= value <= MAX_SEED for value in values):
            raise RunError(f"{self.record_path}: damaged: its seeds are none")
        if values and not SEEDS[0] <= len(values) <= SEEDS[1]:
            raise RunError(f"{self.record_path}: damaged: {len(values):,} seeds")
        return values

    @property
    def seeds(self) -> dict[str, Self]:
        """The runs of a series of seeds by name, in order, as far as it has come."""
        runs = [self.seed(number) for number in range(1, len(self.seed_values) + 1)]
        return {run.name: run for run in runs if run.record_path.is_file()}

    def seed(self, number: int) -> Self:
        """The run of a seed of a series, from 1."""
        return type(self)(self.path / f"seed-{number}")

    def _own(self, path: Path) -> Path:
        if self.seed_values:
            raise RunError(
                f"{self.path}: a series of seeds, each with a model of its own; name one of them: "
                f"{self.path / 'seed-1'}"
            )
        return path

    def update(self, **fields: Any) -> None:
        """Set fields of run.json; None removes one."""
        record = {**self.record, **fields}
        write_json(
            self.record_path, {key: value for key, value in record.items() if value is not None}
        )

    @contextlib.contextmanager
    def locked(self) -> Iterator[Self]:
        """Hold the run's lock; the outermost block gives it back.

        Raises:
            RunError: another process writes the run, or a link may lead out of its folder.
            ResourceError: the folder cannot be written.
        """
        if not self.lock.is_held:
            self._refuse_links()
            self.lock.acquire()
        self.blocks += 1
        try:
            yield self
        finally:
            self.blocks -= 1
            if not self.blocks:
                self.lock.release()

    def _refuse_links(self) -> None:
        for folder, folders, files in os.walk(self.path):
            for path in (Path(folder, name) for name in (*folders, *files)):
                if path.is_symlink():
                    raise RunError(
                        f"{path}: a symbolic link; nothing is written through one: put what it "
                        "points to in its place"
                    )

    def restart(self, config: Config, resumed: list[dict[str, str]]) -> None:
        """Make an ended run a running one again; for who holds its lock.

        Args:
            resumed: for run.json: the commands that went on with the run, and when.
        """
        for path in self.path.rglob(".*"):
            if is_temporary(path):
                path.unlink(missing_ok=True)
        if config != self.config:
            write_text(self.config_path, dump_config(config))
            self.config = config
        self.update(status="running", resumed=resumed, error=None, finished=None)

    @contextlib.contextmanager
    def recording(self, is_new: bool = True, is_part: bool = False) -> Iterator[Self]:
        """Record how the block ends; a new run that finished no epoch leaves no folder.

        Args:
            is_part: the run is one of a series, which tells the user how to go on.
        """
        try:
            yield self
        except BaseException as error:
            status = "interrupted" if _can_go_on(error) else "failed"
            if is_new and not self._holds_an_epoch():
                shutil.rmtree(self.path, ignore_errors=True)
                note = "no epoch was finished; nothing is kept"
            else:
                self._end(status, error)
                note = self._what_now(status)
            if not is_part:
                error.add_note(note)
            raise
        self._end("finished")

    def _holds_an_epoch(self) -> bool:
        return any(path.exists() for path in (self.history_path, *self._first_fits()))

    def _first_fits(self) -> tuple[Path, Path]:
        return (self.fold(1).history_path, self.seed(1).path)

    def _what_now(self, status: str) -> str:
        path = shlex.quote(str(self.path))
        if status == "interrupted":
            return f"{self.path}: what was finished is kept; go on with: textclf resume {path}"
        if any(path.exists() for path in self._first_fits()):
            return f"{self.path}: what was finished is kept, a folder for each fold or seed"
        return f"{self.path}: what was finished is kept; see it: textclf plot {path}"

    def _end(self, status: str, error: BaseException | None = None) -> None:
        messages = list(error.messages) if isinstance(error, TextclfError) else None
        with contextlib.suppress(*([TextclfError] if error else [])):  # a full disk hides no error
            self.update(status=status, finished=now(), error=messages)


def _can_go_on(error: BaseException) -> bool:
    """Whether a run that the error ended can be resumed: it would not just fail again."""
    return not isinstance(error, Exception) or isinstance(error, (ResourceError, MemoryError))


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
