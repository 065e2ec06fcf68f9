"""The trials of a sweep, the best first, and results.csv."""

import csv
import io

import pytest

from textclf.config.space import Choices
from textclf.results.sweep.table import Table, in_short, in_yaml, results_csv
from textclf.runs.trials import Trial

SPACE = {"model.units": Choices(([8], [16])), "model.kernel_size": Choices((3, 5))}


def trial(number: int, value: float | None = None, status: str = "finished", **more) -> Trial:
    scores = {} if value is None else {"val_accuracy": value, "val_accuracy_sd": 0.01}
    return Trial(number, {"model.units": [8]}, status, value=value, scores=scores, **more)


def table(*trials: Trial, score: str = "val_accuracy") -> Table:
    return Table(score, SPACE, trials)


def test_the_best_is_first_and_of_equal_ones_the_earlier():
    trials = [trial(1, 0.7), trial(2, 0.9), trial(3, 0.9), trial(4, 0.8)]
    assert [one.number for one in table(*trials).best_first] == [2, 3, 4, 1]
    assert [one.number for one in table(*trials, score="val_loss").best_first] == [1, 4, 2, 3]


@pytest.mark.parametrize("score", ["val_accuracy", "val_mae"])
def test_what_did_not_finish_comes_after_what_did_and_cannot_win(score):
    lost = [
        trial(1, 0.99, "pruned"),
        trial(2, None, "diverged"),
        trial(3, None, "failed"),
        trial(4, float("nan")),
        trial(5, 0.5),
        trial(6, None, "running"),
    ]
    both = table(*lost, score=score)
    assert [one.number for one in both.best_first] == [5, 4, 6, 1, 2, 3]
    assert [one.number for one in both.ranked] == [5]


def test_a_point_that_was_tried_before_is_no_rival_of_itself():
    trials = [trial(1, 0.9), trial(2, 0.9, same_as=1), trial(3, 0.8)]
    assert [one.number for one in table(*trials).ranked] == [1, 3]
    assert len(table(*trials).tried) == 2


def test_results_csv_has_a_line_for_each_trial_and_no_test_score():
    first = Trial(
        1,
        {"model.units": [8], "model.kernel_size": 3},
        "finished",
        value=0.9,
        scores={"val_loss": 0.3, "val_accuracy": 0.9, "val_accuracy_sd": 0.01, "test_loss": 1},
        seconds=2.5,
    )
    second = trial(2, None, "failed", message="data, missing")
    lines = [*csv.DictReader(io.StringIO(results_csv(table(first, second))))]
    assert lines[0] == {
        "rank": "1",
        "trial": "1",
        "status": "finished",
        "val_accuracy": "0.9",
        "val_accuracy_sd": "0.01",
        "val_loss": "0.3",
        "model.units": "[8]",
        "model.kernel_size": "3",
        "seconds": "2.500",
        "folder": "trial-1",
        "message": "",
    }
    assert lines[1]["rank"] == lines[1]["val_accuracy"] == lines[1]["model.kernel_size"] == ""
    assert lines[1]["message"] == "data, missing"


def test_settings_are_written_as_in_a_config():
    values = [None, True, [8, 16], {"split": "tail", "share": 0.2}, 1e-4, "lstm"]
    assert [in_yaml(value) for value in values] == [
        *("null", "true", "[8, 16]", "{split: tail, share: 0.2}", "0.0001", "lstm")
    ]
    assert [in_short(value) for value in (0.0012345, 1, None)] == ["0.00123", "1", "null"]
