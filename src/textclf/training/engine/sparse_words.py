"""Multi-hot words by the columns that are set: few ones in place of a product with many zeros."""

from functools import partial
from types import MethodType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from textclf.data.ngrams import SparseRows
from textclf.data.tasks import Task
from textclf.training.engine.block_trainer import BlockTrainer
from textclf.training.engine.sparse_rows import SparseArrays

# With more columns set, the dense product of several threads is faster.
MOST_SET = 1 / 64
# TensorFlow's product of a sparse and a dense matrix has a fast loop below 32 columns.
WIDEST_PIECE = 31
SAMPLE = 512  # rows
PIECE = 2**24  # bytes that are unpacked at once
BITS_OF_BYTES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(bool)


class WordsTrainer(BlockTrainer):
    """A BlockTrainer of a network whose only reader of multi-hot words is a Dense layer.

    The layer stays Keras's own object, so that the model is saved unchanged. Words that are not
    sparse are multiplied as always.

    Args:
        columns: the width of x, which is packed 8 columns to a byte.
        dense: the layer.
    """

    def __init__(
        self, network: keras.Model, task: Task, columns: int, dense: keras.layers.Dense
    ) -> None:
        super().__init__(network, task, xla=False, packed_columns=columns)
        self._batch = _Batch()
        dense.call = MethodType(partial(_call, self._batch, dense.call), dense)

    def put(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lengths: np.ndarray | None,
        batch_size: int,
        weights: np.ndarray | None = None,
    ) -> None:
        """As BlockTrainer; `x` is uint8 (rows, ceil(columns / 8))."""
        super().put(columns_set(x) if is_sparse(x) else x, y, lengths, batch_size, weights)

    def suits(self, x: np.ndarray) -> bool:
        """Whether other rows are as sparse, or not, as those that the programs read.

        Each fit decides by its own rows, and thus in the same way when it is resumed.
        """
        return is_sparse(x) == isinstance(self.arrays.x, SparseArrays)

    def _inputs(self, rows: tf.Tensor) -> Any:
        if not isinstance(self.arrays.x, SparseArrays):
            return super()._inputs(rows)
        ids, ones, places = self.arrays.x.take(rows)
        at = tf.stack([places.value_rowids(), tf.cast(ids, tf.int64)], 1)
        shape = (rows.shape[0], self.packed_columns)
        self._batch.words = tf.SparseTensor(at, ones, shape)
        return tf.zeros(shape)  # nothing reads it: TensorFlow leaves it out


class _Batch:
    """The words of the batch that is traced now, until the layer takes them."""

    words: tf.SparseTensor | None = None


def reader_of_words(network: keras.Model) -> keras.layers.Dense | None:
    """The Dense layer that alone reads the network's input, if there is one."""
    readers = [node.operation for node in network.layers[0]._outbound_nodes]
    if len(network.inputs) == len(readers) == 1 and type(readers[0]) is keras.layers.Dense:
        return readers[0]
    return None


def is_sparse(packed: np.ndarray) -> bool:
    """Whether few columns of packed rows, uint8 (rows, bytes), are set, by the first rows."""
    bits = np.unpackbits(packed[:SAMPLE])
    return bool(bits.size) and bits.mean() <= MOST_SET


def columns_set(packed: np.ndarray) -> SparseRows:
    """The columns set in rows of packed bits, uint8 (rows, bytes), each with the weight 1."""
    step = max(1, PIECE // packed.shape[1])
    pieces = [_columns_set(packed[start : start + step]) for start in range(0, len(packed), step)]
    ids = np.concatenate([np.zeros(0, np.int32), *(ids for ids, _ in pieces)])
    counts = np.concatenate([[0], *(counts for _, counts in pieces)])
    return SparseRows(ids, np.ones(len(ids), np.float32), np.cumsum(counts))


def _columns_set(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns, int32 (entries,), row by row, and how many each row has, int64 (rows,)."""
    has_any = packed != 0  # most bytes are 0
    places = np.flatnonzero(has_any)
    is_set = BITS_OF_BYTES[packed.ravel()[places]]
    ends = np.cumsum(has_any.sum(1))  # of each row among the places
    in_row = places - np.repeat(np.arange(len(packed)) * packed.shape[1], np.diff(ends, prepend=0))
    columns = (8 * in_row.astype(np.int32)[:, None] + np.arange(8, dtype=np.int32))[is_set]
    totals = np.concatenate([[0], np.cumsum(is_set.sum(1))])[ends]
    return columns, np.diff(totals, prepend=0)


def _call(
    batch: _Batch,
    keras_call: Any,
    dense: keras.layers.Dense,
    inputs: tf.Tensor,
    training: bool | None = None,
) -> tf.Tensor:
    """Replaces `keras.layers.Dense.call`."""
    words, batch.words = batch.words, None
    if words is None:  # a call from outside of the engine
        return keras_call(inputs, training=training)
    outputs = _product(words, dense.kernel.value)
    if dense.use_bias:
        outputs += dense.bias
    return dense.activation(outputs)


def _product(words: tf.SparseTensor, kernel: tf.Tensor) -> tf.Tensor:
    """Words (rows, columns) times kernel (columns, units), float32 (rows, units)."""
    units = kernel.shape[1]
    n_pieces = -(-units // WIDEST_PIECE)
    widths = [len(piece) for piece in np.array_split(np.arange(units), n_pieces)]
    pieces = tf.split(kernel, widths, 1) if n_pieces > 1 else [kernel]
    products = [tf.sparse.sparse_dense_matmul(words, piece) for piece in pieces]
    return tf.concat(products, 1) if n_pieces > 1 else products[0]
