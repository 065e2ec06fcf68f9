"""Optimizers, schedules and losses are Keras's own, and its steps follow from epochs."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.config.file import dump_config
from textclf.config.settings import Config
from textclf.config.settings.training import ReduceOnPlateau, Training
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION, Task
from textclf.errors import ConfigError
from textclf.runs import RunFolder
from textclf.training.losses import saved_loss, with_loss
from textclf.training.optimizers import last_rate, new_optimizer
from textclf.training.plateau import PlateauWatch
from textclf.training.resumption import with_epochs
from textclf.training.state import FitState, Kept

N_BATCHES = 10
OLD = {"sgd": 0.01, "rmsprop": 0.001, "adam": 0.001, "adamw": 0.001, "nadam": 0.001}


@pytest.mark.parametrize("name", [*OLD, "adagrad"])
def test_by_default_an_optimizer_is_that_of_its_name_alone(name: str) -> None:
    expected = keras.optimizers.get(name)
    expected.learning_rate = OLD.get(name, 0.001)
    found = new_optimizer(Training(optimizer=name), N_BATCHES)
    assert type(found) is type(expected)
    assert found.get_config() | {"name": name} == expected.get_config() | {"name": name}


def test_what_is_set_is_passed_on() -> None:
    settings = Training(
        optimizer="sgd", learning_rate=0.5, momentum=0.9, weight_decay=0.1, clipnorm=1.0
    )
    found = new_optimizer(settings, N_BATCHES).get_config()
    expected = {"learning_rate": 0.5, "momentum": 0.9, "weight_decay": 0.1, "clipnorm": 1.0}
    assert {name: found[name] for name in expected} == expected
    without = Training(optimizer="adamw", weight_decay=0.0)
    assert new_optimizer(without, N_BATCHES).weight_decay == 0.0


def rates(schedule: dict[str, Any], epochs: int = 4) -> list[float]:
    """The rate of each epoch's last step."""
    settings = Training(epochs=epochs, learning_rate=schedule)
    optimizer = new_optimizer(settings, N_BATCHES)
    found = []
    for epoch in range(1, epochs + 1):
        optimizer.iterations.assign(epoch * N_BATCHES)
        found.append(last_rate(optimizer))
    return found


def cosine(share: float) -> float:
    return 0.5 * (1 + np.cos(np.pi * share))


COSINE = {"schedule": "cosine", "initial": 1.0}
EXPONENTIAL = {"schedule": "exponential", "initial": 1.0, "decay_rate": 0.5}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (COSINE, [cosine(step / 40) for step in (9, 19, 29, 39)]),
        (
            {**COSINE, "warmup_epochs": 2.0, "alpha": 0.5},
            [0.45, 0.95, *(0.5 + 0.5 * cosine(step / 20) for step in (9, 19))],
        ),
        ({**COSINE, "decay_epochs": 2.0}, [cosine(0.45), cosine(0.95), 0, 0]),
        (EXPONENTIAL, [0.5 ** (step / 10) for step in (9, 19, 29, 39)]),
        ({**EXPONENTIAL, "staircase": True, "decay_epochs": 2.0}, [1, 1, 0.5, 0.5]),
        (
            {"schedule": "piecewise", "boundaries": [1.0, 3.0], "values": [1.0, 0.2, 0.1]},
            [1, 0.2, 0.2, 0.1],
        ),
    ],
    ids=["cosine", "warm-up", "cosine of two epochs", "exponential", "stairs", "piecewise"],
)
def test_a_schedule_counts_epochs(schedule: dict[str, Any], expected: list[float]) -> None:
    np.testing.assert_allclose(rates(schedule), expected, atol=1e-6)


def test_a_piece_ends_with_its_epoch() -> None:
    piecewise = {"schedule": "piecewise", "boundaries": [1.0], "values": [1.0, 0.1]}
    optimizer = new_optimizer(Training(learning_rate=piecewise), N_BATCHES)
    for step, rate in ((N_BATCHES - 1, 1.0), (N_BATCHES, 0.1)):  # counted from 0
        optimizer.iterations.assign(step)
        assert float(optimizer.learning_rate) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("schedule", "is_longer"),
    [(COSINE, False), ({**COSINE, "decay_epochs": 2.0}, True), (EXPONENTIAL, True)],
)
def test_a_schedule_over_all_epochs_is_not_lengthened(
    schedule: dict[str, Any], is_longer: bool, tmp_path: Path
) -> None:
    content = {"dataset": {"name": "boston"}, "model": {"type": "dense"}}
    config = Config.model_validate(content | {"training": {"learning_rate": schedule}})
    (tmp_path / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    run = RunFolder(tmp_path)
    assert with_epochs(run, 10) == config
    if is_longer:
        assert with_epochs(run, 12).training.epochs == 12
    else:
        with pytest.raises(ConfigError, match="the cosine schedule falls over all epochs"):
            with_epochs(run, 12)


# --- losses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, REGRESSION])
def test_without_a_setting_the_task_is_the_same(task: Task) -> None:
    assert with_loss(task, Training()) is task
    assert saved_loss(task, Training()) == task.loss


@pytest.mark.parametrize(
    ("task", "settings", "y"),
    [
        (REGRESSION, {"loss": "mean_absolute_error"}, [[1.0], [5.0]]),
        (REGRESSION, {"loss": "huber", "huber_delta": 2.0}, [[1.0], [5.0]]),
        (BINARY, {"label_smoothing": 0.2}, [[1], [0]]),
        (MULTICLASS, {"label_smoothing": 0.2}, [[2], [0]]),
    ],
)
def test_the_loss_of_each_row_has_the_mean_that_plain_keras_shows(
    task: Task, settings: dict[str, Any], y: list[list[float]]
) -> None:
    training = Training(**settings)
    width = 3 if task is MULTICLASS else 1
    outputs = tf.nn.softmax(tf.constant([[0.1, 0.2, 0.3], [1.0, 0.0, -1.0]]))[:, :width]
    each = keras.losses.get(with_loss(task, training).loss)(tf.constant(y), outputs)
    assert each.shape == (2,)
    targets = tf.one_hot([row[0] for row in y], 3) if task is MULTICLASS else tf.constant(y)
    whole = keras.losses.get(saved_loss(with_loss(task, training), training))(targets, outputs)
    assert np.mean(each) == pytest.approx(np.mean(whole))


# --- the plateau -----------------------------------------------------------------------------


class Trained:
    def __init__(self) -> None:
        self.optimizer = keras.optimizers.SGD(1.0)


def watched(losses: list[float], start: FitState | None = None) -> tuple[PlateauWatch, float]:
    watch = PlateauWatch(ReduceOnPlateau(factor=0.5, patience=2, min_lr=0.3), start)
    watch.set_model(Trained())
    watch.on_train_begin()
    for epoch, loss in enumerate(losses):
        watch.on_epoch_end(epoch, {"val_loss": loss})
    return watch, float(watch.model.optimizer.learning_rate)


@pytest.mark.parametrize(
    ("losses", "rate"), [([3, 2, 1], 1.0), ([1, 1, 1], 0.5), ([1] * 5, 0.3), ([1] * 20, 0.3)]
)
def test_the_rate_falls_on_a_plateau(losses: list[float], rate: float) -> None:
    assert watched(losses)[1] == pytest.approx(rate)


def test_a_resumed_watch_has_waited_already() -> None:
    memory = watched([1, 1])[0].memory
    assert memory == {"wait": 1, "best": 1, "cooldown_counter": 0}
    start = FitState(2, [], [], Kept(), {}, False, "", memory)
    assert watched([1], start)[1] == 0.5
