"""Texts as n-grams on the device: the entries of all rows one after the other."""

import tensorflow as tf

from textclf.data.ngrams import SparseRows

PARTS = ("ids", "weights", "offsets")


class SparseArrays:
    """The variables of SparseRows, of which a batch is taken."""

    def __init__(self, x: SparseRows) -> None:
        # Of any length: the rows of another fold have more n-grams, or fewer.
        self.variables = {
            name: tf.Variable(getattr(x, name), trainable=False, shape=(None,)) for name in PARTS
        }

    def assign(self, x: SparseRows) -> None:
        """Replace the rows."""
        for name, variable in self.variables.items():
            variable.assign(getattr(x, name))

    def take(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """Ids, int32, and weights, float32, (rows, features of the longest): 0 is padding.

        Args:
            rows: int32 (rows,).
        """
        ids, weights, offsets = (self.variables[name] for name in PARTS)
        starts = tf.gather(offsets, rows)
        lengths = tf.gather(offsets, rows + 1) - starts
        steps = tf.range(tf.reduce_max(lengths))
        is_entry = steps < lengths[:, None]
        places = tf.where(is_entry, starts[:, None] + steps, 0)
        return [
            tf.where(is_entry, tf.gather(part, places), tf.zeros((), part.dtype))
            for part in (ids, weights)
        ]
