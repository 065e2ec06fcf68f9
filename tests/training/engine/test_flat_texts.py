"""Texts whose padding is skipped give Keras's numbers; other models stay as they are."""

from math import comb

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textclf.training.engine.flat_texts import (
    PADDING,
    Segment,
    _chance_of_more,
    fit_segments,
    lengths_of,
    read,
    score,
    segments_of,
    speed_up_flat_texts,
)

EXAMPLES, POSITIONS, WORDS, DIMENSIONS, UNITS = 8, 100, 30, 3, 5
LENGTHS = np.array([100, 100, 60, 60, 30, 10, 0, 0])
RANDOM = np.random.default_rng(0)
IDS = np.where(
    np.arange(POSITIONS) < POSITIONS - LENGTHS[:, None],
    PADDING,
    RANDOM.integers(1, WORDS, (EXAMPLES, POSITIONS)),
).astype(np.int32)
EMBEDDINGS = RANDOM.normal(size=(WORDS, DIMENSIONS)).astype(np.float32)
KERNEL = RANDOM.normal(size=(POSITIONS * DIMENSIONS, UNITS)).astype(np.float32)
WHOLE = (Segment(0, POSITIONS, EXAMPLES),)
CUT = (Segment(0, 40, 2), Segment(40, 70, 4), Segment(70, POSITIONS, EXAMPLES))
SHORTER = IDS[2:]  # its texts leave the first positions empty
SHORTER_CUT = (Segment(0, 40, 0), Segment(40, 70, 2), Segment(70, POSITIONS, EXAMPLES - 2))


def gather_and_multiply(ids: np.ndarray) -> tuple[np.ndarray, ...]:
    """z = xK, Σg and Σg² of the slices g of each word, and xᵀz, the kernel's gradient of z²/2."""
    x = EMBEDDINGS[ids].reshape(len(ids), -1).astype(np.float64)
    z = x @ KERNEL
    slices = (z @ KERNEL.T).reshape(-1, DIMENSIONS)
    sums = np.zeros((2, WORDS, DIMENSIONS))
    np.add.at(sums[0], ids.reshape(-1), slices)
    np.add.at(sums[1], ids.reshape(-1), slices**2)
    return z, sums, x.T @ z


