"""Faster time loops for Keras's own SimpleRNN and LSTM, with the same weights and numbers.

Keras's loop multiplies each step's input by the kernel and lets TensorFlow differentiate the loop.
Here the product of input and kernel for all steps stands before the loop, and the gradient is
written out, so that the kernels' gradients become one product each after the loop. Arrays are
(units, steps, examples): the examples, the longest side, lie next to each other in memory, and no
product needs its sides swapped. A loop writes over what it has read, where it can: filling a new
array with zeros takes as long as several steps.
"""

from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

import keras
import tensorflow as tf

Tensors = list[tf.Tensor]
Loops = dict[type[keras.layers.RNN], Callable[..., Tensors]]


def speed_up(model: keras.Model) -> None:
    """Give the model's recurrent layers the faster loop wherever it computes the same.

    The layers stay Keras's own objects, so that the model is saved as what it is.
    """
    _bind(model, TIME_LOOPS)


def slim_down(model: keras.Model) -> None:
    """Give the recurrent layers loops without gradient, which carry nothing but the states.

    LiteRT runs such a loop for a batch of any size; of Keras's own, which carries arrays of
    tensors, it knows no operation.
    """
    _bind(model, INFERENCE_LOOPS)


def _bind(model: keras.Model, loops: Loops) -> None:
    for layer in model.layers:
        if type(layer) in loops:
            layer.inner_loop = MethodType(partial(_inner_loop, loops), layer)
            layer.cell._create_dropout_mask = MethodType(_dropout_mask, layer.cell)
        # A row of the kernel is what a one-hot row times the kernel gives.
        if isinstance(layer, keras.layers.CategoryEncoding) and _only_feeds_gathering(layer):
            layer.call = _hand_on_ids


def _inner_loop(
    loops: Loops,
    layer: keras.layers.RNN,
    sequences: tf.Tensor,
    initial_state: Tensors,
    mask: tf.Tensor | None,
    training: bool = False,
) -> tuple[tf.Tensor, tf.Tensor, Tensors]:
    """Stands in for `keras.layers.RNN.inner_loop`: last output, all outputs, states."""
    if mask is not None or not _is_plain(layer):
        return type(layer).inner_loop(layer, sequences, initial_state, mask, training)
    cell = layer.cell
    if training and cell.dropout:
        # One mask for all steps.
        sequences = sequences * cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]
    projected = _project(cell, sequences) + cell.bias.value[:, None, None]
    states = loops[type(layer)](
        projected, cell.recurrent_kernel.value, *map(tf.transpose, initial_state)
    )
    states = [tf.transpose(state) for state in states]
    return states[0], states[0], states


def _dropout_mask(cell: keras.Layer, step: tf.Tensor, rate: float) -> tf.Tensor:
    """Stands in for a cell's `_create_dropout_mask`: float32 of the shape of `step`.

    Keras's way to draw the same share takes XLA a fifth of an LSTM's time.
    """
    seed = tf.cast(cell.seed_generator.next(), tf.int32)
    bits = tf.random.stateless_uniform(tf.shape(step), seed, None, None, tf.uint32, alg="philox")
    return tf.where(bits < int(rate * 2**32), 0.0, 1 / (1 - rate))


def _is_plain(layer: keras.layers.RNN) -> bool:
    """Whether the layer asks for nothing that the faster loop leaves out."""
    cell = layer.cell
    activations = [cell.activation is keras.activations.tanh]
    if hasattr(cell, "recurrent_activation"):
        activations.append(cell.recurrent_activation is keras.activations.sigmoid)
    unusual = (
        cell.recurrent_dropout,
        layer.return_sequences,
        layer.go_backwards,
        layer.stateful,
        layer.unroll,
        not cell.use_bias,
        layer.compute_dtype != "float32",
    )
    return all(activations) and not any(unusual)


def _project(cell: keras.Layer, sequences: tf.Tensor) -> tf.Tensor:
    """Kernel times input, float32 (width, steps, examples), for all steps at once."""
    kernel = cell.kernel.value
    if sequences.shape[-1] != kernel.shape[0]:  # ids in place of one-hot rows
        rows = tf.gather(kernel, tf.cast(sequences[:, :, 0], tf.int32))
        return tf.transpose(rows, (2, 1, 0))
    vectors = tf.reshape(tf.transpose(sequences, (1, 0, 2)), (-1, kernel.shape[0]))
    projected = tf.matmul(tf.transpose(kernel), vectors, transpose_b=True)
    return tf.reshape(projected, (kernel.shape[1], sequences.shape[1], -1))


def _hand_on_ids(inputs: tf.Tensor) -> tf.Tensor:
    """int32 (examples, steps) to (examples, steps, 1), as a recurrent layer wants three sides."""
    return tf.expand_dims(inputs, -1)


def _only_feeds_gathering(layer: keras.Layer) -> bool:
    """Whether all that reads the layer, through slices in time too, takes ids for one-hot rows."""
    return all(
        _gathers(reader) or (type(reader).__name__ == "GetItem" and _only_feeds_gathering(reader))
        for reader in (node.operation for node in layer._outbound_nodes)
    )


def _gathers(layer: keras.Layer) -> bool:
    return type(layer) in TIME_LOOPS and _is_plain(layer) and not layer.cell.dropout


