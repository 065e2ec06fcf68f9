"""The coordinator: every trial that is asked for ends once, whatever dies and whenever."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from played_slots import Event, PlayedSlots, ended, finished
from textclf.config.sweep_file import load_sweep
from textclf.disk.atomic import append_line
from textclf.errors import DataError, ResourceError, RunError
from textclf.runs import trials
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import FINISHED
from textclf.sweep.coordinator import Coordinator, Where
from textclf.sweep.opening import open_sweep, sweeping
from textclf.sweep.orders import Order, Progress
from textclf.sweep.plan import Plan, make_plan
from textclf.sweep.watcher import Watcher

GRID = ("model.units=4,8,16", "training.learning_rate=1e-3,1e-2")
RANGES = ("model.units=4..64", "training.learning_rate=1e-5..1e-1")


class Heard(Watcher):
    """Keeps what is said, and the trials that ended."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.ended: list[int] = []

    def note(self, message: str) -> None:
        self.notes.append(message)

    def end_trial(self, trial) -> None:
        self.ended.append(trial.number)


def make(*overrides: str, **settings) -> Plan:
    space, section, score = load_sweep(["quickstart"], overrides)
    return make_plan(space, section.model_copy(update=settings), score)


def run(
    plan: Plan, runs_dir: Path, slots: PlayedSlots, deadline: float | None = None
) -> tuple[SweepFolder, Heard]:
    sweep, heard = open_sweep(plan, "quickstart", runs_dir, "s"), Heard()
    with sweeping(sweep, plan):
        Coordinator(sweep, plan, slots, heard, Where(), deadline).run()
    return sweep, heard


def lines(sweep: SweepFolder) -> list[str]:
    return sweep.ledger.path.read_text().splitlines()


def by_rate(order: Order) -> float:
    """A score that is best at a learning rate of 0.001."""
    return -abs(math.log10(order.config["training"]["learning_rate"]) + 3)


# --- how many ----------------------------------------------------------------------------------


def test_every_point_of_a_grid_is_trained_once(tmp_path):
    slots = PlayedSlots()
    sweep, heard = run(make(*GRID), tmp_path, slots)
    assert [order.name for order in slots.orders] == [f"trial-{n}" for n in range(1, 7)]
    assert {tuple(order.config["model"]["units"]) for order in slots.orders} == {(4,), (8,), (16,)}
    assert [trial.status for trial in sweep.trials] == [FINISHED] * 6
    assert sorted(heard.ended) == [1, 2, 3, 4, 5, 6]
    assert sweep.status == "finished"


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_the_number_of_trials_is_exact(tmp_path, search):
    sweep, _ = run(make(*RANGES, search=search, trials=13), tmp_path, PlayedSlots())
    assert [trial.number for trial in sweep.trials] == list(range(1, 14))


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_a_point_that_is_asked_for_again_has_its_result_already(tmp_path, search):
    slots = PlayedSlots()
    plan = make("model.units=4,8", search=search, trials=9)
    sweep, heard = run(plan, tmp_path, slots)
    assert len(slots.orders) == len({str(order.config["model"]) for order in slots.orders}) <= 2
    assert [trial.status for trial in sweep.trials] == [FINISHED] * 9
    repeated = [trial for trial in sweep.trials if trial.same_as]
    assert len(repeated) == 9 - len(slots.orders)
    assert len(heard.notes) == len(repeated)
    first = repeated[0]
    assert heard.notes[0] == (
        f"trial {first.number} has the values of trial {first.same_as}, and its result"
    )
    assert sorted(heard.ended) == list(range(1, 10))


def test_no_more_trials_are_ordered_than_there_are_slots(tmp_path):
    waiting: list[int] = []

    class Counted(PlayedSlots):
        def next_event(self, timeout: float) -> Event | None:
            waiting.append(len(self.events))
            return super().next_event(timeout)

    run(make(*GRID), tmp_path, Counted(n_slots=3))
    assert max(waiting) == 3


def test_without_slots_it_waits_for_workers(tmp_path):
    class Late(PlayedSlots):
        def next_event(self, timeout: float) -> Event | None:
            if not self.n_slots:
                self.n_slots = 2
                return None
            return super().next_event(timeout)

    sweep, heard = run(make(*GRID), tmp_path, Late(n_slots=0))
    assert [trial.status for trial in sweep.trials] == [FINISHED] * 6
    assert heard.notes == ["no worker is here; waiting for one to join"]


def test_an_outcome_of_a_process_that_was_given_up_is_not_heard(tmp_path):
    def play(order: Order) -> Iterable[Event]:
        if order.name != "trial-1" or order.attempt > 1:
            return [finished(order, 0.9)]
        return [ended(order, "died"), finished(order, 0.1)]

    sweep, _ = run(make(*GRID), tmp_path, PlayedSlots(play))
    assert [trial.value for trial in sweep.trials] == [0.9] * 6


