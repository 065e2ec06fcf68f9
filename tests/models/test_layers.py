"""Stacked layers build what Keras builds, train, resume to the same bits and open without us."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import textclf
from layer_stacks import FEATURES, MAXLEN, WORDS, Chance
from textclf.config.conflicts import input_of
from textclf.config.file import load_config
from textclf.config.layer_shapes import find_shapes
from textclf.config.layers import table
from textclf.config.settings import Config
from textclf.config.settings.model import LayersModel
from textclf.data.dataset import Dataset
from textclf.data.encoders import TargetScale, fit_encoder, unpack
from textclf.data.loaders import load_dataset
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.models.builders import build_model
from textclf.models.layers import new_layer
from textclf.results.export.writing import export_run
from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder
from textclf.training.engine.backend import Device
from textclf.training.engine.host import HostEngine
from textclf.training.engine.rule import choose_engine
from textclf.training.memory import memory_parts
from textclf.training.network import new_network, outline
from textclf.workflow import resume
from tiny_data import ragged

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

from writers.layer_section import EXAMPLES

N_STACKS = 50
SAMPLE = (11,)  # of the stacks, in normal runs, beside the examples of the docs
N_ROWS = 40
WORD_LIST = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "mu")


def texts() -> Dataset:
    rng = np.random.default_rng(0)
    rows = [rng.integers(3, WORDS, rng.integers(2, MAXLEN + 3)).tolist() for _ in range(N_ROWS)]
    return Dataset("texts", BINARY, ragged(rows), np.arange(N_ROWS, dtype=np.int32) % 2, 30)


def numbers() -> Dataset:
    x = np.random.default_rng(0).normal(size=(N_ROWS, FEATURES))
    return Dataset("numbers", REGRESSION, x, x.sum(axis=1).astype(np.float32), 30)


def config_of(encoding: str, layers: list[Any]) -> Config:
    columns = {"features": ["a", "b", "c"]} if encoding == "features" else {"text": "t"}
    preprocessing = {"num_words": WORDS, "maxlen": MAXLEN, "encoding": encoding}
    return Config.model_validate(
        {
            "dataset": {"name": "csv", "path": "a.csv", "label": "l", "test_split": 0.2, **columns},
            "preprocessing": {} if encoding == "features" else preprocessing,
            "model": {"type": "layers", "layers": layers},
        }
    )


def shape_of(layer: keras.Layer) -> tuple[int, ...]:
    return tuple(layer.output.shape[1:])


@pytest.mark.parametrize("seed", range(N_STACKS))
def test_shapes_are_those_of_keras(seed: int) -> None:
    config = config_of(*Chance(seed).stack())
    data = texts() if config.dataset.is_text else numbers()
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    start = input_of(config)
    assert start is not None and isinstance(config.model, LayersModel)
    assert start.shape == encoder.input_shape or start.shape == (*encoder.input_shape, WORDS)
    network = outline(config, encoder, data)
    names = [name for name, _ in config.model.named_layers]
    built = network.layers[-len(names) - 1 : -1]
    assert [type(layer).__name__ for layer in built] == names
    assert find_shapes(config.model.named_layers, start) == [shape_of(layer) for layer in built]


@pytest.mark.parametrize(
    ("attention", "scores"),
    [
        ({"Attention": {}}, MAXLEN**2),
        ({"MultiHeadAttention": {"num_heads": 3, "key_dim": 2}}, 3 * MAXLEN**2),
        ({"AdditiveAttention": {}}, 4 * MAXLEN**2),
        ({"Attention": {"score_mode": "concat"}}, 4 * MAXLEN**2),
    ],
)
def test_the_memory_of_attention_grows_with_the_square_of_steps(
    attention: dict[str, Any], scores: int
) -> None:
    embedding, data = {"Embedding": {"output_dim": 4}}, texts()
    sizes = []
    for layers in ([embedding, attention, "Flatten"], [embedding, {"ELU": {}}, "Flatten"]):
        config = config_of("embedding", layers)
        encoder = fit_encoder(config.preprocessing, data, data.train_rows)
        sizes.append(memory_parts(outline(config, encoder, data), data, 0, 10)["batch"])
    assert sizes[0] - sizes[1] == 12 * 10 * scores


def test_arguments_reach_the_layer() -> None:
    dense = new_layer(
        "Dense",
        {
            "units": 3,
            "activation": "gelu",
            "kernel_regularizer": {"L2": {"l2": 0.25}},
            "bias_initializer": {"Constant": {"value": 7}},
            "kernel_constraint": "non_neg",
        },
        False,
    )
    dense.build((None, 2))
    assert dense.activation is keras.activations.gelu
    assert float(dense.kernel_regularizer.l2) == 0.25
    assert isinstance(dense.kernel_constraint, keras.constraints.NonNeg)
    assert dense.bias.numpy().tolist() == [7, 7, 7]


def test_every_word_of_the_table_is_one_of_keras() -> None:
    for kind, content in table()["kinds"].items():
        module = getattr(keras, content["module"])
        assert all(module.get(word) is not None for word in content["words"]), kind


REGULARIZED = [
    (name, argument)
    for name, layer in table()["layers"].items()
    for argument, spec in layer["arguments"].items()
    if spec["kind"] == "regularizer"
]
EXAMPLE = dict.fromkeys(("units", "filters", "kernel_size", "num_heads", "key_dim"), 1)
EXAMPLE |= {"output_dim": 1}


@pytest.mark.parametrize(("name", "argument"), REGULARIZED)
def test_every_regularizer_adds_to_the_loss(name: str, argument: str) -> None:
    specs = table()["layers"][name]["arguments"]
    needed = {key: EXAMPLE[key] for key, spec in specs.items() if spec.get("required")}
    is_embedding = name == "Embedding"
    needed |= {"input_dim": 3} if is_embedding else {}
    starts = {key: "ones" for key in specs if key.endswith("_initializer")}
    layer = new_layer(name, {**needed, **starts, argument: {"L2": {"l2": 1.0}}}, False)
    x = np.ones((2, 3), "int32") if is_embedding else np.ones((2, 3, 4), "float32")
    layer(*([x, x] if name == "MultiHeadAttention" else [x]))
    assert float(sum(layer.losses)) > 0


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
@pytest.mark.parametrize("mask_zero", [True, False])
def test_cudnn_is_left_out_where_a_mask_is_padded_in_front(name: str, mask_zero: bool) -> None:
    layers = [{"Embedding": {"output_dim": 4, "mask_zero": mask_zero}}, {name: {"units": 3}}]
    config, data = config_of("embedding", layers), texts()
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    reader = build_model(config.model, encoder, MULTICLASS, 3).layers[-2]
    assert reader.use_cudnn is (False if mask_zero else "auto")


# --- trained ---------------------------------------------------------------------------------

IN_PLAIN_KERAS = """
import sys
sys.modules["textclf"] = None  # importing it fails
import keras, numpy as np
for folder in sys.argv[1:]:
    model = keras.models.load_model(folder + "/checkpoints/best.keras")
    np.save(folder + "/plain.npy", model(np.load(folder + "/x.npy")))
