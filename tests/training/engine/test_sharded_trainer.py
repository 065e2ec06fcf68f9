"""Shards of a batch, each with random numbers of its own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textclf.data.tasks import BINARY
from textclf.training.engine.hinge import squared_hinge
from textclf.training.engine.sharded_trainer import ShardedTrainer

ROWS = 8  # a batch; two shards
BATCH = np.arange(ROWS, dtype=np.int32)[None]  # a block of one batch


@pytest.fixture(autouse=True)
def _two_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textclf.training.engine.recurrent.SMALLEST_SHARD", ROWS // 2)


@pytest.fixture
def trainer() -> ShardedTrainer:
    """One with dropout in three places."""
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Embedding(9, 16)(inputs)
    x = layers.Bidirectional(layers.SimpleRNN(16, dropout=0.5))(layers.SpatialDropout1D(0.5)(x))
    return new_trainer(inputs, layers.Dropout(0.5)(x))


def new_trainer(inputs: keras.KerasTensor, read: keras.KerasTensor) -> ShardedTrainer:
    """One that reads the same text in all rows."""
    network = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(read))
    network.compile("sgd", "binary_crossentropy")
    trainer = ShardedTrainer(network, BINARY, threads=2)
    trainer.compile(network.optimizer)
    texts = np.tile(np.array([1, 2, 3, 4, 5], np.int32), (ROWS, 1))
    trainer.put(texts, np.ones(ROWS, np.int32), None, ROWS)
    return trainer


def test_the_squared_hinge_of_shards_is_that_of_their_scores() -> None:
    """A shard's outputs still know their scores, of which the gradient is taken."""
    inputs = keras.Input((5,), dtype="int32")
    trainer = new_trainer(inputs, layers.GlobalAveragePooling1D()(layers.Embedding(9, 16)(inputs)))
    *_, outputs = trainer.network.layers
    outputs.bias.assign([-20.0])  # so far off that the sigmoid is 0, and all rows are of class 1
    trainer.loss_function = squared_hinge
    shard, n_rows = tf.range(ROWS // 2), tf.constant(float(ROWS))
    loss, _, gradients = trainer.gradients_program(shard, n_rows, tf.constant(0, tf.int64))
    assert float(loss) == pytest.approx(ROWS // 2 * 21**2 / ROWS, rel=0.1)
    assert gradients[-1].numpy() == pytest.approx([ROWS // 2 * -2 * 21 / ROWS], rel=0.1)


def counters(trainer: ShardedTrainer) -> set[int]:
    return {int(generator.state.numpy()[1]) for generator in trainer.seeds.generators}


def test_every_layer_with_dropout_is_known(trainer: ShardedTrainer) -> None:
    assert len(trainer.seeds.generators) == 4  # two layers and both directions


@pytest.mark.slow
def test_shards_have_other_random_numbers_and_batches_too(trainer: ShardedTrainer) -> None:
    scored = tf.data.Dataset.from_tensors(BATCH)
    shard, n_rows = tf.range(ROWS // 2), tf.constant(float(ROWS))
    outputs = [
        trainer.gradients_program(shard, n_rows, tf.constant(n, tf.int64))[1] for n in (0, 1)
    ]
    again = trainer.gradients_program(shard, n_rows, tf.constant(0, tf.int64))[1]
    np.testing.assert_array_equal(outputs[0], again)
    assert not np.array_equal(outputs[0], outputs[1])
    assert counters(trainer) == {0}  # a shard writes no state
    trainer.fit(
        tf.data.Dataset.from_tensors(BATCH), validation_data=scored, shuffle=False, verbose=0
    )
    assert counters(trainer) == {1}
