"""Work for slots that needs no TensorFlow, and slots whose processes do not import it."""

import os
import signal
import time
from pathlib import Path

import pytest

from textclf.sweep import children, own_worker
from textclf.sweep.cluster import ClusterSlots
from textclf.sweep.orders import FINISHED, PRUNED, Link, Order, Outcome, Progress

LIGHT = "import textclf.sweep.children as c; c.PRELOADED = ['textclf.training.engine.backend']; "


def without_tensorflow(patch: pytest.MonkeyPatch) -> None:
    """New processes import what they need, in a second rather than in five."""
    patch.setattr(children, "PRELOADED", ["textclf.training.engine.backend"])
    patch.setattr(
        own_worker, "START", own_worker.START.replace("from textclf", LIGHT + "from textclf")
    )


def order(name: str, folder: Path, attempt: int = 1, **config: object) -> Order:
    return Order(name, attempt, config, folder / name, "light", 1, "val_accuracy")


def work(order: Order, link: Link) -> Outcome:
    """Write the process's number to the folder and do what the config says, step by step."""
    order.folder.mkdir(parents=True, exist_ok=True)
    (order.folder / f"process-{order.attempt}").write_text(str(os.getpid()))
    (order.folder / "threads").write_text(str(order.threads))
    for step in range(1, int(order.config.get("steps", 1)) + 1):
        time.sleep(float(order.config.get("seconds", 0)))
        link.report(step, step / 10)
        if link.is_pruned():
            return Outcome(order.name, order.attempt, PRUNED)
    if order.config.get("kill") and order.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if order.config.get("bug"):
        raise KeyError("bug")
    return Outcome(order.name, order.attempt, FINISHED, {"val_accuracy": 0.5})


def wait_for_process(folder: Path, attempt: int = 1) -> int:
    """The number of the process that trains there, once it does."""
    path = folder / f"process-{attempt}"
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)
    return int(path.read_text())


def outcomes(slots: ClusterSlots, number: int) -> list[Outcome]:
    """The next outcomes; what they are is the test's to check."""
    found: list[Outcome] = []
    while len(found) < number:
        event = slots.next_event(60)
        assert event is not None, "no news for a minute"
        if not isinstance(event, Progress):
            found.append(event)
    return found
