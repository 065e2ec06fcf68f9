"""The maximum and the mean over the positions of a text that have words."""

import keras
from keras import ops

from textclf.data.tokenizer import PADDING_ID


def words_in(ids: keras.KerasTensor) -> keras.KerasTensor:
    """1.0 where there is a word, 0.0 at padding, float32 (examples, positions, 1) of ids.

    A text without words is read as if its padding were words: otherwise nothing were left.
    """
    is_word = ops.not_equal(ids, PADDING_ID)
    is_empty = ops.logical_not(ops.any(is_word, axis=1, keepdims=True))
    return ops.expand_dims(ops.cast(ops.logical_or(is_word, is_empty), "float32"), -1)


def windows_with_words(words: keras.KerasTensor, size: int, strides: int = 1) -> keras.KerasTensor:
    """1.0 where one of `size` positions has a word, for each step of a convolution or pooling.

    Args:
        words: float32 (examples, positions, 1).
    """
    return keras.layers.MaxPooling1D(size, strides)(words)


def pool(
    pooling: str, x: keras.KerasTensor, words: keras.KerasTensor, lowest: float
) -> keras.KerasTensor:
    """The maximum or mean of each column over the steps with words, or both side by side.

    Args:
        pooling: 'max', 'mean' or 'max_mean'.
        x: float32 (examples, steps, width).
        words: float32 (examples, steps, 1), 1.0 at steps with words.
        lowest: no number in x is lower.

    Returns:
        float32 (examples, width); twice that for 'max_mean', the maxima first.
    """
    pooled = []
    if "max" in pooling:
        at_words = ops.multiply(x, words)
        if lowest:
            at_words = ops.add(at_words, ops.multiply(ops.subtract(1.0, words), lowest))
        pooled.append(keras.layers.GlobalMaxPooling1D()(at_words))
    if "mean" in pooling:
        mask = ops.cast(ops.squeeze(words, -1), "bool")
        pooled.append(keras.layers.GlobalAveragePooling1D()(x, mask=mask))
    return keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
