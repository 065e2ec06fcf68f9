"""Engines: how batches are run. With XLA or not, some batches in a call; or plain Keras."""

import keras
import tensorflow as tf

from textclf.data.tasks import Task
from textclf.training.engine.backend import (
    LOOPS_IN_ONE,
    Device,
    add_xla_options,
    has_xla_option,
)
from textclf.training.engine.block_trainer import BlockTrainer
from textclf.training.engine.device import DeviceEngine
from textclf.training.engine.flat_texts import FlatTexts, speed_up_flat_texts
from textclf.training.engine.gpu_trainer import GpuTrainer
from textclf.training.engine.host import HostEngine
from textclf.training.engine.placement import Placement, placement_on
from textclf.training.engine.recurrent import recurrent_layers, speed_up, speed_up_in_shards
from textclf.training.engine.rule import Choice
from textclf.training.engine.rule_cpu import has_small_loops
from textclf.training.engine.rule_gpu import compiles_updates
from textclf.training.engine.sharded_trainer import ShardedTrainer
from textclf.training.engine.slices import add_up_in_order, speed_up_slices
from textclf.training.engine.sparse_rows import SumsOfRows, speed_up_sums
from textclf.training.engine.sparse_words import WordsTrainer, reader_of_words
from textclf.training.engine.steps import matmul_in_pieces

Engine = DeviceEngine | HostEngine


def make_engine(
    choice: Choice,
    network: keras.Model,
    task: Task,
    batch_size: int,
    packed_columns: int | None,
    device: Device,
) -> Engine:
    """The engine of a choice, with nothing put on the device yet.

    Args:
        network: a compiled model, with the optimizer that trains it.
    """
    if choice.name != "xla":
        # Without it, TensorFlow's graph adds up an embedding's gradients in another order each
        # time. XLA does not need it, and Keras would not use XLA because of it.
        tf.config.experimental.enable_op_determinism()
    if choice.name == "keras":
        return HostEngine(network, batch_size, packed_columns, task.loss_power)
    model = _new_trainer(choice, network, task, packed_columns, device)
    return DeviceEngine(model, batch_size, choice.batches)


def _new_trainer(
    choice: Choice, network: keras.Model, task: Task, packed_columns: int | None, device: Device
) -> BlockTrainer:
    if device.is_gpu:
        return _new_gpu_trainer(choice, network, task, packed_columns, placement_on(device))
    texts: FlatTexts | None = None
    sums: SumsOfRows | None = None
    if has_small_loops(network):
        add_xla_options(LOOPS_IN_ONE)
    # In the loops of later networks of this process, too, whatever their width.
    matmul = matmul_in_pieces if has_xla_option(LOOPS_IN_ONE) else tf.matmul
    if choice.name == "xla":
        speed_up(network, matmul)
        adds_up_slices = speed_up_slices(network.optimizer)
        if choice.shards > 1:
            return ShardedTrainer(network, task, choice.shards)
        # Others do not accept the gradient of flat texts, and its norm is not that of slices.
        if adds_up_slices and not network.optimizer.clipnorm:
            texts = speed_up_flat_texts(network)
    else:
        speed_up_in_shards(network, device.threads, matmul)
        sums = speed_up_sums(network)
        reader = reader_of_words(network)
        if packed_columns is not None and reader is not None:
            return WordsTrainer(network, task, packed_columns, reader)
    return BlockTrainer(network, task, choice.name == "xla", packed_columns, texts, sums)


def _new_gpu_trainer(
    choice: Choice,
    network: keras.Model,
    task: Task,
    packed_columns: int | None,
    placement: Placement,
) -> BlockTrainer:
    """The trainer with the loops, but without what only serves a processor.

    Shards, flat texts and arrays that XLA must keep as they stand save work or copies of a few
    threads; on a GPU they would be more kernels, each of which costs more than that.
    """
    is_xla = choice.name == "xla"
    if is_xla:
        speed_up(network)
        for layer in recurrent_layers(network):
            layer.use_cudnn = False  # XLA cannot compile it
    compiles = compiles_updates(network)
    if compiles:
        add_up_in_order(network.optimizer)
    sums = None if is_xla else speed_up_sums(network)
    return GpuTrainer(
        *(network, task, is_xla, compiles),
        packed_columns=packed_columns,
        sums=sums,
        placement=placement,
    )
