"""N-grams train in each engine as in plain Keras, although the engines store no padding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from textclf.data.ngrams import SparseRows
from textclf.data.tasks import BINARY
from textclf.models.ngrams import NgramInputs, dense
from textclf.training.engine.backend import Device
from textclf.training.engine.block_trainer import METRICS
from textclf.training.engine.engines import Engine, make_engine
from textclf.training.engine.order import row_order
from textclf.training.engine.placement import Placement
from textclf.training.engine.rule import Choice, is_known
from textclf.training.engine.sparse_rows import SparseArrays

CPU = Device("cpu", "a processor", 1)
GPU = Device("gpu:0", "pretends", 1)
N_ROWS, N_TRAIN, N_IDS, BATCH_SIZE, SEED = 23, 18, 9, 4, 42
TRAIN, VALIDATION = np.arange(N_TRAIN), np.arange(N_TRAIN, N_ROWS)
RNG = np.random.default_rng(0)
LENGTHS = np.array([0, 1, *RNG.integers(0, N_IDS - 1, N_ROWS - 2)])
X = SparseRows(
    np.concatenate([RNG.permutation(N_IDS - 1)[:n] + 1 for n in LENGTHS]).astype(np.int32),
    RNG.normal(size=LENGTHS.sum()).astype(np.float32),
    np.concatenate([[0], np.cumsum(LENGTHS)]),
)
Y = RNG.integers(0, 2, N_ROWS).astype(np.int32)


def build_network() -> keras.Model:
    keras.utils.set_random_seed(SEED)
    ids, weights = keras.Input((None,), dtype="int32"), keras.Input((None,))
    hidden = dense(NgramInputs(ids, weights, N_IDS, are_log_ratios=False), 3, "relu")
    network = keras.Model([ids, weights], dense(hidden, 1, "sigmoid", name="outputs"))
    metric = METRICS["binary"](name="accuracy")
    network.compile(keras.optimizers.Adam(0.05), loss=BINARY.loss, metrics=[metric])
    return network


def new_engine(name: str, device: Device = CPU) -> Engine:
    batches = 1 if name == "keras" else 2
    choice = Choice(name, batches, "a test")
    engine = make_engine(choice, build_network(), BINARY, BATCH_SIZE, None, device)
    engine.put(X, Y)
    return engine


def test_keras_own_path_knows_the_width_of_all_but_the_rows() -> None:
    engine = new_engine("keras")
    engine.put(X, Y, np.ones(N_ROWS, np.float32))
    (ids, ngram_weights), y, weights = engine.epochs_of(TRAIN, SEED).element_spec
    assert ids.shape.as_list() == ngram_weights.shape.as_list() == [None, None]
    assert (y.shape.as_list(), weights.shape.as_list()) == ([None, 1], [None])


@pytest.mark.slow
def test_one_epoch_equals_plain_keras() -> None:
    model, order = build_network(), row_order(TRAIN, SEED, epoch=0)
    model.run_eagerly = True
    theirs = model.fit(
        X[order].padded(),
        Y[order],
        batch_size=BATCH_SIZE,
        shuffle=False,
        validation_data=(X[VALIDATION].padded(), Y[VALIDATION]),
        verbose=0,
    ).history
    for engine in (new_engine("graph"), new_engine("graph", GPU), new_engine("keras")):
        ours = engine.model.fit(
            engine.epochs_of(TRAIN, SEED),
            steps_per_epoch=engine.steps_in(TRAIN),
            validation_data=engine.pass_over(VALIDATION),
            shuffle=False,
            verbose=0,
        ).history
        for column, values in theirs.items():
            np.testing.assert_allclose(ours[column], values, rtol=1e-5)
        for mine, other in zip(engine.network.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-4)
        outputs = model(X[VALIDATION].padded())
        np.testing.assert_allclose(engine.predict(VALIDATION), outputs, atol=1e-4)
        # The layers are still Keras's: a call from outside of the engine reads padded rows.
        np.testing.assert_allclose(engine.network(X[VALIDATION].padded()), outputs, atol=1e-4)


def test_every_layer_is_known_to_the_engines_of_blocks() -> None:
    assert all(map(is_known, build_network().layers))


@pytest.mark.parametrize("rows", [[3, 0, 0, 5], [0]])
def test_batches_are_taken_on_the_device(rows: list[int]) -> None:
    arrays = SparseArrays(X, Placement())
    taken = X[np.array(rows)]
    ids, weights, _ = arrays.take(tf.constant(rows))
    np.testing.assert_array_equal(ids, taken.ids)
    np.testing.assert_array_equal(weights, taken.weights)
    padded = [part.numpy() for part in arrays.take_padded(tf.constant(rows))]
    width = taken.lengths.max()
    for mine, theirs in zip(padded, taken.padded(), strict=True):
        np.testing.assert_array_equal(mine, theirs[:, :width])


def test_other_rows_may_have_more_entries() -> None:
    arrays = SparseArrays(X[:3], Placement())
    arrays.assign(X)
    np.testing.assert_array_equal(arrays.take(tf.constant([22]))[0], X[22:23].ids)
