"""What is minimized: Keras's losses, as a config sets them."""

from dataclasses import replace
from functools import partial

import keras
import tensorflow as tf
from keras.src.losses.losses import LossFunctionWrapper

from textclf.config.settings.training import SQUARED_HINGE, Training
from textclf.data.tasks import LossFunction, Task
from textclf.training.engine.hinge import squared_hinge

ABSOLUTE = "mean_absolute_error"


def with_loss(task: Task, settings: Training) -> Task:
    """The task with the loss that the settings ask for; the same task where they ask for none."""
    if settings.loss == "huber":
        return replace(task, loss=partial(keras.losses.huber, delta=settings.huber_delta))
    if settings.loss == ABSOLUTE:
        return replace(task, loss=ABSOLUTE, loss_power=1)
    if settings.loss == SQUARED_HINGE:
        # A softmax would lose how far each class is from its own margin.
        return replace(task, loss=squared_hinge, output_activation="sigmoid")
    if settings.label_smoothing:
        return replace(task, loss=_smoothed(task, settings.label_smoothing))
    return task


def _smoothed(task: Task, smoothing: float) -> LossFunction:
    if task.name != "multiclass":
        return partial(keras.losses.binary_crossentropy, label_smoothing=smoothing)

    def smoothed(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Keras smooths one-hot classes, not class numbers (rows, 1)."""
        one_hot = tf.one_hot(tf.cast(y[:, 0], tf.int32), outputs.shape[-1])
        return keras.losses.categorical_crossentropy(one_hot, outputs, label_smoothing=smoothing)

    return smoothed


def saved_loss(task: Task, settings: Training) -> str | keras.Loss | LossFunction:
    """The same loss as plain Keras reads it from a saved model, if it knows it.

    Args:
        task: with the loss of the settings.
    """
    if settings.loss == SQUARED_HINGE:
        return squared_hinge
    smoothing = settings.label_smoothing
    if settings.loss == "huber":
        # Keras saves its Huber without delta, and reads one of delta 1.
        return LossFunctionWrapper(keras.losses.huber, name="huber", delta=settings.huber_delta)
    if smoothing and task.name == "multiclass":
        return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    if smoothing:
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    return str(task.loss)
