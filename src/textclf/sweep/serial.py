"""Slots without a cluster: a new process for each order, one after the other."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections import deque
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import NoReturn

from textclf.sweep.orders import DIED, Order, Outcome, Progress, Work

PATIENCE = 1.5  # seconds between SIGTERM and SIGKILL


class SerialSlots:
    """One slot, on this machine.

    Args:
        work: what trains an order.
    """

    n_slots = 1

    def __init__(self, work: Work) -> None:
        self.work = work
        self.waiting: deque[Order] = deque()
        self.child: tuple[Order, SpawnProcess, Connection] | None = None

    def submit(self, order: Order) -> None:
        self.waiting.append(order)

    def next_event(self, timeout: float) -> Outcome | Progress | None:
        if self.child is None and not self.waiting:
            time.sleep(timeout)
            return None
        if self.child is None:
            self._start(self.waiting.popleft())
        assert self.child is not None
        order, process, pipe = self.child
        if not pipe.poll(timeout):
            return None
        try:
            event: Outcome | Progress = pipe.recv()
        except EOFError:
            process.join()
            code = process.exitcode or 0
            event = Outcome(order.name, order.attempt, DIED, {}, code, f"ended with code {code}")
        if isinstance(event, Outcome):
            self.child = None
        return event

    def prune(self, name: str) -> None:
        if self.child and self.child[0].name == name:
            self.child[2].send("prune")

    def close(self) -> None:
        self.waiting.clear()
        if self.child is not None:
            _, process, _ = self.child
            process.terminate()
            process.join(PATIENCE)
            process.kill()
            process.join()

    def _start(self, order: Order) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_live, args=(order, self.work, theirs), daemon=True)
        process.start()
        theirs.close()
        self.child = order, process, ours


class _Link:
    def __init__(self, order: Order, pipe: Connection) -> None:
        self.order = order
        self.pipe = pipe

    def report(self, step: int, value: float) -> None:
        self.pipe.send(Progress(self.order.name, self.order.attempt, step, value))

    def is_pruned(self) -> bool:
        return self.pipe.poll()


def _live(order: Order, work: Work, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    pipe.send(work(order, _Link(order, pipe)))


def _leave(_signal: int, _frame: object) -> NoReturn:
    sys.exit(1)
