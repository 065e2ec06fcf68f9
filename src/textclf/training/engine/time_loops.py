"""Time loops of SimpleRNN and LSTM over inputs already multiplied by the kernel.

Arrays are (steps, examples, units), so that a step is contiguous in memory and products need no
transposition. A loop overwrites its input if it can: filling a new array with zeros takes as long
as several steps. The bias is added within the loop, which saves a pass over the whole array. The
gradient is written out, so that the recurrent kernel's is one product after the loop.

Each loop returns the states after the last step and, where the reading asks for them, all outputs
before these, float32 (steps, examples, units), each where its input is, also if read backwards.
"""

from typing import Any

import tensorflow as tf

from textclf.training.engine.layout import as_it_stands
from textclf.training.engine.steps import (
    Reading,
    Tensors,
    after_each,
    before_each,
    infer,
    loop,
    of_outputs,
    plus,
    results,
    sum_of_outer_products,
    unwritten,
    write,
)


def simple_rnn_loop(
    z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, reading: Reading
) -> Tensors:
    """h_t = tanh(z_t + bias + h_{t-1} kernel) (Elman 1990).

    Args:
        z: projected input, float32 (steps, examples, units).
        kernel: recurrent kernel, float32 (units, units).
        bias: float32 (units,).
        h: initial state, float32 (examples, units).
    """
    order = reading.order(z)

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow is not typed
    def read(z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor) -> Any:
        def forward(step: Any, h: Any, z: Any) -> Any:
            h = _simple_rnn_step(z[step], kernel, bias, h, reading)
            return h, write(z, step, h)

        last_h, all_h = loop(forward, order, h, z)

        def gradient(*gradients: tf.Tensor) -> Any:
            d_outputs, dh = of_outputs(gradients, reading)
            transposed = tf.transpose(kernel)

            def backward(step: Any, dh: Any, dz: Any) -> Any:
                dz_t = plus(dh, d_outputs, step) * (1 - tf.square(all_h[step]))
                return reading.matmul(dz_t, transposed), write(dz, step, dz_t)

            dh, dz = loop(backward, order[::-1], dh, unwritten(order, z[0], kernel[0, 0]))
            before = before_each(all_h, h, order)
            return dz, sum_of_outer_products(before, dz), tf.reduce_sum(dz, [0, 1]), dh

        return results(all_h, [last_h], reading), gradient

    return list(read(z, kernel, bias, h))


def lstm_loop(
    z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor, reading: Reading
) -> Tensors:
    """Gates i, f, o and candidate g in Keras's order i, f, g, o (Hochreiter & Schmidhuber 1997).

    c_t = f c_{t-1} + i g and h_t = o tanh(c_t), all four from z_t + bias + h_{t-1} kernel.

    Args:
        z: projected input, float32 (steps, examples, 4 * units).
        kernel: recurrent kernel, float32 (units, 4 * units).
        bias: float32 (4 * units,).
        h: initial output, float32 (examples, units).
        c: initial carry, float32 (examples, units).
    """
    order = reading.order(z)

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow is not typed
    def read(z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
        empty_h, empty_c = (unwritten(order, h, kernel[0, column]) for column in (0, 1))

        def forward(step: Any, h: Any, c: Any, z: Any, all_h: Any, all_c: Any) -> Any:
            all_h, all_c = write(all_h, step, h), write(all_c, step, c)
            gates, h, c = _lstm_step(z[step], kernel, bias, h, c, reading)
            return h, c, write(z, step, gates), all_h, all_c

        last_h, last_c, gates, all_h, all_c = loop(forward, order, h, c, z, empty_h, empty_c)

        def gradient(*gradients: tf.Tensor) -> Any:
            d_outputs, dh, dc = of_outputs(gradients, reading)
            transposed = tf.transpose(kernel)

            def backward(step: Any, dh: Any, dc: Any, c: Any, dz: Any) -> Any:
                dh = plus(dh, d_outputs, step)
                (i, f, g, o), before = tf.split(gates[step], 4, 1), all_c[step]
                tanh_c = tf.tanh(c)
                dc = as_it_stands(dc + dh * o * (1 - tf.square(tanh_c)))
                di, df, dg, do = dc * g, dc * before, dc * i, dh * tanh_c
                parts = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)]
                dz_t = tf.concat(parts, 1)
                return reading.matmul(dz_t, transposed), dc * f, before, write(dz, step, dz_t)

            empty = unwritten(order, z[0], kernel[0, 0])
            dh, dc, _, dz = loop(backward, order[::-1], dh, dc, last_c, empty)
            return dz, sum_of_outer_products(all_h, dz), tf.reduce_sum(dz, [0, 1]), dh, dc

        outputs = after_each(all_h, last_h, order) if reading.sequences else last_h
        return results(outputs, [last_h, last_c], reading), gradient

    return list(read(z, kernel, bias, h, c))


def simple_rnn_inference(
    z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, reading: Reading
) -> Tensors:
    """The results of `simple_rnn_loop`, without its gradient."""
    step = lambda z_t, h: [_simple_rnn_step(z_t, kernel, bias, h, reading)]  # noqa: E731
    return infer(step, z, [h], reading)


def lstm_inference(
    z: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor, reading: Reading
) -> Tensors:
    """The results of `lstm_loop`, without its gradient."""
    step = lambda z_t, h, c: list(_lstm_step(z_t, kernel, bias, h, c, reading)[1:])  # noqa: E731
    return infer(step, z, [h, c], reading)


def _simple_rnn_step(
    z_t: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, reading: Reading
) -> tf.Tensor:
    """h after a step."""
    return tf.tanh(z_t + bias + reading.matmul(h, kernel))


def _lstm_step(
    z_t: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, h: tf.Tensor, c: tf.Tensor, reading: Reading
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The gates of a step, and h and c after it."""
    gates = _gates(z_t + bias + reading.matmul(h, kernel))
    i, f, g, o = tf.split(gates, 4, 1)
    c = f * c + i * g
    return gates, o * tf.tanh(c), c


def _gates(z: tf.Tensor) -> tf.Tensor:
    """i, f, g, o side by side, float32 (examples, 4 * units) as `z`.

    As tanh(x) is 2 sigmoid(2x) - 1, one function of the whole array computes all four.
    """
    is_g = _is_g(z.shape[1])
    return tf.sigmoid(z * (1 + is_g)) * (1 + is_g) - is_g


def _is_g(width: int) -> tf.Tensor:
    """1.0 in the third quarter, the candidate g, else 0.0."""
    return tf.repeat(tf.constant([0.0, 0.0, 1.0, 0.0]), width // 4)
