"""What a model computes for an example, counted from the shapes of its layers."""

import math

import keras

from textclf.training.engine.recurrent import directions


def loop_steps(network: keras.Model) -> int:
    """Steps of all loops over time, those of both directions too, forward."""
    return sum(
        len(parts) * steps_of(layer) for layer in network.layers if (parts := directions(layer))
    )


def multiplications(network: keras.Model) -> int:
    """Of one example, forward: what is looked up is not multiplied."""
    kinds = [type(layer) for layer in network.layers]
    is_one_hot = keras.layers.CategoryEncoding in kinds
    return sum(_multiplications(layer, is_one_hot) for layer in network.layers)


def _multiplications(layer: keras.Layer, is_one_hot: bool) -> int:
    if isinstance(layer, keras.layers.Embedding) or not layer.weights:
        return 0
    kernels = layer.weights
    if is_one_hot and (parts := directions(layer)):
        kernels = [part.cell.recurrent_kernel for part in parts]
    weights: int = sum(math.prod(kernel.shape) for kernel in kernels if len(kernel.shape) > 1)
    return steps_of(layer) * weights


def steps_of(layer: keras.Layer) -> int:
    """How often a layer's kernels are used for an example: once for each step of a sequence."""
    first = layer.input[0] if isinstance(layer.input, list | tuple) else layer.input
    return int(first.shape[1] or 1) if len(first.shape) > 2 else 1
