"""The final: which two are trained again and how, and what is read from their folders."""

from collections.abc import Sequence

import pytest

from made_up_sweep import make_final, make_folder
from textclf.config.settings import Config
from textclf.errors import ResourceError
from textclf.results.sweep.final import final_orders, read_table, read_verdict, train_final
from textclf.runs.sweep import SweepFolder
from textclf.sweep.orders import Order, Outcome, Progress
from textclf.sweep.watcher import Watcher

MAES = [3.0, 2.0, 2.5, 4.0]


@pytest.fixture
def sweep(tmp_path) -> SweepFolder:
    return make_folder(tmp_path, MAES)


def seed_of(order: Order) -> int:
    return Config.model_validate(dict(order.config)).seed


def test_the_best_two_are_trained_again_with_seeds_that_no_trial_used(sweep):
    winner, runner_up = final_orders(sweep, None, None, "cpu")
    assert (winner.name, runner_up.name) == ("trial-2-fresh", "trial-3-fresh")
    assert winner.config == {**sweep.run("trial-2").config.model_dump(), "seed": 43}
    assert runner_up.config == {**sweep.run("trial-3").config.model_dump(), "seed": 43}
    assert winner.seeds == runner_up.seeds == 5


def test_the_test_rows_are_scored_for_the_winner_alone(sweep):
    assert [order.tests for order in final_orders(sweep, 5, None, "cpu")] == [True, False]


def test_seeds_that_the_search_used_are_left_out(tmp_path):
    sweep = make_folder(tmp_path, MAES, seeds=3)
    assert [seed_of(order) for order in final_orders(sweep, 4, None, "cpu")] == [45, 45]


def test_without_fresh_seeds_the_winner_alone_is_trained_as_before(sweep):
    (winner,) = final_orders(sweep, 0, None, "cpu")
    assert (winner.name, winner.seeds, winner.tests) == ("trial-2-fresh", 1, True)
    assert winner.config == sweep.run("trial-2").config.model_dump()


def test_what_was_begun_is_trained_as_it_began(sweep):
    make_final(sweep, [2.0, 2.1, 2.2], [2.6, 2.7, 2.8])
    winner, runner_up = final_orders(sweep, 5, None, "cpu")
    assert winner.seeds == runner_up.seeds == 3
    assert winner.config == sweep.run("trial-2-fresh").config.model_dump()


def test_without_a_ranked_trial_there_is_no_final(tmp_path):
    assert final_orders(make_folder(tmp_path, []), None, None, "cpu") == []


def test_what_came_out_is_read_from_the_folders(sweep):
    table = read_table(sweep)
    before = read_verdict(sweep, table)
    assert before is not None
    assert before.test is None
    make_final(sweep, [2.0, 2.1, 2.2, 2.0, 2.1], [2.6, 2.7, 2.8, 2.6, 2.7])
    verdict = read_verdict(sweep, table)
    assert verdict is not None
    assert verdict.winner.number == 2
    assert verdict.is_beyond_seed_noise
    assert verdict.gain == pytest.approx(0.6)
    assert verdict.scores["test_mae"] == pytest.approx(3.08)


class Played:
    """Slots that end each order as they were given to."""

    n_slots = 2

    def __init__(self, statuses: Sequence[str]) -> None:
        self.statuses = list(statuses)
        self.orders: list[Order] = []

    def submit(self, order: Order) -> None:
        self.orders.append(order)

    def next_event(self, timeout: float) -> Outcome | Progress | None:
        order = self.orders[len(self.orders) - 1]
        return Outcome(order.name, order.attempt, self.statuses.pop(0), message="why")

    def prune(self, name: str) -> None: ...

    def close(self) -> None: ...


class Heard(Watcher):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.lines.append(message)


def played(sweep: SweepFolder, *statuses: str) -> tuple[list[int], list[str]]:
    """The attempts of the winner's orders, and what was said."""
    slots, heard = Played(statuses), Heard()
    train_final(final_orders(sweep, 0, None, "cpu"), slots, heard)
    assert slots.statuses == []
    return [order.attempt for order in slots.orders], heard.lines


def test_a_process_that_died_is_replaced_three_times(sweep):
    assert played(sweep, "died", "finished") == ([1, 2], ["trial-2-fresh: why; resumed"])
    attempts, lines = played(sweep, "died", "died", "died", "died")
    assert attempts == [1, 2, 3, 4]
    assert lines[-1] == "trial-2-fresh: with fresh seeds, it died: why"


def test_a_lost_machine_does_not_count(sweep):
    assert played(sweep, "lost", "lost", "lost", "lost", "finished")[0] == [1] * 5


def test_a_winner_that_diverges_with_fresh_seeds_is_warned_of(sweep):
    assert played(sweep, "diverged")[1] == ["trial-2-fresh: with fresh seeds, it diverged: why"]


def test_a_full_disk_stops_it(sweep):
    with pytest.raises(ResourceError, match="why"):
        played(sweep, "out_of_resources")
