"""Sums of the gradients of an embedding's words, under XLA."""

import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla

from textclf.training.engine.layout import as_it_stands


def sums_of_words(slices: tf.Tensor, ids: tf.Tensor, words: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Σg and Σg², float32 (words, dimensions) each: sums over the slices g of a word.

    Args:
        slices: float32 (occurrences, dimensions).
        ids: int32 (occurrences,), the word of each slice.
    """
    # In one piece, with the axis of length 1 that XLA's scatter reads: otherwise it copies each.
    slices = as_it_stands(slices[:, None])
    squares = as_it_stands(tf.square(slices))
    total, total_of_squares = (
        tf.math.unsorted_segment_sum(array[:, 0], ids, words) for array in (slices, squares)
    )
    return total, total_of_squares


def sums_in_order(slices: tf.Tensor, ids: tf.Tensor, words: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The same on a GPU, added up in the same order each time.

    A scatter there adds in any order, or, where that is forbidden, one slice after the other. Here
    the slices are sorted by word, and added up to sums of 2, 4, 8, ... neighbours of one word.

    Args:
        slices: float32 (occurrences, dimensions).
        ids: int32 or int64 (occurrences,), the word of each slice.
    """
    n = slices.shape[0]
    keys = xla.sort(tf.cast(ids, tf.int64) * n + tf.range(n, dtype=tf.int64))
    ids, order = keys // n, keys % n
    sums = tf.gather(tf.concat([slices, tf.square(slices)], 1), order)
    step = 1
    while step < n:  # each sum, of at most `step` slices, gets the one before it
        is_same = ids[step:] == ids[:-step]
        sums = tf.concat(
            [sums[:step], sums[step:] + tf.where(is_same[:, None], sums[:-step], 0.0)], 0
        )
        step *= 2
    last = tf.math.unsorted_segment_max(tf.range(n), ids, words)  # negative where there is none
    sums = tf.where(last[:, None] >= 0, tf.gather(sums, tf.maximum(last, 0)), 0.0)
    total, total_of_squares = tf.split(sums, 2, 1)
    return total, total_of_squares
