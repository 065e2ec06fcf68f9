"""Sums of the gradients that an embedding's words get, under XLA."""

import tensorflow as tf

from textclf.training.engine.layout import as_it_stands


def sums_of_words(slices: tf.Tensor, ids: tf.Tensor, words: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Σg and Σg², float32 (words, dimensions) each: sums over the slices g of a word.

    Args:
        slices: float32 (occurrences, dimensions).
        ids: int32 (occurrences,), the word that each slice is of.
    """
    # In one piece, with the side of length 1 that XLA's scatter reads: else it copies each.
    slices = as_it_stands(slices[:, None])
    squares = as_it_stands(tf.square(slices))
    total, total_of_squares = (
        tf.math.unsorted_segment_sum(array[:, 0], ids, words) for array in (slices, squares)
    )
    return total, total_of_squares
