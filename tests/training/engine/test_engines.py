"""All engines train as Keras's own `fit` does, whatever the size of their blocks."""

import os
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textclf.config.settings.training import Training
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION, TASKS, Task
from textclf.training.engine import backend, engines
from textclf.training.engine.backend import LOOPS_IN_ONE, Device
from textclf.training.engine.block_trainer import METRICS, unpack_bits
from textclf.training.engine.engines import Engine, make_engine
from textclf.training.engine.flat_texts import fit_segments
from textclf.training.engine.order import row_order
from textclf.training.engine.rule import Choice
from textclf.training.losses import saved_loss, with_loss
from textclf.training.optimizers import new_optimizer

CPU, GPU = Device("cpu", "a processor", 1), Device("gpu:0", "pretends: it is the processor", 1)
N_ROWS, N_TRAIN, BATCH_SIZE, SEED = 23, 18, 4, 42  # five batches, the last one of two rows
TRAIN, VALIDATION = np.arange(N_TRAIN), np.arange(N_TRAIN, N_ROWS)
VOCABULARY, LENGTH, CLASSES = 9, 6, 3
RNG = np.random.default_rng(0)
IDS = RNG.integers(0, VOCABULARY, (N_ROWS, LENGTH)).astype(np.int32)
FEATURES = RNG.integers(0, 2, (N_ROWS, 11)).astype(bool)
TARGETS = {
    "binary": RNG.integers(0, 2, N_ROWS).astype(np.int32),
    "multiclass": RNG.integers(0, CLASSES, N_ROWS).astype(np.int32),
    "regression": RNG.normal(size=N_ROWS).astype(np.float32),
}
ADAM = Training(optimizer="adam", learning_rate=0.05)
ENGINES = {
    "xla": Choice("xla", 2, "a test"),
    "xla in shards": Choice("xla", 2, "a test", shards=2),
    "graph": Choice("graph", 2, "a test"),
    "keras": Choice("keras", 1, "a test"),
    "xla for a GPU": Choice("xla", 2, "a test"),
    "graph for a GPU": Choice("graph", 2, "a test"),
}
FOR_A_GPU = ["xla for a GPU", "graph for a GPU"]  # computed by the processor
ON_GPU = "TEXTCLF_TESTS_ON_GPU" in os.environ  # then the GPU computes these, and no others
if ON_GPU:
    backend.start("gpu")  # whose products are as exact as a processor's


@pytest.fixture(autouse=True)
def _shards_of_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textclf.training.engine.recurrent.SMALLEST_SHARD", BATCH_SIZE // 2)


def read_with_grus(x: keras.KerasTensor) -> keras.KerasTensor:
    """A GRU in both directions, pooled and penalized."""
    gru = layers.GRU(3, return_sequences=True, kernel_regularizer=keras.regularizers.L2(0.1))
    x = layers.Bidirectional(gru)(x)
    pooled = [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]
    return layers.Concatenate()(pooled)


def build_network(task: Task, kind: str) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    if kind == "flat":
        inputs = keras.Input((LENGTH,), dtype="int32")
        embedded = layers.Flatten()(layers.Embedding(VOCABULARY, 3)(inputs))
        x = layers.Dense(4, activation="tanh")(embedded)
    elif kind == "packed":
        inputs = keras.Input((FEATURES.shape[1],))
        x = layers.Dense(4, activation="relu")(inputs)
    else:
        inputs = keras.Input((LENGTH,), dtype="int32")
        read = {"rnn": layers.SimpleRNN(4), "lstm": layers.LSTM(4), "gru": read_with_grus}[kind]
        x = read(layers.Embedding(VOCABULARY, 3)(inputs))
    width = CLASSES if task is MULTICLASS else 1
    return keras.Model(inputs, layers.Dense(width, activation=task.output_activation)(x))


def new_engine(
    name: str | Choice,
    task: Task = BINARY,
    kind: str = "rnn",
    class_weight: dict[int, float] | None = None,
    settings: Training = ADAM,
) -> Engine:
    packed_columns = FEATURES.shape[1] if kind == "packed" else None
    network = build_network(task, kind)
    task = with_loss(task, settings)
    compile_network(network, task, settings)
    choice = name if isinstance(name, Choice) else ENGINES[name]
    device = GPU if name in FOR_A_GPU else CPU
    engine = make_engine(choice, network, task, BATCH_SIZE, packed_columns, device)
    x, y, weights = (
        np.packbits(FEATURES, axis=1) if packed_columns else IDS,
        TARGETS[task.name],
        None,
    )
    if class_weight:
        weights = np.array([class_weight.get(int(number), 1) for number in y], np.float32)
    engine.put(x, y, weights)
    return engine


