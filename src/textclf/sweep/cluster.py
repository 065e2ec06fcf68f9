"""Slots of workers, here and on other machines."""

import queue
from pathlib import Path
from typing import Self

from textclf.sweep.dask import NEEDED, import_distributed
from textclf.sweep.desk import Desk, Listening
from textclf.sweep.extra import require
from textclf.sweep.orders import Order, Outcome, Progress, Work
from textclf.sweep.own_worker import OwnWorker
from textclf.sweep.post import Post
from textclf.sweep.security import new_key, read_key, write_key


class ClusterSlots:
    """The slots of a worker process on this machine, and of those that join from others.

    Args:
        work: what trains an order.
        slots: of this machine; 0: of others only.
        listening: None: no other machine can join.

    Raises:
        ResourceError: Dask is not installed, or the address cannot be had.
        RunError: the key's file holds something else.
    """

    def __init__(self, work: Work, slots: int, listening: Listening | None = None) -> None:
        require(*NEEDED)
        self._events: queue.SimpleQueue[Outcome | Progress | Exception] = queue.SimpleQueue()
        # First of all: its imports take longer than everything here.
        self._own = OwnWorker(self._events.put) if slots else None
        try:
            key = new_key() if listening is None else _key_in(listening.key_file)
            import_distributed()
            self._desk = Desk(key, work, listening, self._events.put, self._kill_own)
            self._desk.open()
        except BaseException:
            if self._own:
                self._own.close()
            raise
        if self._own:
            self._own.begin(Post(self._desk.address, key, slots, in_place=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """Where workers join, 'tls://host:port'."""
        return self._desk.address

    @property
    def n_slots(self) -> int:
        """How many orders are trained at the same time; those of this machine count at once."""
        return max(self._own.slots if self._own else 0, self._desk.n_slots)

    def submit(self, order: Order) -> None:
        """Train it as soon as a slot is free."""
        self._desk.submit(order)

    def next_event(self, timeout: float) -> Outcome | Progress | None:
        """As Slots.

        Raises:
            ResourceError: this machine's worker cannot be started.
        """
        try:
            event = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(event, Exception):
            raise event
        return event

    def prune(self, name: str) -> None:
        """End an order's training after its epoch."""
        self._desk.prune(name)

    def close(self) -> None:
        """End all processes of this machine; workers of others leave by themselves."""
        if self._own:
            self._own.close()
        self._desk.close()

    def _kill_own(self, process_id: int) -> None:
        if self._own:
            self._own.kill(process_id)


def _key_in(path: Path) -> str:
    if not path.exists():
        write_key(path, new_key())
    return read_key(path)
