"""Long short-term memory (Hochreiter & Schmidhuber 1997)."""

import keras

from textclf.config.settings.model import LstmModel
from textclf.data.encoders import TextEncoder
from textclf.models.words import word_vectors


def build_lstm(
    settings: LstmModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """An LSTM over the words, read at its last step."""
    x = word_vectors(settings, inputs, encoder)
    return keras.layers.LSTM(settings.units, dropout=settings.dropout)(x)
