"""A process of its own for each order, forked from one that has imported TensorFlow."""

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from textclf.errors import ResourceError
from textclf.sweep.orders import DIED, LOST, OUT_OF_RESOURCES, Order, Outcome, Work
from textclf.training.engine import backend
from textclf.wording import one_line

PATIENCE = 1.2  # seconds from SIGTERM to SIGKILL
REAPING = 5.0  # seconds that the system may take to end a process that closed its pipe
PRUNE = "prune"
PRELOADED = ["textclf.sweep.warm"]

Report = Callable[[int, float], None]  # step and value of a Progress


class Stopped(BaseException):
    """SIGTERM came: like KeyboardInterrupt, not to be caught by `except Exception`."""


class Children:
    """The processes that train a worker's orders, one for each order.

    Args:
        patience: seconds from SIGTERM to SIGKILL.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._context = process_context()
        self._patience = patience
        self._running: dict[str, Child] = {}
        self._spares: list[Child] = []  # forked ahead, while others train
        self._leaving: list[Child] = []  # their pipes are closed; to end takes a moment
        self._lock = threading.Lock()
        self._is_stopping = False

    def train(self, order: Order, work: Work, report: Report) -> Outcome:
        """Have a new process do the work, and wait for its end; to be called in any thread.

        Args:
            report: is called in this thread with the step and value of each progress.
        """
        started = time.monotonic()
        died = Outcome(order.name, order.attempt, DIED, exit_code=1)
        try:
            with self._child(order, work) as child:
                outcome = child.wait(report)
        except (EOFError, ConnectionError):  # the process that forks was killed just now
            outcome = replace(died, message="the process that starts its process was ended")
        except OSError as error:  # no memory, or no processes or files left
            outcome = replace(
                died,
                status=OUT_OF_RESOURCES,
                exit_code=ResourceError.exit_code,
                message=f"no process can be started: {one_line(str(error))}",
            )
        if self._is_stopping and outcome.status == DIED:
            outcome = replace(outcome, status=LOST, message="its worker left")
        return outcome if outcome.seconds else replace(outcome, seconds=time.monotonic() - started)

    @contextlib.contextmanager
    def _child(self, order: Order, work: Work) -> "Iterator[Child]":
        child = self._take_spare() or Child(self._context)
        with self._lock:
            if self._is_stopping:
                child.process.kill()
                raise ConnectionAbortedError
            self._running[order.name] = child
        try:
            child.begin(order, work)
            self._fork_ahead()
            yield child
        finally:
            child.leave()
            with self._lock:
                del self._running[order.name]
                self._leaving = [one for one in [*self._leaving, child] if not one.is_gone()]

    def _take_spare(self) -> "Child | None":
        with self._lock:
            spare = self._spares.pop() if self._spares else None
        return spare if spare and spare.process.is_alive() else None

    def _fork_ahead(self) -> None:
        """Have a process ready for each that trains; nobody waits for the lock meanwhile."""
        with contextlib.suppress(OSError, EOFError):  # whoever needs one tries again
            while len(self._spares) < len(self._running) and not self._is_stopping:
                child = Child(self._context)
                with self._lock:
                    self._spares.append(child)
                    if self._is_stopping:
                        child.process.kill()

    def prune(self, name: str) -> None:
        """End an order's training after its epoch."""
        with self._lock:
            if child := self._running.get(name):
                child.prune()

    def stop(self) -> None:
        """End all processes, and start no more."""
        with self._lock:
            self._is_stopping = True
            children = [*self._running.values(), *self._leaving, *self._spares]
        for child in children:
            child.process.terminate()
        deadline = time.monotonic() + self._patience
        for child in children:
            child.process.join(max(0.0, deadline - time.monotonic()))
        for child in children:
            child.process.kill()


class Child:
    """An order's process, as the thread sees it that waits for its end."""

    def __init__(self, context: Any) -> None:
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=live, args=(theirs,), daemon=True)
        try:
            self.process.start()
        except BaseException:
            self._pipe.close()
            raise
        finally:
            theirs.close()

    def begin(self, order: Order, work: Work) -> None:
        self._died = Outcome(order.name, order.attempt, DIED)
        with contextlib.suppress(OSError):  # it has died already
            self._pipe.send((order, work))

    def wait(self, report: Report) -> Outcome:
        """The outcome, or the news of a death."""
        failure = ""
        with contextlib.suppress(EOFError, OSError):
            while True:
                message = self._pipe.recv()
                if isinstance(message, Outcome):
                    return message
                if isinstance(message, str):
                    failure = message
                else:
                    report(*message)
        self.process.join(REAPING)
        code = self.process.exitcode
        code = code if code is not None else 1
        message = failure or f"its process was ended by {_name_signal(code)}"
        return replace(self._died, exit_code=code, message=message)

    def prune(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send(PRUNE)

    def leave(self) -> None:
        """Have it end at once, unless it has ended; its pipe is its life."""
        self._pipe.close()
        self._left = time.monotonic()

    def is_gone(self) -> bool:
        """Whether it has ended; after a while, it is killed."""
        if self.process.is_alive() and time.monotonic() > self._left + REAPING:
            self.process.kill()
        return not self.process.is_alive()


def start_forking() -> None:
    """Have the process already import TensorFlow that others will be forked from."""
    if process_context().get_start_method() == "forkserver":
        from multiprocessing import forkserver  # there is none on Windows

        forkserver.ensure_running()


def process_context() -> Any:
    """Forks where there is a fork; else new processes, each of which imports TensorFlow."""
    has_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if has_fork else "spawn")
    if has_fork:
        context.set_forkserver_preload(PRELOADED)
    return context


def _name_signal(code: int) -> str:
    """'signal 9 (SIGKILL)', or 'exit code 1'."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {-code} ({signal.Signals(-code).name})"
    return f"signal {-code}"


class PipeLink:
    """A child's link to its coordinator: the pipe to its worker.

    The process ends with the pipe: when the worker dies, nobody waits for the outcome.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._pruned = threading.Event()

    def report(self, step: int, value: float) -> None:
        self.send((step, value))

    def is_pruned(self) -> bool:
        return self._pruned.is_set()

    def send(self, message: object) -> None:
        with contextlib.suppress(OSError):  # nobody listens: `listen` is about to end the process
            self._pipe.send(message)

    def listen(self) -> None:
        """Hear what the worker says, until it closes the pipe or dies."""
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
            while self._pipe.recv() == PRUNE:
                self._pruned.set()
        os._exit(1)


def live(pipe: Connection) -> NoReturn:
    """Do the work on the order that comes through a pipe; a new process begins here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    _be_silent()
    try:
        order, work = pipe.recv()
        link = PipeLink(pipe)
        threading.Thread(target=link.listen, daemon=True).start()
        backend.limit_threads(order.threads)
        link.send(work(order, link))
    except Stopped:
        os._exit(128 + signal.SIGTERM)
    except BaseException as error:
        pipe.send(f"{type(error).__name__}: {one_line(str(error))}".removesuffix(": "))
        os._exit(1)
    os._exit(0)  # past the end of the interpreter, which TensorFlow's threads may not survive


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise Stopped


def _be_silent() -> None:
    """What is to be known of a trial is in its folder: the screen is the coordinator's."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os.close(nowhere)
