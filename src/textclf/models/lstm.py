"""Long short-term memory (Hochreiter & Schmidhuber 1997)."""

import keras

from textclf.config.settings.model import LstmModel
from textclf.data.encoders import TextEncoder
from textclf.models.recurrent import read_words


def build_lstm(
    settings: LstmModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """LSTMs over the words."""
    return read_words(keras.layers.LSTM, settings, inputs, encoder)
