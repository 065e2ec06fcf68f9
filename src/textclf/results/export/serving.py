"""The exported module: a kept model, with the part of its preprocessing that the format allows."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from textclf.config.ngram_conflicts import reads_ngrams
from textclf.data.encoders import (
    FIRST_WORD,
    Encoder,
    FeatureEncoder,
    TextEncoder,
    unpack,
)
from textclf.data.subwords import WORD_START
from textclf.errors import ConfigError, RunError
from textclf.results.export.texts import TextEncoding
from textclf.runs import RunFolder
from textclf.runs.preprocessing import read_preprocessing
from textclf.training.engine.recurrent import slim_down
from textclf.training.network import load_kept_model

# Texts that two programs may easily read in different ways.
TRICKY = (
    "",
    "Don't\tSTOP: the ÉCOLE\u00a0of İstanbul… ΟΔΟΣ\r\n💡",
)
SAMPLES = 4


class Served(tf.Module):
    """A model's outputs, float32 (batch, outputs), under one name, for a batch of any size.

    Args:
        encoder: of the run, from preprocessing.json.
        network: the model, in Keras's layers.
        spec: shape, dtype and name of the input.
        encode: turns such a batch into the network's input; None: it already is the input.
        examples: a batch of examples.
        expected: the run's outputs for them.
        text: the text of the first example, if examples are texts.
    """

    def __init__(
        self,
        encoder: Encoder,
        network: keras.Model,
        spec: tf.TensorSpec,
        encode: Callable[[tf.Tensor], tf.Tensor] | None,
        examples: np.ndarray,
        expected: np.ndarray,
        text: str | None = None,
    ) -> None:
        super().__init__()
        self.encoder, self.network = encoder, network
        # With a Keras model alone, a converter leaves its weights unset.
        self.weights = [variable.value for variable in network.variables]
        self.encode = encode or tf.identity
        self.serve = tf.function(self._serve, [spec], autograph=False)
        self.spec, self.examples, self.expected, self.text = spec, examples, expected, text

    @property
    def reads_texts(self) -> bool:
        return bool(self.spec.dtype == tf.string)

    def _serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self.network(self.encode(x), training=False)}


def serve_run(run: RunFolder, reads_texts: bool, features_dtype: str, slim_loops: bool) -> Served:
    """The kept model of a run in a format's form; see `Format` for the arguments.

    Raises:
        ConfigError: its model reads n-grams.
        RunError: the run is damaged, or has no words and must read texts.
    """
    if reads_ngrams(run.config):
        raise ConfigError(
            f"{run.path}: its model reads n-grams, which no format can take; "
            f"{run.kept_model_path} opens in Keras, and textclf predict reads texts"
        )
    network = load_kept_model(run.config, run)
    try:
        encoder = read_preprocessing(run.config, run).encoder
        served = _serve(run, encoder, network, reads_texts, features_dtype)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        reason = str(error).partition("\n")[0]
        raise RunError(f"{run.preprocessing_path}: damaged: {reason}") from error
    if slim_loops:
        slim_down(network)  # the expected outputs are known by now, from the unchanged model
    return served


def _serve(
    run: RunFolder,
    encoder: Encoder,
    network: keras.Model,
    reads_texts: bool,
    features_dtype: str,
) -> Served:
    if isinstance(encoder, FeatureEncoder):
        return _serve_features(encoder, network, features_dtype)
    if not reads_texts or encoder.tokens != "keras":  # no other split is in TensorFlow
        return _serve_ids(encoder, network)
    if not encoder.words:
        raise RunError(
            f"{run.preprocessing_path}: the run has no words, as its dataset's word index was "
            f"missing; get it (textclf data fetch {run.config.dataset.name}) and train again"
        )
    return _serve_texts(encoder, network)


def _serve_features(encoder: FeatureEncoder, network: keras.Model, dtype: str) -> Served:
    inputs = keras.Input(encoder.input_shape, dtype=dtype, name="inputs")
    # Arrays: Keras turns lists into float32.
    scale = np.array(1 / encoder.scale, dtype)
    offset = np.array(-encoder.mean / encoder.scale, dtype)
    standardized = keras.layers.Rescaling(scale, offset, dtype=dtype)(inputs)
    whole = keras.Model(inputs, network(standardized), name=network.name)
    deviations = np.random.default_rng(0).normal(size=(SAMPLES, len(encoder.mean)))
    examples = (encoder.mean + deviations.round(1) * encoder.scale).astype(dtype)
    expected = network(encoder.transform(examples.astype("float64"))).numpy()
    spec = tf.TensorSpec(inputs.shape, dtype, name="inputs")
    return Served(encoder, whole, spec, None, examples, expected)


def _serve_texts(encoder: TextEncoder, network: keras.Model) -> Served:
    texts = sample_texts(encoder)
    expected = network(unpack(encoder.transform_texts(texts), encoder.packed_columns)).numpy()
    spec = tf.TensorSpec((None,), tf.string, name="texts")
    return Served(
        encoder, network, spec, TextEncoding(encoder), np.array(texts), expected, texts[0]
    )


def _serve_ids(encoder: TextEncoder, network: keras.Model) -> Served:
    spec = tf.TensorSpec(network.input_shape, encoder.input_dtype, name="inputs")
    if encoder.words:
        texts = sample_texts(encoder)
        examples = unpack(encoder.transform_texts(texts), encoder.packed_columns)
        return Served(encoder, network, spec, None, examples, network(examples).numpy(), texts[0])
    high = 2 if encoder.packed_columns else encoder.num_words
    numbers = np.random.default_rng(0).integers(high, size=(SAMPLES, *network.input_shape[1:]))
    examples = numbers.astype(encoder.input_dtype)
    return Served(encoder, network, spec, None, examples, network(examples).numpy())


def sample_texts(encoder: TextEncoder) -> list[str]:
    """Texts of frequent, rare and many words, and texts that are hard to read."""
    ids = encoder.id_table
    known = (word for word, id_ in encoder.id_of.items() if ids[id_] >= FIRST_WORD)
    # Not '<unused>' and the like, which are not in any text.
    own = [w.removeprefix(WORD_START) for w in known if _is_whole(encoder, w)]
    some = own[:: max(1, len(own) // 500)]
    return [" ".join(own[:12]).capitalize() + ".", " ".join(some).upper(), *TRICKY]


def _is_whole(encoder: TextEncoder, word: str) -> bool:
    """Whether a text of this word alone is split into it."""
    return encoder.split(word.removeprefix(WORD_START)) == [word]
