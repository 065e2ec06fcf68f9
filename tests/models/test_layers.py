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
from textclf.config.settings import Config, LayersModel
from textclf.data.dataset import Dataset
from textclf.data.encoders import fit_encoder, unpack
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.models.builders import build_model
from textclf.models.layers import new_layer
from textclf.training.network import outline
from tiny_data import ragged

N_STACKS = 50
SAMPLE = (0, 7, 21, 34)  # of the stacks, in normal runs
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
    np.save(folder + "/plain.npy", model.predict(np.load(folder + "/x.npy"), verbose=0))
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


def train_stack(folder: Path, seed: int) -> np.ndarray:
    """Train a stack for an epoch; its kept model's outputs, as textclf computes them."""
    config = trainable(folder, *Chance(seed).stack())
    run = textclf.train(config, folder / "runs", f"stack-{seed}")
    x = inputs_of(config)
    np.save(run.path / "x.npy", x)
    outputs: np.ndarray = run.load_model().predict(x, verbose=0)
    return outputs


def inputs_of(config: Config) -> np.ndarray:
    from textclf.data.loaders import load_dataset

    data = load_dataset(config.dataset)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    return unpack(encoder.transform(data.x), encoder.packed_columns)


@pytest.mark.slow
def test_stacks_train_and_open_in_plain_keras(tmp_path: Path, full: bool) -> None:
    write_data(tmp_path)
    seeds = range(N_STACKS) if full else SAMPLE
    expected = {seed: train_stack(tmp_path, seed) for seed in seeds}
    folders = {seed: tmp_path / "runs" / f"stack-{seed}" for seed in seeds}
    code = [sys.executable, "-W", "ignore", "-c", IN_PLAIN_KERAS]
    done = subprocess.run([*code, *map(str, folders.values())], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for seed, folder in folders.items():
        plain = np.load(folder / "plain.npy")
        assert np.isfinite(plain).all()
        np.testing.assert_allclose(plain, expected[seed], rtol=1e-4, atol=1e-5, err_msg=str(seed))
