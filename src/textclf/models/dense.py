"""Fully connected layers."""

import keras

from textclf.config.settings.model import DenseModel
from textclf.data.encoders import Encoder, TextEncoder
from textclf.models.penalty import l2
from textclf.models.words import word_vectors


def build_dense(
    settings: DenseModel, inputs: keras.KerasTensor, encoder: Encoder
) -> keras.KerasTensor:
    """Dense layers on features, on multi-hot words, or on a flattened embedding."""
    x = inputs
    if isinstance(encoder, TextEncoder) and encoder.encoding == "embedding":
        x = keras.layers.Flatten()(word_vectors(settings, inputs, encoder))
    for units in settings.units:
        x = keras.layers.Dense(
            units, activation=settings.activation, kernel_regularizer=l2(settings.l2)
        )(x)
        if settings.dropout:
            x = keras.layers.Dropout(settings.dropout)(x)
    return x
