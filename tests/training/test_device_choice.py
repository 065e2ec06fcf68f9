"""`--device auto`: the faster device for a whole command, from the config and the data's shape."""

from dataclasses import replace

import numpy as np
import pytest

from forked_script import run_script
from textclf.config.file import load_config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import placeholder
from textclf.training import device_choice
from textclf.training.device_choice import (
    Work,
    choose_device,
    cpu_seconds,
    device_again,
    device_for_little,
    gpu_seconds,
    work_of,
)
from textclf.training.engine import backend
from textclf.training.network import outline

# Seconds per epoch, measured with an older version on two processors and on one H200, where a
# command took another 10 s to start; the models without figures are like the one they are named
# after, and smaller or larger.
MEASURED = {
    "imdb_lstm": (0.294, 2.21),
    "imdb_simple_rnn": (0.155, 21.4),
    "imdb_embedding_dense": (1.14, 1.45),
    "imdb_cnn_lstm": (10.9, 2.64),
    "reuters_lstm": (5.66, 0.80),
    "imdb_dense": (0.257, 0.093),
    "reuters_dense": (0.219, 0.059),
    "boston_dense": (0.0119, 0.030),
}
START = 10
FASTER = {
    name: "cpu" if epoch[0] * n < epoch[1] * n + START else "gpu"
    for name, epoch in MEASURED.items()
    for n in [load_config(name).training.epochs * (5 if name == "boston_dense" else 1)]
} | dict.fromkeys(("imdb_lstm_dropout", "imdb_simple_rnn_onehot", "imdb_truncated_rnn"), "cpu")
ROWS = {"imdb": (25_000, 50_000), "reuters": (8_982, 11_228), "boston": (404, 506)}


def of_real_size(recipe: str) -> tuple[object, Dataset]:
    """A recipe and rows of the number and shape of its data; what they hold does not matter."""
    config = load_config(recipe)
    data = placeholder(config.dataset)
    n_train, n = ROWS[config.dataset.name]
    if isinstance(data.x, Ragged):
        x = Ragged(np.ones(n, np.int32), np.arange(n + 1))
    else:
        x = np.zeros((n, data.x.shape[1]))
    y = np.arange(n) % max(len(data.class_names), 1)
    return config, replace(data, x=x, y=y.astype(data.y.dtype), n_train=n_train)


def estimates(recipe: str, threads: int = 2) -> tuple[float, float]:
    config, data = of_real_size(recipe)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows[:1])
    network, work = outline(config, encoder, data), work_of(config, data, 1, trains=True)
    return cpu_seconds(network, work, threads), gpu_seconds(network, work)


@pytest.mark.parametrize("recipe", FASTER)
def test_the_device_is_the_one_that_was_measured_to_be_faster(recipe: str) -> None:
    on_cpu, on_gpu = estimates(recipe)
    assert ("cpu" if on_cpu <= on_gpu else "gpu") == FASTER[recipe], (on_cpu, on_gpu)


def test_both_devices_are_among_them() -> None:
    assert FASTER["imdb_cnn_lstm"] == FASTER["reuters_lstm"] == "gpu"
    assert list(FASTER.values()).count("cpu") == 9


@pytest.mark.parametrize("recipe", MEASURED)
def test_the_estimate_for_two_processors_is_of_the_right_size(recipe: str) -> None:
    config, _ = of_real_size(recipe)
    epochs = config.training.epochs * (5 if recipe == "boston_dense" else 1)
    assert 1 / 3 < estimates(recipe)[0] / (MEASURED[recipe][0] * epochs) < 3


def test_more_threads_help_where_work_is_shared() -> None:
    assert estimates("imdb_cnn_lstm", 8)[0] < 0.6 * estimates("imdb_cnn_lstm", 2)[0]
    assert estimates("imdb_lstm", 8)[0] == estimates("imdb_lstm", 2)[0]


