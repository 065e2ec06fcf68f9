"""How XLA is told to leave an array in the order of its sides."""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import optimization_barrier


def as_it_stands(array: tf.Tensor) -> tf.Tensor:
    """The array, finished before anything reads it; under XLA only.

    XLA rewrites what makes an array by what reads it: swaps the sides of a product, or lays a side
    elsewhere in memory and copies it back. On a CPU either may take longer than the work itself.
    """
    return optimization_barrier(array)[0]
