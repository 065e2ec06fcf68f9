"""What the rule knows of GPUs: which engine is fastest there, and how long a batch takes."""

import keras

from textclf.training.engine.costs import loop_steps, multiplications
from textclf.training.engine.recurrent import recurrent_layers
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
    of_step = XLA_STEP_SECONDS if engine == "xla" else CUDNN_STEP_SECONDS
    products = 3 * batch_size * multiplications(network) / MULTIPLICATIONS_PER_SECOND
    return BATCH_SECONDS[engine] + loop_steps(network) * of_step + products
