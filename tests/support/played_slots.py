"""Slots in which nothing is trained: a function of the order says what becomes of it."""

from collections import deque
from collections.abc import Callable, Iterable

from textclf.sweep.orders import FINISHED, Order, Outcome, Progress

Event = Outcome | Progress


def finished(order: Order, value: float = 0.5) -> Outcome:
    return Outcome(order.name, order.attempt, FINISHED, {order.score: value, "val_loss": 1.0})


def ended(order: Order, status: str, message: str = "why", code: int = 1) -> Outcome:
    return Outcome(order.name, order.attempt, status, {}, code, message)


class PlayedSlots:
    """Gives the events that `play` makes of each order, one order after the other.

    Args:
        play: the events of an order; the last one is its outcome.
        events_until: a KeyboardInterrupt, as after so many events the process is killed.
    """

    def __init__(
        self,
        play: Callable[[Order], Iterable[Event]] = lambda order: [finished(order)],
        n_slots: int = 2,
        events_until: int | None = None,
    ) -> None:
        self.play = play
        self.n_slots = n_slots
        self.events_until = events_until
        self.orders: list[Order] = []
        self.pruned: list[str] = []
        self.events: deque[Event] = deque()
        self.is_closed = False

    def submit(self, order: Order) -> None:
        self.orders.append(order)
        self.events += self.play(order)

    def next_event(self, timeout: float) -> Event | None:
        if self.events_until is not None:
            if self.events_until == 0:
                raise KeyboardInterrupt
            self.events_until -= 1
        return self.events.popleft() if self.events else None

    def prune(self, name: str) -> None:
        self.pruned.append(name)

    def close(self) -> None:
        self.is_closed = True
