"""Every score against scikit-learn's own, and which rows and configs have which."""

from typing import get_args

import numpy as np
import pytest
from sklearn import metrics as theirs

from textclf.config.scores import MORE_SCORES, possible_scores, scores_by_epoch
from textclf.config.settings import Config
from textclf.config.settings.training import Monitor, Score
from textclf.data.dataset import Dataset
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION, is_better_higher
from textclf.errors import ConfigError, UsageError
from textclf.training.scores import (
    compute_scores,
    names_of_scores,
    predicted_classes,
    refuse_missing,
    refuse_undefined,
)
from tiny_data import texts

RNG = np.random.default_rng(0)
TWO = RNG.integers(0, 2, 300)
FIVE = RNG.integers(0, 4, 300)  # the fifth class has no row
P_TWO = np.round(RNG.random((300, 1)), 2).astype(np.float32)  # with ties
P_FIVE = RNG.dirichlet(np.ones(5), 300).astype(np.float32)
NUMBERS, P_NUMBERS = RNG.normal(50, 3, 300).astype(np.float32), RNG.normal(50, 3, (300, 1))


@pytest.mark.parametrize(
    ("outputs", "classes"),
    [
        ([[0.5], [0.50001], [0.0], [1.0]], [0, 1, 0, 1]),
        ([[0.2, 0.5, 0.3], [0.4, 0.3, 0.4]], [1, 0]),
    ],
)
def test_predicted_classes(outputs: list, classes: list[int]) -> None:
    assert predicted_classes(np.array(outputs, np.float32)).tolist() == classes


# --- scores that a run will not have -----------------------------------------------------------


def expecting(*asked: str, y: list[int], is_series: bool = False, **training: object) -> str:
    """What is said of the keys, where the last 3 of 12 rows are test rows."""
    classes = max(y) + 1
    data = texts(["a b", "b c", "a d", "d c"] * 3, y, 9, classes)
    options = {"validation": {"split": "tail", "share": 0.3}, **training}
    config = Config(
        dataset={"name": "csv", "path": "d.csv", "text": "text", "label": "label"},
        preprocessing={"num_words": 9, "encoding": "multi_hot"},
        model={"type": "dense"},
        training=options,
    )
    try:
        refuse_missing(asked, config, data, is_series)
    except UsageError as error:
        return str(error)
    return ""


HAS = "the run would have no "
TWO_CLASSES, THREE_CLASSES = [0, 1] * 6, [0, 1, 2] * 4


def test_scores_of_three_classes_are_known_before_training() -> None:
    assert expecting("val_accuracy", "test_macro_f1", "best_epoch", y=THREE_CLASSES) == ""
    assert expecting("val_roc_auc", "test_loss", "test_top_3_accuracy", y=THREE_CLASSES) == (
        f"{HAS}val_roc_auc: multiclass data of 3 classes have loss, accuracy, macro_f1, "
        f"balanced_accuracy\n{HAS}test_top_3_accuracy: multiclass data of 3 classes have loss, "
        "accuracy, macro_f1, balanced_accuracy"
    )


def test_rows_of_one_class_have_no_ranking() -> None:
    assert expecting("val_roc_auc", "test_roc_auc", y=TWO_CLASSES) == ""
    assert expecting("val_roc_auc", "test_roc_auc", y=[1] * 9 + [0, 1, 0]) == (
        f"{HAS}val_roc_auc: of the 3 validation rows, all are of one class"
    )
    assert expecting("val_roc_auc", "test_roc_auc", y=[0, 1] * 4 + [1] * 4) == (
        f"{HAS}test_roc_auc: of the 3 test rows, all are of one class"
    )


def test_rows_that_are_not_there_have_no_score() -> None:
    none = {"validation": None, "checkpoint": {"keep": "last"}}
    assert expecting("val_loss", "test_loss", y=TWO_CLASSES, **none) == (
        f"{HAS}val_loss: there is not a validation row"
    )


def test_deviations_need_seeds_or_folds() -> None:
    deviations = ("val_accuracy_sd", "test_accuracy_sd")
    why = "only several seeds or the validation rows of k folds have deviations"
    assert expecting(*deviations, y=TWO_CLASSES, is_series=True) == ""
    folds = {"validation": {"split": "k_fold", "folds": 3}}
    assert expecting(*deviations, y=TWO_CLASSES, **folds) == f"{HAS}test_accuracy_sd: {why}"
    assert expecting(deviations[0], y=TWO_CLASSES) == f"{HAS}val_accuracy_sd: {why}"


