"""The squared hinge loss: its value and gradient are NumPy's of the formula."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.training.engine.hinge import scores_of, squared_hinge

SCORES = np.array([[0.3, -2.0, 1.5], [40.0, 0.9, -30.0]], np.float32)
ONE_OF_THREE = np.array([[2], [1]])
LABELS = np.array([[1, 1, 0], [0, 0, 1]])
SIGNS = {
    "classes": np.array([[-1, -1, 1], [-1, 1, -1]]),
    "labels": 2 * LABELS - 1,
}


@pytest.mark.parametrize("kind", SIGNS)
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("layer", [keras.layers.Dense, keras.layers.Activation])
def test_value_and_gradient_are_those_of_the_formula(kind: str, compiled: bool, layer) -> None:
    """Also where the sigmoid is 0 or 1 to the last bit."""
    y = {"classes": ONE_OF_THREE, "labels": LABELS}[kind]
    if layer is keras.layers.Dense:
        output = layer(3, "sigmoid", kernel_initializer="identity")
    else:
        output = layer("sigmoid")
    x = keras.Input((3,))
    network = keras.Model(x, output(x))

    def loss_and_gradient(scores: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(scores)
            losses = squared_hinge(tf.constant(y), network(scores))
        return losses, tape.gradient(losses, scores)

    function = tf.function(loss_and_gradient, jit_compile=True) if compiled else loss_and_gradient
    losses, gradient = function(tf.constant(SCORES))
    margins = np.maximum(1 - SIGNS[kind] * SCORES, 0)
    np.testing.assert_allclose(losses, np.square(margins).mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(gradient, -2 * SIGNS[kind] * margins / 3, rtol=1e-6)


def test_two_classes_have_one_score() -> None:
    outputs = keras.activations.sigmoid(tf.constant([[0.5], [-3.0]]))
    losses = squared_hinge(tf.constant([[1], [1]]), outputs)
    np.testing.assert_allclose(losses, [0.25, 16.0], rtol=1e-6)


def test_of_outputs_alone_the_scores_are_their_log_odds() -> None:
    scores = np.linspace(-8, 8, 33, dtype=np.float32)[:, None]
    outputs = keras.activations.sigmoid(tf.constant(scores)).numpy()
    np.testing.assert_allclose(scores_of(outputs), scores, atol=2e-3)
    assert np.isfinite(scores_of(np.array([[0.0], [1.0]], np.float32))).all()
