"""A run's folder as an object: every file of it has one name, and it stands here."""

import contextlib
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from textclf.atomic import cannot_write, write_json, write_text
from textclf.config import Config
from textclf.config_file import dump_config, load_config
from textclf.errors import ConfigError, RunError, TextclfError

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1


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
    def plots_path(self) -> Path:
        return self.path / "plots"

    @property
    def history(self) -> "pd.DataFrame":
        """One row an epoch: epoch (from 1), loss, the metric, val_..., learning_rate, seconds."""
        return _read_table(self.history_path, ("epoch", "loss"), numbers_only=True)

    @property
    def predictions(self) -> "pd.DataFrame":
        """split, row, truth, prediction and, for classes, probability."""
        return _read_table(self.predictions_path, ("split", "row", "truth", "prediction"))

    @property
    def confusion(self) -> "pd.DataFrame":
        """The confusion matrix: a row for each true class, a column for each predicted one."""
        return _read_table(self.confusion_path, ("truth",)).set_index("truth")

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
        return read_json(self.preprocessing_path)


class RunFolder(FitFolder):
    """A run: one `train` command, and everything about it."""

    @property
    def name(self) -> str:
        return self.path.resolve().name  # '.' has none of its own

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
            raise _missing(self.config_path)
        try:
            return load_config(self.config_path)
        except ConfigError as error:
            raise RunError(*error.messages) from error

    @property
    def record(self) -> dict[str, Any]:
        """run.json: status, command, versions, device, engine, times."""
        return read_json(self.record_path)

    @property
    def status(self) -> str:
        """'running', 'finished', 'interrupted' or 'failed'."""
        return str(self.record.get("status"))

    @property
    def folds(self) -> dict[str, FitFolder]:
        """The folders of a k-fold run's fits by name, in order; empty for a single fit."""
        numbered = [path for path in self.path.glob("fold-*") if path.is_dir()]
        return {path.name: FitFolder(path) for path in sorted(numbered, key=_number)}

    def fold(self, number: int) -> FitFolder:
        """The folder of a fold, from 1."""
        return FitFolder(self.path / f"fold-{number}")

    def update(self, **fields: Any) -> None:
        """Set fields of run.json."""
        write_json(self.record_path, {**self.record, **fields})

    @contextlib.contextmanager
    def recording(self) -> Iterator[Self]:
        """Record how the block ends; a run that finished no epoch leaves no folder."""
        try:
            yield self
        except BaseException as error:
            if self.history_path.exists() or self.folds:
                self._end("failed" if isinstance(error, Exception) else "interrupted", error)
                error.add_note(self._what_is_kept())
            else:
                shutil.rmtree(self.path, ignore_errors=True)
                error.add_note("no epoch was finished; nothing is kept")
            raise
        self._end("finished")

    def _what_is_kept(self) -> str:
        if self.folds:
            return f"{self.path}: the epochs that were finished are kept, a folder for each fold"
        return f"{self.path}: the epochs that were finished are kept; see them: textclf plot " + (
            shlex.quote(str(self.path))
        )

    def _end(self, status: str, error: BaseException | None = None) -> None:
        messages = list(error.messages) if isinstance(error, TextclfError) else []
        with contextlib.suppress(*([TextclfError] if error else [])):  # a full disk hides no error
            self.update(status=status, finished=now(), **({"error": messages} if messages else {}))


def create_run(
    config: Config, recipe: str, runs_dir: Path, name: str | None, record: dict[str, Any]
) -> RunFolder:
    """Make a run's folder, whole at the instant it appears, with config.yaml and run.json.

    Args:
        recipe: names the folder `<recipe>-<n>` where `name` is None.
        record: what else run.json is to hold.

    Raises:
        RunError: `name` is taken.
        ResourceError: the folder cannot be written.
    """
    if name is not None and os.path.lexists(runs_dir / name):
        raise _taken(runs_dir / name)
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        draft = RunFolder(Path(tempfile.mkdtemp(prefix=".new-", dir=runs_dir)))
    except OSError as error:
        raise cannot_write(runs_dir, error) from error
    try:
        draft.path.chmod(0o755)  # mkdtemp's folder is its owner's alone
        write_text(draft.config_path, dump_config(config))
        write_json(draft.record_path, {"format": FORMAT, "recipe": recipe, **record})
        return RunFolder(_settle(draft.path, runs_dir, recipe, name))
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)


