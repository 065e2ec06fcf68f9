"""Time loops of SimpleRNN and LSTM over inputs already multiplied by the kernel.

Arrays are (steps, examples, units), so that a step is contiguous in memory and products need no
transposition. A loop overwrites its input if it can: filling a new array with zeros takes as long
as several steps. The gradient is written out, so that the recurrent kernel's is one product after
the loop.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

Tensors = list[tf.Tensor]


@tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow is not typed
def simple_rnn_loop(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor) -> Any:
    """h_t = tanh(z_t + h_{t-1} kernel) (Elman 1990).

    Args:
        z: projected input with bias, float32 (steps, examples, units).
        kernel: recurrent kernel, float32 (units, units).
        h: initial state, float32 (examples, units).

    Returns:
        The last state, float32 (examples, units), in a list.
    """
    steps = z.shape[0]

    def forward(t: Any, h: Any, z: Any) -> Any:
        h = tf.tanh(z[t] + tf.matmul(h, kernel))
        return t + 1, h, _write(z, t, h)

    _, last_h, all_h = _loop(forward, steps, h, z)

    def gradient(dh: tf.Tensor) -> Any:
        transposed = tf.transpose(kernel)

        def backward(t: Any, dh: Any, dz: Any) -> Any:
            step = steps - 1 - t
            dz_t = dh * (1 - tf.square(all_h[step]))
            return t + 1, tf.matmul(dz_t, transposed), _write(dz, step, dz_t)

        _, dh, dz = _loop(backward, steps, dh, tf.zeros_like(z))
        before = tf.concat([h[None], all_h[:-1]], 0)
        return dz, _sum_of_outer_products(before, dz), dh

    return [last_h], gradient


@tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow is not typed
def lstm_loop(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
    """Gates i, f, o and candidate g in Keras's order i, f, g, o (Hochreiter & Schmidhuber 1997).

    c_t = f c_{t-1} + i g and h_t = o tanh(c_t), all four from z_t + h_{t-1} kernel.

    Args:
        z: projected input with bias, float32 (steps, examples, 4 * units).
        kernel: recurrent kernel, float32 (units, 4 * units).
        h: initial output, float32 (examples, units).
        c: initial carry, float32 (examples, units).

    Returns:
        The last h and c, float32 (examples, units) each.
    """
    steps = z.shape[0]
    empty = tf.zeros((steps, *tf.unstack(tf.shape(h))))

    def forward(t: Any, h: Any, c: Any, z: Any, all_h: Any, all_c: Any) -> Any:
        all_h, all_c = _write(all_h, t, h), _write(all_c, t, c)
        gates, h, c = _lstm_step(z[t], kernel, h, c)
        return t + 1, h, c, _write(z, t, gates), all_h, all_c

    _, last_h, last_c, gates, all_h, all_c = _loop(forward, steps, h, c, z, empty, empty)

    def gradient(dh: tf.Tensor, dc: tf.Tensor) -> Any:
        transposed = tf.transpose(kernel)

        def backward(t: Any, dh: Any, dc: Any, c: Any, dz: Any) -> Any:
            step = steps - 1 - t
            gates_t, before = gates[step], all_c[step]
            i, f, g, o = tf.split(gates_t, 4, 1)
            tanh_c = tf.tanh(c)
            dc = dc + dh * o * (1 - tf.square(tanh_c))
            dgates = tf.concat([dc * g, dc * before, dc * i, dh * tanh_c], 1)
            dz_t = dgates * _slope(gates_t)
            return t + 1, tf.matmul(dz_t, transposed), dc * f, before, _write(dz, step, dz_t)

        _, dh, dc, _, dz = _loop(backward, steps, dh, dc, last_c, tf.zeros_like(z))
        return dz, _sum_of_outer_products(all_h, dz), dh, dc

    return [last_h, last_c], gradient


def simple_rnn_inference(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor) -> Tensors:
    """The results of `simple_rnn_loop`, without its gradient."""

    def forward(t: Any, h: Any) -> Any:
        return t + 1, tf.tanh(z[t] + tf.matmul(h, kernel))

    return list(_loop(forward, z.shape[0], h)[1:])


def lstm_inference(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Tensors:
    """The results of `lstm_loop`, without its gradient."""

    def forward(t: Any, h: Any, c: Any) -> Any:
        _, h, c = _lstm_step(z[t], kernel, h, c)
        return t + 1, h, c

    return list(_loop(forward, z.shape[0], h, c)[1:])


def _lstm_step(
    z_t: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The gates of a step, and h and c after it."""
    gates = _gates(z_t + tf.matmul(h, kernel))
    i, f, g, o = tf.split(gates, 4, 1)
    c = f * c + i * g
    return gates, o * tf.tanh(c), c


def _gates(z: tf.Tensor) -> tf.Tensor:
    """i, f, g, o side by side, float32 (examples, 4 * units) as `z`.

    As tanh(x) is 2 sigmoid(2x) - 1, one function of the whole array computes all four.
    """
    is_g = _is_g(z.shape[1])
    return tf.sigmoid(z * (1 + is_g)) * (1 + is_g) - is_g


def _slope(gates: tf.Tensor) -> tf.Tensor:
    """The derivative of `_gates` at its outputs: s (1 - s) of a sigmoid s, 1 - g² of g."""
    return (gates + _is_g(gates.shape[1])) * (1 - gates)


def _is_g(width: int) -> tf.Tensor:
    """1.0 in the third quarter, the candidate g, else 0.0."""
    return tf.repeat(tf.constant([0.0, 0.0, 1.0, 0.0]), width // 4)


def _write(array: tf.Tensor, t: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """(steps, examples, width) with one step, (examples, width), replaced."""
    return keras.ops.slice_update(array, (t, 0, 0), step[None])


def _sum_of_outer_products(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """float32 (units of a, units of b), summed over all steps and examples."""
    a, b = (tf.reshape(array, (-1, array.shape[-1])) for array in (a, b))
    return tf.matmul(a, b, transpose_a=True)


def _loop(body: Callable[..., Any], steps: int, *carried: Any) -> Any:
    condition = lambda t, *_: t < steps  # noqa: E731
    return tf.while_loop(condition, body, (0, *carried), maximum_iterations=steps)
