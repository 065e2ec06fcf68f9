"""A convolution over the words, pooled, read by an LSTM."""

import keras

from textclf.config.settings.model import CnnLstmModel
from textclf.data.encoders import TextEncoder
from textclf.models.words import word_vectors


def build_cnn_lstm(
    settings: CnnLstmModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """Filters see `kernel_size` words each; an LSTM reads the strongest of every `pool_size`."""
    x = word_vectors(settings, inputs, encoder)
    if settings.dropout:
        x = keras.layers.Dropout(settings.dropout)(x)
    x = keras.layers.Conv1D(settings.filters, settings.kernel_size, activation="relu")(x)
    x = keras.layers.MaxPooling1D(settings.pool_size)(x)
    return keras.layers.LSTM(settings.units)(x)
