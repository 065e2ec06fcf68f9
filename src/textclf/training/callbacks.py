"""Keras callbacks that write a fit into its folder, and resume it from its last state."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from textclf.data.tasks import is_better_higher
from textclf.disk.atomic import append_line, write_text, writing
from textclf.errors import DivergedError
from textclf.runs import FitFolder
from textclf.training.optimizers import last_rate
from textclf.training.plateau import PlateauWatch
from textclf.training.reporter import Reporter
from textclf.training.state import REMEMBERED, Arrays, FitState, Kept, damaged, write_state

SAVE_SECONDS = 1.0  # how often a file is written at most, so that epochs of 5 ms stay fast
SAVE_SHARE = 1 / 30  # of the time, at most, so that a large model trains rather than writes


class DivergenceGuard(keras.callbacks.Callback):
    """Stops training on NaN or infinity; it comes first, so that no such epoch is kept.

    Args:
        network: the model whose weights are looked at.
        batches_per_step: batches that the engine runs in one of Keras's steps.
    """

    def __init__(self, network: keras.Model, n_batches: int, batches_per_step: int) -> None:
        super().__init__()
        self.network = network
        self.n_batches = n_batches
        self.batches_per_step = batches_per_step

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        first = batch * self.batches_per_step + 1
        last = min((batch + 1) * self.batches_per_step, self.n_batches)
        where = f"batch {first}" if first == last else f"batches {first} to {last}"
        self._check(logs or {}, f"{where} of epoch {self.epoch}")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._check(logs or {}, f"epoch {self.epoch}")
        if not all(np.isfinite(weight).all() for weight in self.network.get_weights()):
            raise self._diverged(f"a weight became infinite or nan in epoch {self.epoch}")

    def _check(self, logs: dict[str, float], where: str) -> None:
        for name, value in logs.items():
            if not np.isfinite(value):
                raise self._diverged(f"{name} became {float(value)} in {where}")

    def _diverged(self, what: str) -> DivergedError:
        rate = last_rate(self.model.optimizer)
        return DivergedError(
            f"{what}; a training.learning_rate below {rate:g} usually helps; "
            "features that are far from 0, not standardized, are another cause"
        )


class EpochScores(keras.callbacks.Callback):
    """Adds scores of the validation rows to an epoch's logs; it comes before all who read them.

    Args:
        compute: gives each score by its name, such as 'val_macro_f1', of the epoch that has ended.
    """

    def __init__(self, compute: Callable[[], dict[str, float]]) -> None:
        super().__init__()
        self.compute = compute

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs.update(self.compute())


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras's own, which remembers how long it has waited when a fit is resumed."""

    def __init__(self, start: FitState | None, **settings: Any) -> None:
        super().__init__(**settings)
        self.start = start

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        if self.start and self.start.early_stopping:
            for name in REMEMBERED:
                setattr(self, name, self.start.early_stopping[name])

    @property
    def memory(self) -> dict[str, float | None]:
        """The values to resume with."""
        return {name: getattr(self, name) for name in REMEMBERED}


