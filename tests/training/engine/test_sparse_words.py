"""Multi-hot words by the columns that are set: the numbers of the dense product."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textclf.data.tasks import BINARY
from textclf.training.engine import sparse_words
from textclf.training.engine.backend import Device
from textclf.training.engine.device import DeviceEngine
from textclf.training.engine.engines import make_engine
from textclf.training.engine.rule import Choice
from textclf.training.engine.sparse_rows import SparseArrays
from textclf.training.engine.sparse_words import (
    WordsTrainer,
    columns_set,
    is_sparse,
    reader_of_words,
)

COLUMNS, ROWS, BATCH_SIZE = 1001, 23, 4  # columns fill no whole number of bytes
RNG = np.random.default_rng(0)
WORDS = RNG.random((ROWS, COLUMNS)) < 0.01
WORDS[3] = False  # a text without a known word
TARGETS = RNG.integers(0, 2, ROWS).astype(np.int32)
TRAIN, VALIDATION = np.arange(18), np.arange(18, ROWS)


def build_network(units: int = 3) -> keras.Model:
    keras.utils.set_random_seed(42)
    inputs = keras.Input((COLUMNS,))
    x = layers.Dense(units, activation="tanh", kernel_regularizer="l2")(inputs)
    network = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    network.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
    return network


def new_engine(network: keras.Model, words: np.ndarray = WORDS) -> DeviceEngine:
    engine = make_engine(
        Choice("graph", 2, "a test"), network, BINARY, BATCH_SIZE, COLUMNS, Device("cpu", "a", 1)
    )
    assert isinstance(engine, DeviceEngine)
    engine.put(np.packbits(words, axis=1), TARGETS)
    return engine


def fit(engine: DeviceEngine, rows: np.ndarray = TRAIN) -> dict[str, list[float]]:
    history = engine.model.fit(
        engine.epochs_of(rows, seed=1),
        steps_per_epoch=engine.steps_in(rows),
        validation_data=engine.pass_over(VALIDATION),
        epochs=2,
        shuffle=False,
        verbose=0,
    )
    return history.history


@pytest.fixture
def dense(monkeypatch: pytest.MonkeyPatch) -> DeviceEngine:
    """An engine that multiplies by the zeros, too."""
    with monkeypatch.context() as patch:
        patch.setattr(sparse_words, "is_sparse", lambda _: False)
        return new_engine(build_network())


@pytest.mark.parametrize("piece", [1, 2**24])
def test_columns_are_those_that_are_set(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(sparse_words, "PIECE", piece)
    found = columns_set(np.packbits(WORDS, axis=1))
    rows, columns = np.nonzero(WORDS)
    np.testing.assert_array_equal(found.ids, columns)
    np.testing.assert_array_equal(found.lengths, np.bincount(rows, minlength=ROWS))
    assert found.weights.tolist() == [1] * len(columns)


def test_no_row_has_no_column() -> None:
    assert len(columns_set(np.zeros((0, 9), np.uint8))) == 0
    assert not is_sparse(np.zeros((0, 9), np.uint8))


def test_epochs_equal_those_of_the_dense_product(
    monkeypatch: pytest.MonkeyPatch, dense: DeviceEngine
) -> None:
    assert not isinstance(dense.model.arrays.x, SparseArrays)
    theirs = fit(dense)
    for widest in (2, 31):
        monkeypatch.setattr(sparse_words, "WIDEST_PIECE", widest)
        engine = new_engine(build_network())
        assert isinstance(engine.model.arrays.x, SparseArrays)
        ours = fit(engine)
        for column, values in theirs.items():
            np.testing.assert_allclose(ours[column], values, rtol=1e-5, err_msg=column)
        weights = zip(engine.network.get_weights(), dense.network.get_weights(), strict=True)
        for mine, its in weights:
            np.testing.assert_allclose(mine, its, atol=1e-5)


def test_rows_of_another_fit_are_read_by_the_same_program_if_they_are_as_sparse(
    dense: DeviceEngine,
) -> None:
    engine = new_engine(build_network())
    fit(engine)
    others, full = (np.packbits(words, axis=1) for words in (WORDS[::-1], np.ones_like(WORDS)))
    assert engine.suits(others) and not engine.suits(full)
    assert dense.suits(full) and not dense.suits(others)
    engine.put(others, TARGETS)
    for mine, its in zip(engine.network.weights, dense.network.weights, strict=True):
        its.assign(mine)
    np.testing.assert_allclose(
        engine.predict(VALIDATION), dense.network(WORDS[::-1][VALIDATION].astype(np.float32)), 1e-5
    )


def test_from_outside_the_layer_reads_any_array() -> None:
    network = build_network()
    x = WORDS.astype(np.float32)
    expected = network(x).numpy()
    engine = new_engine(network)
    np.testing.assert_array_equal(network(x), expected)
    np.testing.assert_allclose(engine.predict(np.arange(ROWS)), expected, rtol=1e-5)
    np.testing.assert_array_equal(network(x), expected)


def test_many_words_are_multiplied_as_always() -> None:
    engine = new_engine(build_network(), RNG.random((ROWS, COLUMNS)) < 0.1)
    assert isinstance(engine.model, WordsTrainer)
    assert not isinstance(engine.model.arrays.x, SparseArrays)


def test_others_than_one_dense_layer_read_all_columns() -> None:
    inputs = keras.Input((COLUMNS,))
    dropped = keras.Model(inputs, layers.Dense(1)(layers.Dropout(0.5)(inputs)))
    twice = keras.Model(inputs, layers.Add()([layers.Dense(1)(inputs), layers.Dense(1)(inputs)]))
    assert reader_of_words(dropped) is None
    assert reader_of_words(twice) is None
    assert not isinstance(new_engine(compiled(dropped)).model, WordsTrainer)


def compiled(network: keras.Model) -> keras.Model:
    network.compile("sgd", "binary_crossentropy")
    return network


def test_the_zeros_are_not_computed() -> None:
    engine = new_engine(build_network())
    program = engine.model.train_program.get_concrete_function(
        tf.zeros((2, BATCH_SIZE), tf.int32), False
    )
    functions = program.graph.as_graph_def().library.function
    products = [node.op for one in functions for node in one.node_def if "MatMul" in node.op]
    assert products.count("SparseTensorDenseMatMul") == 2  # forward, and the kernel's gradient
