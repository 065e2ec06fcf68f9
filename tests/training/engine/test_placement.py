"""Where arrays lie: on the device that is asked for, in numbers that a GPU can keep."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework.kernels import get_registered_kernels_for_op

from textclf.config.file import load_config
from textclf.config.recipes import list_recipes
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import placeholder
from textclf.data.ngrams import SparseRows
from textclf.training.engine.backend import Device
from textclf.training.engine.engines import make_engine
from textclf.training.engine.placement import Placement, placement_on
from textclf.training.engine.rule import choose_engine
from textclf.training.engine.sparse_rows import SparseArrays
from textclf.training.network import new_network

GPU, CPU = Device("gpu:0", "described", 2), Device("cpu", "described", 2)
RECIPES = [name for name in list_recipes() if name != "quickstart" and "/" not in name]
QUICK = ("imdb_simple_rnn", "imdb_lstm", "imdb_dense")
ON_VARIABLES = ("ReadVariableOp", "ResourceGather", "ResourceScatter", "Assign")
HANDLES = ("resource", "ref")  # always on the host: they only point to arrays


def has_gpu_kernel(node: tf.compat.v1.NodeDef) -> bool:
    """Whether a GPU runs an operation on its variable without the host; the wheel knows."""
    for kernel in get_registered_kernels_for_op(node.op).kernel:
        fits = all(
            node.attr[constraint.name].type in constraint.allowed_values.list.type
            for constraint in kernel.constraint
        )
        of_host = set(kernel.host_memory_arg) - set(HANDLES)
        if kernel.device_type in ("GPU", "DEFAULT") and fits and not of_host:
            return True
    return False


def nodes_of(program: tf.types.experimental.PolymorphicFunction, *arguments: object):
    """All operations of a program, at any depth."""
    graph = program.get_concrete_function(*arguments).graph.as_graph_def()
    functions = [function.node_def for function in graph.library.function]
    return [node for nodes in (graph.node, *functions) for node in nodes]


def test_a_gpu_keeps_no_int32() -> None:
    """What this is for: TensorFlow's table of kernels has every type of number but this one."""

    def handle(dtype: str) -> tf.compat.v1.NodeDef:
        node = tf.compat.v1.NodeDef(op="VarHandleOp")
        node.attr["dtype"].type = types_pb2.DataType.Value(dtype)
        return node

    if not tf.sysconfig.get_build_info()["is_cuda_build"]:
        pytest.skip("this TensorFlow has no kernels of GPUs")
    assert not has_gpu_kernel(handle("DT_INT32"))
    kept = ("DT_INT64", "DT_FLOAT", "DT_UINT8", "DT_UINT16", "DT_INT8", "DT_BOOL")
    assert all(map(has_gpu_kernel, map(handle, kept)))


@pytest.mark.parametrize("engine", ["xla", "graph"])
@pytest.mark.parametrize(
    "recipe",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in RECIPES],
)
def test_a_step_reads_nothing_from_the_host(recipe: str, engine: str) -> None:
    if not tf.sysconfig.get_build_info()["is_cuda_build"]:
        pytest.skip("this TensorFlow has no kernels of GPUs")
    config = load_config(recipe, ["training.batch_size=4"])
    data = placeholder(config.dataset)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    network = new_network(config, encoder, data)
    choice = choose_engine(engine, network, 4, 2, 1000, GPU)
    model = make_engine(choice, network, data.task, 4, encoder.packed_columns, GPU).model
    x = np.repeat(encoder.transform(data.x), 9, axis=0)
    y = np.zeros(9, np.int32 if data.task.is_classification else np.float32)
    model.put(x, y, None, 4, np.ones(9, np.float32))
    arrays = [value for value in vars(model.arrays).values() if isinstance(value, tf.Variable)]
    of_keras = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    variables = [*arrays, *(variable.value for variable in of_keras)]
    assert not [variable for variable in variables if variable.dtype == tf.int32]
    rows = tf.TensorSpec((2, 4), tf.int32)
    all_nodes = [*nodes_of(model.train_program, rows, False), *nodes_of(model.test_program, rows)]
    nodes = [node for node in all_nodes if node.op.startswith(ON_VARIABLES)]
    assert len(nodes) > 10
    assert not [
        f"{node.op} {node.attr['dtype'].type}" for node in nodes if not has_gpu_kernel(node)
    ]


