"""Fully connected layers."""

from typing import Any

import keras

from textclf.config.settings.model import DenseModel
from textclf.data.encoders import Encoder, TextEncoder
from textclf.models.ngrams import NgramInputs, dense
from textclf.models.penalty import l2
from textclf.models.words import word_vectors


def build_dense(settings: DenseModel, inputs: Any, encoder: Encoder) -> Any:
    """Dense layers on features, on multi-hot words or n-grams, or on a flattened embedding.

    Args:
        inputs: a tensor, or of n-grams two: ids and weights.

    Returns:
        A tensor; of n-grams without hidden layers NgramInputs.
    """
    x = _inputs(settings, inputs, encoder)
    for units in settings.units:
        x = dense(x, units, settings.activation, penalty=l2(settings.l2))
        if settings.dropout:
            x = keras.layers.Dropout(settings.dropout)(x)
    return x


def _inputs(settings: DenseModel, inputs: Any, encoder: Encoder) -> Any:
    """What the first Dense layer reads."""
    rate = settings.input_dropout
    if isinstance(encoder, TextEncoder):
        if encoder.ngrams is not None:
            return NgramInputs.of(encoder.ngrams, inputs, rate)
        if encoder.encoding == "embedding":
            return keras.layers.Flatten()(word_vectors(settings, inputs, encoder))
    return keras.layers.Dropout(rate, name="input_dropout")(inputs) if rate else inputs