def test_work_counts_every_epoch_fold_and_training() -> None:
    config, data = of_real_size("boston_dense")
    once = work_of(config, data, 1, trains=True)
    assert once.trained == 100 * (4 * 303 + 404)
    assert work_of(config, data, 3, trains=True).trained == 3 * once.trained
    only_scored = work_of(config, data, 1, trains=False)
    assert (only_scored.trained, only_scored.scored) == (0, 404 + 102)
    assert Work(90, 30, 10).batches == pytest.approx(10)


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_started", None)
    monkeypatch.setattr(backend, "has_gpu", lambda device: device == "gpu:0")
    monkeypatch.setattr(device_choice, "available_processors", lambda: 2)


@pytest.mark.usefixtures("with_gpu")
@pytest.mark.parametrize(("recipe", "device"), [("imdb_lstm", "cpu"), ("reuters_lstm", "gpu")])
def test_the_choice_says_why_and_how_to_choose_otherwise(recipe: str, device: str) -> None:
    choice = choose_device("auto", *of_real_size(recipe))
    assert choice.device == device
    other = {"cpu": "gpu", "gpu": "cpu"}[device]
    assert choice.reason.startswith(f"trained on the {device.upper()}: ")
    assert choice.reason.endswith(f"--device {other} overrides")


@pytest.mark.usefixtures("with_gpu")
def test_a_device_that_is_named_is_not_questioned() -> None:
    for device in ("cpu", "gpu", "gpu:1"):
        choice = choose_device(device, *of_real_size("reuters_lstm"))
        assert (choice.device, choice.reason) == (device, None)


@pytest.mark.usefixtures("with_gpu")
def test_kept_models_are_scored_where_no_gpu_must_start() -> None:
    choice = choose_device("auto", *of_real_size("imdb_cnn_lstm"), trains=False)
    assert choice.device == "cpu"
    assert choice.reason.startswith("scored on the CPU")
    assert device_for_little("auto") == "cpu"
    assert device_for_little("gpu") == "gpu"


def test_without_a_gpu_there_is_nothing_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_started", None)
    monkeypatch.setattr(backend, "has_gpu", lambda _: False)
    choice = choose_device("auto", *of_real_size("reuters_lstm"))
    assert (choice.device, choice.reason) == ("auto", None)


def test_a_process_stays_on_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "has_gpu", lambda _: True)
    monkeypatch.setattr(backend, "_started", "gpu:1")
    choice = choose_device("auto", *of_real_size("reuters_lstm"))
    assert (choice.device, choice.reason) == ("auto", None)
    assert device_for_little("auto") == "auto"


@pytest.mark.usefixtures("with_gpu")
@pytest.mark.parametrize(
    ("device", "began", "again"),
    [
        ("auto", "gpu:0", "gpu:0"),
        ("auto", "gpu:1", "auto"),
        ("auto", "cpu", "cpu"),
        ("auto", None, "auto"),
        ("cpu", "gpu:0", "cpu"),
        ("gpu", "cpu", "gpu"),
    ],
)
def test_a_run_is_continued_where_it_began(device: str, began: str | None, again: str) -> None:
    record = {"device": {"name": began}} if began else {}
    assert device_again(device, record) == again


UNSTARTED = """
from textclf.config.file import load_config
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import placeholder
from textclf.training.engine.outline import outlining
from textclf.training.network import outline
import keras
from keras import layers
from tensorflow.python.eager import context

for recipe in ("imdb_lstm_dropout", "imdb_cnn_lstm", "imdb_simple_rnn_onehot", "reuters_dense"):
    config = load_config(recipe)
    data = placeholder(config.dataset)
    outline(config, fit_encoder(config.preprocessing, data, data.train_rows), data)
with outlining():
    x = layers.Embedding(9, 4, mask_zero=True)(keras.Input((10,), dtype="int32"))
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True, recurrent_dropout=0.1))(x)
    x = layers.BatchNormalization()(layers.MultiHeadAttention(2, 2)(x, x))
print(context.context()._initialized)
"""


@pytest.mark.slow
def test_an_outline_does_not_start_a_device() -> None:
    """Or the GPU would be started to find out that it is not needed."""
    done = run_script(UNSTARTED)
    assert done.stdout.split() == ["False"], done.stderr
