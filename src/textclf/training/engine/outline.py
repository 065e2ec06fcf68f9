"""Keras models of layers and shapes alone, whose weights are never allocated."""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state

# What Keras keeps for the whole process: weights to be given values later, and names taken.
GLOBAL = ("uninitialized_variables", "object_name_uids")
# Asks TensorFlow for a GPU, which thereby starts it, for good: a layer that only has shapes need
# not know. By its name, as Keras has a function of the same name in its place.
RNN: Any = importlib.import_module("keras.src.backend.tensorflow.rnn")


@contextlib.contextmanager
def outlining() -> Iterator[None]:
    """Models that are built in the block have weights without values, and leave no trace.

    TensorFlow does not start to compute, so that its device can still be chosen.
    """
    before = {name: global_state.get_global_attribute(name) for name in GLOBAL}
    for name, value in before.items():
        global_state.set_global_attribute(name, None if value is None else value.copy())
    asks_for_gpu, RNN._is_gpu_available = RNN._is_gpu_available, lambda: False
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        RNN._is_gpu_available = asks_for_gpu
        for name, value in before.items():
            global_state.set_global_attribute(name, value)
