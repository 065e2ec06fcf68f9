"""Dask's scheduler inside the coordinator, in a thread of its own."""

import asyncio
import contextlib
import itertools
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textclf.disk.atomic import write_text
from textclf.errors import ResourceError
from textclf.runs.environment import describe_code
from textclf.sweep.children import PATIENCE
from textclf.sweep.crew import OUTCOME, PROGRESS
from textclf.sweep.dask import without_web_server, workplace
from textclf.sweep.orders import DIED, LOST, OUT_OF_RESOURCES, Order, Outcome, Progress, Work
from textclf.sweep.security import differing, security_of
from textclf.sweep.shipping import unpack
from textclf.sweep.worker import IN_PLACE, JOIN, PING, PRUNE, train_here

LOOPBACK = "127.0.0.1"
STARTING = 60.0  # seconds


@dataclass(frozen=True)
class Listening:
    """Where workers of other machines find the coordinator.

    Args:
        host: a name or number of this machine that the others know; '0.0.0.0': all it has.
        port: 0 for any that is free.
        key_file: is written, for its owner only, where it is missing.
        address_file: is written once the coordinator listens.
    """

    host: str
    port: int
    key_file: Path
    address_file: Path


@dataclass
class Given:
    """An order that Dask has.

    Args:
        future: Dask's; the scheduler forgets the order when it is released.
        worker: the address of the one that reports on it.
        has_ended: whether its outcome has come.
    """

    order: Order
    future: Any
    worker: str = ""
    has_ended: bool = False