def test_after_its_time_no_trial_begins(tmp_path):
    slots = PlayedSlots()
    sweep, _ = run(make(*GRID), tmp_path, slots, deadline=0.0)
    assert slots.orders == []
    assert sweep.trials == []


def test_a_finished_sweep_can_be_given_more_trials(tmp_path):
    run(make(*RANGES, search="random", trials=3), tmp_path, PlayedSlots())
    slots = PlayedSlots()
    sweep, _ = run(make(*RANGES, search="random", trials=5), tmp_path, slots)
    assert [order.name for order in slots.orders] == ["trial-4", "trial-5"]
    assert len(sweep.trials) == 5


# --- how they end ------------------------------------------------------------------------------


def after(statuses: Sequence[str]) -> Callable[[Order], Iterable[Event]]:
    """The first trial ends with these statuses, the others finish."""
    left = list(statuses)

    def play(order: Order) -> Iterable[Event]:
        if order.name != "trial-1":
            return [finished(order)]
        status = left.pop(0)
        return [finished(order) if status == FINISHED else ended(order, status)]

    return play


def test_a_trial_whose_process_died_is_resumed(tmp_path):
    slots = PlayedSlots(after(["died", "died", "died", FINISHED]))
    sweep, heard = run(make(*GRID), tmp_path, slots)
    first = sweep.trials[0]
    assert (first.status, first.attempts) == (FINISHED, 4)
    assert [o.attempt for o in slots.orders if o.name == "trial-1"] == [1, 2, 3, 4]
    assert heard.notes == ["trial-1: why; resumed"] * 3


def test_after_three_times_it_has_failed(tmp_path):
    sweep, heard = run(make(*GRID), tmp_path, PlayedSlots(after(["died"] * 4)))
    first = sweep.trials[0]
    assert (first.status, first.attempts, first.message) == ("failed", 4, "why")
    assert sorted(heard.ended) == [1, 2, 3, 4, 5, 6]


def test_that_its_machine_is_gone_does_not_count(tmp_path):
    sweep, _ = run(make(*GRID), tmp_path, PlayedSlots(after(["lost"] * 9 + [FINISHED])))
    assert (sweep.trials[0].status, sweep.trials[0].attempts) == (FINISHED, 1)


@pytest.mark.parametrize("status", ["diverged", "failed", "pruned"])
def test_what_would_come_again_is_not_tried_again(tmp_path, status):
    slots = PlayedSlots(after([status]))
    sweep, _ = run(make(*GRID), tmp_path, slots)
    assert sweep.trials[0].status == status
    assert len(slots.orders) == 6


def test_a_full_disk_stops_the_sweep_and_nothing_is_lost(tmp_path):
    with pytest.raises(ResourceError) as caught:
        run(make(*GRID), tmp_path, PlayedSlots(after(["out_of_resources"])))
    assert caught.value.messages == ("why", f"resume with: textclf sweep {tmp_path / 's'}")
    sweep, _ = run(make(*GRID), tmp_path, PlayedSlots())
    assert [trial.status for trial in sweep.trials] == [FINISHED] * 6


def test_missing_data_stops_the_sweep(tmp_path):
    slots = PlayedSlots(lambda order: [ended(order, "failed", "no such file", DataError.exit_code)])
    with pytest.raises(DataError, match="no such file"):
        run(make(*GRID), tmp_path, slots)


def test_a_sweep_of_which_every_trial_failed_has_failed(tmp_path):
    with pytest.raises(RunError, match="every trial failed: why"):
        run(make(*GRID), tmp_path, PlayedSlots(lambda order: [ended(order, "failed")]))


def test_only_the_models_of_the_best_are_kept_if_so_asked(tmp_path):
    def play(order: Order) -> Iterable[Event]:
        (order.folder / "seed-1" / "checkpoints").mkdir(parents=True)
        (order.folder / "seed-1" / "history.csv").touch()
        return [finished(order, {"trial-3": 0.9}.get(order.name, 0.5))]

    sweep, _ = run(make(*GRID, keep="best"), tmp_path, PlayedSlots(play))
    kept = [path.parts[-3] for path in sweep.path.glob("trial-*/seed-1/checkpoints")]
    assert kept == ["trial-3"]
    assert len(list(sweep.path.glob("trial-*/seed-1/history.csv"))) == 6


# --- killed at any moment ----------------------------------------------------------------------


