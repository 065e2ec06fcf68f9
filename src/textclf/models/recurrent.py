"""Recurrent layers: one on another, in one or both directions, read at the end or pooled."""

import keras

from textclf.config.settings.model import RecurrentModel
from textclf.data.encoders import TextEncoder
from textclf.models.penalty import l2
from textclf.models.pooling import pool, words_in
from textclf.models.words import word_vectors

Recurrent = type[keras.layers.RNN]

LOWEST = -1.0  # no output of a recurrent layer is below: of tanh, or of a gate times tanh


def read_words(
    kind: Recurrent, settings: RecurrentModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """The layers of `settings` on a text's word vectors, or one-hot words."""
    x = word_vectors(settings, inputs, encoder)
    words = None if settings.pooling == "last" else words_in(inputs)
    return read_steps(kind, settings, x, words, settings.dropout)


def read_steps(
    kind: Recurrent,
    settings: RecurrentModel,
    x: keras.KerasTensor,
    words: keras.KerasTensor | None,
    dropout: float,
) -> keras.KerasTensor:
    """The layers of `settings` on x, float32 (examples, steps, inputs): float32 (examples, width).

    Args:
        words: float32 (examples, steps, 1), 1.0 at steps with words; None if only the last step
            is read.
        dropout: share of each layer's inputs dropped.
    """
    *lower, highest = settings.widths
    for units in lower:
        x = _layer(kind, settings, units, dropout, return_sequences=True)(x)
    if words is None:
        return _layer(kind, settings, highest, dropout)(x)
    x = _layer(kind, settings, highest, dropout, return_sequences=True)(x)
    return pool(settings.pooling, x, words, LOWEST)


def _layer(
    kind: Recurrent, settings: RecurrentModel, units: int, dropout: float, **others: bool
) -> keras.Layer:
    layer = kind(
        units,
        dropout=dropout,
        recurrent_dropout=settings.recurrent_dropout,
        kernel_regularizer=l2(settings.l2),
        recurrent_regularizer=l2(settings.l2),
        **others,
    )
    return keras.layers.Bidirectional(layer) if settings.bidirectional else layer
