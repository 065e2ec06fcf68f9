"""The engine for data too large for the device: Keras's ordinary `fit`, batch by batch."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from textclf.data.encoders import unpack
from textclf.data.ngrams import SparseRows
from textclf.training.engine.block_trainer import unit_of
from textclf.training.engine.datasets import generated
from textclf.training.engine.order import row_order


class HostEngine:
    """Keras's `fit` over batches that are gathered on the host, in the same order of rows.

    Args:
        network: the compiled model to train.
        packed_columns: the width of x where it is packed 8 columns to a byte, else None.
        loss_power: of the task's loss.
    """

    batches = 1

    def __init__(
        self,
        network: keras.Model,
        batch_size: int,
        packed_columns: int | None,
        loss_power: int = 2,
    ) -> None:
        self.network = self.model = network
        # Plain Keras smooths one-hot classes only.
        self.is_one_hot = isinstance(network.loss, keras.losses.CategoricalCrossentropy)
        self.batch_size = batch_size
        self.packed_columns = packed_columns
        unit = unit_of(network)
        if unit is not None:  # what Keras takes the gradients of
            network.optimizer.scale_loss = partial(
                _in_standardized_numbers, network, unit, loss_power
            )

    def put(self, x: Any, y: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Take encoded examples, an array (rows, ...) or SparseRows, and their targets (rows,).

        Args:
            weights: float32 (rows,), of each row's loss in training; None: all the same.
        """
        self.x, self.y, self.weights = x, y, weights

    def suits(self, x: Any) -> bool:
        """As DeviceEngine."""
        return type(x) is type(self.x)

    def epochs_of(self, rows: np.ndarray, seed: int, first_epoch: int = 0) -> tf.data.Dataset:
        """An endless series of epochs' batches, each epoch in its own order."""
        epochs = itertools.count
        # Where all batches are full, Keras knows their size too, and masked layers are faster.
        size = None if len(rows) % self.batch_size else self.batch_size
        return self._batches(
            lambda: (row_order(rows, seed, e) for e in epochs(first_epoch)), self.weights, size
        )

    def pass_over(self, rows: np.ndarray) -> tf.data.Dataset:
        """Batches of the rows in their own order, once."""
        # If a generator's length is unknown, Keras warns that the data ran out.
        known = tf.data.experimental.assert_cardinality(self.steps_in(rows))
        return self._batches(lambda: iter([rows])).apply(known)

    def steps_in(self, rows: np.ndarray) -> int:
        """The number of batches that hold the rows."""
        return -(-len(rows) // self.batch_size)

    def validated_outputs(self, rows: np.ndarray) -> np.ndarray:
        """float32 (rows, outputs): Keras's validation keeps none, so they are computed again."""
        return self.predict(rows)

    def predict(
        self, rows: np.ndarray, callbacks: Sequence[keras.callbacks.Callback] = ()
    ) -> np.ndarray:
        """float32 (rows, outputs)."""
        batches = self.pass_over(rows)
        outputs: np.ndarray = self.model.predict(batches, verbose=0, callbacks=[*callbacks])
        return outputs

    def _batches(
        self,
        orders: Callable[[], Iterator[np.ndarray]],
        weights: np.ndarray | None = None,
        size: int | None = None,
    ) -> tf.data.Dataset:
        def generate() -> Iterator[tuple[Any, ...]]:
            for order in orders():
                for start in range(0, len(order), self.batch_size):
                    yield self._take(order[start : start + self.batch_size], weights)

        x, *others = self._take(np.zeros(1, np.int64), weights)
        signature = (
            tf.nest.map_structure(partial(self._spec_of_x, size), x),
            *(_spec(size, part) for part in others),
        )
        return generated(generate, signature, ahead=2)

    def _spec_of_x(self, size: int | None, part: np.ndarray) -> tf.TensorSpec:
        """Rows of n-grams are as long as the longest of a batch."""
        is_sparse = isinstance(self.x, SparseRows)
        return tf.TensorSpec((None, None), part.dtype) if is_sparse else _spec(size, part)

    def _take(self, rows: np.ndarray, weights: np.ndarray | None) -> tuple[Any, ...]:
        """x, y and, where rows have weights, those."""
        y = self.y[rows].reshape(len(rows), -1)
        if self.is_one_hot:
            y = np.eye(self.network.output_shape[-1], dtype=np.float32)[y[:, 0]]
        part = self._encode(self.x[rows]), y
        return part if weights is None else (*part, weights[rows])

    def _encode(self, x: Any) -> Any:
        inputs = unpack(x, self.packed_columns)
        return tuple(inputs) if isinstance(x, SparseRows) else inputs


def _spec(size: int | None, part: np.ndarray) -> tf.TensorSpec:
    """Of batches of so many rows; None: of any number."""
    return tf.TensorSpec((size, *part.shape[1:]), part.dtype)


def _in_standardized_numbers(
    network: keras.Model, unit: tf.Tensor, power: int, loss: tf.Tensor
) -> tf.Tensor:
    """The loss of standardized outputs; what regularizers add to it stays as it is."""
    added = tf.add_n(network.losses) if network.losses else 0.0
    learnt = loss - added
    for _ in range(power):
        learnt = learnt / unit[0, 0]
    return learnt + added
