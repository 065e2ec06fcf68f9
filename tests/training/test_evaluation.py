"""Scores and tables against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from textclf.data.dataset import Dataset
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION, Task
from textclf.training.evaluation import (
    Scored,
    classification_report,
    confusion_matrix,
    confusion_table,
    mean_and_sd,
    predicted_classes,
    predictions_table,
    score,
)


def make_dataset(task: Task, y: list, n_train: int, class_names: tuple[str, ...] = ()) -> Dataset:
    targets = np.array(y, np.int32 if class_names else np.float32)
    x = np.zeros((len(y), 1))
    return Dataset("numbers", task, x=x, y=targets, n_train=n_train, class_names=class_names)


def make_scored(split: str, rows: list[int], outputs: list) -> Scored:
    return Scored(split, np.array(rows), np.array(outputs, np.float32))


NEG_POS = make_dataset(BINARY, [1, 0, 1, 0, 1], n_train=2, class_names=("neg", "pos"))
ABC = make_dataset(MULTICLASS, [0, 2, 1], n_train=1, class_names=("a", "b", "c"))
PRICES = make_dataset(REGRESSION, [1.0, 20.0, 30.0], n_train=1)
# 'c' is never predicted.
REPORTED = pd.DataFrame([[3, 1, 0], [2, 4, 0], [1, 0, 0]], columns=["a", "b", "c"])


def test_confusion_matrix_has_truth_in_rows() -> None:
    matrix = confusion_matrix(np.array([0, 0, 2, 1, 0]), np.array([0, 1, 1, 1, 0]), 3)
    assert matrix.tolist() == [[2, 1, 0], [0, 1, 0], [0, 1, 0]]


def test_confusion_table_is_of_the_scored_rows() -> None:
    table = confusion_table(NEG_POS, make_scored("test", [2, 3, 4], [[0.9], [0.6], [0.2]]))
    assert table.to_csv() == "truth,neg,pos\nneg,0,1\npos,1,1\n"


def test_classification_report_by_hand() -> None:
    report = classification_report(REPORTED).set_index("class")
    expected = {
        "a": [3 / 6, 3 / 4, 6 / 10, 4],
        "b": [4 / 5, 4 / 6, 8 / 11, 6],
        "c": [0, 0, 0, 1],
        "macro avg": [1.3 / 3, (3 / 4 + 4 / 6) / 3, (6 / 10 + 8 / 11) / 3, 11],
        "weighted avg": [6.8 / 11, 7 / 11, (2.4 + 48 / 11) / 11, 11],
    }
    assert list(report.columns) == ["precision", "recall", "f1", "support"]
    assert list(report.index) == list(expected)
    np.testing.assert_allclose(report.to_numpy(), list(expected.values()))


def test_classification_report_of_no_rows_has_no_nan() -> None:
    report = classification_report(REPORTED * 0)
    assert not report.drop(columns="class").to_numpy().any()


def test_mean_and_sd_divides_by_n_minus_1() -> None:
    folds = [
        {"val_mae": 1.0, "val_loss": 2.0, "best_epoch": 3},
        {"val_mae": 2.0, "val_loss": 2.0, "best_epoch": 9},
        {"val_mae": 6.0, "val_loss": 2.0, "best_epoch": 1},
    ]
    scores = mean_and_sd(folds)
    assert scores == pytest.approx(
        {"val_mae": 3, "val_mae_sd": math.sqrt(7), "val_loss": 2, "val_loss_sd": 0}
    )
    assert list(scores) == ["val_mae", "val_mae_sd", "val_loss", "val_loss_sd"]
    assert all(type(value) is float for value in scores.values())


@pytest.mark.parametrize(
    ("outputs", "classes"),
    [
        ([[0.5], [0.50001], [0.0], [1.0]], [0, 1, 0, 1]),
        ([[0.2, 0.5, 0.3], [0.4, 0.3, 0.4]], [1, 0]),
    ],
)
def test_predicted_classes(outputs: list, classes: list[int]) -> None:
    assert predicted_classes(np.array(outputs, np.float32)).tolist() == classes


def test_predictions_of_a_binary_task() -> None:
    table = predictions_table(
        NEG_POS,
        [
            make_scored("validation", [1, 0], [[0.25], [0.75]]),
            make_scored("test", [2, 3, 4], [[0.125], [0.5], [1]]),
        ],
    )
    assert table.to_csv(index=False).splitlines() == [
        "split,row,truth,prediction,probability",
        "validation,1,neg,neg,0.75",
        "validation,0,pos,pos,0.75",
        "test,0,pos,neg,0.875",
        "test,1,neg,neg,0.5",
        "test,2,pos,pos,1.0",
    ]


def test_predictions_of_a_multiclass_task() -> None:
    outputs = [[0.125, 0.25, 0.625], [0.5, 0.25, 0.25]]
    table = predictions_table(ABC, [make_scored("test", [1, 2], outputs)])
    assert table.to_csv(index=False).splitlines()[1:] == ["test,0,c,c,0.625", "test,1,b,a,0.5"]


def test_predictions_of_a_regression_have_no_probability() -> None:
    table = predictions_table(PRICES, [make_scored("validation", [0, 2], [[1.5], [28.0]])])
    assert table.to_csv(index=False).splitlines() == [
        "split,row,truth,prediction",
        "validation,0,1.0,1.5",
        "validation,1,30.0,28.0",
    ]


@pytest.mark.parametrize(
    ("data", "scored", "expected"),
    [
        (
            NEG_POS,
            make_scored("validation", [0, 1], [[0.25], [0.5]]),
            {"val_loss": (math.log(4) + math.log(2)) / 2, "val_accuracy": 0.5},
        ),
        (
            ABC,
            make_scored("test", [1, 2], [[0.125, 0.125, 0.75], [0.5, 0.25, 0.25]]),
            {"test_loss": (math.log(4 / 3) + math.log(4)) / 2, "test_accuracy": 0.5},
        ),
        (
            PRICES,
            make_scored("test", [1, 2], [[21], [27]]),
            {"test_loss": (1 + 9) / 2, "test_mae": 2},
        ),
    ],
    ids=["binary", "multiclass", "regression"],
)
def test_score(data: Dataset, scored: Scored, expected: dict[str, float]) -> None:
    scores = score(data, scored)
    assert scores == pytest.approx(expected, rel=1e-5)
    assert list(scores) == list(expected)
