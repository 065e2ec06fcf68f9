"""The final of a sweep: the best two trials again, with fresh seeds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace

from textclf.errors import DataError, ResourceError
from textclf.sweep.coordinator import MOST_RESUMED, WAIT
from textclf.sweep.orders import DIED, FINISHED, LOST, OUT_OF_RESOURCES, Order, Outcome, Slots
from textclf.sweep.watcher import Watcher


def train_final(
    orders: Sequence[Order], slots: Slots, watcher: Watcher, meanwhile: Callable[[], object]
) -> None:
    """Train the final's orders; a process that dies is replaced, and resumes its run.

    Args:
        meanwhile: is called once they train.

    Raises:
        ResourceError: disk or memory is full.
        DataError: data is missing or damaged.
    """
    waiting = {order.name: order for order in orders}
    if orders:
        watcher.begin_final(orders)
    for order in orders:
        slots.submit(order)
    meanwhile()
    while waiting:
        event = slots.next_event(WAIT)
        if isinstance(event, Outcome) and event.name in waiting:
            order = waiting.pop(event.name)
            again = _after(order, event, watcher)
            if again is None:
                watcher.end_order(order)
            else:
                waiting[again.name] = again
                slots.submit(again)


def drop_models(orders: Sequence[Order]) -> None:
    """Remove the models of those that did not win."""
    for order in orders:
        for folder in () if order.tests else order.folder.rglob("checkpoints"):
            shutil.rmtree(folder, ignore_errors=True)


def _after(order: Order, outcome: Outcome, watcher: Watcher) -> Order | None:
    """The order again, or None if it has ended."""
    if outcome.status == OUT_OF_RESOURCES:
        raise ResourceError(outcome.message)
    if outcome.exit_code == DataError.exit_code:
        raise DataError(outcome.message)
    if outcome.status == LOST:
        return order
    if outcome.status == DIED and order.attempt <= MOST_RESUMED:
        watcher.note(f"{order.name}: {outcome.message}; resumed")
        return replace(order, attempt=order.attempt + 1)
    if outcome.status != FINISHED:
        watcher.warn(f"{order.name}: with fresh seeds, it {outcome.status}: {outcome.message}")
    return None
