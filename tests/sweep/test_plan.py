"""What a sweep does where nothing was said, and what cannot be."""

import json
from pathlib import Path

import pytest

from textclf.config.sweep_file import load_sweep
from textclf.errors import RunError, UsageError
from textclf.runs.trials import FINISHED, Trial
from textclf.sweep.opening import is_over, open_sweep, sweeping
from textclf.sweep.plan import Plan, make_plan, read_plan, seconds_in

GRID = ("model.units=4,8,16", "training.learning_rate=1e-3,1e-2")


def make(*overrides: str, **settings) -> Plan:
    space, section, score = load_sweep(["quickstart"], overrides or GRID)
    return make_plan(space, section.model_copy(update=settings), score)


def test_choices_that_fit_are_a_grid():
    assert (make().search, make().trials) == ("grid", 6)
    assert (make(trials=50).search, make(trials=50).trials) == ("grid", 6)


def test_a_range_or_too_many_points_are_searched():
    assert (make("model.units=4..8").search, make("model.units=4..8").trials) == ("tpe", 50)
    assert (make(trials=5).search, make(trials=5).trials) == ("tpe", 5)
    many = ",".join(map(str, range(1, 52)))
    assert (make(f"model.units={many}").search, make(f"model.units={many}").trials) == ("tpe", 50)


def test_what_cannot_be_a_grid_is_refused():
    with pytest.raises(UsageError, match="a grid needs choices for every setting"):
        make("model.units=4..8", search="grid")
    with pytest.raises(UsageError, match="the grid has 6 points, more than --trials 5"):
        make(search="grid", trials=5)


def test_a_folder_keeps_the_plan(tmp_path):
    plan = make(seeds=3, prune="asha", keep="best")
    again = read_plan(open_sweep(plan, "quickstart", tmp_path, None))
    assert again.to_json() == json.loads(json.dumps(plan.to_json()))
    assert again.space.grid() == plan.space.grid()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86_400)]
)
def test_times(text, seconds):
    assert seconds_in(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2 h", "1h30m"])
def test_what_is_not_a_time(text):
    with pytest.raises(UsageError, match="is not a time such as 90m or 2h"):
        seconds_in(text)


# --- a sweep's folder ----------------------------------------------------------------------------


def opened(plan: Plan, folder: Path, name: str | None = None) -> str:
    sweep = open_sweep(plan, "quickstart", folder, name)
    with sweeping(sweep, plan):
        return sweep.name


def test_the_same_command_continues_what_is_not_over(tmp_path):
    plan = make()
    assert opened(plan, tmp_path) == "quickstart-sweep-1"
    assert opened(plan, tmp_path) == "quickstart-sweep-1"
    assert opened(make("model.units=4,8"), tmp_path) == "quickstart-sweep-2"


def test_what_is_over_is_left_as_it_is(tmp_path):
    plan = make()
    sweep = open_sweep(plan, "quickstart", tmp_path, None)
    with sweeping(sweep, plan):
        for number, values in enumerate(plan.space.grid(), start=1):
            trial = Trial(number, values, FINISHED, attempts=1)
            sweep.ledger.ask(trial)
            sweep.ledger.end(trial, FINISHED)
    assert is_over(sweep, plan)
    assert opened(plan, tmp_path) == "quickstart-sweep-2"


def test_a_name_is_of_one_sweep(tmp_path):
    opened(make(), tmp_path, "s")
    assert opened(make(), tmp_path, "s") == "s"
    with pytest.raises(RunError, match="a sweep of this name varies something else"):
        opened(make("model.units=4,8"), tmp_path, "s")
    (tmp_path / "t").mkdir()
    with pytest.raises(RunError, match="exists already"):
        opened(make(), tmp_path, "t")


def test_a_second_coordinator_is_refused(tmp_path):
    plan = make()
    one = open_sweep(plan, "quickstart", tmp_path, "s")
    other = open_sweep(plan, "quickstart", tmp_path, "s")
    with sweeping(one, plan):
        assert other.status == "running"
        refused = pytest.raises(RunError, match="in use: another process runs this sweep")
        with refused, sweeping(other, plan):
            raise AssertionError
    assert one.status == "finished"


def test_what_was_killed_is_interrupted(tmp_path):
    sweep = open_sweep(make(), "quickstart", tmp_path, "s")
    assert sweep.record["status"] == "running"
    sweep.lock.release()
    assert sweep.status == "interrupted"