def test_ids_are_int64_up_to_the_embedding() -> None:
    """TensorFlow compares int32 on the host, and Keras's embedding compares ids with 0."""
    config = load_config("imdb_lstm", ["training.batch_size=4"])
    data = placeholder(config.dataset)
    encoder = fit_encoder(config.preprocessing, data, data.train_rows)
    network = new_network(config, encoder, data)
    choice = choose_engine("graph", network, 4, 2, 1000, GPU)
    model = make_engine(choice, network, data.task, 4, None, GPU).model
    model.put(np.repeat(encoder.transform(data.x), 9, axis=0), np.zeros(9, np.int32), None, 4)
    rows = tf.TensorSpec((2, 4), tf.int32)
    lookups = [
        node.attr["Tindices"].type
        for node in nodes_of(model.train_program, rows, False)
        if node.op == "GatherV2" and "embedding" in node.name
    ]
    assert lookups == [types_pb2.DT_INT64]


def test_numbers_stay_as_they_are_on_a_cpu() -> None:
    ids = np.arange(3, dtype=np.int32)
    assert placement_on(CPU).numbers(ids) is ids
    assert placement_on(CPU).variable(ids).dtype == tf.int32
    for dtype in (np.float32, np.uint8, np.uint16, np.int64, bool):
        array = np.zeros(2, dtype)
        assert placement_on(GPU).numbers(array) is array
    assert placement_on(GPU).numbers(ids).dtype == np.int64


def test_rows_of_ngrams_are_kept_in_numbers_of_a_gpu() -> None:
    x = SparseRows(*rows_of_ngrams())
    arrays = SparseArrays(x, Placement("/CPU:0", is_gpu=True))
    arrays.assign(x)
    assert not [part for part in arrays.variables.values() if part.dtype == tf.int32]
    np.testing.assert_array_equal(arrays.take(tf.constant([1]))[0], x.ids[1:])


def rows_of_ngrams() -> tuple[np.ndarray, ...]:
    ids, weights = np.array([3, 5, 7], np.int32), np.ones(3, np.float32)
    return ids, weights, np.array([0, 1, 3])


TWO_DEVICES = """
import numpy as np
import tensorflow as tf

cpus = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
from textclf.data.ngrams import SparseRows
from textclf.training.engine.block_trainer import _Arrays
from textclf.training.engine.placement import Placement
from textclf.training.engine.sparse_rows import SparseArrays

there = Placement("/CPU:1", is_gpu=True)
ids, y, ones = np.zeros((4, 3), np.int32), np.zeros(4, np.int32), np.ones(4, np.float32)
arrays = _Arrays(ids, y, np.zeros(4, np.int32), ones, 1, there)
arrays.assign(ids, y, np.zeros(4, np.int32), ones)
rows = SparseArrays(SparseRows(y, ones, np.arange(5)), there)
for part in (*vars(arrays).values(), *rows.variables.values(), there.constant(ones)):
    if hasattr(part, "device"):
        print(part.device[-5:])
"""


@pytest.mark.slow
def test_every_array_goes_where_it_is_put() -> None:
    """On the second of two devices that the processor plays, all that TensorFlow has here."""
    done = subprocess.run([sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["CPU:1"] * (5 + 3 + 1)


def test_keras_keeps_its_counters_in_numbers_of_a_gpu() -> None:
    assert keras.random.SeedGenerator(1).state.value.dtype == tf.int64
    assert keras.optimizers.Adam().iterations.value.dtype == tf.int64
