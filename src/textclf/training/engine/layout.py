"""How to make XLA keep the memory layout of an array."""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python.xla import optimization_barrier


def as_it_stands(array: tf.Tensor) -> tf.Tensor:
    """The array, completed before anything reads it; under XLA only.

    XLA adapts the operation that makes an array to those that read it: it transposes a product, or
    changes the memory layout and copies it back. On a CPU this may take longer than the work.
    """
    return optimization_barrier(array)[0]
