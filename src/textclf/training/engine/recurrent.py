"""Faster time loops for Keras's own recurrent layers, with the same weights and numbers.

Keras's loop multiplies each step's input by the kernel and lets TensorFlow differentiate the loop.
Here the product of input and kernel for all steps comes before the loop, and the gradient is
written out, so that each kernel's gradient is one product after the loop (time_loops.py,
gru_loop.py).
"""

from collections.abc import Callable
from functools import partial
from types import MethodType

import keras
import tensorflow as tf

from textclf.training.engine.gru_loop import gru_inference, gru_loop
from textclf.training.engine.steps import Reading, Tensors
from textclf.training.engine.time_loops import (
    lstm_inference,
    lstm_loop,
    simple_rnn_inference,
    simple_rnn_loop,
)

Loops = dict[type[keras.layers.RNN], Callable[..., Tensors]]
Reader = Callable[..., Tensors]
MatMul = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

SMALLEST_SHARD = 16  # examples; fewer are not worth a thread


def speed_up(model: keras.Model, matmul: MatMul = tf.matmul) -> None:
    """Give the model's recurrent layers the faster loop where it computes the same.

    This is for a function that XLA compiles as a whole. The layers stay Keras's own objects, so
    that the model is saved unchanged.

    Args:
        matmul: multiplies the matrices within the loops.
    """
    _bind(model, TIME_LOOPS, matmul)
    for layer in recurrent_layers(model):
        if type(layer) in TIME_LOOPS and is_plain(layer):
            layer.cell._create_dropout_mask = MethodType(_dropout_mask, layer.cell)


def speed_up_in_shards(model: keras.Model, threads: int, matmul: MatMul = tf.matmul) -> None:
    """Give the recurrent layers the faster loop in TensorFlow's graph, each compiled by XLA.

    XLA runs a loop on one thread, so a batch is cut into shards that the graph runs in parallel.

    Args:
        threads: maximum number of shards.
        matmul: multiplies the matrices within the loops.
    """
    _bind(model, TIME_LOOPS, matmul, partial(_in_shards, threads))


def slim_down(model: keras.Model) -> None:
    """Give the recurrent layers loops without gradient, which carry only the states.

    LiteRT runs such a loop for a batch of any size, but not Keras's own, which carries arrays of
    tensors. Where all outputs are read, it carries one array of them.
    """
    _bind(model, INFERENCE_LOOPS)


def _bind(
    model: keras.Model,
    loops: Loops,
    matmul: MatMul = tf.matmul,
    compiled: Callable[[Reader], Reader] = lambda read: read,
) -> None:
    for layer in recurrent_layers(model):
        if type(layer) in loops:
            reading = Reading(layer.return_sequences, layer.go_backwards, matmul)
            read = compiled(partial(_read, loops[type(layer)], reading))
            layer.inner_loop = MethodType(partial(_inner_loop, read), layer)
    for layer in model.layers:
        # A one-hot row times the kernel is a row of the kernel.
        if isinstance(layer, keras.layers.CategoryEncoding) and _only_feeds_gathering(layer):
            layer.call = _hand_on_ids


def recurrent_layers(model: keras.Model) -> list[keras.layers.RNN]:
    """The model's recurrent layers; of one in both directions, both."""
    return [part for layer in model.layers for part in directions(layer)]


def directions(layer: keras.Operation) -> list[keras.layers.RNN]:
    """The recurrent layer itself, or both in a Bidirectional; else empty."""
    if isinstance(layer, keras.layers.Bidirectional):
        return [layer.forward_layer, layer.backward_layer]
    return [layer] if isinstance(layer, keras.layers.RNN) else []


def _inner_loop(
    read: Reader,
    layer: keras.layers.RNN,
    sequences: tf.Tensor,
    initial_state: Tensors,
    mask: tf.Tensor | None,
    training: bool = False,
) -> tuple[tf.Tensor, tf.Tensor, Tensors]:
    """Replaces `keras.layers.RNN.inner_loop`: last output, all outputs, states."""
    if mask is not None or not is_plain(layer):
        keras_loop: Callable[..., tuple[tf.Tensor, tf.Tensor, Tensors]] = type(layer).inner_loop
        return keras_loop(layer, sequences, initial_state, mask, training)
    cell = layer.cell
    if training and cell.dropout:
        # One mask for all steps.
        sequences = sequences * cell.get_dropout_mask(sequences[:, 0, :])[:, None, :]
    weights = [weight.value for weight in (cell.kernel, cell.recurrent_kernel, cell.bias)]
    outputs, *states = read(weights, sequences, *initial_state)
    if not layer.return_sequences:
        states = [outputs, *states]
    return states[0], outputs, states


