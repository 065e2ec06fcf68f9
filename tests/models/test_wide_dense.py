"""The faster gradient of wide Dense layers gives Keras's numbers; other layers stay as they are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.models.wide_dense import WIDE, speed_up_wide_dense


def dense_model(inputs: int, **settings: object) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input([inputs]),
        keras.layers.Dense(5, "relu", **settings),
        keras.layers.Dense(2),
    ]
    return keras.Sequential(layers)


def gradients(model: keras.Model) -> list[np.ndarray]:
    """Of the outputs' squares for input and weights, compiled by XLA."""
    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(7, model.input_shape[-1])).astype(np.float32))

    @tf.function(jit_compile=True)
    def differentiate() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(model(x, training=True)))
        return tape.gradient(loss, [x, *(weight.value for weight in model.trainable_weights)])

    return [gradient.numpy() for gradient in differentiate()]


@pytest.mark.parametrize("use_bias", [True, False])
def test_gradients_equal_keras(use_bias: bool) -> None:
    stock, ours = dense_model(WIDE, use_bias=use_bias), dense_model(WIDE, use_bias=use_bias)
    speed_up_wide_dense(ours)
    assert "call" in vars(ours.layers[0])
    for mine, kerass in zip(gradients(ours), gradients(stock), strict=True):
        np.testing.assert_allclose(mine, kerass, rtol=1e-5, atol=1e-4)


def test_narrow_layers_are_left_alone() -> None:
    model = dense_model(WIDE - 1)
    speed_up_wide_dense(model)
    assert not any("call" in vars(layer) for layer in model.layers)


def test_a_layer_of_as_many_units_is_left_alone() -> None:
    model = keras.Sequential([keras.Input([WIDE]), keras.layers.Dense(WIDE)])
    speed_up_wide_dense(model)
    assert "call" not in vars(model.layers[0])


def test_the_model_is_saved_as_keras_own() -> None:
    model = dense_model(WIDE)
    config = model.get_config()
    speed_up_wide_dense(model)
    assert model.get_config() == config
