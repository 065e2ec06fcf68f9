"""Texts as n-grams on the device: the entries of all rows one after the other, without padding."""

from functools import partial
from types import MethodType
from typing import Any

import keras
import tensorflow as tf

from textclf.data.ngrams import SparseRows
from textclf.training.engine.placement import Placement

PARTS = ("ids", "weights", "offsets")


class SparseArrays:
    """The variables of SparseRows, of which batches are taken."""

    def __init__(self, x: SparseRows, placement: Placement) -> None:
        self.placement = placement
        # Of any length: the rows of another fold have more n-grams, or fewer.
        self.variables = {
            name: placement.variable(getattr(x, name), shape=(None,)) for name in PARTS
        }

    def assign(self, x: SparseRows) -> None:
        """Replace the rows."""
        for name, variable in self.variables.items():
            variable.assign(self.placement.numbers(getattr(x, name)))

    def take(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.RaggedTensor]:
        """All entries of rows, int32 (rows,): ids (entries,), weights (entries,) and their places,
        a row each."""
        ids, weights, offsets = (self.variables[name] for name in PARTS)
        places = tf.ragged.range(tf.gather(offsets, rows), tf.gather(offsets, rows + 1))
        return tf.gather(ids, places.values), tf.gather(weights, places.values), places

    def take_padded(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """Ids, int32, and weights, float32, (rows, features of the longest): 0 is padding."""
        ids, weights, places = self.take(rows)
        return [places.with_values(part).to_tensor() for part in (ids, weights)]


class SumsOfRows:
    """The layer Dot of a model, which adds up the kernel's rows of each text, without padding.

    A batch is one long row of entries for the layers before it. The layers stay Keras's own
    objects, so that the model is saved unchanged.
    """

    def __init__(self, dot: keras.layers.Dot) -> None:
        self.row_of: tf.Tensor | None = None  # of each entry of the batch that is traced now
        self.n_rows = 0
        dot.call = MethodType(partial(_call, self, dot.call), dot)

    def take(self, arrays: SparseArrays, rows: tf.Tensor) -> list[tf.Tensor]:
        """The entries of a batch, ids and weights, (1, entries), for one call of the model."""
        ids, weights, places = arrays.take(rows)
        self.row_of, self.n_rows = places.value_rowids(), rows.shape[0]
        return [ids[None], weights[None]]


def speed_up_sums(network: keras.Model) -> SumsOfRows | None:
    """Make a model of n-grams skip padding; None if it reads something else."""
    dots = [layer for layer in network.layers if isinstance(layer, keras.layers.Dot)]
    return SumsOfRows(dots[0]) if len(network.inputs) > 1 and len(dots) == 1 else None


def _call(sums: SumsOfRows, keras_call: Any, _dot: keras.layers.Dot, inputs: Any) -> tf.Tensor:
    """Replaces `keras.layers.Dot.call`."""
    row_of, sums.row_of = sums.row_of, None
    if row_of is None:  # a call from outside of the engine
        return keras_call(inputs)
    (vectors,), (weights,) = (tf.unstack(part, 1) for part in inputs)
    return tf.math.unsorted_segment_sum(vectors * weights[:, None], row_of, sums.n_rows)
