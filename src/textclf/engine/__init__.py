"""Engines: how batches are run. Two settings, XLA or not and batches a call; or plain Keras."""

import keras

from textclf.backend import Device
from textclf.engine.device import DeviceEngine
from textclf.engine.host import HostEngine
from textclf.engine.rule import Choice, choose_engine
from textclf.models.recurrent import speed_up
from textclf.tasks import Task

__all__ = ["Choice", "DeviceEngine", "Engine", "HostEngine", "choose_engine", "make_engine"]

Engine = DeviceEngine | HostEngine


def make_engine(
    choice: Choice,
    network: keras.Model,
    optimizer: keras.Optimizer,
    task: Task,
    batch_size: int,
    packed_columns: int | None,
    device: Device,
) -> Engine:
    """The engine of a choice, with nothing put on the device yet."""
    if choice.name == "keras":
        return HostEngine(network, optimizer, task, batch_size, packed_columns)
    # Not on a GPU, where Keras's own path is cuDNN's, nor for TensorFlow's graph, whose loop over
    # time costs more for a step than the products that are saved.
    if choice.name == "xla" and not device.is_gpu:
        speed_up(network)
    return DeviceEngine(
        network, optimizer, task, batch_size, choice.batches, choice.name == "xla", packed_columns
    )
