"""Weights depend on the config's seed alone, whatever other threads draw meanwhile."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.config.settings import Config
from textclf.data.encoders import fit_encoder
from textclf.training.engine.seeds import seeded
from textclf.training.network import new_network
from tiny_data import texts

DATA = texts(["a b", "b c", "a d", "d c"] * 3, [0, 1] * 6, 9)
LAYERS = [
    {"Embedding": {"output_dim": 3, "embeddings_initializer": {"RandomNormal": {"stddev": 0.1}}}},
    {"GaussianNoise": {"stddev": 0.1}},
    {"Bidirectional": {"GRU": {"units": 2, "dropout": 0.2}}},
    {"Dense": {"units": 2, "kernel_initializer": "orthogonal"}},
]
MODELS = {
    "dense": {"type": "dense", "embedding_dim": 2, "units": [3], "dropout": 0.5},
    "lstm": {"type": "lstm", "embedding_dim": 2, "units": 3, "bidirectional": True, "dropout": 0.1},
    "cnn": {"type": "cnn", "embedding_dim": 2, "filters": 3, "kernel_size": 2, "dropout": 0.1},
    "layers": {"type": "layers", "layers": LAYERS},
}


def disturb() -> None:
    """What a script's other thread may do: seed, draw, and make layers of its own."""
    random.seed(7)
    np.random.seed(7)
    tf.random.set_seed(7)
    keras.utils.set_random_seed(7)
    keras.layers.Dense(2).build((None, 3))
    random.random()


@contextmanager
def another_thread_drawing() -> Iterator[None]:
    """It draws before each layer that this thread makes."""
    here, original = threading.get_ident(), keras.layers.Layer.__init__

    def init(self: keras.Layer, **arguments: object) -> None:
        if threading.get_ident() == here:
            thread = threading.Thread(target=disturb)
            thread.start()
            thread.join()
        original(self, **arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.layers.Layer, "__init__", init)
        yield


def variables_of(model: dict, seed: int) -> list[list]:
    """Weights, and the seeds of dropout."""
    config = Config(
        dataset={"name": "imdb"}, preprocessing={"num_words": 9, "maxlen": 4}, model=model
    )
    encoder = fit_encoder(config.preprocessing, DATA, DATA.train_rows)
    with seeded(seed):
        network = new_network(config, encoder, DATA)
    return [variable.numpy().tolist() for variable in network.variables]


@pytest.mark.parametrize("name", MODELS)
def test_another_thread_changes_no_weight(name):
    expected, other = variables_of(MODELS[name], 1), variables_of(MODELS[name], 2)
    with another_thread_drawing():
        assert variables_of(MODELS[name], 1) == expected != other


def test_weights_are_those_of_kerass_own_seed():
    with seeded(3):
        ours = keras.layers.Dense(2)
        ours.build((None, 3))
    keras.utils.set_random_seed(3)
    plain = keras.layers.Dense(2)
    plain.build((None, 3))
    np.testing.assert_array_equal(ours.kernel, plain.kernel)


def test_other_threads_keep_their_own_random_numbers():
    drawn = []

    def draw() -> None:
        keras.utils.set_random_seed(5)
        layer = keras.layers.Dense(2)
        layer.build((None, 3))
        drawn.append(layer.kernel.numpy().tolist())

    draw()
    with seeded(3):
        thread = threading.Thread(target=draw)
        thread.start()
        thread.join()
    assert drawn[0] == drawn[1]


def test_keras_draws_as_ever_after_the_block():
    with pytest.raises(ValueError, match="inside"), seeded(3):
        raise ValueError("inside")
    assert keras.src.random.seed_generator.python_random is random


def test_a_callback_can_rely_on_the_seed_of_the_process():
    draws = []
    for _ in range(2):
        with seeded(4):
            pass
        draws.append((random.random(), np.random.random(), float(tf.random.uniform(()))))
    assert draws[0] == draws[1]
