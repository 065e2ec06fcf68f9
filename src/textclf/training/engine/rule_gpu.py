"""What the rule knows of GPUs: which engine is fastest there, and how long a batch takes."""

import math

import keras

from textclf.training.engine.recurrent import directions, recurrent_layers
from textclf.training.engine.slices import adds_up_in_order

# Seconds on one H200. A GPU that is busy with small models waits for the host: what counts is how
# many kernels the host starts, not what they compute.
BATCH_SECONDS = {"xla": 2e-4, "graph": 5e-3, "keras": 8e-3}  # of a gradient step without loops
XLA_STEP_SECONDS = 2e-5  # of a step of a loop over time, forward and backward: some 6 kernels
CUDNN_STEP_SECONDS = 1e-5
MULTIPLICATIONS_PER_SECOND = 5e12  # a fraction of a card's, whose products are small here


def engine_of(network: keras.Model) -> tuple[str, str]:
    """The engine for a model that the engines of blocks know, and why."""
    kinds = [type(layer) for layer in recurrent_layers(network)]
    optimizer = getattr(network, "optimizer", None)
    if looks_words_up(network) and optimizer is not None and not adds_up_in_order(optimizer):
        name = type(optimizer).__name__
        return "graph", f"under XLA, {name} would add up a word's gradients in any order on a GPU"
    if keras.layers.SimpleRNN in kinds:
        return "xla", "cuDNN has no SimpleRNN, and XLA runs its loop without the host"
    if kinds:
        return "graph", "cuDNN's LSTM and GRU, in Keras's own layers, are the fastest on a GPU"
    if any(isinstance(layer, keras.layers.Conv1D) for layer in network.layers):
        return "graph", "cuDNN's convolutions are the fastest on a GPU"
    return "xla", "small layers gain most from being compiled together"


def compiles_updates(network: keras.Model) -> bool:
    """Whether XLA should compile the update of the weights, where the rest is TensorFlow's graph.

    Not where gradients have slices that only Keras's optimizer can add up, or, as of n-grams, a
    number of them that differs from batch to batch.
    """
    if len(network.inputs) > 1:
        return False
    return not looks_words_up(network) or adds_up_in_order(network.optimizer)


def looks_words_up(network: keras.Model) -> bool:
    """Whether a gradient has a slice for each word: of an embedding, or of a one-hot layer."""
    kinds = (keras.layers.Embedding, keras.layers.CategoryEncoding)
    return any(isinstance(layer, kinds) for layer in network.layers)


def seconds_of_batch(engine: str, network: keras.Model, batch_size: int) -> float:
    """The time of a gradient step, by a rough count; the same on every card.

    Args:
        engine: 'xla', 'graph' or 'keras'.
    """
    loops = sum(
        len(parts) * steps_of(layer) for layer in network.layers if (parts := directions(layer))
    )
    of_step = XLA_STEP_SECONDS if engine == "xla" else CUDNN_STEP_SECONDS
    products = 3 * batch_size * sum(multiplications(layer) for layer in network.layers)
    return BATCH_SECONDS[engine] + loops * of_step + products / MULTIPLICATIONS_PER_SECOND


def steps_of(layer: keras.Layer) -> int:
    """How often a layer's kernels are used for an example: once for each step of a sequence."""
    first = layer.input[0] if isinstance(layer.input, list | tuple) else layer.input
    shape = first.shape
    return int(shape[1] or 1) if len(shape) > 2 else 1


def multiplications(layer: keras.Layer) -> int:
    """Of one example, forward, in a layer that multiplies its input by kernels."""
    if isinstance(layer, keras.layers.Embedding | keras.layers.InputLayer) or not layer.weights:
        return 0
    weights: int = sum(math.prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1)
    return steps_of(layer) * weights
