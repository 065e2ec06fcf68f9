"""The private parts of Keras that the engines use: what to look at when Keras moves."""

import ast
import inspect
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras.src.random import seed_generator

from textclf.training.engine import outline

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "textclf"
ENGINE = "training/engine/"

ADVICE = (
    "Keras has changed a part that textclf uses but Keras does not document. Compare the module "
    "named here with the new Keras, adapt it, run tests/training/engine, and check that a recipe "
    "still gives the same history to the bit."
)

# Methods that an engine replaces, by their arguments, and the module that does so.
REPLACED = {
    "Dense.call": ("inputs, training", "flat_texts.py"),
    "Embedding.call": ("inputs", "flat_texts.py"),
    "CategoryEncoding.call": ("inputs, count_weights", "recurrent.py"),
    "SimpleRNN.inner_loop": ("sequences, initial_state, mask, training", "recurrent.py"),
    "LSTM.inner_loop": ("sequences, initial_state, mask, training", "recurrent.py"),
    "GRU.inner_loop": ("sequences, initial_state, mask, training", "recurrent.py"),
    "SimpleRNN.cell._create_dropout_mask": ("step_input, dropout_rate", "recurrent.py"),
    "LSTM.cell._create_dropout_mask": ("step_input, dropout_rate", "recurrent.py"),
    "GRU.cell._create_dropout_mask": ("step_input, dropout_rate", "recurrent.py"),
    "RMSprop.update_step": ("gradient, variable, learning_rate", "slices.py"),
    "Adam.update_step": ("gradient, variable, learning_rate", "slices.py"),
}
# Attributes that an engine reads or sets, and the modules that do so.
ATTRIBUTES = {
    "_outbound_nodes": "flat_texts.py, recurrent.py",
    "_velocities": "slices.py",
    "_momentums": "slices.py",
    "_get_variable_index": "slices.py",
    "_keras_logits": "hinge.py",
    "_summary_module": "the TensorBoard callback",
    "_writers": "the TensorBoard callback",
    "_convert_inputs_to_tensors": "gpu_trainer.py",
    "_is_gpu_available": "outline.py",
}
METHODS = {name.rpartition(".")[2] for name in REPLACED}


def made(name: str) -> object:
    """An object of one of Keras's classes."""
    arguments = {"Dense": [2], "Embedding": [9, 2], "SimpleRNN": [2], "LSTM": [2], "GRU": [2]}
    if name == "CategoryEncoding":
        return keras.layers.CategoryEncoding(9, output_mode="one_hot")
    if name in ("RMSprop", "Adam"):
        return getattr(keras.optimizers, name)()
    return getattr(keras.layers, name)(*arguments[name])


@pytest.mark.parametrize("name", REPLACED)
def test_a_replaced_method_takes_what_it_took(name):
    arguments, module = REPLACED[name]
    kind, *path = name.split(".")
    part = made(kind)
    for attribute in path:
        part = getattr(part, attribute, None)
    assert callable(part), f"{name} is gone: {ENGINE}{module}. {ADVICE}"
    taken = ", ".join(inspect.signature(part).parameters)
    assert taken == arguments, f"{name} takes {taken}: {ENGINE}{module}. {ADVICE}"


def test_layers_know_their_readers():
    inputs = keras.Input((4,), dtype="int32")
    embedding = made("Embedding")
    x = embedding(inputs)
    flatten = keras.layers.Flatten()
    flatten(x)
    part = x[:, :2]
    readers = [node.operation for node in embedding._outbound_nodes]
    names = [type(reader).__name__ for reader in readers]
    assert names == ["Flatten", "GetItem"] and readers[0] is flatten, ADVICE
    assert part.shape == (None, 2, 2)


@pytest.mark.parametrize(
    ("name", "slots"), [("RMSprop", ["_velocities"]), ("Adam", ["_velocities", "_momentums"])]
)
def test_optimizers_keep_an_array_for_each_weight(name, slots):
    optimizer = made(name)
    weights = [keras.Variable(np.zeros(shape, np.float32)) for shape in ((2, 3), (4,))]
    optimizer.build(weights)
    for slot in slots:
        shapes = [variable.shape for variable in getattr(optimizer, slot)]
        assert shapes == [(2, 3), (4,)], f"{name}.{slot}: {ENGINE}slices.py. {ADVICE}"
    assert [optimizer._get_variable_index(weight) for weight in weights] == [0, 1], ADVICE


