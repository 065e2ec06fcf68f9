"""Keras callbacks that write a fit into its folder."""

import shutil
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from textclf.atomic import cannot_write, write_text, writing
from textclf.errors import RunError
from textclf.reporter import Reporter
from textclf.runs import FitFolder
from textclf.tasks import is_better_higher

SAVE_SECONDS = 1.0  # how often a model is written at most, so that epochs of 5 ms stay fast


class DivergenceGuard(keras.callbacks.Callback):
    """Ends a fit whose loss is no number any more; first in line, so that no such epoch is kept."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        bad = [name for name, value in (logs or {}).items() if not np.isfinite(value)]
        if bad:
            rate = float(self.model.optimizer.learning_rate)
            raise RunError(
                f"{bad[0]} became {(logs or {})[bad[0]]} in epoch {epoch + 1}; "
                f"a learning_rate below {rate:g} usually helps"
            )


class HistoryWriter(keras.callbacks.Callback):
    """Adds a line to history.csv after every epoch.

    It comes last among the callbacks, so that an epoch's `seconds` hold validation and saving.

    Args:
        n_batches: batches of an epoch.
        batches_per_step: batches that the engine runs in one of Keras's steps.
    """

    def __init__(
        self, folder: FitFolder, reporter: Reporter, n_batches: int, batches_per_step: int
    ) -> None:
        super().__init__()
        self.folder = folder
        self.reporter = reporter
        self.n_batches = n_batches
        self.batches_per_step = batches_per_step

    def on_train_begin(self, logs: Any = None) -> None:
        self.reporter.begin_fit(self.folder.path.name, self.params["epochs"], self.n_batches)
        self.started = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        done = min((batch + 1) * self.batches_per_step, self.n_batches)
        self.reporter.end_batch(self.epoch, done, logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        # The shortest decimal of the float32: 1e-04 rather than 9.999999747378752e-05.
        rate = float(str(np.float32(self.model.optimizer.learning_rate)))
        ended = time.perf_counter()
        scores = {name: float(value) for name, value in _losses_first(logs or {}).items()}
        row = {"epoch": epoch + 1, **scores, "learning_rate": rate, "seconds": ended - self.started}
        self.started = ended
        self._append(row)
        self.reporter.end_epoch(row)

    def _append(self, row: dict[str, float]) -> None:
        """Add a line, in one write: a process that is killed leaves the whole line or none."""
        line = ",".join(map(repr, row.values())) + "\n"
        if row["epoch"] == 1:
            write_text(self.folder.history_path, ",".join(row) + "\n" + line)
            return
        try:
            with self.folder.history_path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(line)
        except OSError as error:
            raise cannot_write(self.folder.history_path, error) from error

    def on_train_end(self, logs: Any = None) -> None:
        self.reporter.end_fit()


class Checkpoints(keras.callbacks.Callback):
    """Keeps the best or last epoch's weights and the last epoch's, as whole models on disk.

    Args:
        network: the model that is saved.
        keep: 'best' by `monitor`, or 'last'.
    """

    def __init__(self, network: keras.Model, folder: FitFolder, keep: str, monitor: str) -> None:
        super().__init__()
        self.network = network
        self.folder = folder
        self.keep = keep
        self.monitor = monitor
        self.sign = 1.0 if is_better_higher(monitor) else -1.0
        self.best_value = -np.inf
        self.epoch = 0
        self.kept_epoch = 0
        self.last_weights: list[np.ndarray] = []
        self.kept_weights: list[np.ndarray] = []
        self.saved_at = 0.0

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch + 1
        self.last_weights = self.network.get_weights()
        if self.keep == "last" or self._improves(logs or {}):
            self.kept_epoch, self.kept_weights = self.epoch, self.last_weights
        if time.monotonic() - self.saved_at > SAVE_SECONDS:
            self.save()

    def _improves(self, logs: dict[str, float]) -> bool:
        value = self.sign * float(logs[self.monitor])
        if self.kept_epoch and not value > self.best_value:
            return False
        self.best_value = value if np.isfinite(value) else -np.inf
        return True

    def save(self) -> None:
        """Write both models: the last finished epoch's, and the kept one."""
        if not self.epoch:
            return
        self._save(self.last_weights, self.folder.last_model_path)
        if self.kept_epoch == self.epoch:
            with writing(self.folder.kept_model_path) as temporary:
                shutil.copyfile(self.folder.last_model_path, temporary)
        else:
            self._save(self.kept_weights, self.folder.kept_model_path)
        self.saved_at = time.monotonic()

    def _save(self, weights: list[np.ndarray], path: Path) -> None:
        current = self.network.get_weights()
        self.network.set_weights(weights)
        with writing(path) as temporary:
            self.network.save(temporary)
        self.network.set_weights(current)


def _losses_first(logs: dict[str, float]) -> dict[str, float]:
    """Keras sorts logs by name; a reader wants loss, metric, val_loss, val_metric."""
    return dict(
        sorted(logs.items(), key=lambda item: (item[0].startswith("val_"), "loss" not in item[0]))
    )
