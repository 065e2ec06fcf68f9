"""Keras models of layers and shapes alone, whose weights are never allocated."""

import contextlib
from collections.abc import Iterator

import keras
from keras.src.backend.common import global_state

# What Keras keeps for the whole process: weights to be given values later, and names taken.
GLOBAL = ("uninitialized_variables", "object_name_uids")


@contextlib.contextmanager
def outlining() -> Iterator[None]:
    """Models that are built in the block have weights without values, and leave no trace."""
    before = {name: global_state.get_global_attribute(name) for name in GLOBAL}
    for name, value in before.items():
        global_state.set_global_attribute(name, None if value is None else value.copy())
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        for name, value in before.items():
            global_state.set_global_attribute(name, value)
