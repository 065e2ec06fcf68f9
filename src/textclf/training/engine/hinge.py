"""The squared hinge loss, that of a linear support vector machine, of a model's sigmoid outputs."""

from typing import Any

import keras
import tensorflow as tf


def squared_hinge(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """The mean over the outputs of max(0, 1 - t s)², where s is the score before the sigmoid.

    t is 1 for the true class and -1 for the others: each output is one class against the rest.

    Args:
        y: class numbers (rows, 1); or 1 and 0 (rows, labels).
        outputs: float32 (rows, 1), or (rows, classes).

    Returns:
        float32 (rows,).
    """
    scores = scores_of(outputs)
    y = tf.convert_to_tensor(y)
    if y.shape[-1] != scores.shape[-1]:
        y = tf.one_hot(tf.cast(y[:, 0], tf.int32), scores.shape[-1])
    signs = 2 * tf.cast(y, scores.dtype) - 1
    return tf.reduce_mean(tf.square(tf.maximum(1 - signs * scores, 0)), axis=-1)


def scores_of(outputs: Any) -> tf.Tensor:
    """What the sigmoid was taken of: its own input, where Keras still knows it.

    Of outputs alone, such as those of scored rows, they are log odds, whose last digits differ;
    beyond about 16 they are cut, as in Keras's cross-entropy, since the sigmoid is 1 there.
    """
    scores = getattr(outputs, "_keras_logits", None)
    if scores is not None:
        return scores
    epsilon = keras.config.epsilon()
    p = tf.clip_by_value(tf.convert_to_tensor(outputs), epsilon, 1 - epsilon)
    return tf.math.log(p) - tf.math.log1p(-p)
