"""What the rule knows of processors: which engine is fastest there, and how long a batch takes."""

import math

import keras

from textclf.training.engine.recurrent import directions, number_of_shards, recurrent_layers

SMALLEST_SHARED_STEP = 3000  # numbers that a step of all recurrent layers computes for a batch
COST_WITHOUT_GATES = 0.5  # of such a number in a SimpleRNN, to one of a gate
LOOPS_IN_ONE_WIDEST_CELL = 64  # units; from 128 on, such a loop is slower than its products apart
# Wider products are faster in TensorFlow's own kernels, which use several threads.
XLA_WIDEST_INPUT = 1000  # numbers, such as multi-hot words
MULTIPLICATIONS_PER_SECOND = 1e10  # of an average processor
WEIGHT_SECONDS = 2e-8  # to update a weight
STEP_SECONDS = 1e-5  # overhead of a step of a recurrent layer, forward and backward


def engine_of(network: keras.Model) -> tuple[str, str]:
    """The engine for a model that the engines of blocks know, and why."""
    if network.inputs[0].dtype == "float32" and network.input_shape[-1] > XLA_WIDEST_INPUT:
        return "graph", "wide products are faster in TensorFlow's own kernels"
    if any(isinstance(layer, keras.layers.Conv1D) for layer in network.layers):
        return "graph", "XLA's convolution is slow on a CPU"
    if recurrent_layers(network):
        return "xla", "loops over time gain most from being compiled with what they read"
    return "xla", "small layers gain most from being compiled together"


def number_of_parts(network: keras.Model, batch_size: int, threads: int) -> int:
    """Parts of a batch, where its loops over time take longer than to bring parts together."""
    cells = [layer.cell for layer in recurrent_layers(network)]
    numbers = batch_size * sum(map(_numbers_of_step, cells))
    if numbers < SMALLEST_SHARED_STEP:
        return 1
    return number_of_shards(batch_size, threads)


def _numbers_of_step(cell: keras.Layer) -> float:
    """Numbers that a step computes for an example, in those of a gate."""
    columns: int = cell.recurrent_kernel.shape[1]
    return columns if hasattr(cell, "recurrent_activation") else columns * COST_WITHOUT_GATES


def has_small_loops(network: keras.Model) -> bool:
    """Whether XLA should make one function of each of the network's loops over time."""
    cells = [layer.cell.units for layer in recurrent_layers(network)]
    return 0 < max(cells, default=0) <= LOOPS_IN_ONE_WIDEST_CELL


def seconds_of_batch(network: keras.Model, batch_size: int) -> float:
    """The time of a gradient step on a slow processor."""
    length = network.input_shape[-1]
    seconds = sum(_seconds(layer, length, batch_size) for layer in network.layers)
    if len(network.inputs) > 1:  # of n-grams, whose sum is short
        seconds += WEIGHT_SECONDS * network.count_params()
    return seconds


def _seconds(layer: keras.Layer, length: int, batch_size: int) -> float:
    """The time of a batch in a layer, forward and backward, on a slow processor."""
    if isinstance(layer, keras.layers.Embedding):
        return 0.0
    kernels = [weight.shape for weight in layer.weights if len(weight.shape) > 1]
    weights: int = sum(math.prod(shape) for shape in kernels)
    if directions(layer):
        return length * (
            len(directions(layer)) * STEP_SECONDS
            + 3 * weights * batch_size / MULTIPLICATIONS_PER_SECOND
        )
    steps = length if isinstance(layer, keras.layers.Conv1D) else 1
    return steps * 3 * weights * batch_size / MULTIPLICATIONS_PER_SECOND
