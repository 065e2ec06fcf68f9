"""Pooling leaves padding out, on whichever side it is."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from textclf.config.settings.model import CnnLstmModel, CnnModel
from textclf.models.cnn import build_cnn
from textclf.models.cnn_lstm import build_cnn_lstm
from textclf.models.pooling import pool, words_in

WORDS = 9
TEXTS = [[1, 3, 4, 5], [], [1, 6], [4]]
STEPS = 6
X = np.random.default_rng(3).normal(size=(len(TEXTS), STEPS, 2)).astype(np.float32)


def padded(length: int, padding: str) -> np.ndarray:
    return keras.utils.pad_sequences(TEXTS, length, padding=padding)


@pytest.mark.parametrize("pooling", ["max", "mean", "max_mean"])
@pytest.mark.parametrize("padding", ["pre", "post"])
def test_the_steps_with_words_are_pooled(padding: str, pooling: str) -> None:
    ids, x = keras.Input((STEPS,), dtype="int32"), keras.Input((STEPS, 2))
    model = keras.Model([ids, x], pool(pooling, x, words_in(ids), lowest=-9.0))
    rows = padded(STEPS, padding)
    for row, numbers, pooled in zip(rows, X, model([rows, X]).numpy(), strict=True):
        read = numbers[row > 0] if row.any() else numbers
        parts = {"max": read.max(0), "mean": read.mean(0)}
        expected = np.concatenate([parts[part] for part in pooling.split("_")])
        np.testing.assert_allclose(pooled, expected, atol=1e-6)


def outputs(settings: CnnModel | CnnLstmModel, length: int, padding: str) -> np.ndarray:
    """Of the hidden layers on all texts, with weights that the seed decides."""
    encoder = SimpleNamespace(encoding="embedding", num_words=WORDS, maxlen=length)
    inputs = keras.Input((length,), dtype="int32")
    keras.utils.set_random_seed(5)
    build = build_cnn if settings.type == "cnn" else build_cnn_lstm
    return keras.Model(inputs, build(settings, inputs, encoder))(padded(length, padding)).numpy()


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_a_convolution_reads_a_text_as_it_would_with_less_padding(padding: str) -> None:
    settings = CnnModel(
        type="cnn", embedding_dim=4, filters=5, kernel_size=2, units=3, pooling="max_mean"
    )
    short, long = (outputs(settings, length, padding) for length in (6, 11))
    np.testing.assert_allclose(long, short, atol=1e-6)
    assert short.any()


def test_an_lstm_on_a_convolution_is_pooled_over_what_has_words() -> None:
    settings = CnnLstmModel(
        type="cnn_lstm", embedding_dim=4, filters=5, kernel_size=2, pool_size=2, units=3
    ).model_copy(update={"pooling": "max_mean"})
    short, long = (outputs(settings, length, "post") for length in (9, 13))
    has_words = [bool(text) for text in TEXTS]  # an empty text is read to its end
    np.testing.assert_allclose(long[has_words], short[has_words], atol=1e-6)
