"""What callbacks write: the history after every epoch, the best and the last model."""

import types
from pathlib import Path

import keras
import numpy as np
import pytest

from textclf.runs import FitFolder
from textclf.training import callbacks
from textclf.training.callbacks import Checkpoints, HistoryWriter, ProgressReport
from textclf.training.reporter import Reporter

NAN, INFINITE = float("nan"), float("inf")


@pytest.fixture
def folder(tmp_path: Path) -> FitFolder:
    return FitFolder(tmp_path / "fold-1")


@pytest.fixture
def network() -> keras.Model:
    inputs = keras.Input((1,))
    return keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))


def end_epochs(
    checkpoints: Checkpoints, values: list[float], monitor: str = "val_loss"
) -> Checkpoints:
    """As many epochs as values; the network's one weight is the epoch's number, from 1."""
    for epoch, value in enumerate(values):
        checkpoints.network.set_weights([np.full((1, 1), epoch + 1.0)])
        checkpoints.on_epoch_end(epoch, {monitor: value})
    return checkpoints


def saved_epoch(path: Path) -> int:
    return int(keras.models.load_model(path).get_weights()[0][0, 0])


@pytest.mark.parametrize(
    ("monitor", "values", "kept"),
    [
        ("val_loss", [3, 1, 2], 2),
        ("val_loss", [1, 1, 1], 1),
        ("val_loss", [3, 2, 1], 3),
        ("val_accuracy", [0.5, 0.7, 0.6], 2),
        ("val_mae", [0.5, 0.7, 0.4], 3),
        ("loss", [2, 1, 3], 2),
        ("val_loss", [NAN, 5, 6], 2),
        ("val_loss", [INFINITE, 5, 4], 3),
        ("val_loss", [2, NAN, 3], 1),
        ("val_loss", [NAN, NAN], 1),
        ("val_accuracy", [NAN, 0, 0], 2),
    ],
)
def test_the_best_epoch_is_kept(
    network: keras.Model, folder: FitFolder, monitor: str, values: list[float], kept: int
) -> None:
    checkpoints = end_epochs(Checkpoints(network, folder, "best", monitor), values, monitor)
    checkpoints.save()
    assert checkpoints.kept.epoch == kept
    assert saved_epoch(folder.kept_model_path) == kept
    assert saved_epoch(folder.last_model_path) == len(values)
    assert network.get_weights()[0][0, 0] == len(values)  # training goes on where it was


def test_keep_last(network: keras.Model, folder: FitFolder) -> None:
    checkpoints = end_epochs(Checkpoints(network, folder, "last", "val_loss"), [1, 2, 3])
    checkpoints.save()
    assert checkpoints.kept.epoch == 3
    assert saved_epoch(folder.kept_model_path) == saved_epoch(folder.last_model_path) == 3


def test_nothing_is_saved_before_the_first_epoch_ends(
    network: keras.Model, folder: FitFolder
) -> None:
    Checkpoints(network, folder, "best", "val_loss").save()
    assert not folder.path.exists()