# --- computed ----------------------------------------------------------------------------------


def test_scores_of_two_classes_are_those_of_scikit_learn() -> None:
    assert compute_scores(BINARY, TWO, P_TWO) == pytest.approx({
        "accuracy": theirs.accuracy_score(TWO, P_TWO > 0.5),
        "macro_f1": theirs.f1_score(TWO, P_TWO > 0.5, average="macro"),
        "balanced_accuracy": theirs.balanced_accuracy_score(TWO, P_TWO > 0.5),
        "roc_auc": theirs.roc_auc_score(TWO, P_TWO),
        "average_precision": theirs.average_precision_score(TWO, P_TWO),
    })  # fmt: skip


@pytest.mark.filterwarnings("ignore:y_pred contains classes")  # scikit-learn's own does warn
def test_scores_of_many_classes_are_those_of_scikit_learn() -> None:
    predicted = P_FIVE.argmax(axis=1)
    assert compute_scores(MULTICLASS, FIVE, P_FIVE) == pytest.approx({
        "accuracy": theirs.accuracy_score(FIVE, predicted),
        "macro_f1": theirs.f1_score(FIVE, predicted, average="macro"),
        "balanced_accuracy": theirs.balanced_accuracy_score(FIVE, predicted),
        "top_3_accuracy": theirs.top_k_accuracy_score(FIVE, P_FIVE, k=3, labels=range(5)),
    })  # fmt: skip


def test_scores_of_numbers_are_those_of_scikit_learn() -> None:
    assert compute_scores(REGRESSION, NUMBERS, P_NUMBERS) == pytest.approx({
        "mae": theirs.mean_absolute_error(NUMBERS, P_NUMBERS),
        "rmse": theirs.root_mean_squared_error(NUMBERS, P_NUMBERS),
        "r2": theirs.r2_score(NUMBERS, P_NUMBERS),
    })  # fmt: skip


def test_the_first_three_of_three_classes_are_all() -> None:
    assert "top_3_accuracy" in names_of_scores(MULTICLASS, 4)
    assert "top_3_accuracy" not in names_of_scores(MULTICLASS, 3)


def test_every_score_can_be_monitored_and_asked_for() -> None:
    assert set(get_args(Score)) == set(MORE_SCORES)
    assert {f"val_{score}" for score in MORE_SCORES} < set(get_args(Monitor))
    lower = {monitor for monitor in get_args(Monitor) if not is_better_higher(monitor)}
    assert lower == {"loss", "val_loss", "mae", "val_mae", "val_rmse"}


def make_config(**training: object) -> Config:
    return Config(dataset={"name": "imdb"}, model={"type": "dense"}, training=training)


def test_a_config_asks_for_what_it_monitors_and_names() -> None:
    config = make_config(
        checkpoint={"monitor": "val_macro_f1"},
        early_stopping={"monitor": "val_accuracy"},
        reduce_on_plateau={"monitor": "val_balanced_accuracy"},
        metrics=["roc_auc", "macro_f1"],
    )
    assert scores_by_epoch(config) == ["macro_f1", "balanced_accuracy", "roc_auc"]
    assert scores_by_epoch(make_config(checkpoint={"keep": "last", "monitor": "val_r2"})) == []
    assert "top_3_accuracy" not in possible_scores(config.dataset)


ONE_CLASS = Dataset("csv", BINARY, np.zeros((4, 1)), np.array([0, 1, 1, 1]), 4, ("a", "b"))
THREE = Dataset("csv", MULTICLASS, np.zeros((4, 1)), np.array([0, 1, 2, 2]), 4, ("a", "b", "c"))


@pytest.mark.parametrize(
    ("data", "training", "message"),
    [
        (
            ONE_CLASS,
            {"early_stopping": {"monitor": "val_roc_auc"}},
            "training.early_stopping.monitor: of the 3 validation rows, all are of one class, so "
            "that there is no roc_auc; let other rows validate, such as with stratify: true",
        ),
        (
            THREE,
            {"metrics": ["average_precision"]},
            "training.metrics: of 3 classes there is no average_precision; use "
            "one of accuracy, macro_f1, balanced_accuracy",
        ),
    ],
)
def test_what_the_validation_rows_do_not_have_is_refused(
    data: Dataset, training: dict, message: str
) -> None:
    config = make_config(**training)
    refuse_undefined(config, data, np.array([], int))  # nothing validates
    with pytest.raises(ConfigError) as error:
        refuse_undefined(config, data, np.array([1, 2, 3]))
    assert error.value.messages == (message,)
