"""Scores and tables against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from textclf.data.dataset import Dataset
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION, Task
from textclf.training.evaluation import (
    Scored,
    classification_report,
    confusion_matrix,
    confusion_table,
    mean_and_sd,
    name_undefined,
    predictions_table,
    score,
    warn_of_divergence,
    warn_of_unfound_classes,
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


# --- the same as scikit-learn's --------------------------------------------------------------


def draw_classes(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction of 300 rows, half of them right; the last class is never predicted."""
    rng = np.random.default_rng(n_classes)
    truth = rng.integers(0, n_classes, 300)
    guess = rng.integers(0, n_classes - 1, 300)
    right = (rng.random(300) < 0.5) & (truth < n_classes - 1)
    return truth, np.where(right, truth, guess)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_confusion_and_report_are_those_of_scikit_learn(n_classes: int) -> None:
    truth, predicted = draw_classes(n_classes)
    matrix = confusion_matrix(truth, predicted, n_classes)
    assert matrix.tolist() == sklearn.metrics.confusion_matrix(truth, predicted).tolist()
    names = [f"class {number}" for number in range(n_classes)]
    expected = sklearn.metrics.classification_report(
        truth, predicted, target_names=names, output_dict=True, zero_division=0
    )
    accuracy = expected.pop("accuracy")
    report = classification_report(pd.DataFrame(matrix, columns=names)).set_index("class")
    assert list(report.index) == list(expected)
    for name, scores in expected.items():
        theirs = [scores[key] for key in ("precision", "recall", "f1-score", "support")]
        assert report.loc[name].tolist() == pytest.approx(theirs, rel=1e-12)
    outputs = np.eye(n_classes, dtype=np.float32)[predicted]
    data = make_dataset(MULTICLASS, truth.tolist(), 0, tuple(names))
    scores = score(data, Scored("test", np.arange(300), outputs))
    assert scores["test_accuracy"] == accuracy
    assert scores["test_macro_f1"] == report.loc["macro avg", "f1"]


def test_scores_of_a_regression_are_those_of_scikit_learn() -> None:
    y, outputs = np.random.default_rng(0).normal(size=(2, 300)).astype(np.float32)
    data = make_dataset(REGRESSION, y.tolist(), 0)
    scores = score(data, Scored("test", np.arange(300), outputs[:, None]))
    assert scores == pytest.approx(
        {
            "test_loss": sklearn.metrics.mean_squared_error(y, outputs),
            "test_mae": sklearn.metrics.mean_absolute_error(y, outputs),
            "test_rmse": sklearn.metrics.root_mean_squared_error(y, outputs),
            "test_r2": sklearn.metrics.r2_score(y, outputs),
        },
        rel=1e-6,
    )


def test_undefined_scores_are_left_out_with_a_word() -> None:
    of_one_class = make_scored("validation", [0, 2], [[0.25], [0.5]])
    assert list(score(NEG_POS, of_one_class)) == [
        *("val_loss", "val_accuracy", "val_macro_f1", "val_balanced_accuracy"),
    ]
    assert list(name_undefined(NEG_POS, [of_one_class])) == [
        "validation rows: all are of one class, so that there is no val_roc_auc and "
        "val_average_precision"
    ]
    alone = make_scored("test", [1], [[19]])
    assert list(score(PRICES, alone)) == ["test_loss", "test_mae", "test_rmse"]
    (line,) = name_undefined(PRICES, [alone])
    assert line == "test rows: all have the same target, so that there is no test_r2"


@pytest.mark.parametrize("n_classes", [2, 5])
def test_losses_are_those_of_scikit_learn(n_classes: int) -> None:
    logits = np.random.default_rng(0).normal(size=(300, n_classes))
    outputs = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    truth, _ = draw_classes(n_classes)
    task = BINARY if n_classes == 2 else MULTICLASS
    data = make_dataset(task, truth.tolist(), 0, tuple("abcde"[:n_classes]))
    ours = outputs[:, 1:] if n_classes == 2 else outputs
    loss = score(data, Scored("test", np.arange(300), ours))["test_loss"]
    assert loss == pytest.approx(sklearn.metrics.log_loss(truth, outputs), rel=1e-5)