def compile_network(
    network: keras.Model, task: Task, settings: Training, run_eagerly: bool = False
) -> None:
    loss = saved_loss(task, settings)
    is_one_hot = isinstance(loss, keras.losses.CategoricalCrossentropy)
    metric = keras.metrics.CategoricalAccuracy if is_one_hot else METRICS[task.name]
    optimizer = new_optimizer(settings, n_batches=5)
    metrics = [metric(name=task.metric)]
    network.compile(optimizer, loss=loss, metrics=metrics, run_eagerly=run_eagerly)


def fit(engine: Engine, epochs: int = 1, validate: bool = True) -> dict[str, list[float]]:
    return engine.model.fit(
        engine.epochs_of(TRAIN, SEED),
        steps_per_epoch=engine.steps_in(TRAIN),
        validation_data=engine.pass_over(VALIDATION) if validate else None,
        epochs=epochs,
        shuffle=False,
        verbose=0,
    ).history


def fit_plain_keras(
    task: Task,
    kind: str,
    class_weight: dict[int, float] | None = None,
    settings: Training = ADAM,
) -> tuple[keras.Model, dict[str, list[float]]]:
    model = build_network(task, kind)
    x, y = FEATURES.astype(np.float32) if kind == "packed" else IDS, TARGETS[task.name][:, None]
    compile_network(model, with_loss(task, settings), settings, run_eagerly=True)
    if isinstance(model.loss, keras.losses.CategoricalCrossentropy):
        y = np.eye(CLASSES)[y[:, 0]]
    order = row_order(TRAIN, SEED, epoch=0)
    history = model.fit(
        x[order],
        y[order],
        batch_size=BATCH_SIZE,
        shuffle=False,
        validation_data=(x[VALIDATION], y[VALIDATION]),
        class_weight=class_weight,
        verbose=0,
    )
    return model, history.history


@cache
def plain_epoch(task: Task, kind: str) -> tuple[keras.Model, dict[str, list[float]]]:
    """An epoch of plain Keras, which several tests compare with; to be read only."""
    return fit_plain_keras(task, kind)


