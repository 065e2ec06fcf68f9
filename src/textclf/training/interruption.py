"""Ctrl-C and SIGTERM, handled between batches only: TensorFlow crashes on them or loses them."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

import keras

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption(keras.callbacks.Callback):
    """Delays a signal to the end of a block of batches; a second signal is not delayed.

    The handler that was there before is called then: it raises, and `fit` ends. Handlers that are
    not Python's own functions stay as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self.waiting: int | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # no other may set handlers
            found = {number: signal.getsignal(number) for number in SIGNALS}
            self.handlers = {n: handler for n, handler in found.items() if callable(handler)}
            for number in self.handlers:
                signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: object, _where: TracebackType | None
    ) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        if kind is None:
            self._let_in()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.waiting is not None:
            self.handlers[number](number, frame)
        self.waiting = number

    def _let_in(self) -> None:
        if self.waiting is not None:
            number, self.waiting = self.waiting, None
            self.handlers[number](number, None)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._let_in()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._let_in()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._let_in()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._let_in()
