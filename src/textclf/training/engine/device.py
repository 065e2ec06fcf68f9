"""The engine for data that fits on the device: it reads row numbers, a block in each call."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from textclf.training.engine.block_trainer import BlockTrainer
from textclf.training.engine.datasets import generated, untuned
from textclf.training.engine.flat_texts import lengths_of
from textclf.training.engine.order import blocks_of, longest_first, row_order

EVALUATION_BATCH = 256  # rows; larger batches are hardly faster, and wide layers need memory
GPU_EVALUATION_BATCH = 1024  # there, the number of batches counts


class DeviceEngine:
    """Keras's `fit` over blocks of row numbers; the examples stay on the device.

    Args:
        model: trains a network that is compiled.
        batches: how many batches a block holds.
    """

    def __init__(self, model: BlockTrainer, batch_size: int, batches: int) -> None:
        self.model = model
        self.network = model.network
        self.batch_size = batch_size
        self.batches = batches
        smallest = GPU_EVALUATION_BATCH if model.placement.is_gpu else EVALUATION_BATCH
        self.evaluation_batch = max(batch_size, smallest)
        self.texts = model.texts
        self.lengths: np.ndarray | None = None
        model.compile(optimizer=model.network.optimizer, jit_compile=False)  # it compiles itself

    def put(self, x: Any, y: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Place encoded examples and their targets (rows,) on the device.

        Args:
            x: an array (rows, ...), or SparseRows.
            weights: float32 (rows,), of each row's loss in training; None: all the same.
        """
        if self.texts:
            self.lengths, x = lengths_of(x), self.texts.compact(x)
        self.model.put(x, y, self.lengths, self.batch_size, weights)

    def suits(self, x: Any) -> bool:
        """Whether other encoded examples can be put in the place of those that are there."""
        return self.model.suits(x)

    def epochs_of(self, rows: np.ndarray, seed: int, first_epoch: int = 0) -> tf.data.Dataset:
        """An endless series of epochs' blocks, each epoch in its own order."""

        def generate() -> Iterator[np.ndarray]:
            for epoch in itertools.count(first_epoch):
                order = row_order(rows, seed, epoch)
                if self.lengths is not None:
                    order = longest_first(order, self.lengths, self.batch_size)
                yield from blocks_of(order, self.batch_size, self.batches)

        shape = tf.TensorSpec((self.batches, self.batch_size), tf.int32)
        return generated(generate, shape, ahead=1)

    def pass_over(self, rows: np.ndarray) -> tf.data.Dataset:
        """Blocks of the rows, once; in their own order, or by length if padding is skipped."""
        if self.lengths is not None:
            rows = longest_first(rows, self.lengths, len(rows))
        batches = max(1, self.batches * self.batch_size // self.evaluation_batch)
        blocks = blocks_of(rows, self.evaluation_batch, batches)
        return untuned(tf.data.Dataset.from_tensor_slices(blocks))

    def steps_in(self, rows: np.ndarray) -> int:
        """The number of blocks that hold the rows."""
        return -(-len(rows) // (self.batch_size * self.batches))

    def validated_outputs(self, rows: np.ndarray) -> np.ndarray:
        """float32 (rows, outputs): those of the rows of the epoch's validation."""
        return self.model.outputs_of(rows)

    def predict(
        self, rows: np.ndarray, callbacks: Sequence[keras.callbacks.Callback] = ()
    ) -> np.ndarray:
        """float32 (rows, outputs)."""
        self.model.evaluate(self.pass_over(rows), verbose=0, callbacks=[*callbacks])
        return self.model.outputs_of(rows)