# --- of several fits -------------------------------------------------------------------------


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
            # neg is half right and all of pos is called neg: F1 2/3 and 0.
            {
                "val_loss": (math.log(4) + math.log(2)) / 2,
                "val_accuracy": 0.5,
                "val_macro_f1": 1 / 3,
                "val_balanced_accuracy": 0.5,
                "val_roc_auc": 0.0,
                "val_average_precision": 0.5,
            },
        ),
        (
            ABC,
            make_scored("test", [1, 2], [[0.125, 0.125, 0.75], [0.5, 0.25, 0.25]]),
            {
                "test_loss": (math.log(4 / 3) + math.log(4)) / 2,
                "test_accuracy": 0.5,
                "test_macro_f1": 1 / 3,
                "test_balanced_accuracy": 0.5,
            },
        ),
        (
            PRICES,
            make_scored("test", [1, 2], [[21], [27]]),
            {"test_loss": 5, "test_mae": 2, "test_rmse": math.sqrt(5), "test_r2": 1 - 10 / 50},
        ),
    ],
    ids=["binary", "multiclass", "regression"],
)
def test_score(data: Dataset, scored: Scored, expected: dict[str, float]) -> None:
    scores = score(data, scored)
    assert scores == pytest.approx(expected, rel=1e-5)
    assert list(scores) == list(expected)


def test_a_class_that_is_not_there_does_not_lower_macro_f1() -> None:
    scored = make_scored("test", [0, 1], [[1, 0, 0], [0, 0, 1]])  # no row is b
    assert score(ABC, scored)["test_macro_f1"] == 1
    report = classification_report(confusion_table(ABC, scored)).set_index("class")
    assert report.loc["b"].tolist() == [0, 0, 0, 0]
    assert report.loc["macro avg"].tolist() == [1, 1, 1, 2]


def test_a_score_that_one_fit_lacks_has_no_mean() -> None:
    assert list(mean_and_sd([{"val_loss": 1.0}, {"val_loss": 2.0, "val_macro_f1": 0.5}])) == [
        "val_loss",
        "val_loss_sd",
    ]


# 20 rows of each class; how many of them are predicted right.
@pytest.mark.parametrize(
    ("right", "named"),
    [
        ((20, 18, 0), ["'c' 0.00 (20 rows)"]),
        ((20, 18, 9), ["'c' 0.45 (20 rows)"]),
        ((20, 18, 10), []),
        ((0, 20, 0), ["'a' 0.00 (20 rows), 'c' 0.00 (20 rows)"]),
    ],
)
def test_classes_that_are_hardly_found_are_named(right: tuple[int, ...], named: list[str]) -> None:
    truth = np.repeat([0, 1, 2], 20)
    predicted = np.concatenate(
        [np.where(np.arange(20) < n, number, 1) for number, n in enumerate(right)]
    )
    predicted[20 : 40 - right[1]] = 0
    data = make_dataset(MULTICLASS, truth.tolist(), 0, ("a", "b", "c"))
    outputs = np.eye(3, dtype=np.float32)[predicted]
    lines = list(warn_of_unfound_classes(data, [Scored("validation", np.arange(60), outputs)]))
    assert len(lines) == len(named)
    for line, names in zip(lines, named, strict=True):
        assert line.startswith("validation rows: ") and f"recall of {names};" in line


def test_few_rows_of_a_class_say_little_unless_none_is_found() -> None:
    data = make_dataset(BINARY, [0] * 9 + [1] * 9, 0, ("neg", "pos"))
    outputs = np.array([[1.0]] * 8 + [[0.0]] + [[1.0]] * 9, np.float32)
    assert not list(warn_of_unfound_classes(data, [Scored("test", np.arange(18), outputs)]))
    outputs[:9] = 1
    assert list(warn_of_unfound_classes(data, [Scored("test", np.arange(18), outputs)]))


def test_rows_that_validate_and_test_are_warned_of_once() -> None:
    rows = np.arange(5)
    outputs = np.ones((5, 1), np.float32)
    scored = [Scored(split, rows, outputs) for split in ("validation", "test")]
    (line,) = warn_of_unfound_classes(NEG_POS, scored)
    assert line.startswith(
        "validation rows: 1 class is hardly found: recall of 'neg' 0.00 (2 rows)"
    )
    assert not list(warn_of_unfound_classes(PRICES, [Scored("test", rows[:3], outputs[:3])]))


@pytest.mark.parametrize(("outputs", "is_told"), [(8e10, True), (40.0, False), (2.5, False)])
def test_numbers_that_are_far_off_are_warned_of(outputs: float, is_told: bool) -> None:
    data = Dataset("a", REGRESSION, np.zeros((4, 1)), np.array([1.0, 3, 2, 9]), n_train=2)
    scored = [Scored("test", np.array([2, 3]), np.full((2, 1), outputs, np.float32))]
    lines = list(warn_of_divergence(data, np.arange(2), scored))
    assert len(lines) == is_told
    assert not is_told or lines[0].startswith("the test rows' mae is 8e+10, but always predicting")
