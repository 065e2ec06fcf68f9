"""Sums of the gradients of an embedding's words, under XLA."""

import tensorflow as tf

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
