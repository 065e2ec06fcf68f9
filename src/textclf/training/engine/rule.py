"""The rule that chooses an engine; docs/engines.md explains it."""

import math
from dataclasses import dataclass

import keras
import psutil

from textclf.training.engine.backend import Device
from textclf.training.engine.recurrent import (
    directions,
    is_plain,
    number_of_shards,
    recurrent_layers,
)

# Wider layers gain more from several threads, which run their loops in shards of a batch.
XLA_WIDEST_KERNEL = 128  # columns of a recurrent kernel: units of a SimpleRNN, 4 * units of an LSTM
SMALLEST_SHARED_STEP = 3000  # numbers that a step of all gated layers computes for a batch
LOOPS_IN_ONE_WIDEST_CELL = 32  # units; in one function, XLA multiplies wider arrays slowly
# Wider products are faster in TensorFlow's own kernels, which use several threads.
XLA_WIDEST_INPUT = 1000  # numbers, such as multi-hot words
BLOCK_SECONDS = 0.5  # progress and Ctrl-C wait until a block ends
MULTIPLICATIONS_PER_SECOND = 1e10  # of an average processor
WEIGHT_SECONDS = 2e-8  # to update a weight
STEP_SECONDS = 1e-5  # overhead of a step of a recurrent layer, forward and backward
DEVICE_SHARE = 0.25  # share of the device's memory that examples may use
# What the engines of blocks know: layers that take no account of a batch's other rows, of masks and
# of what an output adds to the loss.
KNOWN = {
    *(keras.layers.InputLayer, keras.layers.CategoryEncoding, keras.layers.Reshape),
    *(keras.layers.Embedding, keras.layers.Flatten, keras.layers.Dense, keras.layers.Dropout),
    *(keras.layers.Conv1D, keras.layers.MaxPooling1D, keras.layers.AveragePooling1D),
    *(keras.layers.GlobalMaxPooling1D, keras.layers.GlobalAveragePooling1D),
    *(keras.layers.Concatenate, keras.layers.SpatialDropout1D, keras.layers.Activation),
    *(keras.layers.SimpleRNN, keras.layers.LSTM, keras.layers.GRU, keras.layers.Bidirectional),
    # The sum of n-grams, see models/ngrams.py.
    *(keras.layers.Dot, keras.layers.Rescaling, keras.layers.EinsumDense, keras.layers.Add),
}
GPU_BYTES = 8 * 2**30  # TensorFlow does not report a GPU's memory; most have at least this


@dataclass(frozen=True)
class Choice:
    """An engine's name ('xla', 'graph', 'keras'), the batches a call runs, and why.

    Args:
        shards: under XLA, the most parts of a batch that run side by side.
    """

    name: str
    batches: int
    reason: str
    shards: int = 1


def choose_engine(
    engine: str, network: keras.Model, batch_size: int, n_batches: int, n_bytes: int, device: Device
) -> Choice:
    """The engine for a model and its data.

    Args:
        engine: a config's `training.engine`; 'auto' leaves it to the rule.
        n_batches: gradient steps in an epoch.
        n_bytes: size of the encoded examples.
    """
    name, reason = (
        (engine, "the config says so") if engine != "auto" else _rule(network, n_bytes, device)
    )
    if name == "keras":
        return Choice(name, 1, reason)
    shards = _shards(network, batch_size, device) if name == "xla" else 1
    return Choice(name, _batches_per_block(network, batch_size, n_batches), reason, shards)


def _rule(network: keras.Model, n_bytes: int, device: Device) -> tuple[str, str]:
    if n_bytes > device_bytes(device) * DEVICE_SHARE:
        return "keras", "the examples are too large to stay on the device"
    for layer in network.layers:
        if isinstance(layer, keras.Layer) and not is_known(layer):
            return "keras", f"only Keras's own path knows {type(layer).__name__} with its settings"
    if len(network.inputs) > 1:
        return "graph", "n-grams of texts of any length are faster in TensorFlow's own kernels"
    if device.is_gpu:
        return "graph", "on a GPU, TensorFlow's own kernels and cuDNN are the fastest"
    if network.inputs[0].dtype == "float32" and network.input_shape[-1] > XLA_WIDEST_INPUT:
        return "graph", "wide products are faster in TensorFlow's own kernels"
    if any(isinstance(layer, keras.layers.Conv1D) for layer in network.layers):
        return "graph", "XLA's convolution is slow on a CPU"
    cells = [layer.cell for layer in recurrent_layers(network)]
    if any(cell.recurrent_kernel.shape[1] > XLA_WIDEST_KERNEL for cell in cells):
        return "graph", "a wide recurrent layer is faster in shards on several threads"
    return "xla", "small layers gain most from being compiled together"


def _shards(network: keras.Model, batch_size: int, device: Device) -> int:
    """Parts of a batch, where its loops over time take longer than to bring parts together."""
    if device.is_gpu:
        return 1
    cells = [layer.cell for layer in recurrent_layers(network)]
    # A step of a SimpleRNN, which has no gates, is too short.
    gated = [cell for cell in cells if hasattr(cell, "recurrent_activation")]
    columns = sum(cell.recurrent_kernel.shape[1] for cell in gated)
    if columns * batch_size < SMALLEST_SHARED_STEP:
        return 1
    return number_of_shards(batch_size, device.threads)


def is_known(layer: keras.Layer) -> bool:
    """Whether the engines of blocks compute the same as Keras for this layer."""
    layers = [layer, *directions(layer)]
    adds_to_loss = any(part.activity_regularizer for part in layers)
    is_constrained = any(weight.constraint for weight in layer.weights)
    has_mask = getattr(layer, "mask_zero", False)
    # With a penalty, an embedding's gradient is no longer one of slices.
    is_penalized = getattr(layer, "embeddings_regularizer", None) is not None
    is_usual = all(is_plain(part) for part in directions(layer))
    is_listed = all(type(part) in KNOWN for part in layers)
    return (
        is_listed and is_usual and not (adds_to_loss or is_constrained or has_mask or is_penalized)
    )


def has_small_loops(network: keras.Model) -> bool:
    """Whether XLA should make one function of each of the network's loops over time."""
    cells = [layer.cell for layer in recurrent_layers(network)]
    return all(cell.units <= LOOPS_IN_ONE_WIDEST_CELL for cell in cells)


def _batches_per_block(network: keras.Model, batch_size: int, n_batches: int) -> int:
    """The fewest equal blocks in an epoch of at most BLOCK_SECONDS each."""
    length = network.input_shape[-1]
    seconds = sum(_seconds(layer, length, batch_size) for layer in network.layers)
    if len(network.inputs) > 1:  # of n-grams, whose sum is short
        seconds += WEIGHT_SECONDS * network.count_params()
    longest = max(1, int(BLOCK_SECONDS / max(seconds, 1e-6)))
    n_blocks = -(-n_batches // longest)
    return -(-n_batches // n_blocks)


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


def device_bytes(device: Device) -> int:
    """Memory of the device that computes."""
    return GPU_BYTES if device.is_gpu else psutil.virtual_memory().total
