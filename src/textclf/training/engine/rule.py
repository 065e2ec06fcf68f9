"""The rule that chooses an engine; docs/engines.md explains it."""

from dataclasses import dataclass

import keras
import psutil

from textclf.training.engine import rule_cpu, rule_gpu
from textclf.training.engine.backend import Device
from textclf.training.engine.gpu_memory import card_memory
from textclf.training.engine.recurrent import directions, is_plain

DEVICE_SHARE = 0.25  # share of the device's memory that examples may use
BLOCK_SECONDS = 0.5  # progress and Ctrl-C wait until a block ends
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
    is_shared = name == "xla" and not device.is_gpu
    shards = rule_cpu.number_of_parts(network, batch_size, device.threads) if is_shared else 1
    return Choice(
        name, _batches_per_block(name, network, batch_size, n_batches, device), reason, shards
    )


def _rule(network: keras.Model, n_bytes: int, device: Device) -> tuple[str, str]:
    if device.is_gpu and network.inputs[0].dtype == "int32":
        n_bytes *= 2  # engine/placement.py
    if n_bytes > device_bytes(device) * DEVICE_SHARE:
        return "keras", "the examples are too large to stay on the device"
    for layer in network.layers:
        if isinstance(layer, keras.Layer) and not is_known(layer):
            return "keras", f"only Keras's own path knows {type(layer).__name__} with its settings"
    if len(network.inputs) > 1:
        return "graph", "n-grams of texts of any length are faster in TensorFlow's own kernels"
    return rule_gpu.engine_of(network) if device.is_gpu else rule_cpu.engine_of(network)


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


def _batches_per_block(
    name: str, network: keras.Model, batch_size: int, n_batches: int, device: Device
) -> int:
    """The fewest equal blocks in an epoch of at most BLOCK_SECONDS each.

    An estimate from the shapes alone: a resumed run has the same blocks on any day.
    """
    if device.is_gpu:
        seconds = rule_gpu.seconds_of_batch(name, network, batch_size)
    else:
        seconds = rule_cpu.seconds_of_batch(network, batch_size)
    longest = max(1, int(BLOCK_SECONDS / max(seconds, 1e-6)))
    n_blocks = -(-n_batches // longest)
    return -(-n_batches // n_blocks)


def device_bytes(device: Device) -> int:
    """Memory of the device that computes."""
    if device.is_gpu:
        return card_memory(device.name).total
    return psutil.virtual_memory().total