def test_updates_go_through_the_method_that_is_replaced():
    """What an engine puts in place of a method is what Keras calls."""
    optimizer, weight = made("RMSprop"), keras.Variable(np.ones(3, np.float32))
    optimizer.build([weight])
    seen = []
    optimizer.update_step = lambda *arguments: seen.append(arguments)
    optimizer.apply([keras.ops.ones(3)], [weight])
    assert [optimizer._get_variable_index(variable) for _, variable, _ in seen] == [0], ADVICE


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_layers_run_the_loop_and_the_mask_that_are_replaced(name):
    layer = getattr(keras.layers, name)(2, dropout=0.5)
    x = np.ones((3, 4, 5), np.float32)
    layer(x)
    seen = []
    layer.cell._create_dropout_mask = lambda step, rate: (
        seen.append(rate) or keras.ops.ones_like(step)
    )
    loop = layer.inner_loop
    layer.inner_loop = lambda *arguments, **named: seen.append("loop") or loop(*arguments, **named)
    layer(x, training=True)
    assert {"loop", 0.5} <= set(seen), f"{ENGINE}recurrent.py. {ADVICE}"


def test_a_sigmoid_remembers_its_input():
    x = keras.ops.ones((2, 1))
    assert getattr(keras.activations.sigmoid(x), "_keras_logits", None) is x, ADVICE


def test_seeds_come_from_the_module_that_is_replaced(monkeypatch):
    chosen = SimpleNamespace(randint=lambda _lowest, _highest: 77)
    monkeypatch.setattr(seed_generator, "python_random", chosen)
    drawn = [keras.initializers.GlorotUniform().seed, keras.layers.Dropout(0.5).seed_generator]
    assert (drawn[0], drawn[1].state.numpy()[0]) == (77, 77), f"{ENGINE}seeds.py. {ADVICE}"


def test_tensorboard_writes_with_the_module_that_is_set():
    callback = keras.callbacks.TensorBoard("logs")
    assert hasattr(callback, "_summary_module") and callback._writers == {}, ADVICE


def test_a_model_casts_its_inputs_where_it_is_replaced():
    inputs = keras.Input((3,), dtype="int32")
    model = keras.Model(inputs, keras.layers.Embedding(9, 2)(inputs))
    ids = keras.ops.ones((1, 3), "int64")
    seen = []
    model._convert_inputs_to_tensors = lambda flat: seen.extend(flat) or flat
    model(ids)
    assert [part.dtype for part in seen] == ["int64"], f"{ENGINE}gpu_trainer.py. {ADVICE}"


def test_layers_ask_for_a_gpu_where_it_is_replaced(monkeypatch):
    seen = []
    monkeypatch.setattr(outline.RNN, "_is_gpu_available", lambda: seen.append(1) or False)
    keras.layers.LSTM(2)
    assert seen, f"{ENGINE}outline.py. {ADVICE}"


def test_keras_ends_before_the_next_minor_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (keras_line,) = (line for line in project["dependencies"] if line.startswith("keras"))
    major, minor = map(int, version("keras").split(".")[:2])
    assert re.search(r"<([\d.]+)$", keras_line)[1] == f"{major}.{minor + 1}", (
        f"Keras {version('keras')} is installed, but pyproject.toml says {keras_line}. {ADVICE}"
    )


def private_uses(path: Path) -> list[str]:
    """Private attributes of other objects, Keras's own on self, and replaced methods of Keras."""
    uses = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute):
            continue
        is_own = ast.unparse(node.value) in ("self", "cls", "super()")
        is_private = node.attr in ATTRIBUTES or (
            not is_own and re.match(r"_[a-z]", node.attr) and node.attr not in ("_exit", "_replace")
        )
        is_replaced = node.attr in METHODS and isinstance(node.ctx, ast.Store) and not is_own
        if is_private or is_replaced:
            uses.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    return uses


def test_only_engines_use_private_parts():
    paths = {path.relative_to(SOURCE).as_posix(): path for path in SOURCE.rglob("*.py")}
    for name, path in paths.items():
        if not name.startswith(ENGINE):
            assert not private_uses(path), f"{private_uses(path)}: this belongs into {ENGINE}"


def test_the_tables_are_complete():
    uses = [use for path in (SOURCE / ENGINE).glob("*.py") for use in private_uses(path)]
    used = {use.rpartition(".")[2] for use in uses}
    assert used <= set(ATTRIBUTES) | METHODS
    assert used >= METHODS