class Desk:
    """Gives orders to workers, and takes their outcomes.

    Its methods are called by the coordinator's thread, all other functions run in its own.

    Args:
        pass_on: gets each event.
        lost: gets the process id of each worker in place that has died or was given up.
    """

    def __init__(
        self,
        key: str,
        work: Work,
        listening: Listening | None,
        pass_on: Callable[[Outcome | Progress], None],
        lost: Callable[[int], None],
    ) -> None:
        self.address = ""
        self._work = work
        self._listening = listening
        self._pass_on = pass_on
        self._lost = lost
        self._security = security_of(key)
        self._code = describe_code()
        self._given: dict[str, Given] = {}
        self._numbers = itertools.count(1)
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def open(self) -> None:
        """Listen for workers.

        Raises:
            ResourceError: the address cannot be had, or its file cannot be written.
        """
        self._thread.start()
        self._started.wait(STARTING)
        if isinstance(self._error, ResourceError):
            raise self._error
        if self._error is not None or not self.address:
            where = self._listening or Listening(LOOPBACK, 0, Path(), Path())
            raise ResourceError(
                f"{where.host}:{where.port}: cannot listen there: {self._error}; choose another "
                "address"
            ) from self._error

    @property
    def n_slots(self) -> int:
        """Of all workers together."""
        return int(self._scheduler.total_nthreads)

    def submit(self, order: Order) -> None:
        self._call(self._submit, order)

    def prune(self, name: str) -> None:
        self._call(self._prune, name)

    def close(self) -> None:
        self._call(self._closing.set)
        self._thread.join(PATIENCE)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(function, *arguments)

    def _run(self) -> None:
        try:
            with workplace():
                asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        self._started.set()

    async def _serve(self) -> None:
        from distributed import Client

        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # not on the screen
        self._closing = asyncio.Event()
        async with self._new_scheduler() as self._scheduler:
            async with Client(
                self._scheduler.address,
                security=self._security,
                asynchronous=True,
                set_as_default=False,
                direct_to_workers=False,
            ) as self._client:
                self._announce(str(self._scheduler.address))
                await self._closing.wait()
            if self._listening:
                self._listening.address_file.unlink(missing_ok=True)
            await self._scheduler.close(fast=True)

    def _announce(self, address: str) -> None:
        if self._listening:
            write_text(self._listening.address_file, f"{address}\n")
        self.address = address
        self._started.set()

    def _new_scheduler(self) -> Any:
        from distributed import Scheduler

        scheduler = without_web_server(Scheduler)(
            host=self._listening.host if self._listening else LOOPBACK,
            port=self._listening.port if self._listening else 0,
            protocol="tls://",
            security=self._security,
        )
        scheduler.handlers.update({JOIN: self._let_in, PING: _answer})
        scheduler.stream_handlers.update({PROGRESS: self._progressed, OUTCOME: self._ended})
        scheduler.add_plugin(_watcher_class()(self._left, self._lost))
        return scheduler

    def _let_in(self, code: dict[str, str]) -> str:
        """Why a worker is refused; '' if it is not."""
        difference = differing(self._code, code)
        return difference and f"refused: this machine has {difference}; install the same"

    def _submit(self, order: Order) -> None:
        key = f"{order.name}-{order.attempt}-{next(self._numbers)}"  # lost, it comes again
        parcel = pickle.dumps((key, order, self._work))
        future = self._client.submit(train_here, parcel, key=key, pure=False)
        self._given[key] = Given(order, future)

    def _prune(self, name: str) -> None:
        for given in self._given.values():
            stream = self._scheduler.stream_comms.get(given.worker)
            if given.order.name == name and stream is not None:
                stream.send({"op": PRUNE, "name": name})

    def _progressed(self, worker: str, key: str, step: int, value: float) -> None:
        if given := self._given.get(key):
            given.worker = worker
            self._pass_on(Progress(given.order.name, given.order.attempt, step, value))

    def _ended(self, worker: str, key: str, outcome: bytes, files: bytes) -> None:  # noqa: ARG002
        given = self._given.get(key)
        if given is None:
            return
        given.has_ended = True
        ended: Outcome = pickle.loads(outcome)
        if files:
            self._loop.run_in_executor(None, self._take, files, given.order, ended)
        else:
            self._pass_on(ended)

    def _take(self, files: bytes, order: Order, outcome: Outcome) -> None:
        """Put what another machine sent into the trial's folder, and only then pass on the news."""
        try:
            unpack(files, order.folder)
        except ResourceError as error:
            outcome = replace(
                outcome,
                status=OUT_OF_RESOURCES,
                exit_code=error.exit_code,
                message=error.messages[0],
            )
        self._pass_on(outcome)

    def _left(self, key: str, error: str) -> None:
        """Dask is done with an order: its slot is free, or its worker is lost.

        Args:
            error: of the worker's own code; '' if there was none.
        """
        given = self._given.pop(key, None)
        if given is None:
            return
        given.future.release()
        if not given.has_ended:
            name, attempt = given.order.name, given.order.attempt
            status = DIED if error else LOST
            self._pass_on(Outcome(name, attempt, status, {}, 1, error or "its worker was lost"))


def _answer() -> None:
    """The coordinator is there."""


def _watcher_class() -> Any:
    from distributed import SchedulerPlugin

    class EndWatcher(SchedulerPlugin):
        """Calls `left` with each task that has ended, and `lost` as Desk says."""

        def __init__(self, left: Callable[[str, str], None], lost: Callable[[int], None]) -> None:
            self._left = left
            self._lost = lost
            self._in_place: dict[str, int] = {}

        def add_worker(self, scheduler: Any, worker: str) -> None:
            found = scheduler.workers[worker]
            if str(found.name).startswith(IN_PLACE):
                self._in_place[worker] = found.pid

        def remove_worker(self, scheduler: Any, worker: str, **_details: Any) -> None:  # noqa: ARG002
            if worker in self._in_place:
                self._lost(self._in_place.pop(worker))

        def transition(
            self, key: str, _start: str, finish: str, *_arguments: Any, **details: Any
        ) -> None:
            if finish in ("memory", "erred"):
                self._left(key, details.get("exception_text") or "")

    return EndWatcher
