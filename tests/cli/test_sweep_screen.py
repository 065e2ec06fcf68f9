"""A sweep's progress: a line for each trial, or a live table that fits the terminal."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from made_up_sweep import SPACE, make_trials
from textclf.cli.sweep_screen import (
    LineWatcher,
    LiveWatcher,
    QuietWatcher,
    Standing,
    describe_end,
    describe_final,
    render,
    show_sweep,
)
from textclf.config.space import Choices
from textclf.runs.trials import FAILED, FINISHED, PRUNED, RUNNING, Trial
from textclf.sweep.orders import Order

TRIALS = make_trials(60)


def sweep_of(space: Any = SPACE) -> Any:
    return SimpleNamespace(score="val_accuracy", space=space, path=Path("runs/swept"))


def standing_of(trials: Sequence[Trial], seconds: float = 44.0, wanted: int = 60) -> Standing:
    """Where a sweep stands that began so many seconds ago, and has ended these trials since."""
    now = [0.0]
    standing = Standing(sweep_of(), wanted, {}, clock=lambda: now[0])
    now[0] = seconds
    for trial in trials:
        standing.end(trial)
    return standing


def lines_of(standing: Standing, width: int, height: int = 40) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO())
    console.print(render(standing, width, height))
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    return written.splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_is_no_wider_than_the_terminal_and_has_the_best_first(width):
    standing = standing_of(TRIALS[:22])
    lines = lines_of(standing, width)
    assert max(map(len, lines)) <= width
    best = standing.table.ranked[0]
    assert lines[1].split()[:3] == ["1", best.name, f"{best.value:.4f}"]
    assert len(lines) == 1 + 12 + 2  # a title, the best dozen, a gap and the bar


def test_settings_find_room_in_their_order():
    standing = standing_of(TRIALS[:22])
    narrow, wide = lines_of(standing, 60)[0].split(), lines_of(standing, 200)[0].split()
    assert narrow == ["trial", "val_accuracy", "type", "units", "time"]
    assert wide[2:-1] == ["type", "units", "learning_rate", "dropout", "kernel_size", "batch_size"]


@pytest.mark.parametrize("height", [8, 15, 24])
def test_the_table_is_no_higher_than_the_terminal(height):
    standing = standing_of(TRIALS[:40])
    for trial in TRIALS[40:42]:
        standing.step(replace(trial, status=RUNNING, value=None), 3, 0.8)
    assert len(lines_of(standing, 80, height)) < height


def test_running_trials_stand_below_with_their_epoch():
    standing = standing_of(TRIALS[:3])
    running = Trial(4, {"model.units": 64}, RUNNING)
    standing.begin(running)
    assert "trial-4" not in "\n".join(lines_of(standing, 80))  # it waits
    standing.step(running, 2, 0.8123)
    row = next(line for line in lines_of(standing, 80) if "trial-4" in line)
    assert row.split()[:3] == ["…", "trial-4", "0.8123"]
    assert row.split()[-2:] == ["epoch", "2"]


def test_the_bar_counts_and_says_what_is_left():
    lines = lines_of(standing_of(TRIALS[:22]), 80)
    assert lines[-1].endswith("22 of 60 trials  76 s to the final  1 pruned  2 diverged  1 failed")


def test_no_time_is_known_before_a_trial_has_ended_in_this_process():
    now = [0.0]
    before = {trial.number: trial for trial in TRIALS[:10]}
    standing = Standing(sweep_of(), 12, before, clock=lambda: now[0])
    now[0] = 5.0
    assert standing.seconds_left is None
    assert standing.left_in_words == ""
    standing.end(TRIALS[10])
    assert standing.seconds_left == 5.0
    standing.end(TRIALS[11])
    assert standing.left_in_words == ""  # nothing is left


def test_the_final_is_named_while_it_runs():
    orders = [order("trial-7-final", 6), order("trial-3-final", 6)]
    assert describe_final(orders) == "the final: trial-7 and trial-3 again, with 6 fresh seeds each"
    standing = standing_of(TRIALS[:3])
    standing.final = orders
    assert lines_of(standing, 80)[-1].endswith(describe_final(orders))
    assert describe_final(orders[:1]) == "the final: trial-7 again, with 6 fresh seeds"


def order(name: str, seeds: int) -> Order:
    return Order(name, 1, {}, Path(name), "r", seeds, "val_accuracy")


@pytest.mark.parametrize(
    ("trial", "is_best", "line"),
    [
        (
            Trial(1, {"model.units": [8]}, FINISHED, value=0.8382, seconds=3.2),
            True,
            "1/4  trial-1  val_accuracy 0.8382  units [8]  3.2 s  best so far  30 s to the final",
        ),
        (
            Trial(1, {"model.units": [8]}, PRUNED, value=0.5, seconds=1.0),
            False,
            "1/4  trial-1  val_accuracy 0.5000  pruned  units [8]  1.0 s  30 s to the final",
        ),
        (
            Trial(1, {"model.units": [8]}, FAILED, message="a.csv:\nno such file", seconds=1.0),
            False,
            "1/4  trial-1  failed  units [8]  1.0 s  a.csv: no such file  30 s to the final",
        ),
    ],
)
def test_a_line_for_each_trial(trial, is_best, line):
    standing = standing_of([trial], 10.0, wanted=4)
    standing.sweep = sweep_of({"model.units": Choices(([8], [16]))})
    assert describe_end(standing, trial, is_best) == line


def test_a_point_that_was_tried_before_is_named():
    first = Trial(1, {"model.units": [8]}, FINISHED, value=0.8)
    again = replace(first, number=2, same_as=1)
    line = describe_end(standing_of([first, again], wanted=2), again, False)
    assert line.endswith("the same as trial-1, which is not trained again")


def test_lines_off_a_terminal(capsys):
    watcher = LineWatcher()
    watcher.begin_sweep(sweep_of(), TRIALS[:2], 4)
    for trial in TRIALS[2:4]:
        watcher.begin_trial(replace(trial, status=RUNNING, value=None))
        watcher.end_step(trial, 1, 0.5)
        watcher.end_trial(trial)
    watcher.begin_final([order("trial-7-final", 6)])
    watcher.end_sweep()
    out, err = capsys.readouterr()
    assert out == ""
    first, third, fourth, final = err.splitlines()
    assert first == "runs/swept: resuming after 2 of 4 trials"
    assert third.startswith("3/4  trial-3  val_accuracy")
    assert fourth.startswith("4/4  trial-4  val_accuracy")
    assert final.startswith("the final: trial-7 again")


def test_on_a_terminal_the_table_is_drawn_and_removed(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with show_sweep(quiet=False) as watcher:
        assert isinstance(watcher, LiveWatcher)
        watcher.begin_sweep(sweep_of(), [], 2)
        watcher.end_trial(TRIALS[0])
        watcher.warn("a warning")
        watcher.end_trial(replace(TRIALS[1], status=FAILED, value=None, message="why"))
    err = capsys.readouterr().err
    assert "trial-1" in err
    assert "warning: a warning" in err
    assert "trial-2  failed" in err
    assert err.count("\x1b[?25l") == err.count("\x1b[?25h")  # the cursor is back


def test_quiet_shows_warnings_alone(capsys):
    with show_sweep(quiet=True) as watcher:
        assert type(watcher) is QuietWatcher
        watcher.begin_sweep(sweep_of(), [], 2)
        watcher.end_trial(TRIALS[0])
        watcher.note("a note")
        watcher.warn("a warning")
    assert capsys.readouterr().err == "textclf: warning: a warning\n"
