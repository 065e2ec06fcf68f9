"""A machine's part in a sweep: slots of a Dask worker, each of which watches a trial's process."""

import asyncio
import contextlib
import os
import pickle
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from textclf.errors import DataError, RunError
from textclf.runs.environment import describe_code
from textclf.sweep.children import PATIENCE
from textclf.sweep.crew import Crew, Note
from textclf.sweep.dask import TTL, import_distributed, without_web_server, workplace
from textclf.sweep.post import Post
from textclf.sweep.security import security_of
from textclf.wording import several

JOIN, PING, PRUNE = "textclf_join", "textclf_ping", "textclf_prune"
IN_PLACE = "in-place-"  # how the name begins of a worker that writes the trials' own folders
PING_SECONDS = 5.0
LOOKING = 10.0  # seconds for a coordinator that has yet to start
LOOKING_AGAIN = 3.0  # seconds for one that was there


def work_for_parent() -> NoReturn:
    """Work for the coordinator that started this process; the post comes by standard input.

    The process leaves when its standard input ends, which is when the coordinator does.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not (line := sys.stdin.readline()):  # the coordinator left before it had begun
        os._exit(0)
    post = Post.from_json(line)
    leaving = threading.Event()
    threading.Thread(target=_wait_for_end, args=(leaving,), daemon=True).start()
    work_at(post, leaving, _say_nothing)
    os._exit(0)  # threads may still wait for trials' processes, which have ended


def _wait_for_end(leaving: threading.Event) -> None:
    sys.stdin.read()
    leaving.set()
    threading.Timer(2 * PATIENCE + 1, os._exit, (1,)).start()


def work_at(post: Post, leaving: threading.Event, note: Note) -> int:
    """Train what the coordinator orders, until it leaves or `leaving` is set.

    Args:
        note: gets a line when the worker joins and leaves, and when each trial begins and ends.

    Returns:
        How many trials ended here.

    Raises:
        RunError: the coordinator cannot be reached, or runs other code.
        ResourceError: Dask is not installed, or the cache folder cannot be written.
        DataError: this machine lacks the data.
    """
    import_distributed()
    with workplace() as folder:
        return asyncio.run(_work(post, folder, leaving, note))


def _say_nothing(_line: str) -> None:
    """Nobody watches: the coordinator shows what there is to see."""


async def _work(post: Post, folder: Path, leaving: threading.Event, note: Note) -> int:
    security = security_of(post.key)
    if refusal := await _ask_in(post, security, LOOKING):
        raise RunError(f"{post.address}: {refusal}")
    trials = 0
    while True:
        crew = Crew(post, folder, note)
        await _serve(post, security, crew, leaving)
        trials += crew.trials
        if crew.unfit:
            raise DataError(*crew.unfit)
        if leaving.is_set() or post.in_place:
            return trials
        # Given up after a long silence, such as a laptop's sleep, it may join again.
        if await _is_gone(post, security):
            note(f"{post.address}: the sweep has ended, or can no longer be reached")
            return trials


async def _serve(post: Post, security: Any, crew: Crew, leaving: threading.Event) -> None:
    worker = await _worker_class()(
        crew,
        post.address,
        nthreads=post.slots,
        security=security,
        memory_limit=0,
        name=f"{IN_PLACE}{os.getpid()}" if post.in_place else None,
        death_timeout=TTL,
    )
    crew.note(f"{post.address}: joined with {several(post.slots, 'slot')}")
    watch = asyncio.create_task(_leave_when_alone(worker, leaving, crew))
    await worker.finished()
    watch.cancel()


async def _ask_in(post: Post, security: Any, seconds: float) -> str:
    """Why the coordinator refuses this machine; '' if it does not.

    Raises:
        RunError: it is not there, or has another key.
    """
    from distributed import rpc

    connection = security.get_connection_args("worker")
    try:
        async with rpc(post.address, timeout=seconds, connection_args=connection) as coordinator:
            answer = getattr(coordinator, JOIN)(code=describe_code())
            return str(await asyncio.wait_for(answer, seconds + 1))
    except (OSError, TimeoutError) as error:
        raise RunError(
            f"{post.address}: no sweep with this key is found there; start it first: textclf sweep "
            "... --listen HOST:PORT"
        ) from error


async def _is_gone(post: Post, security: Any) -> bool:
    try:
        return bool(await _ask_in(post, security, LOOKING_AGAIN))
    except RunError:
        return True


def _worker_class() -> Any:
    """Dask's worker, with a crew, whose trials end before it does."""
    from distributed import Worker

    class TrialWorker(without_web_server(Worker)):  # type: ignore[misc]
        def __init__(self, crew: Crew, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            self.crew = crew
            crew.send = partial(self.loop.add_callback, self.batched_send)
            self.stream_handlers[PRUNE] = crew.children.prune

        async def close(self, **_keywords: Any) -> Any:
            """End the trials first: Dask would wait for them."""
            await asyncio.to_thread(self.crew.children.stop)
            return await super().close(timeout=1, executor_wait=False)

    return TrialWorker


async def _leave_when_alone(worker: Any, leaving: threading.Event, crew: Crew) -> None:
    """Close the worker when it is asked to, or nothing was heard of the coordinator for long."""
    loop = asyncio.get_running_loop()
    heard = loop.time()
    while not (leaving.is_set() or crew.unfit):
        if loop.time() > heard + TTL:
            break
        with contextlib.suppress(OSError, TimeoutError):
            if loop.time() > heard + PING_SECONDS:
                await asyncio.wait_for(getattr(worker.scheduler, PING)(), PING_SECONDS)
                heard = loop.time()
        await asyncio.sleep(0.1)
    await worker.close()


def train_here(parcel: bytes) -> None:
    """The task that Dask gives to a slot.

    Args:
        parcel: its key, the order and the work, pickled.
    """
    from distributed import get_worker

    get_worker().crew.train(*pickle.loads(parcel))
