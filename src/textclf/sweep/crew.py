"""What a worker does with an order: a process for it, and news of it to the coordinator."""

import contextlib
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from textclf.errors import DataError
from textclf.runs.environment import available_processors
from textclf.sweep.children import Children
from textclf.sweep.machine import visible_gpus
from textclf.sweep.orders import DIED, LOST, Order, Outcome, Work
from textclf.sweep.post import Post
from textclf.sweep.shipping import pack

PROGRESS, OUTCOME = "textclf_progress", "textclf_outcome"
Note = Callable[[str], None]


class Crew:
    """What a worker does with an order, in the thread of a slot.

    Args:
        folder: for the runs of trials that are not written in place.
        note: gets a line when a trial begins and when it ends.
    """

    def __init__(self, post: Post, folder: Path, note: Note) -> None:
        self.post = post
        self.folder = folder
        self.note = note
        self.children = Children()
        self.send: Callable[[dict[str, Any]], None] = _say_nothing
        self.trials = 0  # that ended
        self.unfit: tuple[str, ...] = ()  # why this machine cannot train
        self._gpus = visible_gpus()
        self._free = set(range(post.slots))
        self._lock = threading.Lock()

    def train(self, key: str, order: Order, work: Work) -> None:
        """Train an order, and send how it ended, on the stream on which Dask says so next."""
        with self._slot() as slot:
            self.note(f"{order.name}: begins")
            here = self._placed(order, slot)
            outcome = self.children.train(here, work, partial(self._report, key))
            if outcome.exit_code == DataError.exit_code and not self.post.in_place:
                self.unfit = (outcome.message,)  # the coordinator has the data, and other workers
                outcome = replace(outcome, status=LOST, exit_code=1)
            self.trials += outcome.status not in (DIED, LOST)
            self.note(f"{order.name}: {outcome.status}")
            self.send({"op": OUTCOME, "key": key, **self._parcel(here, outcome)})

    def _report(self, key: str, step: int, value: float) -> None:
        self.send({"op": PROGRESS, "key": key, "step": step, "value": value})

    @contextlib.contextmanager
    def _slot(self) -> Iterator[int]:
        with self._lock:
            slot = min(self._free, default=0)
            self._free.discard(slot)
        try:
            yield slot
        finally:
            with self._lock:
                self._free.add(slot)

    def _placed(self, order: Order, slot: int) -> Order:
        """The order with what this machine has: threads, a GPU, folders."""
        threads = order.threads or max(1, available_processors() // self.post.slots)
        here = replace(order, threads=threads)
        if order.device in ("auto", "gpu") and self._gpus > 1:
            here = replace(here, device=f"gpu:{slot % self._gpus}")
        if self.post.in_place:
            return here
        return replace(here, folder=self.folder / order.name, data_dir=self.post.data_dir)

    def _parcel(self, order: Order, outcome: Outcome) -> dict[str, Any]:
        """What is sent: the outcome, and the run's files unless they are in place.

        What a process that died has left stays here: it may be resumed by this worker.
        """
        files = b""
        if not self.post.in_place and outcome.status not in (DIED, LOST):
            files = pack(order.folder)
            shutil.rmtree(order.folder, ignore_errors=True)
        return {"outcome": pickle.dumps(outcome), "files": files}


def _say_nothing(_message: object) -> None:
    """Nobody listens yet."""
