"""The trainer of blocks on a GPU."""

from typing import Any

import keras
import tensorflow as tf

from textclf.data.tasks import Task
from textclf.training.engine.block_trainer import BlockTrainer, program
from textclf.training.engine.order import PAD


class GpuTrainer(BlockTrainer):
    """Leaves to the host as little as possible of a step.

    - What TensorFlow's graph would do in some hundred small operations, the update of the weights
      and the metrics, is one XLA program.
    - Ids stay int64, see engine/placement.py: most of TensorFlow's operations on int32 run on the
      host, and Keras's embedding compares ids with 0.
    - A block's outputs are kept at once: within XLA, rows in any order are written one by one, and
      TensorFlow copies them to the host and back for that where results must be repeatable.
    """

    def __init__(
        self,
        network: keras.Model,
        task: Task,
        xla: bool,
        compiles_updates: bool = True,
        **settings: Any,
    ) -> None:
        super().__init__(network, task, xla, **settings)
        self.is_xla = xla
        self.compiles_updates = compiles_updates and not xla  # otherwise all is compiled already
        self.learn_program = program(super().learn, xla=True)
        self.measure_program = program(super().measure, xla=True)
        if not xla:  # otherwise XLA converts them, on the GPU
            self.network._convert_inputs_to_tensors = list

    def test_step(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score each batch of the block, and keep its outputs as predictions."""
        outputs = self.test_program(rows)
        self._keep(tf.reshape(rows, [-1]), tf.reshape(outputs, (-1, outputs.shape[-1])))
        results: dict[str, tf.Tensor] = self.get_metrics_result()
        return results

    def _test_on_block(self, rows: tf.Tensor) -> tf.Tensor:
        """The outputs of the block, float32 (batches, batch_size, outputs)."""
        n_batches = tf.reduce_sum(tf.cast(rows[:, 0] != PAD, tf.int32))
        shape = (rows.shape[1], self.arrays.outputs.shape[1])
        empty = tf.TensorArray(tf.float32, rows.shape[0], element_shape=shape)

        def body(batch: tf.Tensor, kept: tf.TensorArray) -> Any:
            return batch + 1, kept.write(batch, self._outputs_of_batch(rows[batch]))

        _, kept = tf.while_loop(lambda batch, _: batch < n_batches, body, (tf.constant(0), empty))
        return kept.stack()

    def _outputs_of_batch(self, rows: tf.Tensor) -> tf.Tensor:
        x, y, present = self._gather(rows)
        outputs = self(x, training=False)
        measure = self.measure if self.is_xla else self.measure_program
        measure(y, outputs, present)
        return outputs

    def learn(self, *of_batch: Any) -> None:
        if self.compiles_updates:
            self.learn_program(*of_batch)
        else:
            super().learn(*of_batch)

    def as_read(self, x: tf.Tensor) -> tf.Tensor:
        is_int = x.dtype.is_integer and self.network.inputs[0].dtype != "float32"
        return tf.cast(x, tf.int64) if is_int and not self.is_xla else super().as_read(x)
