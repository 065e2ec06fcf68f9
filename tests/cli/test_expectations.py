"""What a user expects of scores, read and compared."""

import pytest

from textclf.cli.expectations import (
    SCORES,
    Expectation,
    find_impossible,
    find_unmet,
    parse_expectation,
)
from textclf.config.scores import SCORES_OF_TASK


@pytest.mark.parametrize(
    ("text", "expectation"),
    [
        ("val_accuracy>=0.77", ("val_accuracy", ">=", 0.77)),
        (" val_loss <= 1e-1 ", ("val_loss", "<=", 0.1)),
        ("test_mae<3.", ("test_mae", "<", 3.0)),
        ("test_mae>-.5", ("test_mae", ">", -0.5)),
        ("best_epoch==7", ("best_epoch", "==", 7.0)),
        ("val_mae_sd<=+2E+1", ("val_mae_sd", "<=", 20.0)),
    ],
)
def test_an_expectation_is_read(text, expectation):
    assert parse_expectation(text) == Expectation(*expectation)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a>", ">1", "a=1", "a!=1", "a=>1", "a>=1>=2", "a>=x", "a>=inf", "a b>1", "a>1%"],
)
def test_other_texts_state_none(text):
    assert parse_expectation(text) is None


@pytest.mark.parametrize(
    ("comparison", "met"),
    [
        (">=", {0.5, 0.4}),
        ("<=", {0.5, 0.6}),
        (">", {0.4}),
        ("<", {0.6}),
        ("==", {0.5}),
    ],
)
def test_comparisons_are_exact(comparison, met):
    for value in (0.4, 0.5, 0.6):
        unmet = find_unmet([Expectation("val_mae", comparison, value)], {"val_mae": 0.5})
        assert (not unmet) == (value in met)


def test_scores_of_labels_are_for_rows_with_several():
    asked = [Expectation(f"val_{name}", ">=", 0.5) for name in ("subset_accuracy", "micro_f1")]
    assert find_impossible(asked, SCORES_OF_TASK["multilabel"]) == []
    for task, metric in (("binary", "val_accuracy"), ("regression", "val_mae")):
        lines = find_impossible(asked, SCORES_OF_TASK[task])
        assert [line.partition("; ")[2] for line in lines] == [f"use {metric}"] * 2


def test_what_is_told_shows_why_it_is_unmet():
    expectations = [Expectation("val_accuracy", ">=", 0.77), Expectation("test_mae", "<", 3)]
    assert find_unmet(expectations, {"val_accuracy": 0.76999999, "best_epoch": 7}) == [
        "expected val_accuracy>=0.77, but val_accuracy is 0.76999999",
        "expected test_mae<3, but this run has no test_mae; it has val_accuracy, best_epoch",
    ]


@pytest.mark.real_data
def test_every_score_of_a_run_can_be_expected(trained):
    from textclf.runs import RunFolder

    names = {name for run in ("folds", "tail", "imdb") for name in RunFolder(trained / run).metrics}
    assert names <= set(SCORES)


def test_a_score_of_another_task_is_told_before_training():
    asked = [parse_expectation(text) for text in ("val_mae<=3", "test_accuracy>=0.5", "val_loss<1")]
    assert find_impossible(asked, SCORES_OF_TASK["multiclass"]) == [
        "val_mae<=3.0: this task has no val_mae; use val_accuracy"
    ]
    assert find_impossible(asked, SCORES_OF_TASK["regression"]) == [
        "test_accuracy>=0.5: this task has no test_accuracy; use test_mae"
    ]
    macro = [Expectation("test_macro_f1", ">=", 0.9)]
    assert find_impossible(macro, SCORES_OF_TASK["multiclass"]) == []
    assert find_impossible(macro, SCORES_OF_TASK["regression"]) == [
        "test_macro_f1>=0.9: this task has no test_macro_f1; use test_mae"
    ]
    ranked = [Expectation("test_roc_auc_sd", "<", 0.1)]
    assert find_impossible(ranked, SCORES_OF_TASK["multiclass"]) == [
        "test_roc_auc_sd<0.1: this task has no test_roc_auc_sd; use test_accuracy_sd"
    ]
