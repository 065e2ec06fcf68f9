"""The faster updates of an embedding give the numbers of Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.training.engine.slices import speed_up_slices

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


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_optimizer_is_saved_as_keras_own(optimizer: type[keras.Optimizer]) -> None:
    ours = optimizer(0.1)
    speed_up_slices(ours)
    saved = keras.optimizers.serialize(ours)
    assert (saved["module"], saved["class_name"]) == ("keras.optimizers", optimizer.__name__)
