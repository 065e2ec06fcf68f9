"""Raw strings to a model's input inside TensorFlow, id for id as `TextEncoder.transform_texts`."""

import tensorflow as tf

from textclf.data.encoders import REMOVED, TextEncoder
from textclf.data.tokenizer import FILTERS, PADDING_ID, START_ID, UNKNOWN_ID

# Capitals that ICU, TensorFlow's library for Unicode, lowers in another way in a Turkish or
# Lithuanian locale.
LOCALES_OWN = "İÌÍĨĮ"
DIFFERENCES = (
    "Two kinds of characters are read differently from Python's str.lower, which prepared the "
    "training texts: a NUL counts as U+FFFD, and capitals of scripts that Unicode added after "
    "version 13, such as Vithkuqi, are not lowered."
)


class TextEncoding(tf.Module):
    """The encoder in TensorFlow's operations; its vocabulary is saved with it.

    Lower case is Unicode's, with its special cases (the dotted capital I, the final sigma), in
    every locale. Two differences from Python remain: see `DIFFERENCES`.

    Args:
        encoder: one with `words`.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        # A lone surrogate becomes bytes that are not UTF-8: a word that is in no text.
        words = [word.encode("utf-8", "surrogatepass") for word in encoder.id_of]
        ids = encoder.id_table[list(encoder.id_of.values())]
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(words, ids, tf.string, tf.int32),
            default_value=int(encoder.id_table[UNKNOWN_ID]),
        )

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """UTF-8 strings (batch,) to int32 (batch, maxlen), or float32 (batch, num_words)."""
        ids = self.table.lookup(split_words(texts))
        start = tf.fill((tf.size(texts), 1), int(self.encoder.id_table[START_ID]))
        ids = tf.concat([start, ids], axis=1)
        if self.encoder.remove_reserved:
            ids = tf.ragged.boolean_mask(ids, ids != REMOVED)
        x = self._multi_hot(ids) if self.encoder.packed_columns else self._pad(ids)
        return tf.ensure_shape(x, (None, *self.encoder.input_shape))

    def _multi_hot(self, ids: tf.RaggedTensor) -> tf.Tensor:
        n_words = self.encoder.num_words
        return tf.math.bincount(
            ids, None, n_words, n_words, tf.float32, axis=-1, binary_output=True
        )

    def _pad(self, ids: tf.RaggedTensor) -> tf.Tensor:
        maxlen = self.encoder.maxlen
        assert maxlen is not None  # otherwise a conflict of the config
        ids = ids[:, -maxlen:] if self.encoder.truncating == "pre" else ids[:, :maxlen]
        if self.encoder.padding == "post":
            return ids.to_tensor(PADDING_ID, shape=(None, maxlen))
        return ids[:, ::-1].to_tensor(PADDING_ID, shape=(None, maxlen))[:, ::-1]


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """UTF-8 strings (batch,) to words (batch, None), as `textclf.data.tokenizer.split_words`."""
    # A NUL would end the text.
    texts = tf.strings.lower(tf.strings.regex_replace(texts, r"\x00", "\ufffd"))
    for letter in LOCALES_OWN:
        texts = tf.strings.regex_replace(texts, letter, letter.lower())
    texts = tf.strings.lower(texts, encoding="utf-8")
    filters = "".join(f"\\x{ord(character):02x}" for character in FILTERS)
    words = tf.strings.split(tf.strings.regex_replace(texts, f"[{filters}]", " "), " ")
    return tf.ragged.boolean_mask(words, words != "")
