"""Training on each batch in shards, one for each thread."""

from types import MethodType
from typing import Any

import keras
import tensorflow as tf

from textclf.data.tasks import Task
from textclf.training.engine.block_trainer import BlockTrainer, program
from textclf.training.engine.order import PAD
from textclf.training.engine.recurrent import number_of_shards, recurrent_layers
from textclf.training.engine.steps import Tensors

APART = 0x61C88647  # between the seeds of two shards: an odd number of 31 bits


class ShardedTrainer(BlockTrainer):
    """Computes the gradients of equal shards of a batch side by side, then updates the weights.

    XLA runs a loop on one thread. Here a shard's forward and backward pass is one XLA program,
    and TensorFlow's graph calls one on each thread. As the loss is a sum over rows divided by their
    number, its gradient is the sum of those of the shards.

    Args:
        threads: maximum number of shards.
    """

    def __init__(self, network: keras.Model, task: Task, threads: int) -> None:
        super().__init__(network, task, xla=False)
        self.threads = threads
        self.seeds = _SeedsOfShards(network)
        self.gradients_program = program(self._gradients, xla=True)
        self.measure_program = program(self._measure_shards, xla=True)
        self.update_program = program(self._update, xla=True)
        self.outputs_program = program(self._outputs, xla=True)
        self.score_program = program(self._score_outputs, xla=True)

    def _train_on_batch(self, rows: tf.Tensor) -> None:
        n_rows = tf.reduce_sum(tf.cast(rows != PAD, tf.float32))
        parts = [
            self.gradients_program(shard, n_rows, tf.constant(number, tf.int64))
            for number, shard in enumerate(self._shards(rows))
        ]
        losses, outputs, gradients = zip(*parts, strict=True)
        self.measure_program(rows, losses, outputs)
        self.update_program(gradients)

    def _test_on_batch(self, rows: tf.Tensor) -> None:
        outputs = [self.outputs_program(shard) for shard in self._shards(rows)]
        self.score_program(rows, outputs)

    def _shards(self, rows: tf.Tensor) -> list[tf.Tensor]:
        number = number_of_shards(rows.shape[0], self.threads)
        return list(tf.split(rows, number))

    def _gradients(self, rows: tf.Tensor, n_rows: tf.Tensor, number: tf.Tensor) -> Any:
        """A shard's part of the batch's loss, its outputs, and its part of each gradient."""
        self.seeds.shard = number  # for the program that is traced now
        x, y, present = self._gather(rows)
        weights = self.arrays.weights_of(rows, present)
        with tf.GradientTape() as tape:
            outputs = self(x, training=True)
            loss, learnt = self._losses_of(y, outputs, n_rows, weights)
        return loss, outputs, tape.gradient(learnt, self.network.trainable_weights)

    def _measure_shards(self, rows: tf.Tensor, losses: Tensors, outputs: Tensors) -> None:
        """Add the batch to the metrics, while the weights are updated."""
        present = tf.cast(rows != PAD, tf.float32)
        y = self._targets(tf.maximum(rows, 0))
        loss = tf.add_n(losses) + self._penalty()
        self._update_metrics(y, tf.concat(outputs, 0), loss, present)

    def _update(self, gradients: list[list[Any]]) -> None:
        """One gradient step with the gradients of the shards, and of the penalty."""
        variables = self.network.trainable_weights
        with tf.GradientTape() as tape:
            penalty = self._penalty()
        of_penalty = tape.gradient(penalty, variables)
        sums = [_sum(shards) for shards in zip(*gradients, strict=True)]
        sums = [
            total if extra is None else total + extra
            for total, extra in zip(sums, of_penalty, strict=True)
        ]
        self.optimizer.apply_gradients(zip(sums, variables, strict=True))
        self.seeds.advance()

    def _outputs(self, rows: tf.Tensor) -> tf.Tensor:
        # Keras draws an LSTM's dropout for scoring, too, without using it.
        self.seeds.shard = tf.constant(0, tf.int64)
        return self(self._inputs(tf.maximum(rows, 0)), training=False)

    def _score_outputs(self, rows: tf.Tensor, outputs: list[tf.Tensor]) -> None:
        present = tf.cast(rows != PAD, tf.float32)
        self._score(rows, self._targets(tf.maximum(rows, 0)), tf.concat(outputs, 0), present)


class _SeedsOfShards:
    """Gives each shard its own random numbers.

    A generator's state may be written only once for a batch, and by no shard, as these run side by
    side: within a shard, a generator gives its state and the shard's number.
    """

    def __init__(self, network: keras.Model) -> None:
        self.shard: Any = None  # the number of the shard that is traced now
        cells = [layer.cell for layer in recurrent_layers(network)]
        generators = [getattr(part, "seed_generator", None) for part in (*network.layers, *cells)]
        self.generators = [generator for generator in generators if generator is not None]
        self.drawn: set[int] = set()
        for generator in self.generators:
            generator.next = MethodType(self._next, generator)

    def _next(self, generator: keras.random.SeedGenerator) -> tf.Tensor:
        """Replaces `SeedGenerator.next`: the seed and how often it was used, int64 (2,)."""
        self.drawn.add(id(generator))
        state = generator.state.value
        return state + tf.cast(tf.stack([self.shard * APART, 0]), state.dtype)

    def advance(self) -> None:
        """Put the generators that were used where the next batch starts."""
        for generator in self.generators:
            if id(generator) in self.drawn:
                state = generator.state.value
                generator.state.assign(state + tf.constant([0, 1], state.dtype))


def _sum(shards: tuple[Any, ...]) -> Any:
    """The sum of a variable's gradients; an embedding's slices stay slices, one after the other."""
    if isinstance(shards[0], tf.IndexedSlices):
        values = tf.concat([shard.values for shard in shards], 0)
        indices = tf.concat([shard.indices for shard in shards], 0)
        return tf.IndexedSlices(values, indices, shards[0].dense_shape)
    return tf.add_n(shards)