@pytest.mark.parametrize(
    ("ids", "segments"),
    [(IDS, WHOLE), (IDS, CUT), (SHORTER, SHORTER_CUT)],
    ids=["whole", "cut", "empty in front"],
)
def test_product_and_gradients_are_those_of_all_positions(
    ids: np.ndarray, segments: tuple[Segment, ...]
) -> None:
    embeddings, kernel = tf.constant(EMBEDDINGS), tf.constant(KERNEL)

    @tf.function(jit_compile=True)
    def differentiate() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([embeddings, kernel])
            z = read(segments, tf.constant(ids), embeddings, kernel)
            loss = tf.reduce_sum(tf.square(z)) / 2
        return [z, *tape.gradient(loss, [embeddings, kernel])]

    for mine, expected in zip(differentiate(), gather_and_multiply(ids), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("rows", [slice(None), slice(4, 6), slice(6, 8)], ids=str)
def test_scores_are_those_of_all_positions(rows: slice) -> None:
    """Of long texts, of short ones, and of nothing but padding."""
    scored = score_compiled(IDS[rows], KERNEL)
    np.testing.assert_allclose(scored, gather_and_multiply(IDS)[0][rows], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("positions", [1, 24, 26, 53, 98])
def test_pieces_of_one_length_hold_any_number_of_positions(positions: int) -> None:
    ids, kernel = IDS[:, -positions:], KERNEL[-positions * DIMENSIONS :]
    expected = EMBEDDINGS[ids].reshape(EXAMPLES, -1) @ kernel
    np.testing.assert_allclose(score_compiled(ids, kernel), expected, rtol=1e-4, atol=1e-3)


def score_compiled(ids: np.ndarray, kernel: np.ndarray) -> tf.Tensor:
    compiled = tf.function(score, jit_compile=True)
    return compiled(tf.constant(ids), tf.constant(EMBEDDINGS), tf.constant(kernel))


def test_lengths_count_from_the_first_word_on() -> None:
    assert lengths_of(IDS).tolist() == LENGTHS.tolist()
    assert lengths_of(np.array([[0, 7, 0, 0]])).tolist() == [3]


def test_segments_hold_the_words_of_any_batch() -> None:
    lengths = RANDOM.integers(1, 101, 10_000).astype(np.int32)
    segments = segments_of(lengths, 100, 128)
    assert [segment.rows for segment in segments] == [32, 64, 96, 128]
    assert [segment.start for segment in segments] == [0, *(s.stop for s in segments[:-1])]
    assert segments[-1].stop == 100
    batches = np.sort(RANDOM.permuted(lengths)[: 78 * 128].reshape(78, 128))[:, ::-1]
    assert fit_segments(segments, tf.constant(batches))


@pytest.mark.parametrize("rows", [0, 1, 10, 31])
def test_the_chance_of_a_misfit_is_not_underrated(rows: int) -> None:
    share = np.array([0, 0.01, 0.1, 0.3, 0.5, 0.9, 1])
    bound = _chance_of_more(rows, 32, share)
    n_more = np.arange(rows + 1, 33)[:, None]
    ways = np.array([comb(32, n) for n in range(rows + 1, 33)])[:, None]
    chance = (ways * share**n_more * (1 - share) ** (32 - n_more)).sum(axis=0)
    assert (bound >= chance - 1e-6).all()
    assert (bound <= 20 * chance + 1e-6).all()


def test_a_batch_of_long_rows_does_not_fit() -> None:
    assert fit_segments(CUT, tf.constant(LENGTHS[None], tf.int32))
    longer = np.where(LENGTHS == 30, 31, LENGTHS)
    assert not fit_segments(CUT, tf.constant([LENGTHS, longer], tf.int32))


@pytest.mark.parametrize("shortest", [80, 100])
def test_long_texts_are_worth_no_segments(shortest: int) -> None:
    lengths = RANDOM.integers(shortest, 101, 1000).astype(np.int32)
    assert segments_of(lengths, 100, 128) == ()


def flat_model() -> keras.Model:
    inputs = keras.Input((POSITIONS,), dtype="int32")
    x = layers.Flatten()(layers.Embedding(WORDS, DIMENSIONS)(inputs))
    return keras.Model(inputs, layers.Dense(UNITS, "relu")(x))


def test_the_model_predicts_and_is_saved_as_before() -> None:
    model = flat_model()
    config, predicted = model.get_config(), model(IDS).numpy()
    assert speed_up_flat_texts(model)
    np.testing.assert_allclose(model(IDS), predicted, rtol=1e-4, atol=1e-6)
    assert model.get_config() == config


@pytest.mark.parametrize(("words", "dtype"), [(2**16, np.uint16), (2**16 + 1, np.int32)])
def test_ids_take_two_bytes_if_all_fit(words: int, dtype: type) -> None:
    inputs = keras.Input((1,), dtype="int32")
    x = layers.Flatten()(layers.Embedding(words, 1)(inputs))
    texts = speed_up_flat_texts(keras.Model(inputs, layers.Dense(1)(x)))
    compact = texts.compact(np.array([[words - 1]], np.int32))
    assert compact.dtype == dtype
    assert compact.tolist() == [[words - 1]]


def test_an_embedding_that_others_read_is_left_alone() -> None:
    inputs = keras.Input((POSITIONS,), dtype="int32")
    embedded = layers.Embedding(WORDS, DIMENSIONS)(inputs)
    flat = layers.Dense(UNITS)(layers.Flatten()(embedded))
    model = keras.Model(inputs, [flat, layers.GlobalMaxPooling1D()(embedded)])
    assert speed_up_flat_texts(model) is None
    assert not any("call" in vars(layer) for layer in model.layers)
