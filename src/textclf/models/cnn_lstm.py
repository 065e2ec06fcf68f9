"""A convolution over the words, pooled, read by an LSTM."""

import keras

from textclf.config.settings.model import CnnLstmModel
from textclf.data.encoders import TextEncoder
from textclf.models.penalty import l2
from textclf.models.pooling import windows_with_words, words_in
from textclf.models.recurrent import read_steps
from textclf.models.words import word_vectors


def build_cnn_lstm(
    settings: CnnLstmModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """Filters see `kernel_size` words each; LSTMs read the strongest of every `pool_size`."""
    size, pool_size = settings.kernel_size, settings.pool_size
    x = word_vectors(settings, inputs, encoder)
    if settings.dropout:
        x = keras.layers.Dropout(settings.dropout)(x)
    x = keras.layers.Conv1D(
        settings.filters, size, activation="relu", kernel_regularizer=l2(settings.l2)
    )(x)
    x = keras.layers.MaxPooling1D(pool_size)(x)
    words = None
    if settings.pooling != "last":
        words = windows_with_words(words_in(inputs), size)
        words = windows_with_words(words, pool_size, pool_size)
    return read_steps(keras.layers.LSTM, settings, x, words, dropout=0.0)
