"""Where trials stand in the pictures: lines through their settings, dots by setting, history."""

import re
from dataclasses import replace

import numpy as np
import pytest

from made_up_sweep import SPACE, make_trials
from textclf.config.space import Choices, Range
from textclf.results.sweep import panels, parallel
from textclf.results.sweep.marks import range_ticks, score_scale, shown_trials
from textclf.results.sweep.panels import draw_history, draw_panels
from textclf.results.sweep.parallel import draw_parallel
from textclf.results.sweep.table import Table
from textclf.runs.trials import Trial

TABLE = Table("val_accuracy", SPACE, make_trials(60))
SHARES = {"training.learning_rate": 0.6, "model.type": 0.2, "model.units": 0.1}


def test_the_more_a_setting_matters_the_nearer_it_stands_to_the_score():
    drawn = draw_parallel(TABLE, SHARES)
    assert drawn is not None
    paths = [axis.path for axis in drawn.axes]
    assert paths[-4:] == [
        *("model.units", "model.type", "training.learning_rate", "val_accuracy"),
    ]
    assert sorted(paths) == sorted([*SPACE, "val_accuracy"])
    assert [axis.title for axis in drawn.axes][-2] == "learning_rate"


def test_there_is_a_line_for_each_trial_with_a_score_the_best_last_and_darkest():
    drawn = draw_parallel(TABLE, {})
    assert drawn is not None
    assert {line.number for line in drawn.lines} == {
        trial.number for trial in TABLE.trials if trial.value is not None
    }
    best = drawn.lines[-1]
    assert (best.number, best.shade, best.is_best) == (TABLE.ranked[0].number, 7, True)
    assert sum(line.is_best for line in drawn.lines) == 1
    assert {line.shade for line in drawn.lines} == set(range(8))  # 0: pruned


def test_all_lines_stay_between_the_ends_of_the_axes():
    drawn = draw_parallel(TABLE, {})
    assert drawn is not None
    for line in drawn.lines:
        numbers = [float(text) for text in re.findall(r"[\d.]+", line.path)]
        assert min(numbers[1::2]) >= parallel.TOP - 16
        assert max(numbers[1::2]) <= parallel.BOTTOM + 16


def test_of_many_settings_the_most_important_are_drawn():
    space = {f"a.b{n}": Choices((1, 2)) for n in range(12)}
    trials = [Trial(n, dict.fromkeys(space, 1), "finished", value=n / 9) for n in (1, 2)]
    drawn = draw_parallel(Table("val_accuracy", space, trials), {"a.b0": 0.9})
    assert drawn is not None
    assert len(drawn.axes) == 1 + parallel.MOST_AXES
    assert drawn.axes[-2].path == "a.b0"
    assert len(drawn.left_out) == 4


def test_there_is_a_panel_for_each_setting_of_those_trials_that_have_it():
    drawn = {panel.path: panel for panel in draw_panels(TABLE, SHARES)}
    assert next(iter(drawn)) == "training.learning_rate"
    assert set(drawn) == set(SPACE)
    cnns = [t for t in TABLE.trials if t.values["model.type"] == "cnn" and t.value is not None]
    assert {dot.number for dot in drawn["model.kernel_size"].dots} == {t.number for t in cnns}


def test_no_dot_of_a_choice_hides_another_where_there_is_room():
    space = {"model.units": Choices((8, 16))}
    trials = [
        Trial(n, {"model.units": 8 * (1 + n % 2)}, "finished", value=0.8 + n / 1000)
        for n in range(1, 21)
    ]
    (panel,) = draw_panels(Table("val_accuracy", space, trials), {})
    at = np.array([dot.at for dot in panel.dots])
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    assert apart[~np.eye(len(at), dtype=bool)].min() >= panels.APART - 0.2
    assert [tick.label for tick in panel.x_ticks] == ["8", "16"]
    assert panel.line.count("M") == 2  # the means of both


def test_the_history_rises_with_each_new_best():
    trials = [
        Trial(n, {"model.units": 8}, "finished", value=value)
        for n, value in enumerate((0.7, 0.6, 0.8, 0.75), start=1)
    ]
    drawn = draw_history(Table("val_accuracy", {"model.units": Choices((8,))}, trials))
    assert drawn is not None
    assert [dot.number for dot in drawn.dots] == [1, 2, 3, 4]
    assert drawn.line.count("V") == 1  # trial 3
    assert drawn.line.endswith(f"H{panels.LARGE.right}")


@pytest.mark.parametrize(("score", "worst"), [("val_accuracy", 0.1), ("val_loss", 90.0)])
def test_one_trial_far_behind_does_not_flatten_the_others(score, worst):
    values = [*np.linspace(0.8, 0.9, 20), worst]
    trials = [Trial(n, {}, "finished", value=v) for n, v in enumerate(values, start=1)]
    scale, _ = score_scale(Table(score, {}, trials), 100.0, 0.0)
    heights = scale(np.array(values))
    assert np.ptp(heights[:20]) > 25
    assert heights.min() >= 0
    assert heights.max() <= 100


def test_equal_scores_are_drawn_too():
    trials = [Trial(n, {"a.b": n}, "finished", value=0.5) for n in (1, 2)]
    table = Table("val_accuracy", {"a.b": Choices((1, 2))}, trials)
    assert draw_parallel(table, {})
    assert draw_history(table)
    assert len(draw_panels(table, {})) == 1


def test_without_a_score_nothing_is_drawn():
    failed = [replace(trial, status="failed", value=None) for trial in TABLE.trials]
    table = Table("val_accuracy", SPACE, failed)
    assert shown_trials(table) == []
    assert draw_parallel(table, {}) is None
    assert draw_history(table) is None
    assert draw_panels(table, {}) == []


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        (Range(1e-4, 1e-2, is_log=True), ["1e-4", "0.001", "0.01"]),
        (Range(3e-5, 2e-3, is_log=True), ["3e-5", "1e-4", "0.001", "0.002"]),
        (Range(1, 5000, is_log=True), ["1", "10", "100", "1,000", "5,000"]),
        (Range(0.0, 0.5, is_log=False), ["0", "0.125", "0.25", "0.375", "0.5"]),
    ],
)
def test_the_ticks_of_a_range(axis, labels):
    assert [label for _, label in range_ticks(axis)] == labels
