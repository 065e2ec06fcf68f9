"""The fully connected recurrent layer (Elman 1990)."""

import keras

from textclf.config.settings.model import SimpleRnnModel
from textclf.data.encoders import TextEncoder
from textclf.models.penalty import l2
from textclf.models.recurrent import read_words
from textclf.models.words import word_vectors


def build_simple_rnn(
    settings: SimpleRnnModel, inputs: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """SimpleRNNs over the words."""
    if settings.bptt_steps is not None and settings.bptt_steps < inputs.shape[1]:
        return _truncated(settings, word_vectors(settings, inputs, encoder), settings.bptt_steps)
    return read_words(keras.layers.SimpleRNN, settings, inputs, encoder)


def _truncated(settings: SimpleRnnModel, x: keras.KerasTensor, steps: int) -> keras.KerasTensor:
    """Truncated backpropagation through time (Williams & Peng 1990).

    One layer reads the text in two pieces. The state after the first piece is a constant for
    the second, so that gradient flows through the last `steps` only.
    """
    rnn = keras.layers.SimpleRNN(
        settings.widths[0],
        dropout=settings.dropout,
        recurrent_dropout=settings.recurrent_dropout,
        kernel_regularizer=l2(settings.l2),
        recurrent_regularizer=l2(settings.l2),
        return_state=True,
    )
    _, state = rnn(x[:, :-steps])
    outputs, _ = rnn(x[:, -steps:], initial_state=keras.ops.stop_gradient(state))
    return outputs