@pytest.mark.parametrize("search", ["grid", "random", "tpe"])
def test_a_coordinator_that_is_killed_after_any_event_loses_nothing(tmp_path, search):
    chosen = GRID if search == "grid" else RANGES
    plan = make(*chosen, search=search, trials=6)
    asked: set[str] = set()
    for n_events in range(6):
        slots = PlayedSlots(events_until=n_events)
        with pytest.raises(KeyboardInterrupt) as caught:
            run(plan, tmp_path / str(n_events), slots)
        assert caught.value.__notes__ == [
            f"resume with: textclf sweep {tmp_path / str(n_events) / 's'}"
        ]
        again = PlayedSlots()
        sweep, _ = run(plan, tmp_path / str(n_events), again)
        assert [trial.status for trial in sweep.trials] == [FINISHED] * 6
        ends = Counter(line.split(",")[0] for line in lines(sweep) if "status" in line)
        assert set(ends.values()) == {1}
        assert n_events + len(again.orders) == 6
        asked.add(str([trial.values for trial in sweep.trials]))
    if search != "tpe":  # what TPE proposes depends on what it knew by then
        assert len(asked) == 1


@pytest.mark.slow
def test_a_ledger_that_was_torn_anywhere_loses_nothing(tmp_path):
    plan = make(*GRID)
    sweep, _ = run(plan, tmp_path, PlayedSlots())
    whole, points = sweep.ledger.path.read_bytes(), [trial.values for trial in sweep.trials]
    for length in range(0, len(whole), 7):
        sweep.ledger.path.write_bytes(whole[:length])
        run(plan, tmp_path, PlayedSlots())
        assert [trial.values for trial in sweep.trials] == points
        assert [trial.status for trial in sweep.trials] == [FINISHED] * 6
        assert len(lines(sweep)) == 12


def test_a_disk_that_is_full_for_a_line_loses_nothing(tmp_path, monkeypatch):
    plan, written = make(*GRID), 0

    def append(path: Path, line: str, is_synced: bool = False) -> None:
        nonlocal written
        written += 1
        if written == full_at:
            with path.open("a") as file:  # the worst case: half of it cannot be removed again
                file.write(line[: len(line) // 2])
            raise ResourceError("the disk is full")
        append_line(path, line, is_synced)

    monkeypatch.setattr(trials, "append_line", append)
    for full_at in range(1, 13):
        written, folder = 0, tmp_path / str(full_at)
        with pytest.raises(ResourceError, match="the disk is full"):
            run(plan, folder, PlayedSlots())
        sweep, _ = run(plan, folder, PlayedSlots())
        assert [trial.status for trial in sweep.trials] == [FINISHED] * 6
        assert len(lines(sweep)) == 12


# --- pruning -----------------------------------------------------------------------------------


def by_epochs(order: Order, epochs: int = 9) -> Iterable[Event]:
    """Curves that are apart from the first epoch on."""
    level = by_rate(order)
    steps = [Progress(order.name, order.attempt, n, level + n / 100) for n in range(1, epochs + 1)]
    return [*steps, finished(order, level)]


@pytest.mark.parametrize("prune", ["median", "asha"])
def test_hopeless_trials_are_pruned_and_never_the_best(tmp_path, prune):
    plan = make(*RANGES, search="random", trials=20, prune=prune)
    slots = PlayedSlots(by_epochs, n_slots=1)
    sweep, _ = run(plan, tmp_path, slots)
    best = max(sweep.trials, key=lambda trial: trial.value or -9)
    assert 3 < len(set(slots.pruned)) < 20
    assert best.name not in slots.pruned


def test_what_is_pruned_does_not_depend_on_a_restart(tmp_path):
    plan = make(*RANGES, search="random", trials=20, prune="median")

    def play(order: Order) -> Iterable[Event]:
        order.folder.mkdir(exist_ok=True)
        rows = [e for e in by_epochs(order) if isinstance(e, Progress)]
        text = "".join(f"{row.step},0.1,{row.value}\n" for row in rows)
        (order.folder / "history.csv").write_text(f"epoch,loss,val_accuracy\n{text}")
        return by_epochs(order)

    straight = PlayedSlots(play, n_slots=1)
    run(plan, tmp_path / "one", straight)
    first, second = PlayedSlots(play, n_slots=1, events_until=120), PlayedSlots(play, n_slots=1)
    with pytest.raises(KeyboardInterrupt):
        run(plan, tmp_path / "two", first)
    run(plan, tmp_path / "two", second)
    assert set(first.pruned) | set(second.pruned) == set(straight.pruned)


def test_without_pruning_no_trial_is_ended(tmp_path):
    slots = PlayedSlots(by_epochs)
    run(make(*GRID), tmp_path, slots)
    assert slots.pruned == []
