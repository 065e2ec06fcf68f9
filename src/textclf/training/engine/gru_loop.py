"""The time loop of a GRU, as those of time_loops.py."""

from typing import Any

import tensorflow as tf

from textclf.training.engine.steps import (
    Reading,
    Tensors,
    after_each,
    infer,
    loop,
    of_outputs,
    plus,
    results,
    sum_of_outer_products,
    unwritten,
    write,
)


def gru_loop(
    z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, reading: Reading
) -> Tensors:
    """Gates u (update) and r (reset) and candidate g, in Keras's order u, r, g (Cho et al. 2014).

    h_t = u h_{t-1} + (1 - u) g, with u and r from x + p, and g = tanh(x + r p), where
    x = z_t + bias[0] and p = h_{t-1} kernel + bias[1]: the reset follows the product, as Keras's
    `reset_after`.

    Args:
        z: projected input, float32 (steps, examples, 3 * units).
        kernel: recurrent kernel, float32 (units, 3 * units).
        bias: of the input and of p, float32 (2, 3 * units).
        h: initial state, float32 (examples, units).

    Returns:
        The last state, float32 (examples, units); before it, where the reading asks for them, the
        states after each step, float32 (steps, examples, units).
    """
    order, units = reading.order(z), kernel.shape[0]

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow is not typed
    def read(z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor) -> Any:
        def forward(step: Any, h: Any, z: Any, all_h: Any) -> Any:
            all_h = write(all_h, step, h)
            gates, h = _step(z[step], kernel, bias, h, reading)
            return h, write(z, step, gates), all_h

        empty = unwritten(order, h, kernel[0, 0])
        last_h, gates, all_h = loop(forward, order, h, z, empty)

        def gradient(*gradients: tf.Tensor) -> Any:
            d_outputs, dh = of_outputs(gradients, reading)
            transposed = tf.transpose(kernel)
            all_p = tf.tensordot(all_h, kernel[:, 2 * units :], 1) + bias[1, 2 * units :]

            def backward(step: Any, dh: Any, dz: Any) -> Any:
                dh = plus(dh, d_outputs, step)
                u, r, g = tf.split(gates[step], 3, 1)
                du = dh * (all_h[step] - g) * u * (1 - u)
                dg = dh * (1 - u) * (1 - tf.square(g))
                dr = dg * all_p[step] * r * (1 - r)
                dh = dh * u + reading.matmul(tf.concat([du, dr, dg * r], 1), transposed)
                return dh, write(dz, step, tf.concat([du, dr, dg], 1))

            empty = unwritten(order, z[0], kernel[0, 0])
            dh, dz = loop(backward, order[::-1], dh, empty)
            dp = dz[:, :, 2 * units :] * gates[:, :, units : 2 * units]
            products = tf.concat([dz[:, :, : 2 * units], dp], 2)
            of_x, of_p = (tf.reduce_sum(array, [0, 1]) for array in (dz, dp))
            dbias = tf.stack([of_x, tf.concat([of_x[: 2 * units], of_p], 0)])
            return dz, sum_of_outer_products(all_h, products), dbias, dh

        outputs = after_each(all_h, last_h, order) if reading.sequences else last_h
        return results(outputs, [last_h], reading), gradient

    return list(read(z, kernel, bias, h))


def gru_inference(
    z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, reading: Reading
) -> Tensors:
    """The results of `gru_loop`, without its gradient."""
    step = lambda z_t, h: [_step(z_t, kernel, bias, h, reading)[1]]  # noqa: E731
    return infer(step, z, [h], reading)


def _step(
    z_t: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, reading: Reading
) -> tuple[tf.Tensor, tf.Tensor]:
    """The gates of a step, and h after it."""
    units = kernel.shape[0]
    x, p = z_t + bias[0], reading.matmul(h, kernel) + bias[1]
    both = tf.sigmoid(x[:, : 2 * units] + p[:, : 2 * units])
    u, r = tf.split(both, 2, 1)
    g = tf.tanh(x[:, 2 * units :] + r * p[:, 2 * units :])
    return tf.concat([both, g], 1), u * h + (1 - u) * g
