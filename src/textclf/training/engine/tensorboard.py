"""TensorBoard's logs, written by Keras's callback without the package tensorboard."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras's own, for scores alone; what is logged of an epoch is on disk before its state is.

    No graph is drawn: the model that `fit` sees takes row numbers. A resumed fit writes a file
    of its own beside the earlier ones; TensorBoard joins them.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, write_graph=False)
        self._summary_module = _Summary

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        for writer in self._writers.values():
            writer.flush()


class _Summary:
    """What Keras's TensorBoard asks of `tf.summary`, whose own `scalar` lies in the package
    tensorboard: it takes that to read logs, not to write them."""

    create_file_writer = staticmethod(tf.summary.create_file_writer)

    @staticmethod
    def scalar(name: str, data: Any, step: Any) -> None:
        metadata = tf.compat.v1.SummaryMetadata(data_class="DATA_CLASS_SCALAR")
        metadata.plugin_data.plugin_name = "scalars"
        tf.summary.write(name, lambda: tf.cast(data, tf.float32), step, metadata)