def _read(
    loop: Callable[..., Tensors],
    reading: Reading,
    weights: Tensors,
    sequences: tf.Tensor,
    *states: tf.Tensor,
) -> Tensors:
    """A loop's results on sequences, float32 (examples, steps, inputs), examples first."""
    kernel, recurrent_kernel, bias = weights
    z = _project(sequences, kernel)
    results = loop(z, recurrent_kernel, bias, *states, reading)
    if reading.sequences:
        results[0] = _examples_first(results[0], reading.backwards)
    return results


def _examples_first(outputs: tf.Tensor, backwards: bool) -> tf.Tensor:
    """(steps, examples, units) to (examples, steps, units), in the order of reading as Keras's.

    A Bidirectional layer turns the order back, and XLA leaves out both.
    """
    outputs = tf.transpose(outputs, (1, 0, 2))
    return tf.reverse(outputs, [1]) if backwards else outputs


def _in_shards(threads: int, read: Reader) -> Reader:
    """Read equal shards of the examples, each in an XLA program."""
    read_shard = tf.function(read, jit_compile=True, autograph=False)

    def read_all(weights: Tensors, *arrays: tf.Tensor) -> Tensors:
        n_shards = number_of_shards(arrays[0].shape[0] or 1, threads)  # None: unknown
        shards = zip(*(tf.split(array, n_shards) for array in arrays), strict=True)
        results = [read_shard(weights, *shard) for shard in shards]
        return [tf.concat(parts, 0) for parts in zip(*results, strict=True)]

    return read_all


def number_of_shards(examples: int, threads: int) -> int:
    """At most `threads` shards of equal size, none of them too small."""
    numbers = range(min(threads, examples // SMALLEST_SHARD), 1, -1)
    return next((number for number in numbers if examples % number == 0), 1)


def _dropout_mask(cell: keras.Layer, step: tf.Tensor, rate: float) -> tf.Tensor:
    """Replaces a cell's `_create_dropout_mask`: float32 of the shape of `step`.

    Under XLA, Keras's own takes a fifth of an LSTM's time.
    """
    seed = tf.cast(cell.seed_generator.next(), tf.int32)
    bits = tf.random.stateless_uniform(tf.shape(step), seed, None, None, tf.uint32, alg="philox")
    return tf.where(bits < int(rate * 2**32), 0.0, 1 / (1 - rate))


def is_plain(layer: keras.layers.RNN) -> bool:
    """Whether the faster loop supports all settings of the layer."""
    cell = layer.cell
    activations = [cell.activation is keras.activations.tanh]
    if hasattr(cell, "recurrent_activation"):
        activations.append(cell.recurrent_activation is keras.activations.sigmoid)
    unusual = (
        cell.recurrent_dropout,
        not getattr(cell, "reset_after", True),
        layer.stateful,
        layer.unroll,
        not cell.use_bias,
        layer.compute_dtype != "float32",
    )
    return all(activations) and not any(unusual)


def _project(sequences: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Input times kernel, float32 (steps, examples, width), for all steps at once."""
    if sequences.shape[-1] != kernel.shape[0]:  # ids instead of one-hot rows
        return tf.gather(kernel, tf.transpose(tf.cast(sequences[:, :, 0], tf.int32)))
    steps, inputs = sequences.shape[1:]
    vectors = tf.reshape(tf.transpose(sequences, (1, 0, 2)), (-1, inputs))
    return tf.reshape(tf.matmul(vectors, kernel), (steps, -1, kernel.shape[1]))


def _hand_on_ids(inputs: tf.Tensor) -> tf.Tensor:
    """int32 (examples, steps) to (examples, steps, 1), as a recurrent layer needs three axes."""
    return tf.expand_dims(inputs, -1)


def _only_feeds_gathering(layer: keras.Layer) -> bool:
    """Whether all readers of the layer, also through slices in time, accept ids."""
    return all(
        _gathers(reader) or (type(reader).__name__ == "GetItem" and _only_feeds_gathering(reader))
        for reader in (node.operation for node in layer._outbound_nodes)
    )


def _gathers(reader: keras.Operation) -> bool:
    layers = directions(reader)
    gathering = (
        type(layer) in TIME_LOOPS and is_plain(layer) and not layer.cell.dropout for layer in layers
    )
    return bool(layers) and all(gathering)


TIME_LOOPS: Loops = {
    keras.layers.SimpleRNN: simple_rnn_loop,
    keras.layers.LSTM: lstm_loop,
    keras.layers.GRU: gru_loop,
}
INFERENCE_LOOPS: Loops = {
    keras.layers.SimpleRNN: simple_rnn_inference,
    keras.layers.LSTM: lstm_inference,
    keras.layers.GRU: gru_inference,
}
