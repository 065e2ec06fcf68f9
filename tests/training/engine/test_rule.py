"""The rule that chooses an engine and the size of its blocks."""

from collections.abc import Callable

import keras
import pytest
from keras import layers

from textclf.training.engine import rule
from textclf.training.engine.backend import Device
from textclf.training.engine.gpu_memory import CardMemory
from textclf.training.engine.rule import Choice, choose_engine

CPU, GPU = Device("cpu", "x", 2), Device("gpu:0", "x", 1)
N_BATCHES = 313


def make_reader(
    *between: keras.Layer,
    units: int = 8,
    length: int = 100,
    kind: Callable[[int], keras.Layer] = layers.LSTM,
) -> keras.Model:
    inputs = keras.Input((length,), dtype="int32")
    x = layers.Embedding(500, 16)(inputs)
    for layer in (*between, kind(units), layers.Dense(1)):
        x = layer(x)
    return keras.Model(inputs, x)


def both_directions(units: int) -> keras.Layer:
    return layers.Bidirectional(layers.LSTM(units))


def make_dense(units: int, features: int = 10_000) -> keras.Model:
    inputs = keras.Input((features,))
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(units)(inputs)))


def choose(
    network: keras.Model, engine: str = "auto", device: Device = CPU, n_bytes: int = 1000, **sizes
) -> Choice:
    sizes = {"batch_size": 64, "n_batches": N_BATCHES, **sizes}
    return choose_engine(engine, network, n_bytes=n_bytes, device=device, **sizes)


@pytest.mark.parametrize(
    ("network", "device", "name"),
    [
        (make_reader(), CPU, "xla"),
        (make_dense(16, features=13), CPU, "xla"),
        (make_dense(16, features=10_000), CPU, "graph"),
        (make_reader(units=128), CPU, "xla"),
        (make_reader(kind=both_directions), CPU, "xla"),
        (make_reader(layers.Conv1D(4, 5)), CPU, "graph"),
        (make_reader(), GPU, "graph"),
        (make_dense(16), GPU, "xla"),
    ],
    ids=[
        "lstm",
        "features",
        "multi-hot",
        "wide lstm",
        "both directions",
        "conv1d",
        "lstm on gpu",
        "dense on gpu",
    ],
)
def test_rule(network: keras.Model, device: Device, name: str) -> None:
    choice = choose(network, device=device)
    assert choice.name == name
    assert choice.reason


@pytest.mark.parametrize(
    ("layer", "is_known"),
    [
        (layers.LSTM(2, kernel_regularizer="l2"), True),
        (layers.LSTM(2, activity_regularizer="l2"), False),
        (layers.GRU(2, reset_after=False), False),
        (layers.Bidirectional(layers.LSTM(2)), True),
        (layers.Bidirectional(layers.LSTM(2, recurrent_dropout=0.5)), False),
        (layers.Bidirectional(layers.LSTM(2, kernel_constraint="non_neg")), False),
        (layers.Dense(2, kernel_constraint="non_neg"), False),
        (layers.Embedding(2, 2), True),
        (layers.Embedding(2, 2, embeddings_regularizer="l2"), False),
        (layers.Embedding(2, 2, mask_zero=True), False),
        (layers.BatchNormalization(), False),
    ],
)
def test_the_engines_know_what_they_compute_as_keras(layer: keras.Layer, is_known: bool) -> None:
    inputs = keras.Input((4,) if isinstance(layer, layers.Embedding) else (4, 3))
    layer(inputs)
    assert rule.is_known(layer) == is_known


@pytest.mark.parametrize("device", [CPU, GPU])
def test_data_too_large_for_the_device_stay_on_the_host(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule, "device_bytes", lambda _: 1000)
    size = 4 if device.is_gpu else 8  # bytes of four ids: a GPU keeps them as int64
    assert choose(make_reader(), device=device, n_bytes=250 * size // 8).name != "keras"
    choice = choose(make_reader(), device=device, n_bytes=250 * size // 8 + 1)
    assert (choice.name, choice.batches) == ("keras", 1)


@pytest.mark.parametrize("engine", ["xla", "graph", "keras"])
@pytest.mark.parametrize("device", [CPU, GPU])
def test_the_config_overrules(engine: str, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "device_bytes", lambda _: 1)
    choice = choose(make_reader(units=65), engine, device)
    assert (choice.name, choice.reason) == (engine, "the config says so")
    assert (choice.batches == 1) == (engine == "keras")


@pytest.mark.parametrize("n_batches", [1, 2, 7, N_BATCHES, 100_000])
@pytest.mark.parametrize(
    "network",
    [make_reader(), make_reader(units=400, length=2000), make_dense(1), make_dense(4000)],
    ids=["lstm", "heavy lstm", "dense", "heavy dense"],
)
def test_an_epoch_is_cut_into_equal_blocks(network: keras.Model, n_batches: int) -> None:
    batches = choose(network, n_batches=n_batches).batches
    assert 1 <= batches <= n_batches
    blocks = -(-n_batches // batches)
    assert blocks * batches - n_batches < blocks  # no block could be one batch shorter


def test_blocks_hold_fewer_batches_of_heavier_models() -> None:
    light, heavy, heavier = (
        choose(network, n_batches=100_000).batches
        for network in (make_reader(), make_reader(units=60), make_reader(units=60, length=1000))
    )
    assert light > heavy > heavier
    assert choose(make_reader(units=400, length=2000), batch_size=4096).batches == 1
    assert choose(make_reader(), n_batches=10).batches == 10  # half a second holds them


def test_a_devices_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule, "card_memory", lambda _: CardMemory(141 * 10**9, 10**9))
    assert rule.device_bytes(GPU) == 141 * 10**9
    assert rule.device_bytes(CPU) > 2**28


@pytest.mark.parametrize(
    ("network", "batch_size", "shards"),
    [
        (make_reader(units=8), 64, 1),
        (make_reader(units=8), 128, 2),
        (make_reader(units=16), 64, 2),
        (make_reader(units=16), 64 + 1, 1),
        (make_reader(kind=both_directions), 64, 2),
        (make_reader(units=64, kind=layers.SimpleRNN), 64, 1),
        (make_reader(units=128, kind=layers.SimpleRNN), 64, 2),
        (make_dense(16, features=13), 512, 1),
    ],
    ids=[
        "short steps",
        "larger batches",
        "more units",
        "batches that cannot be cut",
        "both directions",
        "a SimpleRNN",
        "a wide SimpleRNN",
        "no loop",
    ],
)
def test_long_steps_are_shared_among_threads(
    network: keras.Model, batch_size: int, shards: int
) -> None:
    assert choose(network, batch_size=batch_size).shards == shards
    assert choose(network, "graph", batch_size=batch_size).shards == 1
    assert choose(network, device=Device("cpu", "x", 1), batch_size=batch_size).shards == 1
