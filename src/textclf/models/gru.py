"""Gated recurrent units (Cho et al. 2014)."""

import keras

from textclf.config.settings.model import GruModel
from textclf.data.encoders import TextEncoder
from textclf.models.recurrent import read_words


def build_gru(
    settings: GruModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """GRUs over the words, in Keras's own form, where a reset follows the product."""
    return read_words(keras.layers.GRU, settings, inputs, encoder)
