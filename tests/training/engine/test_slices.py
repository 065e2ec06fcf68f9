"""The faster updates of an embedding give the numbers of Keras's own."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.training.engine.slices import add_up_in_order, adds_up_in_order, speed_up_slices
from textclf.training.engine.sums_of_words import sums_in_order

IDS = [3, 0, 3, 3, 5]  # a word three times, some never
WORDS, WIDTH, STEPS = 7, 2, 4


def train(optimizer: keras.Optimizer, as_slices: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """The weights and the optimizer's second moment after a few steps of the same gradients."""
    random = np.random.default_rng(0)
    weights = keras.Variable(random.normal(size=(WORDS, WIDTH)).astype(np.float32))
    optimizer.build([weights])
    for _ in range(STEPS):
        slices = tf.constant(random.normal(size=(len(IDS), WIDTH)).astype(np.float32))
        gradient = tf.IndexedSlices(slices, tf.constant(IDS), tf.constant([WORDS, WIDTH]))
        optimizer.apply_gradients(
            [(gradient if as_slices else tf.convert_to_tensor(gradient), weights)]
        )
    return weights.numpy(), optimizer._velocities[0].numpy()


OPTIMIZERS = [keras.optimizers.RMSprop, keras.optimizers.Adam]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("as_slices", [True, False])
def test_the_step_equals_keras(optimizer: type[keras.Optimizer], as_slices: bool) -> None:
    ours, stock = optimizer(0.1), optimizer(0.1)
    speed_up_slices(ours)
    for mine, kerass in zip(train(ours, as_slices), train(stock, as_slices), strict=True):
        np.testing.assert_allclose(mine, kerass, rtol=2e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_sums_of_slices_are_as_good_as_slices(optimizer: type[keras.Optimizer]) -> None:
    slices = np.random.default_rng(0).normal(size=(len(IDS), WIDTH)).astype(np.float32)
    sums = np.zeros((2, WORDS, WIDTH), np.float32)
    np.add.at(sums, (slice(None), IDS), [slices, slices**2])
    of_slices = tf.IndexedSlices(tf.constant(slices), tf.constant(IDS))
    results = []
    for gradient in (of_slices, tf.constant(sums)):
        ours, weights = optimizer(0.1), keras.Variable(np.ones((WORDS, WIDTH), np.float32))
        speed_up_slices(ours)
        ours.build([weights])
        ours.update_step(gradient, weights, tf.constant(0.1))
        results.append(weights.numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_slices_are_squared_one_by_one(optimizer: type[keras.Optimizer]) -> None:
    """What a dense gradient would give is another number."""
    ours = optimizer(0.1)
    speed_up_slices(ours)
    _, velocity = train(ours)
    _, of_sums = train(optimizer(0.1), as_slices=False)
    assert not np.allclose(velocity, of_sums, rtol=0.01)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(),
        keras.optimizers.AdamW(),
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.RMSprop(momentum=0.9),
        keras.optimizers.RMSprop(centered=True),
    ],
    ids=["sgd", "adamw", "amsgrad", "momentum", "centered"],
)
def test_others_are_left_alone(optimizer: keras.Optimizer) -> None:
    assert not speed_up_slices(optimizer)
    assert "update_step" not in vars(optimizer)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.RMSprop(0.1),
        lambda: keras.optimizers.Adam(0.1),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    ],
    ids=["rmsprop", "adam", "sgd"],
)
def test_a_gpus_step_equals_keras(make: Callable[[], keras.Optimizer]) -> None:
    ours, stock = make(), make()
    assert add_up_in_order(ours)
    for mine, kerass in zip(train_compiled(ours), train_compiled(stock), strict=True):
        np.testing.assert_allclose(mine, kerass, rtol=2e-6)


def train_compiled(optimizer: keras.Optimizer) -> list[np.ndarray]:
    """The weights after each of a few steps under XLA."""
    weights = keras.Variable(np.ones((WORDS, WIDTH), np.float32))
    optimizer.build([weights])

    @tf.function(jit_compile=True, autograph=False)
    def step(slices: tf.Tensor) -> None:
        gradient = tf.IndexedSlices(slices, tf.constant(IDS), tf.constant([WORDS, WIDTH]))
        optimizer.apply_gradients([(gradient, weights)])

    random, after = np.random.default_rng(0), []
    for _ in range(STEPS):
        step(tf.constant(random.normal(size=(len(IDS), WIDTH)).astype(np.float32)))
        after.append(weights.numpy())
    return after


@pytest.mark.parametrize("occurrences", [1, 2, 5, 64, 1000])
def test_sums_in_order_are_the_sums_without_a_scatter_of_floats(occurrences: int) -> None:
    random = np.random.default_rng(occurrences)
    slices = random.normal(size=(occurrences, WIDTH)).astype(np.float32)
    ids = random.integers(0, WORDS, occurrences).astype(np.int32)
    summed = tf.function(sums_in_order, jit_compile=True, autograph=False)
    expected = np.zeros((2, WORDS, WIDTH))
    np.add.at(expected, (slice(None), ids), [slices, slices.astype(np.float64) ** 2])
    np.testing.assert_allclose(summed(slices, ids, WORDS), expected, rtol=1e-5, atol=1e-5)
    code = summed.experimental_get_compiler_ir(slices, ids, WORDS)(stage="hlo")
    assert not [line for line in code.splitlines() if "f32" in line and " scatter(" in line]


def test_what_cannot_be_added_up_in_order_is_left_alone() -> None:
    assert not add_up_in_order(optimizer := keras.optimizers.Nadam())
    assert not adds_up_in_order(optimizer)
    assert "update_step" not in vars(optimizer)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_optimizer_is_saved_as_keras_own(optimizer: type[keras.Optimizer]) -> None:
    ours = optimizer(0.1)
    speed_up_slices(ours)
    saved = keras.optimizers.serialize(ours)
    assert (saved["module"], saved["class_name"]) == ("keras.optimizers", optimizer.__name__)