# Each engine with ids and with packed words; on a GPU, all cases with FOR_A_GPU.
CASES = {
    "rnn, binary": (BINARY, "rnn", ["xla", "graph"]),
    "lstm, multiclass": (MULTICLASS, "lstm", FOR_A_GPU),
    "gru, binary": (BINARY, "gru", ["xla in shards"]),
    "flat, binary": (BINARY, "flat", ["xla", "keras"]),
    "packed, multiclass": (MULTICLASS, "packed", ["keras", *FOR_A_GPU]),
    "packed, regression": (REGRESSION, "packed", ["xla"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_one_epoch_equals_plain_keras(case: str) -> None:
    task, kind, engines = CASES[case]
    model, history = plain_epoch(task, kind)
    for name in FOR_A_GPU if ON_GPU else engines:
        engine = new_engine(name, task, kind)
        ours = fit(engine)
        assert set(ours) == set(history)
        for column, values in history.items():
            np.testing.assert_allclose(ours[column], values, rtol=1e-5, err_msg=f"{name} {column}")
        for mine, theirs in zip(engine.network.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "kind", "engines", "class_weight"),
    [
        (BINARY, "flat", ["xla", "keras"], {0: 0.5, 1: 4.0}),
        (MULTICLASS, "packed", ["graph"], {0: 3.0, 2: 0.25}),
    ],
    ids=["binary", "multiclass"],
)
def test_class_weights_are_those_of_plain_keras(
    task: Task, kind: str, engines: list[str], class_weight: dict[int, float]
) -> None:
    model, history = fit_plain_keras(task, kind, class_weight)
    _, without = plain_epoch(task, kind)
    assert abs(history["loss"][0] - without["loss"][0]) > 0.01
    for name in engines:
        engine = new_engine(name, task, kind, class_weight)
        ours = fit(engine, validate=name != "xla")  # which scores by the same functions as graph
        for column, values in ours.items():
            np.testing.assert_allclose(
                values, history[column], rtol=1e-5, err_msg=f"{name} {column}"
            )
        for mine, theirs in zip(engine.network.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4, err_msg=name)


WARM = {"schedule": "cosine", "initial": 0.1, "warmup_epochs": 0.4}
STEPS = {"schedule": "piecewise", "boundaries": [0.4], "values": [0.1, 0.001]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "kind", "engines", "settings"),
    [
        (
            BINARY,
            "flat",
            ["xla"],
            {"optimizer": "adam", "learning_rate": WARM, "weight_decay": 0.1, "clipnorm": 0.01},
        ),
        (
            MULTICLASS,
            "packed",
            ["graph", "keras"],
            {"optimizer": "sgd", "learning_rate": STEPS, "momentum": 0.9, "label_smoothing": 0.3},
        ),
    ],
    ids=["warm-up, decay and clipping", "steps, momentum and smoothing"],
)
def test_settings_do_what_they_do_in_plain_keras(
    task: Task, kind: str, engines: list[str], settings: dict[str, object]
) -> None:
    training = Training(epochs=1, **settings)
    model, history = fit_plain_keras(task, kind, settings=training)
    for name in engines:
        engine = new_engine(name, task, kind, settings=training)
        ours = fit(engine, validate=training.label_smoothing > 0)  # which is in scores, too
        for column, values in ours.items():
            np.testing.assert_allclose(
                values, history[column], rtol=1e-5, err_msg=f"{name} {column}"
            )
        for mine, theirs in zip(engine.network.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["graph", "keras"])
def test_another_fits_class_weights_take_the_place_of_the_first_ones(name: str) -> None:
    engine = new_engine(name, kind="flat", class_weight={1: 9.0})
    engine.network.optimizer.learning_rate = 0.0  # only the weights change the loss
    losses = []
    for weight in (9, 2, 9):
        weights = np.where(TARGETS["binary"] == 1, weight, 1).astype(np.float32)
        engine.put(IDS, TARGETS["binary"], weights)
        losses.append(fit(engine, validate=False)["loss"][0])
    assert losses[0] == pytest.approx(losses[2], rel=1e-6)
    assert losses[1] < losses[0] / 2


@pytest.fixture
def padded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of one word to LENGTH."""
    lengths = np.arange(N_ROWS) % LENGTH + 1
    ids = np.where(np.arange(LENGTH) < LENGTH - lengths[:, None], 0, IDS.clip(1))
    monkeypatch.setattr(f"{__name__}.IDS", ids.astype(np.int32))


@pytest.mark.slow
@pytest.mark.usefixtures("padded")
def test_segments_do_not_change_what_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether none of the five batches fits its segments, or some do."""
    model, history = fit_plain_keras(BINARY, "flat")
    for misfits, n_fit in ((9.0, 0), (4.0, 2)):
        monkeypatch.setattr("textclf.training.engine.flat_texts.MISFITS", misfits)
        engine = new_engine(Choice("xla", 1, "a test"), BINARY, "flat")
        assert sum(bool(fit) for fit in fits_of(engine)) == n_fit
        ours = fit(engine)
        for column, values in history.items():
            np.testing.assert_allclose(ours[column], values, rtol=1e-5, err_msg=column)
        for mine, theirs in zip(engine.network.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-5)


def fits_of(engine: Engine) -> list[tf.Tensor]:
    """Of each block of an epoch, whether its batches fit their segments."""
    blocks = engine.epochs_of(TRAIN, SEED).take(engine.steps_in(TRAIN))
    lengths = [engine.model.arrays.lengths_of(rows) for rows in blocks]
    return [fit_segments(engine.texts.segments, of_block) for of_block in lengths]


@pytest.mark.slow
def test_block_size_does_not_change_a_bit() -> None:
    results = []
    for batches in (1, 3):
        engine = new_engine(Choice("xla", batches, "a test"), MULTICLASS, "packed")
        history = fit(engine, epochs=2, validate=False)
        results.append((history, [weight.tobytes() for weight in engine.network.get_weights()]))
    assert results[0] == results[1]
    assert np.isfinite(list(results[0][0].values())).all()


@pytest.mark.parametrize("name", ["xla", "graph", "keras", *FOR_A_GPU])
def test_predict_equals_the_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for which in ("EVALUATION_BATCH", "GPU_EVALUATION_BATCH"):
        monkeypatch.setattr(f"textclf.training.engine.device.{which}", BATCH_SIZE)
    engine = new_engine(name, MULTICLASS, "packed")
    rows = np.array([3, 22, 0, 7, 8, 9, 10, 11, 2])  # in this order; the last batch is of one row
    predicted = engine.predict(rows)
    assert predicted.shape == (len(rows), CLASSES)
    expected = engine.network.predict(FEATURES[rows].astype(np.float32), verbose=0)
    np.testing.assert_allclose(predicted, expected, atol=1e-6)


@pytest.mark.usefixtures("padded")
def test_rows_that_are_scored_by_length_come_back_in_their_order() -> None:
    engine = new_engine("xla", MULTICLASS, "flat")
    rows = np.array([3, 22, 0, 7, 8, 9, 10, 11, 2])
    expected = build_network(MULTICLASS, "flat")(IDS[rows])
    np.testing.assert_allclose(engine.predict(rows), expected, atol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("padded")
@pytest.mark.parametrize("kind", ["rnn", "lstm", "flat"])
@pytest.mark.parametrize("name", ["xla", "graph"])
def test_a_callback_can_have_the_model_predict_examples(name: str, kind: str) -> None:
    """Batches of a number that is not known beforehand."""
    expected = build_network(MULTICLASS, kind)(IDS)
    engine = new_engine(name, MULTICLASS, kind)
    predicted = engine.model.predict(IDS, batch_size=5, verbose=0)
    np.testing.assert_allclose(predicted, expected, atol=1e-6)


@pytest.mark.parametrize("name", ENGINES)
def test_a_dataset_that_ends_waits_for_no_tuning(name: str) -> None:
    engine = new_engine(name)
    for dataset in (engine.epochs_of(TRAIN, SEED), engine.pass_over(VALIDATION)):
        assert dataset.options().autotune.enabled is False


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_epochs_follow_one_another_in_orders_of_their_own(name: str) -> None:
    engine = new_engine(name)
    steps = engine.steps_in(TRAIN)
    batches = list(engine.epochs_of(TRAIN, SEED, first_epoch=3).take(2 * steps))
    for number, epoch in enumerate((3, 4)):
        order = row_order(TRAIN, SEED, epoch)
        part = batches[number * steps : (number + 1) * steps]
        if name == "keras":
            assert [len(x) for x, _ in part] == [4, 4, 4, 4, 2]
            np.testing.assert_array_equal(np.concatenate([x for x, _ in part]), IDS[order])
            y = np.concatenate([y for _, y in part])
            np.testing.assert_array_equal(y[:, 0], TARGETS["binary"][order])
        else:
            rows = np.concatenate([block.numpy().reshape(-1) for block in part])
            np.testing.assert_array_equal(rows[rows >= 0], order)


def test_other_data_of_the_same_shape_take_the_place_of_the_old() -> None:
    engine = new_engine(ENGINES["graph"])
    before = engine.predict(VALIDATION)
    engine.put(IDS[::-1].copy(), TARGETS["binary"])
    np.testing.assert_array_equal(engine.predict(N_ROWS - 1 - VALIDATION), before)


@pytest.mark.parametrize("columns", [1, 7, 8, 9, 20])
def test_unpack_bits(columns: int) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (5, columns)).astype(bool)
    packed = np.packbits(bits, axis=1)
    unpacked = unpack_bits(tf.constant(packed), columns).numpy()
    assert unpacked.dtype == np.float32
    np.testing.assert_array_equal(unpacked, np.unpackbits(packed, axis=1, count=columns))
    np.testing.assert_array_equal(unpacked, bits)


def test_metrics_have_the_tasks_names() -> None:
    from textclf.training.engine.block_trainer import METRICS

    assert set(METRICS) == set(TASKS)


def test_batches_from_the_host_run_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    engine = new_engine(ENGINES["keras"], kind="flat")
    fit(engine, epochs=2)
    engine.predict(VALIDATION)
    assert [str(warning.message) for warning in recwarn] == []


def test_xla_stays_once_another_engine_asked_for_determinism() -> None:
    new_engine(ENGINES["graph"])
    assert new_engine("xla").model.train_program._jit_compile
    assert not new_engine(ENGINES["graph"]).model.train_program._jit_compile


@pytest.mark.parametrize(
    ("layer", "in_one"),
    [(layers.LSTM(64), True), (layers.LSTM(65), False), (layers.GlobalMaxPooling1D(), False)],
)
def test_only_small_loops_over_time_become_one_function(
    layer: keras.Layer, in_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLA_FLAGS", "")
    speed_up_with_others(layer, ENGINES["xla"])
    assert (LOOPS_IN_ONE in os.environ["XLA_FLAGS"]) == in_one


@pytest.mark.parametrize("name", ["xla", "graph"])
@pytest.mark.parametrize("after_small_ones", [False, True])
def test_wide_loops_multiply_in_pieces_after_small_ones(
    name: str, after_small_ones: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noted(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
        pieces.append(a.shape)
        return tf.matmul(a, b)

    pieces: list[tf.TensorShape] = []
    monkeypatch.setattr(engines, "matmul_in_pieces", noted)
    monkeypatch.setenv("XLA_FLAGS", "")
    if after_small_ones:
        speed_up_with_others(layers.LSTM(2), ENGINES["xla"])
    wide = layers.LSTM(65)
    speed_up_with_others(wide, ENGINES[name])
    wide(np.zeros((1, LENGTH, 1), np.float32))
    assert bool(pieces) == after_small_ones


def speed_up_with_others(layer: keras.Layer, choice: Choice) -> None:
    inputs = keras.Input((LENGTH, 1))
    network = keras.Model(inputs, layers.Dense(1)(layer(inputs)))
    network.compile()
    make_engine(choice, network, BINARY, BATCH_SIZE, None, CPU)
