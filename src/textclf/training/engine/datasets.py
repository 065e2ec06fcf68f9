"""How engines pass blocks and batches to Keras."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from textclf.training.engine.backend import keep_freed_memory


def generated(generate: Callable[[], Iterator[Any]], signature: Any, ahead: int) -> tf.data.Dataset:
    """The dataset of what a generator yields.

    Args:
        signature: a TensorSpec, or a tuple of them, of what it yields.
        ahead: how many elements are made before they are asked for.
    """

    def start() -> Iterator[Any]:
        # Under Python 3.11, TensorFlow has just made malloc return everything beyond 128 KiB.
        keep_freed_memory()
        yield from generate()

    dataset = tf.data.Dataset.from_generator(start, output_signature=signature)
    return untuned(dataset.prefetch(ahead))


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset without autotuning, which has nothing to tune here.

    At the end of a dataset, TensorFlow waits for the tuning thread, which sleeps 10 ms, 20, 40 and
    so on between two checks: a pass of 0.35 s would take 0.63 s.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
