"""The faster loops give stock Keras's numbers, and step aside where they would not."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textclf.training.engine import recurrent
from textclf.training.engine.recurrent import (
    recurrent_layers,
    slim_down,
    speed_up,
    speed_up_in_shards,
)

EXAMPLES, STEPS, INPUTS, UNITS = 5, 7, 3, 4
KINDS = [layers.SimpleRNN, layers.LSTM, layers.GRU]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(EXAMPLES, STEPS, INPUTS)).astype(np.float32)
IDS = RNG.integers(0, INPUTS, (EXAMPLES, STEPS)).astype(np.int32)
STATES = [RNG.normal(size=(EXAMPLES, UNITS)).astype(np.float32) for _ in range(2)]

Build = Callable[[], keras.Model]


@pytest.fixture
def fast_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the faster loops that ran, in order."""
    calls: list[str] = []

    def counted(loop: Callable) -> Callable:
        def call(*arguments: Any) -> list[tf.Tensor]:
            calls.append(loop.__name__)
            return loop(*arguments)

        return call

    for kind, loop in list(recurrent.TIME_LOOPS.items()):
        monkeypatch.setitem(recurrent.TIME_LOOPS, kind, counted(loop))
    return calls


def stock_and_fast(build: Build) -> tuple[keras.Model, keras.Model]:
    """Twins with the same weights and the same dropout seeds."""
    stock, fast = build(), build()
    weights = np.random.default_rng(1)
    for weight in stock.trainable_weights:  # a bias of zeros would hide a forgotten bias
        weight.assign(weights.normal(scale=0.5, size=weight.shape))
    for variable, value in zip(fast.variables, stock.variables, strict=True):
        variable.assign(value)
    speed_up(fast)
    for layer in filter(recurrent.is_plain, recurrent_layers(stock)):
        # Keras draws the same share of zeros by other bits.
        layer.cell._create_dropout_mask = partial(recurrent._dropout_mask, layer.cell)
    return stock, fast


def outputs_and_gradients(
    model: keras.Model, inputs: list, training: bool, in_graph: bool = False
) -> list[np.ndarray]:
    """All outputs, and a loss's gradients by all weights and by all float inputs."""
    compute = tf.function(_outputs_and_gradients) if in_graph else _outputs_and_gradients
    results = compute(model, [tf.constant(part) for part in inputs], training)
    return [part.numpy() for part in results]


