"""A convolution over the words, pooled over the text (Kim 2014)."""

import keras

from textclf.config.settings.model import CnnModel
from textclf.data.encoders import TextEncoder
from textclf.models.penalty import l2
from textclf.models.pooling import pool, windows_with_words, words_in
from textclf.models.words import word_vectors

LOWEST = 0.0  # of relu


def build_cnn(
    settings: CnnModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """Filters see `kernel_size` words each; the strongest or average answer of each is read."""
    size, penalty = settings.kernel_size, l2(settings.l2)
    x = word_vectors(settings, inputs, encoder)
    if settings.dropout:
        x = keras.layers.Dropout(settings.dropout)(x)
    x = keras.layers.Conv1D(settings.filters, size, activation="relu", kernel_regularizer=penalty)(
        x
    )
    x = pool(settings.pooling, x, windows_with_words(words_in(inputs), size), LOWEST)
    if settings.units is not None:
        x = keras.layers.Dense(settings.units, activation="relu", kernel_regularizer=penalty)(x)
    return keras.layers.Dropout(settings.dropout)(x) if settings.dropout else x
