"""A Keras model that trains another one on rows of arrays on the device."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from textclf.data.ngrams import SparseRows
from textclf.data.tasks import REGRESSION, Task
from textclf.models.builders import TARGET
from textclf.training.engine.flat_texts import FlatTexts, fit_segments, segments_of
from textclf.training.engine.order import PAD
from textclf.training.engine.placement import Placement
from textclf.training.engine.sparse_rows import SparseArrays, SumsOfRows


class BlockTrainer(keras.Model):
    """Fits a network on rows of arrays that stay on the device.

    `fit` and `evaluate` are Keras's own. They read blocks of row numbers instead of examples,
    int32 (batches, batch_size), padded with -1. One call of a step runs a whole block inside the
    compiled function, which avoids Keras's overhead of a call for each batch.

    Args:
        network: a model in Keras's own layers, whose weights are trained.
        task: has the loss and the metric.
        xla: whether XLA compiles the steps.
        packed_columns: the width of x where it is packed 8 columns to a byte, else None.
        texts: the network's first layers, if they skip padding.
        sums: those of a network of n-grams, if they skip padding.
        placement: of the examples and their outputs.
    """

    def __init__(
        self,
        network: keras.Model,
        task: Task,
        xla: bool,
        packed_columns: int | None = None,
        texts: FlatTexts | None = None,
        sums: SumsOfRows | None = None,
        placement: Placement = Placement(),  # noqa: B008 - it is frozen
    ) -> None:
        super().__init__(name=f"{network.name}_trainer")
        self.network = network
        self.packed_columns = packed_columns
        self.task = task
        self.loss_function = keras.losses.get(task.loss)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.metric = METRICS[task.name](name=task.metric)
        self.texts = texts
        self.sums = sums
        self.placement = placement
        self.unit = unit_of(network)
        # Compiled here, as Keras no longer uses XLA once any model enables determinism.
        self.train_program = program(self._train_on_block, xla)
        self.test_program = program(self._test_on_block, xla)
        self.built = True

    def put(
        self,
        x: Any,
        y: np.ndarray,
        lengths: np.ndarray | None,
        batch_size: int,
        weights: np.ndarray | None = None,
    ) -> None:
        """Place the examples on the device; nothing is recompiled if shapes are as before.

        Args:
            x: encoded examples, an array (rows, ...) or SparseRows.
            y: targets (rows,), or (rows, labels).
            lengths: int32 (rows,), positions without padding; None if padding is not skipped.
            batch_size: of training.
            weights: float32 (rows,), of each row's loss in training; None: all the same.
        """
        if not hasattr(self, "arrays"):
            width = self.network.output_shape[-1]
            self.arrays = _Arrays(x, y, lengths, weights, width, self.placement)
            if self.texts is not None and lengths is not None:
                self.texts.segments = segments_of(lengths, x.shape[1], batch_size)
        else:
            self.arrays.assign(x, y, lengths, weights)

    def suits(self, x: Any) -> bool:
        """Whether the programs, which were made for other examples, can read these encoded ones."""
        return isinstance(x, SparseRows) == isinstance(self.arrays.x, SparseArrays)

    def outputs_of(self, rows: np.ndarray) -> np.ndarray:
        """float32 (rows, outputs): the network's outputs in the last `evaluate` of the rows."""
        outputs: np.ndarray = self.arrays.outputs.numpy()[rows]
        return outputs

    @property
    def metrics(self) -> list[keras.Metric]:
        return [self.loss_tracker, self.metric]

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.network(x, training=training)

    def train_step(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """One gradient step for each batch of the block."""
        train = self.train_program
        if self.texts is not None and self.texts.segments:
            # XLA compiles only what is called: the program for all positions hardly ever is.
            fit = fit_segments(self.texts.segments, self.arrays.lengths_of(rows))
            tf.cond(fit, lambda: train(rows, True), lambda: train(rows, False))
        else:
            train(rows, False)
        results: dict[str, tf.Tensor] = self.get_metrics_result()
        return results

    def test_step(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score each batch of the block, and keep its outputs as predictions."""
        self.test_program(rows)
        results: dict[str, tf.Tensor] = self.get_metrics_result()
        return results

    def _train_on_block(self, rows: tf.Tensor, within_segments: bool) -> None:
        if self.texts is not None:
            self.texts.within_segments = within_segments  # for the program that is traced now
        for_each_batch(rows, self._train_on_batch)

    def _test_on_block(self, rows: tf.Tensor) -> None:
        for_each_batch(rows, self._test_on_batch)

    def _train_on_batch(self, rows: tf.Tensor) -> None:
        x, y, present = self._gather(rows)
        weights = self.arrays.weights_of(rows, present)
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss, learnt = self._losses_of(y, outputs, tf.reduce_sum(present), weights)
            penalty = self._penalty()
            loss, learnt = loss + penalty, learnt + penalty
        variables = self.network.trainable_weights
        gradients = tape.gradient(learnt, variables)
        self.learn(gradients, y, outputs, loss, present)

    def learn(
        self,
        gradients: list[Any],
        y: tf.Tensor,
        outputs: tf.Tensor,
        loss: tf.Tensor,
        present: tf.Tensor,
    ) -> None:
        """Update the weights, and add the batch to the metrics."""
        variables = self.network.trainable_weights
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self._update_metrics(y, outputs, loss, present)

    def _test_on_batch(self, rows: tf.Tensor) -> None:
        x, y, present = self._gather(rows)
        outputs = self(x, training=False)
        self._score(rows, y, outputs, present)

    def _score(self, rows: tf.Tensor, y: tf.Tensor, outputs: tf.Tensor, present: tf.Tensor) -> None:
        """Add a batch to the metrics, and keep its outputs."""
        self.measure(y, outputs, present)
        self._keep(rows, outputs)

    def measure(self, y: tf.Tensor, outputs: tf.Tensor, present: tf.Tensor) -> None:
        """Add a scored batch to the metrics."""
        loss = self._mean_loss(y, outputs, tf.reduce_sum(present), present) + self._penalty()
        self._update_metrics(y, outputs, loss, present)

    def _keep(self, rows: tf.Tensor, outputs: tf.Tensor) -> None:
        """Keep the outputs (rows, outputs) of rows (rows,)."""
        places = tf.where(rows == PAD, self.arrays.outputs.shape[0] - 1, rows)
        self.arrays.outputs.scatter_nd_update(places[:, None], outputs)

    def _gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """A batch: x (batch_size, ...), y (batch_size, 1 or labels), 1.0 where there is a row."""
        present = tf.cast(rows != PAD, tf.float32)
        rows = tf.maximum(rows, 0)
        y = self._targets(rows)
        return self._inputs(rows), y, present

    def _targets(self, rows: tf.Tensor) -> tf.Tensor:
        """(rows, 1 or labels)."""
        y = tf.gather(self.arrays.y, rows)
        return y if len(y.shape) == 2 else y[:, None]

    def _inputs(self, rows: tf.Tensor) -> Any:
        """What the network reads."""
        if isinstance(self.arrays.x, SparseArrays):
            if self.sums is None:
                return self.arrays.x.take_padded(rows)
            return self.sums.take(self.arrays.x, rows)
        x = tf.gather(self.arrays.x, rows)
        if self.packed_columns is not None:
            x = unpack_bits(x, self.packed_columns, self.placement)
        return self.as_read(x)

    def as_read(self, x: tf.Tensor) -> tf.Tensor:
        """x as the numbers that the network reads."""
        return tf.cast(x, self.network.inputs[0].dtype)

    def _losses_of(
        self, y: tf.Tensor, outputs: tf.Tensor, n_rows: tf.Tensor, weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The loss that is shown, and the one whose gradient is taken."""
        loss = self._mean_loss(y, outputs, n_rows, weights)
        if self.unit is None:
            return loss, loss
        if self.task.loss == REGRESSION.loss:
            return loss, self._mean_loss(y / self.unit, outputs / self.unit, n_rows, weights)
        return loss, loss / self.unit[0, 0] ** self.task.loss_power

    def _mean_loss(
        self, y: tf.Tensor, outputs: tf.Tensor, n_rows: tf.Tensor, weights: tf.Tensor
    ) -> tf.Tensor:
        # The mean over existing rows, not over their weights, as Keras computes it.
        losses = self.loss_function(y, outputs)
        return tf.reduce_sum(losses * weights) / n_rows

    def _penalty(self) -> tf.Tensor:
        """What regularizers of weights add to the loss, as in Keras."""
        return tf.add_n([*self.network.losses, tf.constant(0.0)])

    def _update_metrics(
        self, y: tf.Tensor, outputs: tf.Tensor, loss: tf.Tensor, present: tf.Tensor
    ) -> None:
        self.loss_tracker.update_state(loss, sample_weight=tf.reduce_sum(present))
        self.metric.update_state(y, outputs, sample_weight=present)


class _Arrays:
    """A plain object: Keras would treat variables in a model's attributes as weights.

    Args:
        x: encoded examples, an array (rows, ...) or SparseRows.
        y: targets (rows,), or (rows, labels).
        lengths: int32 (rows,), where padding is skipped, else None.
        weights: float32 (rows,), or None, as `put` takes them.
        width: the network's outputs for a row.
        placement: of all of them.
    """

    def __init__(
        self,
        x: Any,
        y: np.ndarray,
        lengths: np.ndarray | None,
        weights: np.ndarray | None,
        width: int,
        placement: Placement,
    ) -> None:
        is_sparse = isinstance(x, SparseRows)
        self.placement = placement
        self.x = SparseArrays(x, placement) if is_sparse else placement.variable(x)
        self.y = placement.variable(y)
        self.lengths = None if lengths is None else placement.variable(lengths)
        self.weights = None if weights is None else placement.variable(weights)
        # One line more than there are rows, for the padding of a last batch.
        self.outputs = placement.variable(tf.zeros((len(x) + 1, width)))

    def assign(
        self,
        x: Any,
        y: np.ndarray,
        lengths: np.ndarray | None,
        weights: np.ndarray | None,
    ) -> None:
        numbers = self.placement.numbers
        self.x.assign(x if isinstance(x, SparseRows) else numbers(x))
        self.y.assign(numbers(y))
        if self.lengths is not None:
            self.lengths.assign(numbers(lengths))
        if self.weights is not None:
            self.weights.assign(weights)

    def weights_of(self, rows: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """float32 (batch_size,): of each row's loss; 0 where there is no row."""
        if self.weights is None:
            return present
        return present * tf.gather(self.weights, tf.maximum(rows, 0))

    def lengths_of(self, rows: tf.Tensor) -> tf.Tensor:
        """int32, of the shape of `rows`; 0 where there is no row."""
        return tf.where(rows == PAD, 0, tf.gather(self.lengths, tf.maximum(rows, 0)))


# The bits of any two bytes, for a lookup: shifts and masks take three times as long.
PAIRS = np.arange(2**16, dtype=np.uint16)[:, None].view(np.uint8)
BITS = np.unpackbits(PAIRS, axis=1).astype(np.float32)
METRICS = {
    "binary": keras.metrics.BinaryAccuracy,
    "multiclass": keras.metrics.SparseCategoricalAccuracy,
    "multilabel": keras.metrics.BinaryAccuracy,
    "regression": keras.metrics.MeanAbsoluteError,
}


def unit_of(network: keras.Model) -> Any:
    """The weight (1, 1) that puts standardized outputs into the target's units, if there is one.

    Gradients are taken of the loss in standardized numbers, so that any optimizer and learning rate
    do with dollars what they do with thousands of them; the loss that is shown is in the target's.
    """
    names = [layer.name for layer in network.layers]
    return network.get_layer(TARGET).kernel if TARGET in names else None


def program(function: Any, xla: bool) -> Any:
    """A function of the graph, which XLA compiles when it is called for the first time."""
    return tf.function(function, jit_compile=True if xla else None, autograph=False)


def for_each_batch(rows: tf.Tensor, step: Any) -> None:
    """Run `step` on each batch of the block that has a row; only the last block has empty ones."""
    n_batches = tf.reduce_sum(tf.cast(rows[:, 0] != PAD, tf.int32))
    if rows.shape[0] == 1:  # XLA would simplify a block of one batch, to other last bits
        rows = tf.pad(rows, ((0, 1), (0, 0)), constant_values=PAD)

    def body(batch: tf.Tensor) -> tuple[tf.Tensor]:
        step(rows[batch])
        return (batch + 1,)

    tf.while_loop(lambda batch: batch < n_batches, body, [tf.constant(0)])


def unpack_bits(
    packed: tf.Tensor,
    columns: int,
    placement: Placement = Placement(),  # noqa: B008
) -> tf.Tensor:
    """uint8 (rows, ceil(columns / 8)) as np.packbits makes it, to float32 (rows, columns)."""
    rows, n_bytes = packed.shape
    pairs = tf.reshape(tf.pad(packed, ((0, 0), (0, n_bytes % 2))), (rows, -1, 2))
    bits_of_pairs = placement.constant(BITS)  # within the graph, it would be copied repeatedly
    bits = tf.gather(bits_of_pairs, tf.cast(tf.bitcast(pairs, tf.uint16), tf.int32))
    return tf.reshape(bits, (rows, -1))[:, :columns]
