"""Where a device keeps the arrays that a step reads, and as which numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from textclf.training.engine.backend import Device


@dataclass(frozen=True)
class Placement:
    """A device of TensorFlow's, and whether it is a GPU.

    TensorFlow has no int32 variables on a GPU: it keeps them on the host, copies from there in each
    step, and XLA refuses to read them. There, such numbers become int64.

    Args:
        where: TensorFlow's name of the device.
    """

    where: str = "/CPU:0"
    is_gpu: bool = False

    def variable(self, array: Any, shape: Any = None) -> tf.Variable:
        """A variable on the device that does not train.

        Args:
            array: NumPy's or TensorFlow's.
            shape: of what may be assigned later; None: that of the array.
        """
        with tf.device(self.where):
            return tf.Variable(self.numbers(array), trainable=False, shape=shape)

    def constant(self, array: np.ndarray) -> tf.Tensor:
        """A constant on the device; outside of any graph."""
        with tf.init_scope(), tf.device(self.where):
            return tf.constant(self.numbers(array))

    def numbers(self, array: Any) -> Any:
        """The array as the device can keep it: int32 as int64 on a GPU, else unchanged."""
        return array.astype(np.int64) if self.is_gpu and array.dtype == np.int32 else array


def placement_on(device: Device) -> Placement:
    """That of the device that computes, the only one that TensorFlow sees of its kind."""
    return Placement("/GPU:0", is_gpu=True) if device.is_gpu else Placement()
