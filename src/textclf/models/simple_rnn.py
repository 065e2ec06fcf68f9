"""The fully connected recurrent layer (Elman 1990)."""

from typing import Any

import keras

from textclf.data.encoders import TextEncoder
from textclf.models.words import word_vectors


def build_simple_rnn(
    settings: Any, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """A SimpleRNN over the words, read at its last step."""
    x = word_vectors(settings, inputs, encoder)
    if settings.bptt_steps is None or settings.bptt_steps >= encoder.maxlen:
        return keras.layers.SimpleRNN(settings.units, dropout=settings.dropout)(x)
    return _truncated(settings, x)


def _truncated(settings: Any, x: keras.KerasTensor) -> keras.KerasTensor:
    """Truncated backpropagation through time (Williams & Peng 1990).

    One layer reads the text in two pieces. The state that the first piece leaves is a constant to
    the second, so that gradient flows through the last `bptt_steps` steps only.
    """
    rnn = keras.layers.SimpleRNN(settings.units, dropout=settings.dropout, return_state=True)
    _, state = rnn(x[:, : -settings.bptt_steps])
    outputs, _ = rnn(x[:, -settings.bptt_steps :], initial_state=keras.ops.stop_gradient(state))
    return outputs