def _outputs_and_gradients(
    model: keras.Model, tensors: list[tf.Tensor], training: bool
) -> list[tf.Tensor]:
    watched = [part for part in tensors if part.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = tf.nest.flatten(model(tensors, training=training))
        # Another factor for each output and cell, so that none can stand in for another.
        factors = [np.random.default_rng(2).normal(size=part.shape) for part in outputs]
        loss = sum(
            (number + 1) * tf.reduce_sum(part * factor.astype(np.float32))
            for number, (part, factor) in enumerate(zip(outputs, factors, strict=True))
        )
    gradients = tape.gradient(loss, [*model.trainable_weights, *watched])
    assert all(gradient is not None for gradient in gradients)
    return [tf.convert_to_tensor(part) for part in (*outputs, *gradients)]


def assert_twins_agree(
    build: Build, inputs: list, training: bool = False, in_graph: bool = True
) -> tuple[keras.Model, keras.Model]:
    stock, fast = stock_and_fast(build)
    expected = outputs_and_gradients(stock, inputs, training)
    results = outputs_and_gradients(fast, inputs, training, in_graph)
    for one, other in zip(results, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    return stock, fast


def build_reader(kind: type, **settings: object) -> keras.Model:
    inputs = keras.Input((STEPS, INPUTS))
    return keras.Model([inputs], kind(UNITS, **settings)(inputs))


def build_with_states(kind: type) -> keras.Model:
    """From an input and initial states to the last output and the last states."""
    inputs = keras.Input((STEPS, INPUTS))
    states = [keras.Input((UNITS,)) for _ in range(2 if kind is layers.LSTM else 1)]
    return keras.Model(
        [inputs, *states], kind(UNITS, return_state=True)(inputs, initial_state=states)
    )


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.5}, {"go_backwards": True}])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_slim_loop_gives_the_same_outputs_and_states(
    kind: type, settings: dict, sequences: bool
) -> None:
    model = build_reader(kind, return_state=True, return_sequences=sequences, **settings)
    stock = model([X])
    slim_down(model)
    for one, other in zip(model([X]), stock, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


# --- the same numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_all_outputs_and_states_of_each_direction(kind: type, fast_calls: list[str]) -> None:
    def build() -> keras.Model:
        inputs = keras.Input((STEPS, INPUTS))
        forwards = kind(UNITS, return_sequences=True, return_state=True)(inputs)
        backwards = kind(UNITS, return_sequences=True, go_backwards=True)(inputs)
        last = kind(UNITS, go_backwards=True)(inputs)
        return keras.Model([inputs], [*forwards, backwards, last])

    assert_twins_agree(build, [X])
    assert len(fast_calls) == 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_pooled_stack_in_both_directions(kind: type, fast_calls: list[str]) -> None:
    def build() -> keras.Model:
        inputs = keras.Input((STEPS, INPUTS))
        x = layers.Bidirectional(kind(UNITS, dropout=0.5, return_sequences=True))(inputs)
        x = layers.Bidirectional(kind(3, return_sequences=True), merge_mode="sum")(x)
        pooled = [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]
        return keras.Model([inputs], layers.Concatenate()(pooled))

    stock, _ = assert_twins_agree(build, [X], training=True)
    assert len(recurrent_layers(stock)) == len(fast_calls) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_xla_neither_turns_nor_copies_what_a_loop_reads_and_writes(kind: type) -> None:
    inputs = keras.Input((STEPS, INPUTS), EXAMPLES)
    both = layers.Bidirectional(kind(UNITS, return_sequences=True))(inputs)
    model = keras.Model([inputs], layers.GlobalAveragePooling1D()(both))
    speed_up(model)
    compute = tf.function(lambda x: _outputs_and_gradients(model, [x], True), jit_compile=True)
    program = compute.experimental_get_compiler_ir(tf.constant(X))(stage="optimized_hlo")
    assert f"f32[{STEPS},{EXAMPLES},{UNITS}]" in program
    assert " reverse(" not in program
    assert re.findall(rf"f32\[{STEPS},.*copy\(.*broadcast", program) == []


@pytest.mark.parametrize("kind", KINDS)
def test_initial_and_returned_states(kind: type, fast_calls: list[str]) -> None:
    states = STATES[: 2 if kind is layers.LSTM else 1]
    assert_twins_agree(lambda: build_with_states(kind), [X, *states])
    assert len(fast_calls) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_one_mask_for_all_steps(kind: type, fast_calls: list[str]) -> None:
    stock, fast = assert_twins_agree(lambda: build_reader(kind, dropout=0.5), [X], training=True)
    assert len(fast_calls) == 1
    # The next masks are the same too, and are others.
    results = [outputs_and_gradients(twin, [X], training=True) for twin in (stock, fast)]
    np.testing.assert_allclose(results[1][0], results[0][0], atol=1e-5)
    again = outputs_and_gradients(fast, [X], training=True)
    assert not np.allclose(again[0], results[1][0])


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_dropout_mask_has_the_share_and_the_scale(rate: float) -> None:
    masks = []
    for xla in (False, True):
        cell = layers.LSTM(UNITS, dropout=rate, seed=1).cell
        draw = tf.function(
            lambda cell=cell: recurrent._dropout_mask(cell, tf.zeros((500, 40)), rate),
            jit_compile=xla,
        )
        masks.append(draw().numpy())
    np.testing.assert_array_equal(*masks)
    values, counts = np.unique(masks[0], return_counts=True)
    np.testing.assert_allclose(values, [0, 1 / (1 - rate)], rtol=1e-6)
    assert counts[0] / masks[0].size == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_rests_outside_of_training(kind: type, fast_calls: list[str]) -> None:
    _, fast = assert_twins_agree(lambda: build_reader(kind, dropout=0.5), [X])
    assert len(fast_calls) == 1
    twice = [fast([X], training=False) for _ in range(2)]
    np.testing.assert_array_equal(*twice)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fast_model_can_be_called_outside_of_a_function(kind: type) -> None:
    stock, fast = stock_and_fast(lambda: build_reader(kind))
    np.testing.assert_allclose(fast([X]), stock([X]), atol=1e-5)


# --- in shards -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("threads", "dropout"), [(1, 0), (EXAMPLES, 0.5)])
@pytest.mark.parametrize("kind", KINDS)
def test_shards_give_keras_numbers_dropout_included(
    kind: type, dropout: float, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurrent, "SMALLEST_SHARD", 1)
    stock, fast = build_reader(kind, dropout=dropout), build_reader(kind, dropout=dropout)
    for variable, value in zip(fast.variables, stock.variables, strict=True):
        variable.assign(value)
    speed_up_in_shards(fast, threads)
    expected = outputs_and_gradients(stock, [X], training=True)
    results = outputs_and_gradients(fast, [X], training=True, in_graph=True)
    for one, other in zip(results, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_each_shard_is_a_call_of_one_compiled_loop(kind: type, fast_calls: list[str]) -> None:
    model = build_reader(kind)
    speed_up_in_shards(model, threads=4)
    graph = tf.function(model).get_concrete_function(tf.TensorSpec((64, STEPS, INPUTS)))
    calls = [op for op in graph.graph.get_operations() if "PartitionedCall" in op.type]
    assert [op.outputs[0].shape[0] for op in calls] == [16] * 4
    assert all(op.get_attr("_XlaMustCompile") for op in calls)
    assert len({op.get_attr("f").name for op in calls}) == len(fast_calls) == 1


@pytest.mark.parametrize(
    ("examples", "threads", "shards"),
    [(100, 1, 1), (100, 2, 2), (100, 3, 2), (100, 8, 5), (64, 8, 4), (101, 8, 1), (9, 8, 1)],
)
def test_shards_are_of_one_size_and_not_too_small(examples: int, threads: int, shards: int) -> None:
    assert recurrent.number_of_shards(examples, threads) == shards


# --- ids in place of one-hot rows ------------------------------------------------------------


def build_one_hot(kind: type, pieces: bool = False, **settings: object) -> keras.Model:
    ids = keras.Input((STEPS,), dtype="int32")
    x = layers.CategoryEncoding(INPUTS, output_mode="one_hot")(ids)
    if not pieces:
        return keras.Model([ids], kind(UNITS, **settings)(x))
    layer = kind(UNITS, return_state=True)
    states = layer(x[:, :-2])[1:]
    return keras.Model([ids], layer(x[:, -2:], initial_state=states)[0])


def test_both_directions_gather_rows() -> None:
    def build() -> keras.Model:
        ids = keras.Input((STEPS,), dtype="int32")
        x = layers.CategoryEncoding(INPUTS, output_mode="one_hot")(ids)
        return keras.Model([ids], layers.Bidirectional(layers.GRU(UNITS))(x))

    _, fast = assert_twins_agree(build, [IDS])
    assert encoder_output(fast).shape == (EXAMPLES, STEPS, 1)


def encoder_output(model: keras.Model) -> tf.Tensor:
    (encoder,) = [layer for layer in model.layers if isinstance(layer, layers.CategoryEncoding)]
    return encoder(tf.constant(IDS))


@pytest.mark.slow
@pytest.mark.parametrize("pieces", [False, True], ids=["whole", "in pieces"])
@pytest.mark.parametrize("kind", KINDS)
def test_gathered_rows_equal_the_one_hot_product(kind: type, pieces: bool) -> None:
    _, fast = assert_twins_agree(lambda: build_one_hot(kind, pieces), [IDS])
    assert encoder_output(fast).shape == (EXAMPLES, STEPS, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [{"dropout": 0.5}, {"activation": "relu"}, {"recurrent_dropout": 0.5}], ids=str
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_needs_one_hot_rows_gets_them(kind: type, settings: dict) -> None:
    _, fast = assert_twins_agree(
        lambda: build_one_hot(kind, **settings), [IDS], training=True, in_graph=False
    )
    assert encoder_output(fast).shape == (EXAMPLES, STEPS, INPUTS)


def test_one_hot_rows_that_another_layer_reads_stay() -> None:
    def build() -> keras.Model:
        ids = keras.Input((STEPS,), dtype="int32")
        x = layers.CategoryEncoding(INPUTS, output_mode="one_hot")(ids)
        parts = [layers.LSTM(UNITS)(x), layers.Dense(2)(layers.Flatten()(x))]
        return keras.Model([ids], layers.Concatenate()(parts))

    _, fast = assert_twins_agree(build, [IDS])
    assert encoder_output(fast).shape == (EXAMPLES, STEPS, INPUTS)


# --- Keras's own path ------------------------------------------------------------------------

UNUSUAL = [
    {"activation": "relu"},
    {"recurrent_dropout": 0.5},
    {"use_bias": False},
    {"unroll": True},
]


@pytest.mark.parametrize("settings", UNUSUAL, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_unusual_layers_run_in_keras(kind: type, settings: dict, fast_calls: list[str]) -> None:
    assert_twins_agree(lambda: build_reader(kind, **settings), [X], training=True, in_graph=False)
    assert fast_calls == []


@pytest.mark.parametrize(("kind", "gates"), [(layers.LSTM, 4), (layers.GRU, 3)])
def test_keras_draws_the_masks_of_its_own_loop(kind: type, gates: int) -> None:
    """With recurrent dropout, its loop reads one for each gate."""
    model = keras.Sequential([keras.Input((4, 3)), kind(2, dropout=0.5, recurrent_dropout=0.5)])
    speed_up(model)
    assert len(model.layers[0].cell.get_dropout_mask(tf.ones((1, 3)))) == gates


def test_another_recurrent_activation_runs_in_keras(fast_calls: list[str]) -> None:
    build = lambda: build_reader(layers.LSTM, recurrent_activation="hard_sigmoid")  # noqa: E731
    assert_twins_agree(build, [X], in_graph=False)
    assert fast_calls == []


def test_a_reset_before_the_product_runs_in_keras(fast_calls: list[str]) -> None:
    assert_twins_agree(lambda: build_reader(layers.GRU, reset_after=False), [X], in_graph=False)
    assert fast_calls == []


@pytest.mark.parametrize("kind", KINDS)
def test_masked_sequences_run_in_keras(kind: type, fast_calls: list[str]) -> None:
    def build() -> keras.Model:
        ids = keras.Input((STEPS,), dtype="int32")
        return keras.Model([ids], kind(UNITS)(layers.Embedding(5, 3, mask_zero=True)(ids)))

    assert (IDS == 0).any()
    assert_twins_agree(build, [IDS], in_graph=False)
    assert fast_calls == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_stateful_layer_runs_in_keras(kind: type, fast_calls: list[str]) -> None:
    def build() -> keras.Model:
        inputs = keras.Input(batch_shape=(EXAMPLES, STEPS, INPUTS))
        return keras.Model([inputs], kind(UNITS, stateful=True)(inputs))

    twins = assert_twins_agree(build, [X], in_graph=False)
    np.testing.assert_allclose(twins[0]([X]), twins[1]([X]), atol=1e-7)  # from the states left
    assert fast_calls == []