class HistoryWriter(keras.callbacks.Callback):
    """Adds a line to history.csv after every epoch.

    It comes after all that an epoch's `seconds` hold: validation, and saving the models.

    Args:
        start: the state to resume from.
    """

    def __init__(self, folder: FitFolder, start: FitState | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.text = start.history if start else ""
        self.row: dict[str, float] = {}  # of the last epoch
        self.started: float | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.started is None:
            self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        rate = last_rate(self.model.optimizer)
        ended = time.perf_counter()
        seconds = ended - (self.started or ended)
        self.started = ended
        scores = {name: float(value) for name, value in _losses_first(logs or {}).items()}
        self.row = {"epoch": epoch + 1, **scores, "learning_rate": rate, "seconds": seconds}
        self._add(self.row)

    def _add(self, row: dict[str, float]) -> None:
        line = ",".join(map(repr, row.values())) + "\n"
        if self.text:
            append_line(self.folder.history_path, line)
            self.text += line
        else:
            self.text = ",".join(row) + "\n" + line
            write_text(self.folder.history_path, self.text)


class _Pace:
    """When it is time to write again."""

    def __init__(self) -> None:
        self.due_at = -np.inf

    def is_due(self) -> bool:
        return time.monotonic() >= self.due_at

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        started = time.monotonic()
        yield
        ended = time.monotonic()
        self.due_at = ended + max(SAVE_SECONDS, (ended - started) / SAVE_SHARE)


class Checkpoints(keras.callbacks.Callback):
    """Keeps two models on disk: the best or last epoch's, and the last epoch's.

    Args:
        network: the model that is saved.
        keep: 'best' by `monitor`, or 'last'.
        start: the state to resume from.
    """

    def __init__(
        self,
        network: keras.Model,
        folder: FitFolder,
        keep: str,
        monitor: str,
        start: FitState | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.folder = folder
        self.keep = keep
        self.monitor = monitor
        self.sign = 1.0 if is_better_higher(monitor) else -1.0
        self.epoch = start.epoch if start else 0
        self.kept = start.kept if start else Kept()
        self.last_weights = network.get_weights() if start else []
        self.pace = _Pace()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch + 1
        self.last_weights = self.network.get_weights()
        self._keep_if_better(logs or {})
        if self.pace.is_due():
            self.save()

    def _keep_if_better(self, logs: dict[str, float]) -> None:
        value = self.sign * float(logs[self.monitor]) if self.keep == "best" else 0.0
        if self.keep == "last" or not self.kept.epoch or value > self.kept.value:
            known = value if np.isfinite(value) else -np.inf
            self.kept = Kept(self.epoch, known, self.last_weights)

    def save(self) -> None:
        """Write both models: the last finished epoch's, and the kept one."""
        if not self.epoch:
            return
        with self.pace.writing():
            self._save(self.last_weights, self.folder.last_model_path)
            if self.kept.epoch == self.epoch:
                with writing(self.folder.kept_model_path) as temporary:
                    shutil.copyfile(self.folder.last_model_path, temporary)
            else:
                self._save(self.kept.weights, self.folder.kept_model_path)

    def _save(self, weights: Arrays, path: Path) -> None:
        current = self.network.get_weights()
        self.network.set_weights(weights)
        try:
            with writing(path) as temporary:
                self.network.save(temporary)
        finally:
            self.network.set_weights(current)


class StateKeeper(keras.callbacks.Callback):
    """Remembers the state after each epoch and writes it, when all that changes it is done.

    A state never names an epoch that history.csv does not have. Its own writing counts for the
    next epoch's `seconds`.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        history: HistoryWriter,
        early_stopping: EarlyStopping | None,
        start: FitState | None = None,
        plateau: PlateauWatch | None = None,
    ) -> None:
        super().__init__()
        self.plateau = plateau
        self.checkpoints = checkpoints
        self.history = history
        self.early_stopping = early_stopping
        self.state = start
        self.pace = _Pace()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        network = self.checkpoints.network
        self.state = FitState(
            epoch=epoch + 1,
            network=[variable.numpy() for variable in network.variables],
            optimizer=[variable.numpy() for variable in network.optimizer.variables],
            kept=self.checkpoints.kept,
            early_stopping=self.early_stopping.memory if self.early_stopping else {},
            stopped=bool(self.model.stop_training),
            history=self.history.text,
            plateau=self.plateau.memory if self.plateau else {},
        )
        if self.pace.is_due():
            self.save()

    def close(self) -> None:
        """Write what is not written yet, however training ended."""
        self.checkpoints.save()
        self.save()

    def save(self) -> None:
        if self.state is not None:
            with self.pace.writing():
                write_state(self.checkpoints.folder.state_path, self.state)


class ProgressReport(keras.callbacks.Callback):
    """Reports a fit's progress; it comes last, so that a reporter that fails loses no epoch.

    Args:
        history: has the row of the epoch that has ended.
        n_batches: batches of an epoch.
        batches_per_step: batches that the engine runs in one of Keras's steps.
        done: the epochs that were finished before.
    """

    def __init__(
        self,
        reporter: Reporter,
        history: HistoryWriter,
        n_batches: int,
        batches_per_step: int,
        done: int = 0,
    ) -> None:
        super().__init__()
        self.reporter = reporter
        self.history = history
        self.n_batches = n_batches
        self.batches_per_step = batches_per_step
        self.done = done

    def on_train_begin(self, logs: Any = None) -> None:
        name, epochs = self.history.folder.path.name, self.params["epochs"]
        self.reporter.begin_fit(name, epochs, self.n_batches, self.done)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        done = min((batch + 1) * self.batches_per_step, self.n_batches)
        self.reporter.end_batch(self.epoch, done, logs or {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.reporter.end_epoch(self.history.row)

    def on_train_end(self, logs: Any = None) -> None:
        self.reporter.end_fit()


def restore(network: keras.Model, state: FitState, path: Path) -> None:
    """Give a network and its optimizer the values of a state.

    Args:
        path: the state's, for messages.

    Raises:
        RunError: the state is of another model.
    """
    groups = (
        (network.variables, state.network),
        (network.optimizer.variables, state.optimizer),
        (network.weights, state.kept.weights),
    )
    if not all(_suit(variables, values) for variables, values in groups):
        raise damaged(path, "it is of another model than the run's config describes")
    for variables, values in groups[:2]:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _suit(variables: list[Any], values: Arrays) -> bool:
    """Whether values have the shapes and types of variables."""
    expected = [(tuple(variable.shape), variable.dtype) for variable in variables]
    return expected == [(value.shape, value.dtype.name) for value in values]


def _losses_first(logs: dict[str, float]) -> dict[str, float]:
    """Keras sorts logs by name; a reader wants loss, metric, val_loss, val_metric."""
    return dict(
        sorted(logs.items(), key=lambda item: (item[0].startswith("val_"), "loss" not in item[0]))
    )