"""


def write_data(folder: Path) -> None:
    """Texts with classes, and features with numbers, in which there is something to learn."""
    rng = np.random.default_rng(3)
    rows = [[str(rng.choice(WORD_LIST)) for _ in range(rng.integers(1, 15))] for _ in range(N_ROWS)]
    lines = [f"{' '.join(row)},{'long' if len(row) > 7 else 'short'}" for row in rows]
    (folder / "texts.csv").write_text("\n".join(["t,l", *lines]) + "\n", encoding="utf-8")
    x = rng.normal(size=(N_ROWS, FEATURES))
    lines = [",".join(map(str, [*row.round(3), round(100 + 20 * row.sum(), 2)])) for row in x]
    (folder / "numbers.csv").write_text("\n".join(["a,b,c,y", *lines]) + "\n", encoding="utf-8")


def trainable(folder: Path, encoding: str, layers: list[Any], **training: Any) -> Config:
    is_text = encoding != "features"
    columns = {"text": "t", "label": "l"} if is_text else {"features": ["a", "b", "c"]}
    file = folder / ("texts.csv" if is_text else "numbers.csv")
    dataset = {"name": "csv", "path": str(file), **columns, **({} if is_text else {"target": "y"})}
    preprocessing = {"num_words": WORDS, "maxlen": MAXLEN, "encoding": encoding}
    content = {
        "dataset": dataset,
        "preprocessing": preprocessing if is_text else {},
        "model": {"type": "layers", "layers": layers},
        "training": {"epochs": 1, "batch_size": 8, **training},
    }
    path = folder / "a.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return load_config(path)


def example(folder: Path, about: str) -> Config:
    """An example of the docs, on a few rows for an epoch."""
    file = folder / "example.yaml"
    file.write_text(EXAMPLES[about], encoding="utf-8")
    is_text = load_config(file).dataset.is_text
    columns = "texts.csv, text: t, label: l"
    if not is_text:
        columns = "numbers.csv, features: [a, b], target: y"
    overrides = [f"dataset={{name: csv, path: {folder}/{columns}}}", "training.epochs=1"]
    overrides += ["preprocessing.maxlen=12", "preprocessing.num_words=20"] if is_text else []
    return load_config(file, overrides)


def train_for_an_epoch(folder: Path, config: Config, name: str) -> np.ndarray:
    """The kept model's outputs, as textclf computes them."""
    run = textclf.train(config, folder / "runs", name)
    x = inputs_of(config)
    np.save(run.path / "x.npy", x)
    outputs: np.ndarray = run.load_model()(x).numpy()
    return outputs


