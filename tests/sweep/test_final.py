"""The final: its orders are trained as often as it takes, and no more."""

from pathlib import Path

import pytest

from played_slots import PlayedSlots, ended, finished
from textclf.errors import ResourceError
from textclf.sweep.final import train_final
from textclf.sweep.orders import Order
from textclf.sweep.watcher import Watcher


class Heard(Watcher):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.lines.append(message)


def played(*statuses: str) -> tuple[list[int], list[str]]:
    """The attempts of an order that ends with each status in turn, and what was said."""
    left = list(statuses)

    def play(order: Order):
        status = left.pop(0)
        return [finished(order) if status == "finished" else ended(order, status)]

    slots, heard = PlayedSlots(play), Heard()
    order = Order("trial-2-fresh", 1, {}, Path("trial-2-fresh"), "r", 5, "val_accuracy", tests=True)
    train_final([order], slots, heard)
    assert left == []
    return [order.attempt for order in slots.orders], heard.lines


def test_a_process_that_died_is_replaced_three_times():
    assert played("died", "finished") == ([1, 2], ["trial-2-fresh: why; resumed"])
    attempts, lines = played("died", "died", "died", "died")
    assert attempts == [1, 2, 3, 4]
    assert lines[-1] == "trial-2-fresh: with fresh seeds, it died: why"


def test_a_lost_machine_does_not_count():
    assert played("lost", "lost", "lost", "lost", "finished")[0] == [1] * 5


def test_a_winner_that_diverges_with_fresh_seeds_is_warned_of():
    assert played("diverged")[1] == ["trial-2-fresh: with fresh seeds, it diverged: why"]


def test_a_full_disk_stops_it():
    with pytest.raises(ResourceError, match="why"):
        played("out_of_resources")
