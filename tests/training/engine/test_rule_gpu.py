"""The rule's part for GPUs, as a function of a described device and a network."""

import keras
import pytest
from keras import layers

from textclf.training.engine import rule_cpu, rule_gpu
from textclf.training.engine.backend import Device
from textclf.training.engine.rule import Choice, choose_engine

GPU, CPU = Device("gpu:0", "described", 16), Device("cpu", "described", 16)


def reader(
    *between: keras.Layer, optimizer: str | keras.Optimizer = "rmsprop", words: int = 500
) -> keras.Model:
    x = inputs = keras.Input((100,), dtype="int32")
    for layer in (layers.Embedding(words, 16), *between, layers.Dense(1)):
        x = layer(x)
    model = keras.Model(inputs, x)
    model.compile(optimizer, "mse")
    return model


def features(width: int = 10_000) -> keras.Model:
    inputs = keras.Input((width,))
    model = keras.Model(inputs, layers.Dense(1)(layers.Dense(16)(inputs)))
    model.compile("adagrad", "mse")
    return model


def ngrams() -> keras.Model:
    ids, weights = keras.Input((None,), dtype="int32"), keras.Input((None,))
    vectors = layers.Embedding(50, 4)(ids)
    return keras.Model([ids, weights], layers.Dense(1)(layers.Dot(1)([vectors, weights])))


def choose(network: keras.Model, device: Device = GPU, **sizes: int) -> Choice:
    sizes = {"batch_size": 64, "n_batches": 313, "n_bytes": 1000, **sizes}
    return choose_engine("auto", network, device=device, **sizes)


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (reader(layers.SimpleRNN(8)), "xla"),
        (reader(layers.SimpleRNN(8, return_sequences=True), layers.LSTM(8)), "xla"),
        (reader(layers.LSTM(8)), "graph"),
        (reader(layers.GRU(100)), "graph"),
        (reader(layers.Bidirectional(layers.LSTM(8))), "graph"),
        (reader(layers.Conv1D(4, 5), layers.LSTM(8)), "graph"),
        (reader(layers.Conv1D(4, 5), layers.GlobalMaxPooling1D()), "graph"),
        (reader(layers.Flatten(), layers.Dense(16)), "xla"),
        (reader(layers.Flatten(), optimizer="sgd"), "xla"),
        (reader(layers.Flatten(), optimizer="nadam"), "graph"),
        (reader(layers.SimpleRNN(8), optimizer="adagrad"), "graph"),
        (reader(layers.LSTM(8, recurrent_dropout=0.5)), "keras"),
        (reader(layers.BatchNormalization(), layers.Flatten()), "keras"),
        (features(), "xla"),
        (features(13), "xla"),
        (ngrams(), "graph"),
    ],
    ids=[
        *("simple rnn", "simple rnn and lstm", "lstm", "gru", "both directions", "conv and lstm"),
        *("conv", "flat", "flat, sgd", "flat, other optimizer", "rnn, other optimizer"),
        *("not cudnn's", "unknown", "multi-hot", "features", "n-grams"),
    ],
)
def test_rule(network: keras.Model, name: str) -> None:
    choice = choose(network)
    assert (choice.name, choice.shards) == (name, 1)
    assert choice.reason


def test_a_batch_takes_as_long_as_its_kernels_take_to_start() -> None:
    """Not as long as its multiplications: wider layers have the same blocks."""
    narrow, wide = reader(layers.LSTM(8)), reader(layers.LSTM(200))
    seconds = [rule_gpu.seconds_of_batch("graph", network, 64) for network in (narrow, wide)]
    assert seconds[1] < 1.2 * seconds[0]
    on_cpu = [rule_cpu.seconds_of_batch(network, 64) for network in (narrow, wide)]
    assert on_cpu[1] > 20 * on_cpu[0]


@pytest.mark.parametrize(
    "network",
    [
        reader(layers.Conv1D(64, 5), layers.MaxPooling1D(4), layers.LSTM(100), words=5000),
        reader(layers.LSTM(100), words=1000),
    ],
    ids=["cnn and lstm", "wide lstm"],
)
def test_blocks_on_a_gpu_hold_more_batches(network: keras.Model) -> None:
    sizes = {"batch_size": 100, "n_batches": 250}
    assert choose(network, **sizes).batches >= 25 > choose(network, CPU, **sizes).batches


def test_blocks_do_not_depend_on_the_card_or_the_day() -> None:
    network = reader(layers.SimpleRNN(8))
    other = Device("gpu:3", "another card", 4)
    assert choose(network).batches == choose(network, other).batches
    assert choose(network, n_batches=10).batches == 10


def test_both_directions_are_two_loops() -> None:
    one, both = reader(layers.LSTM(2)), reader(layers.Bidirectional(layers.LSTM(2)))
    seconds = [rule_gpu.seconds_of_batch("xla", network, 1) for network in (one, both)]
    assert seconds[1] - seconds[0] == pytest.approx(100 * rule_gpu.XLA_STEP_SECONDS, rel=0.01)