def inputs_of(config: Config) -> np.ndarray:
    data = load_dataset(config.dataset)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    return unpack(encoder.transform(data.x), encoder.packed_columns)


@pytest.mark.slow
def test_stacks_train_and_open_in_plain_keras(tmp_path: Path, full: bool) -> None:
    write_data(tmp_path)
    configs = {f"example-{place}": example(tmp_path, one) for place, one in enumerate(EXAMPLES)}
    for seed in range(N_STACKS) if full else SAMPLE:
        configs[f"stack-{seed}"] = trainable(tmp_path, *Chance(seed).stack())
    expected = {name: train_for_an_epoch(tmp_path, one, name) for name, one in configs.items()}
    code = [sys.executable, "-W", "ignore", "-c", IN_PLAIN_KERAS]
    folders = [str(tmp_path / "runs" / name) for name in configs]
    done = subprocess.run([*code, *folders], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, outputs in expected.items():
        plain = np.load(tmp_path / "runs" / name / "plain.npy")
        assert np.isfinite(plain).all()
        np.testing.assert_allclose(plain, outputs, rtol=1e-4, atol=1e-5, err_msg=name)


# Dropout of each kind, a mask, moving averages and what is added to the loss.
EVERYTHING = [
    {"Embedding": {"output_dim": 4, "mask_zero": True}},
    {"SpatialDropout1D": {"rate": 0.2}},
    {"GaussianNoise": {"stddev": 0.1}},
    {"BatchNormalization": {}},
    {"SimpleRNN": {"units": 4, "dropout": 0.2, "recurrent_dropout": 0.2}},
    {"Dense": {"units": 4, "activity_regularizer": "l2", "kernel_constraint": "max_norm"}},
]


@pytest.mark.slow
def test_a_run_is_resumed_to_the_same_bits_and_exported(tmp_path: Path, full: bool) -> None:
    write_data(tmp_path)
    stacks: dict[str, tuple[str, list[Any]]] = {"everything": ("embedding", EVERYTHING)}
    if full:
        stacks |= {str(seed): Chance(seed).stack() for seed in range(N_STACKS)}
    for name, stack in stacks.items():
        whole = textclf.train(trainable(tmp_path, *stack, epochs=2), tmp_path / "runs", name)
        cut = textclf.train(trainable(tmp_path, *stack), tmp_path / "runs", f"{name}-cut")
        resume(RunFolder(cut.path), epochs=2)
        found = compare_runs(RunFolder(whole.path), RunFolder(cut.path))
        assert found.differences == [], stack
        # Its outputs are compared with the run's.
        export_run(RunFolder(whole.path), "savedmodel", tmp_path / f"{name}-model")


@pytest.mark.parametrize(
    ("layers", "model", "engine"),
    [
        (
            [{"Embedding": {"output_dim": 4}}, {"LSTM": {"units": 3, "dropout": 0.2}}],
            {"type": "lstm", "embedding_dim": 4, "units": 3, "dropout": 0.2},
            "xla",
        ),
        (
            [
                *({"Embedding": {"output_dim": 4}}, {"Dropout": {"rate": 0.5}}),
                {"Conv1D": {"filters": 2, "kernel_size": 3, "activation": "relu"}},
                *({"MaxPooling1D": {"pool_size": 2}}, {"LSTM": {"units": 3}}),
            ],
            {"type": "cnn_lstm", "embedding_dim": 4, "dropout": 0.5, "filters": 2}
            | {"kernel_size": 3, "pool_size": 2, "units": 3},
            "graph",
        ),
    ],
)
def test_a_stack_of_a_named_models_layers_is_that_model(
    layers: list[Any], model: dict[str, Any], engine: str
) -> None:
    stack, data = config_of("embedding", layers), texts()
    named = Config.model_validate({**stack.model_dump(), "model": model})
    encoder = fit_encoder(stack.preprocessing, data, data.train_rows)
    built = []
    for config in (stack, named):
        keras.utils.set_random_seed(7)
        built.append(new_network(config, encoder, data))
        choice = choose_engine("auto", built[-1], 8, 4, 1000, Device("cpu", "a processor", 1))
        assert choice.name == engine
    ours, theirs = ([type(layer) for layer in network.layers] for network in built)
    assert ours == theirs
    weights = zip(*(network.get_weights() for network in built), strict=True)
    assert all(np.array_equal(one, other) for one, other in weights)


@pytest.mark.parametrize(
    "layer",
    [
        {"LSTM": {"units": 3, "recurrent_dropout": 0.1}},
        {"SimpleRNN": {"units": 3, "recurrent_constraint": "max_norm"}},
        {"LSTM": {"units": 3, "activity_regularizer": "l2"}},
        {"Bidirectional": {"LSTM": {"units": 3, "recurrent_dropout": 0.1}}},
    ],
)
def test_what_the_engines_do_not_know_takes_keras_own_path(layer: dict[str, Any]) -> None:
    config, data = config_of("embedding", [{"Embedding": {"output_dim": 4}}, layer]), texts()
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    network = build_model(config.model, encoder, BINARY, 2)
    choice = choose_engine("auto", network, 8, 4, 1000, Device("cpu", "a processor", 1))
    assert (choice.name, choice.batches) == ("keras", 1)
    assert next(iter(layer)) in choice.reason


def test_what_regularizers_add_is_not_divided_by_the_targets_unit() -> None:
    layers = [{"Dense": {"units": 2, "kernel_regularizer": {"L2": {"l2": 0.5}}}}]
    config, data = config_of("features", layers), numbers()
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    plain, scaled = (
        build_model(config.model, encoder, REGRESSION, 1, target)
        for target in (None, TargetScale(100.0, 20.0))
    )
    x, y = encoder.transform(data.x), data.y
    start = plain.get_weights()
    gradients = []
    for network, targets in ((plain, y), (scaled, 100 + 20 * y)):
        network.set_weights(start + network.get_weights()[len(start) :])
        network.compile(keras.optimizers.SGD(1.0), loss="mse")
        HostEngine(network, len(x), None)
        network.train_on_batch(x, targets[:, None])
        gradients.append([a - b for a, b in zip(start, network.get_weights(), strict=False)])
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