def _settle(draft: Path, runs_dir: Path, recipe: str, name: str | None) -> Path:
    """Rename the draft to its name; a name that another process takes first is left to it."""
    while True:
        path = runs_dir / (name or f"{recipe}-{_next_number(runs_dir, recipe)}")
        try:
            return draft.rename(path)
        except OSError as error:
            if not os.path.lexists(path):
                raise cannot_write(path, error) from error
            if name is not None:
                raise _taken(path) from error


def _next_number(runs_dir: Path, recipe: str) -> int:
    numbered = re.compile(re.escape(recipe) + r"-(\d+)")
    matches = (numbered.fullmatch(entry.name) for entry in runs_dir.iterdir())
    return max((int(match[1]) for match in matches if match), default=0) + 1


def _taken(path: Path) -> RunError:
    return RunError(f"{path}: there is a run of that name already; choose another --name")


def find_run(run: str | None, runs_dir: Path) -> RunFolder:
    """The run in a folder, or of a name under `runs_dir`; None: the newest finished one.

    Raises:
        RunError: there is none, or the folder is not a run's.
    """
    if run is None:
        return _newest_finished(runs_dir)
    for path in (runs_dir / run, Path(run)):
        if os.path.isfile(path / "run.json"):  # noqa: PTH113 (unlike Path's, it never raises)
            return RunFolder(path)
    if os.path.isdir(run):  # noqa: PTH112
        raise RunError(f"{run}: not a run: it has no run.json")
    names = ", ".join(sorted(path.name for path in list_runs(runs_dir))) or "none"
    raise RunError(f"{run or repr(run)}: no such run; under {runs_dir} there are: {names}")


def list_runs(runs_dir: Path) -> list[Path]:
    """The folders under `runs_dir` that hold a run."""
    return [
        path.parent for path in runs_dir.glob("*/run.json") if not path.parent.name.startswith(".")
    ]


def _newest_finished(runs_dir: Path) -> RunFolder:
    runs = [RunFolder(path) for path in list_runs(runs_dir)]
    finished = [run for run in runs if run.status == "finished"]
    if not finished:
        raise RunError(f"{runs_dir}: holds no finished run; train one: textclf train CONFIG")
    return max(finished, key=lambda run: str(run.record.get("started")))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a run.

    Raises:
        RunError: the file is missing or damaged.
    """
    content = _read(path, lambda: json.loads(path.read_text(encoding="utf-8")))
    if not isinstance(content, dict):
        raise RunError(f"{path}: damaged: not a JSON object")
    return content


def _read_table(path: Path, columns: Sequence[str], numbers_only: bool = False) -> "pd.DataFrame":
    import pandas as pd

    # A class may be called "NA" or "null": only nan is no number.
    table = _read(path, lambda: pd.read_csv(path, keep_default_na=False, na_values=["nan"]))
    missing = [column for column in columns if column not in table]
    if missing:
        raise RunError(f"{path}: damaged: it has no column {missing[0]}")
    if numbers_only and (table.empty or table.select_dtypes("number").shape != table.shape):
        raise RunError(f"{path}: damaged: not a table of numbers")
    return table


def _read(path: Path, read: Any) -> Any:
    try:
        return read()
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: damaged: {error}") from error


def _missing(path: Path) -> RunError:
    return RunError(f"{path}: missing; the run is not complete")


def _number(path: Path) -> int:
    digits = path.name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