@pytest.mark.parametrize(("seconds", "saved"), [(-1, 3), (60, 1)])
def test_models_are_saved_at_most_every_few_moments(
    network: keras.Model,
    folder: FitFolder,
    seconds: float,
    saved: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(callbacks, "SAVE_SECONDS", seconds)
    clock = types.SimpleNamespace(monotonic=lambda: 1000.0)
    monkeypatch.setattr(callbacks, "time", clock)
    end_epochs(Checkpoints(network, folder, "best", "val_loss"), [3, 2, 1])
    assert saved_epoch(folder.last_model_path) == saved
    assert sorted(path.name for path in folder.last_model_path.parent.iterdir()) == [
        "best.keras",
        "last.keras",
    ]


@pytest.mark.parametrize(("later", "saved"), [(59.0, 1), (61.0, 2)])
def test_saving_takes_a_thirtieth_of_the_time_at_most(
    network: keras.Model,
    folder: FitFolder,
    later: float,
    saved: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = types.SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(callbacks, "time", clock)
    save = network.save

    def save_slowly(path: Path) -> None:
        save(path)
        clock.now += 2

    monkeypatch.setattr(network, "save", save_slowly)
    checkpoints = end_epochs(Checkpoints(network, folder, "last", "val_loss"), [1])
    clock.now += later
    network.set_weights([np.full((1, 1), 2.0)])
    checkpoints.on_epoch_end(1, {"val_loss": 1})
    assert saved_epoch(folder.last_model_path) == saved


class Listener(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple] = []

    def begin_fit(self, name: str, epochs: int, batches: int, done: int = 0) -> None:
        self.told.append(("fit", name, epochs, batches))

    def end_batch(self, epoch: int, batch: int, logs: dict[str, float]) -> None:
        self.told.append(("batch", epoch, batch, logs))

    def end_epoch(self, row: dict[str, float]) -> None:
        self.told.append(("epoch", row["epoch"], row["loss"]))

    def end_fit(self) -> None:
        self.told.append(("end",))


def begin_history(folder: FitFolder, learning_rate: float = 1e-4) -> HistoryWriter:
    writer = HistoryWriter(folder)
    optimizer = keras.optimizers.SGD(learning_rate)
    writer.set_model(types.SimpleNamespace(optimizer=optimizer))
    return writer


def end_epoch(writer: HistoryWriter, epoch: int, logs: dict[str, float]) -> None:
    writer.on_epoch_begin(epoch)
    writer.on_epoch_end(epoch, logs)


# In Keras's order: by name.
LOGS = {"accuracy": 0.5, "loss": 0.25, "val_accuracy": np.float32(0.75), "val_loss": 1 / 3}


def test_history_is_written_after_every_epoch(folder: FitFolder) -> None:
    writer = begin_history(folder)
    end_epoch(writer, 0, LOGS)
    header, first = folder.history_path.read_text().splitlines()
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds"
    assert first.startswith("1,0.25,0.5,0.3333333333333333,0.75,0.0001,")
    end_epoch(writer, 1, {**LOGS, "loss": NAN})
    assert folder.history_path.read_text().splitlines()[2].startswith("2,nan,0.5,")
    history = folder.history
    assert history["epoch"].tolist() == [1, 2]
    assert history["val_loss"].tolist() == [1 / 3] * 2
    assert np.isnan(history["loss"][1])


@pytest.mark.parametrize(
    ("logs", "columns"),
    [
        ({"accuracy": 1, "loss": 1}, ["loss", "accuracy"]),
        (
            {"mae": 1, "loss": 1, "val_mae": 1, "val_loss": 1},
            ["loss", "mae", "val_loss", "val_mae"],
        ),
    ],
)
def test_columns(folder: FitFolder, logs: dict[str, float], columns: list[str]) -> None:
    end_epoch(begin_history(folder), 0, logs)
    assert list(folder.history.columns) == ["epoch", *columns, "learning_rate", "seconds"]


@pytest.mark.parametrize(
    ("rate", "written"), [(1e-4, "0.0001"), (0.001, "0.001"), (0.3, "0.3"), (1e-10, "1e-10")]
)
def test_learning_rate_is_written_as_a_person_would(
    folder: FitFolder, rate: float, written: str
) -> None:
    end_epoch(begin_history(folder, rate), 0, LOGS)
    assert folder.history_path.read_text().splitlines()[1].split(",")[5] == written


def test_seconds_are_those_of_a_whole_epoch(
    folder: FitFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter([10.0, 12.5, 13.5])
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: next(ticks))
    writer = begin_history(folder)
    for epoch in range(2):
        end_epoch(writer, epoch, LOGS)
    assert folder.history["seconds"].tolist() == [2.5, 1.0]


def test_the_reporter_is_told(folder: FitFolder) -> None:
    writer = begin_history(folder)
    progress = ProgressReport(Listener(), writer, n_batches=3, batches_per_step=2)
    progress.set_params({"epochs": 2, "steps": 2})
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    progress.on_train_batch_end(0, {"loss": 0.25})
    end_epoch(writer, 0, LOGS)
    progress.on_epoch_end(0)
    progress.on_train_end()
    assert progress.reporter.told == [
        ("fit", "fold-1", 2, 3),
        ("batch", 1, 2, {"loss": 0.25}),
        ("epoch", 1, 0.25),
        ("end",),
    ]
