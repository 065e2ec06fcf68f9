"""The seeds of weights and dropout, drawn from the config's seed alone."""

import contextlib
import random
import threading
from collections.abc import Iterator

from keras.src.random import seed_generator

from textclf.training.engine import backend


class _ForOneThread:
    """Stands for Python's `random` in Keras; other threads still get that.

    Args:
        seed: of the numbers that the thread which makes it gets; those of `random.seed(seed)`.
    """

    def __init__(self, seed: int) -> None:
        self.own = random.Random(seed)
        self.thread = threading.get_ident()

    def randint(self, lowest: int, highest: int) -> int:
        """The only function that Keras calls."""
        is_here = threading.get_ident() == self.thread
        return (self.own if is_here else random).randint(lowest, highest)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Models that this thread builds in the block have the seed's weights and dropout.

    Keras draws a seed for each initializer and each dropout from Python's global `random`, which
    other threads of a script use, too. The process's own generators are seeded as well: a user's
    callbacks may draw from them.
    """
    backend.set_seeds(seed)
    seed_generator.python_random = _ForOneThread(seed)
    try:
        yield
    finally:
        seed_generator.python_random = random