@tf.custom_gradient
def simple_rnn_loop(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor) -> Any:
    """h_t = tanh(z_t + kernelᵀ h_{t-1}) (Elman 1990).

    Args:
        z: projected input with bias, float32 (units, steps, examples).
        kernel: recurrent kernel, float32 (units, units).
        h: initial state, float32 (units, examples).

    Returns:
        The last state, float32 (units, examples), in a list.
    """
    steps, transposed = z.shape[1], tf.transpose(kernel)

    def forward(t: Any, h: Any, z: Any) -> Any:
        h = tf.tanh(_read(z, t) + tf.matmul(transposed, h))
        return t + 1, h, _write(z, t, h)

    _, last_h, all_h = _loop(forward, steps, h, z)

    def gradient(dh: tf.Tensor) -> Any:
        def backward(t: Any, dh: Any, dz: Any) -> Any:
            step = steps - 1 - t
            dz_t = dh * (1 - tf.square(_read(all_h, step)))
            return t + 1, tf.matmul(kernel, dz_t), _write(dz, step, dz_t)

        _, dh, dz = _loop(backward, steps, dh, tf.zeros_like(z))
        before = tf.concat([h[:, None], all_h[:, :-1]], 1)
        return dz, _sum_of_outer_products(before, dz), dh

    return [last_h], gradient


@tf.custom_gradient
def lstm_loop(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Any:
    """Gates i, f, o and candidate g in Keras's order i, f, g, o (Hochreiter & Schmidhuber 1997).

    c_t = f c_{t-1} + i g and h_t = o tanh(c_t), all four from z_t + kernelᵀ h_{t-1}.

    Args:
        z: projected input with bias, float32 (4 * units, steps, examples).
        kernel: recurrent kernel, float32 (units, 4 * units).
        h: initial output, float32 (units, examples).
        c: initial carry, float32 (units, examples).

    Returns:
        The last h and c, float32 (units, examples) each.
    """
    steps, transposed = z.shape[1], tf.transpose(kernel)
    empty = tf.zeros((h.shape[0], steps, h.shape[1]))

    def forward(t: Any, h: Any, c: Any, z: Any, all_h: Any, all_c: Any) -> Any:
        all_h, all_c = _write(all_h, t, h), _write(all_c, t, c)
        i, f, g, o = tf.split(_read(z, t) + tf.matmul(transposed, h), 4)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        z = _write(z, t, tf.concat([i, f, g, o], 0))
        c = f * c + i * g
        return t + 1, o * tf.tanh(c), c, z, all_h, all_c

    _, last_h, last_c, gates, all_h, all_c = _loop(forward, steps, h, c, z, empty, empty)

    def gradient(dh: tf.Tensor, dc: tf.Tensor) -> Any:
        def backward(t: Any, dh: Any, dc: Any, c: Any, dz: Any) -> Any:
            step = steps - 1 - t
            (i, f, g, o), before = tf.split(_read(gates, step), 4), _read(all_c, step)
            tanh_c = tf.tanh(c)
            dc = dc + dh * o * (1 - tf.square(tanh_c))
            di, df = dc * g * i * (1 - i), dc * before * f * (1 - f)
            dg, do = dc * i * (1 - tf.square(g)), dh * tanh_c * o * (1 - o)
            dz_t = tf.concat([di, df, dg, do], 0)
            return t + 1, tf.matmul(kernel, dz_t), dc * f, before, _write(dz, step, dz_t)

        _, dh, dc, _, dz = _loop(backward, steps, dh, dc, last_c, tf.zeros_like(z))
        return dz, _sum_of_outer_products(all_h, dz), dh, dc

    return [last_h, last_c], gradient


def simple_rnn_inference(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor) -> Tensors:
    """What `simple_rnn_loop` gives, without its gradient."""
    transposed = tf.transpose(kernel)

    def forward(t: Any, h: Any) -> Any:
        return t + 1, tf.tanh(z[:, t] + tf.matmul(transposed, h))

    return list(_loop(forward, z.shape[1], h)[1:])


def lstm_inference(z: tf.Tensor, kernel: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> Tensors:
    """What `lstm_loop` gives, without its gradient."""
    transposed = tf.transpose(kernel)

    def forward(t: Any, h: Any, c: Any) -> Any:
        i, f, g, o = tf.split(z[:, t] + tf.matmul(transposed, h), 4)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        return t + 1, tf.sigmoid(o) * tf.tanh(c), c

    return list(_loop(forward, z.shape[1], h, c)[1:])


def _read(array: tf.Tensor, t: tf.Tensor) -> tf.Tensor:
    """A step, (units, examples), of (units, steps, examples)."""
    units, _, examples = array.shape
    return tf.reshape(tf.slice(array, (0, t, 0), (units, 1, examples)), (units, examples))


def _write(array: tf.Tensor, t: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """(units, steps, examples) with one step, (units, examples), replaced."""
    return keras.ops.slice_update(array, (0, t, 0), step[:, None])


def _sum_of_outer_products(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """float32 (units of a, units of b), summed over all steps and examples."""
    a, b = (tf.reshape(array, (array.shape[0], -1)) for array in (a, b))
    return tf.transpose(tf.matmul(b, a, transpose_b=True))


def _loop(body: Callable[..., Any], steps: int, *carried: Any) -> Any:
    condition = lambda t, *_: t < steps  # noqa: E731
    return tf.while_loop(condition, body, (0, *carried), maximum_iterations=steps)


TIME_LOOPS: Loops = {keras.layers.SimpleRNN: simple_rnn_loop, keras.layers.LSTM: lstm_loop}
INFERENCE_LOOPS: Loops = {
    keras.layers.SimpleRNN: simple_rnn_inference,
    keras.layers.LSTM: lstm_inference,
}
