"""The final: its orders are trained as often as it takes, and no more."""

from pathlib import Path

import pytest

from played_slots import PlayedSlots, ended, finished
from textclf.errors import DataError, ResourceError
from textclf.sweep.final import drop_models, train_final
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
    order = Order("trial-2-final", 1, {}, Path("trial-2-final"), "r", 5, "val_accuracy", tests=True)
    trained: list[int] = []
    train_final([order], slots, heard, lambda: trained.append(len(slots.orders)))
    assert left == [] and trained == [1]  # the page is written once the order trains
    return [order.attempt for order in slots.orders], heard.lines


def test_a_process_that_died_is_replaced_three_times():
    assert played("died", "finished") == ([1, 2], ["trial-2-final: why; resumed"])
    attempts, lines = played("died", "died", "died", "died")
    assert attempts == [1, 2, 3, 4]
    assert lines[-1] == "trial-2-final: with fresh seeds, it died: why"


def test_a_lost_machine_does_not_count():
    assert played("lost", "lost", "lost", "lost", "finished")[0] == [1] * 5


def test_a_winner_that_diverges_with_fresh_seeds_is_warned_of():
    assert played("diverged")[1] == ["trial-2-final: with fresh seeds, it diverged: why"]


def test_a_full_disk_stops_it():
    with pytest.raises(ResourceError, match="why"):
        played("out_of_resources")


def test_missing_data_stops_it():
    slots = PlayedSlots(lambda order: [ended(order, "failed", code=DataError.exit_code)])
    with pytest.raises(DataError, match="why"):
        train_final([Order("a", 1, {}, Path("a"), "r", 5, "val_accuracy")], slots, Heard(), list)


def test_the_models_of_those_that_did_not_win_can_be_removed(tmp_path):
    orders = [
        Order(name, 1, {}, tmp_path / name, "r", 2, "val_accuracy", tests=name == "winner")
        for name in ("winner", "runner-up")
    ]
    for order in orders:
        (order.folder / "seed-1" / "checkpoints").mkdir(parents=True)
        (order.folder / "seed-1" / "checkpoints" / "best.keras").touch()
    drop_models(orders)
    assert [path.parts[-4] for path in tmp_path.rglob("best.keras")] == ["winner"]
    assert (tmp_path / "runner-up" / "seed-1").is_dir()
