"""Conditions on runs: how they are read, when they hold, and the order of runs."""

from pathlib import Path

import pytest

from textclf.errors import UsageError
from textclf.runs import Summary
from textclf.runs.conditions import ordered, parse_condition, refuse_unknown
from textclf.runs.notes import Notes


def make(name: str, **fields) -> Summary:
    return Summary(name, Path(name), "finished", **fields)


RUN = make(
    "a",
    settings={"n": 1, "x": 1e-4, "flag": True, "text": "10", "none": None, "list": [64, 8]},
    metrics={"val_accuracy": 0.8},
    scores={"val_accuracy": 0.8},
    notes=Notes(tags=("baseline", "2024")),
    seconds=12.0,
)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("n=1", True),
        ("n = 1.0", True),
        ("n=true", False),
        ("flag=true", True),
        ("flag=1", False),
        ("x=1e-4", True),
        ("x<=0.0001", True),
        ("text=10", True),
        ("text='10'", True),
        ("none=null", True),
        ("none>3", False),
        ("list=[64, 8]", True),
        ("list!=[64]", True),
        ("tag=baseline", True),
        ("tag=2024", True),
        ("tag!=baseline", False),
        ("tag=base", False),
        ("val_accuracy>=0.8", True),
        ("val_accuracy>0.8", False),
        ("absent=1", False),
        ("absent!=1", True),
        ("absent<1", False),
        ("run=a", True),
        ("status=finished", True),
        ("time<12.5", True),
    ],
)
def test_a_condition_compares_as_yaml_reads_values(text, holds):
    assert parse_condition(text).holds(RUN) is holds


@pytest.mark.parametrize("text", ["", "n", "=1", "a b=1", "n~1"])
def test_what_is_not_a_condition(text):
    assert parse_condition(text) is None


@pytest.mark.parametrize("text", ["n<x", "list<3", "flag>0", "tag<3"])
def test_what_has_no_order_is_an_error(text):
    with pytest.raises(UsageError, match="have no order"):
        parse_condition(text).holds(RUN)


def test_unknown_keys_are_refused_with_what_was_probably_meant():
    refuse_unknown(["n", "tag", "training.epochs"], [RUN], {"training.epochs"})
    with pytest.raises(UsageError, match=r"did you mean training.epochs\?"):
        refuse_unknown(["training.epoch"], [RUN], {"training.epochs"})
    with pytest.raises(UsageError, match="use a setting such as"):
        refuse_unknown(["qqqqqq"], [RUN], set())


def test_the_best_score_comes_first_and_what_has_none_last():
    runs = [make(name, scores={"val_accuracy": v}) for name, v in (("a", 0.1), ("b", 0.9))]
    runs.insert(0, make("none"))
    assert [run.name for run in ordered(runs, "val_accuracy")] == ["b", "a", "none"]
    losses = [make(name, metrics={"val_loss": v}) for name, v in (("a", 0.9), ("b", 0.1))]
    assert [run.name for run in ordered(losses, "val_loss")] == ["b", "a"]


def test_settings_are_ordered_by_number_then_by_text():
    values = {"a": "x", "b": 10, "c": 9, "d": [1]}
    runs = [make(name, settings={"k": value}) for name, value in values.items()]
    assert [run.name for run in ordered(runs, "k")] == ["c", "b", "d", "a"]
