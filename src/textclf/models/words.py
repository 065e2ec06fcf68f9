"""From ids to vectors, inside the model."""

import keras

from textclf.config.settings.model import ModelSettings, RecurrentModel
from textclf.config.settings.word_vectors import WordVectorModel
from textclf.data.encoders import TextEncoder


def word_vectors(
    settings: ModelSettings | RecurrentModel, ids: keras.KerasTensor, encoder: TextEncoder
) -> keras.KerasTensor:
    """float32 (examples, maxlen, embedding_dim), or one-hot (examples, maxlen, num_words).

    Padding is a word like any other: nothing is masked. Only pooling leaves it out.
    """
    if encoder.encoding == "one_hot":
        x = keras.layers.CategoryEncoding(encoder.num_words, output_mode="one_hot")(ids)
        # CategoryEncoding drops the axis of a text of one word.
        return keras.layers.Reshape((1, encoder.num_words))(x) if encoder.maxlen == 1 else x
    is_trained = not isinstance(settings, WordVectorModel) or settings.embedding_trainable
    return keras.layers.Embedding(encoder.num_words, settings.embedding_dim, trainable=is_trained)(
        ids
    )
