"""Which settings explain the scores."""

from dataclasses import replace

import pytest

from made_up_sweep import SPACE, make_trials
from textclf.config.space import Choices, Range
from textclf.results.sweep.importance import MISSING, importance, place
from textclf.results.sweep.table import Table

TRIALS = make_trials(60)


def test_what_the_scores_follow_is_important_and_what_they_do_not_is_not():
    found = importance(Table("val_accuracy", SPACE, TRIALS))
    assert next(iter(found)) == "training.learning_rate"
    assert set(found) == set(SPACE)
    assert found["training.learning_rate"] > 0.4
    assert found["training.batch_size"] < 0.05
    # Only cnn has it, but that cnn scores lower is the type's doing.
    assert found["model.kernel_size"] < 0.05 < found["model.type"]
    assert sum(found.values()) <= 1.05


def test_the_same_trials_in_another_order_give_the_same():
    one = importance(Table("val_accuracy", SPACE, TRIALS))
    assert importance(Table("val_accuracy", SPACE, TRIALS[::-1])) == one


def test_a_setting_of_one_value_has_none():
    space = {**SPACE, "training.epochs": Choices((3,))}
    trials = [replace(t, values={**t.values, "training.epochs": 3}) for t in TRIALS]
    assert "training.epochs" not in importance(Table("val_accuracy", space, trials))


def test_few_trials_or_equal_scores_say_nothing():
    assert importance(Table("val_accuracy", SPACE, TRIALS[:8])) == {}
    equal = [replace(trial, value=0.5) for trial in TRIALS]
    assert importance(Table("val_accuracy", SPACE, equal)) == {}
    assert importance(Table("val_accuracy", {}, TRIALS)) == {}


@pytest.mark.parametrize(
    ("axis", "value", "expected"),
    [
        (Choices(([8], [16])), [16], 1.0),
        (Choices((8, 16)), 32, MISSING),
        (Range(1e-4, 1e-2, is_log=True), 1e-3, 0.5),
        (Range(0.0, 0.5, is_log=False), 0.1, 0.2),
    ],
)
def test_a_place_on_an_axis(axis, value, expected):
    assert place(axis, {"key": value}, "key") == pytest.approx(expected)
    assert place(axis, {}, "key") == MISSING
