"""The probability from which one of two classes is predicted, chosen on validation rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.config.phrases import did_you_mean
from textclf.errors import RunError
from textclf.runs import FitFolder, RunFolder
from textclf.runs.preprocessing import read_preprocessing

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = 0.5
MAXIMIZED = ("f1", "macro_f1", "accuracy", "balanced_accuracy")
BOUNDED = {"recall": "precision", "precision": "recall"}  # and what is maximized within the bound
SPLITS = {"val": "validation", "test": "test"}
SHOWN = ("precision", "recall", "f1", "macro_f1", "accuracy", "balanced_accuracy")


@dataclass(frozen=True)
class Threshold:
    """One of two classes is predicted where its probability is above a value, else the other.

    Args:
        positive: the class; None: the second one.
    """

    value: float
    positive: str | None = None

    def place(self, class_names: Sequence[str], run: RunFolder) -> int:
        """The number of the positive class, 0 or 1.

        Raises:
            RunError: the run has another number of classes, or none of this name.
        """
        if run.config.dataset.separator is not None:
            raise RunError(
                f"{run.path}: a threshold divides two classes, but this run gives a row any number "
                "of labels, each where its probability is above 0.5"
            )
        if len(class_names) != 2:
            raise RunError(
                f"{run.path}: a threshold divides two classes, but this run has {len(class_names)}"
            )
        if self.positive is None:
            return 1
        if self.positive not in class_names:
            hint = did_you_mean(self.positive, class_names) or f"; it has {class_names}"
            raise RunError(f"{run.path}: has no class {self.positive!r}{hint}")
        return list(class_names).index(self.positive)


@dataclass(frozen=True)
class Criterion:
    """What a threshold is chosen for: the highest `name`, or the best with `name` at `least`."""

    name: str
    least: float | None = None

    def __str__(self) -> str:
        if self.least is None:
            return f"the highest {self.name}"
        return f"the highest {BOUNDED[self.name]} with {self.name} >= {self.least:g}"


def parse_criterion(text: str) -> Criterion | None:
    """'f1', 'recall>=0.9', ...; None if the text is not one."""
    if text in MAXIMIZED:
        return Criterion(text)
    match = re.fullmatch(r"(recall|precision)\s*>=\s*(0?\.\d+|0|1(?:\.0*)?)", text)
    return Criterion(match[1], float(match[2])) if match else None


@dataclass(frozen=True)
class Chosen:
    """A threshold and what it does.

    Args:
        scores: `val_f1`, `test_recall`, ... at the threshold; precision, recall and f1 are those of
            the positive class.
        scores_at_default: the same at 0.5.
        n_rows: that validate.
        n_positive: of them, those of the positive class.
        is_default_class: whether the positive class is the one that `predict` takes by default.
    """

    positive: str
    value: float
    criterion: str
    scores: dict[str, float]
    scores_at_default: dict[str, float]
    n_rows: int
    n_positive: int
    is_default_class: bool


def choose_threshold(run: RunFolder, criterion: Criterion, positive: str | None = None) -> Chosen:
    """Choose a threshold on the validation rows of a run, from its predictions.csv alone.

    With k folds each row is scored by the model that did not train on it.

    Args:
        positive: the class that is looked for; None: the second one.

    Raises:
        RunError: the run has not two classes, no validation rows, or rows of one class only; no
            threshold meets the criterion; or a file is missing or damaged.
    """
    class_names = read_preprocessing(run.config, run).class_names
    place = Threshold(DEFAULT, positive).place(class_names, run)
    positive = class_names[place]
    rows = _rows_by_split(run, positive)
    if "val" not in rows:
        raise RunError(f"{run.path}: has no validation rows; set training.validation, train again")
    truth, probability = rows["val"]
    if truth.all() or not truth.any():
        raise RunError(f"{run.path}: all validation rows are of one class; let more rows validate")
    value = _best(truth, probability, criterion, run)
    return Chosen(
        positive,
        value,
        str(criterion),
        _scores_by_split(rows, value),
        _scores_by_split(rows, DEFAULT),
        len(truth),
        int(truth.sum()),
        place == 1,
    )


# --- truth and probability of the positive class ---------------------------------------------

Rows = tuple[np.ndarray, np.ndarray]  # bool (rows,), float64 (rows,)


def _rows_by_split(run: RunFolder, positive: str) -> dict[str, Rows]:
    import pandas as pd

    table = pd.concat([_predictions(fit) for fit in (*run.folds.values(), run)])
    parts = {name: table[table["split"] == split] for name, split in SPLITS.items()}
    return {name: _rows(part, positive) for name, part in parts.items() if len(part)}


def _predictions(fit: FitFolder) -> pd.DataFrame:
    """predictions.csv, with a float64 probability from 0 to 1 in each row."""
    import pandas as pd

    table = fit.predictions
    if "probability" not in table:
        raise RunError(f"{fit.predictions_path}: damaged: it has no column probability")
    probability = pd.to_numeric(table["probability"], errors="coerce").astype(float)
    if not probability.between(0, 1).all():
        raise RunError(f"{fit.predictions_path}: damaged: a probability that is not from 0 to 1")
    return table.assign(probability=probability)


def _rows(table: pd.DataFrame, positive: str) -> Rows:
    is_predicted = (table["prediction"] == positive).to_numpy()
    probability = table["probability"].to_numpy()
    truth = (table["truth"] == positive).to_numpy()
    return truth, np.where(is_predicted, probability, 1 - probability)


# --- the choice ------------------------------------------------------------------------------


def _best(
    truth: np.ndarray, probability: np.ndarray, criterion: Criterion, run: RunFolder
) -> float:
    """The best of all thresholds between two probabilities; of equals, the nearest to 0.5."""
    from sklearn.metrics import roc_curve  # late: with SciPy it takes half a second

    false, true, from_here = (
        part[1:] for part in roc_curve(truth, probability, drop_intermediate=False)
    )  # without the first, infinite one
    lower = np.append(from_here[1:], 0.0)
    scores = _scores(true * truth.sum(), false * (~truth).sum(), truth)
    goal = scores[criterion.name if criterion.least is None else BOUNDED[criterion.name]]
    if criterion.least is not None:
        meets = scores[criterion.name] >= criterion.least
        if not meets.any():
            raise RunError(
                f"{run.path}: no threshold has a {criterion.name} of {criterion.least:g} on the "
                f"validation rows; the highest is {scores[criterion.name].max():.3f}"
            )
        goal = np.where(meets, goal, -1)
    goal = np.where(from_here > lower, goal, -1)  # nothing lies below a probability of 0
    best = np.flatnonzero(goal >= goal.max() - 1e-12)
    middle = (lower + from_here)[best] / 2
    nearest = best[np.abs(middle - DEFAULT).argmin()]
    return _short_number(lower[nearest], from_here[nearest])


def _short_number(low: float, high: float) -> float:
    """The number of fewest digits near the middle of two, clear of both: they are rounded."""
    middle, margin = float(low + high) / 2, (high - low) / 4
    numbers = (round(middle, digits) for digits in range(1, 17))
    return next((number for number in numbers if abs(number - middle) <= margin), middle)


def _scores_by_split(rows: dict[str, Rows], value: float) -> dict[str, float]:
    return {
        f"{split}_{name}": float(score)
        for split, (truth, probability) in rows.items()
        for name, score in _scores_at(truth, probability > value).items()
    }


def _scores_at(truth: np.ndarray, is_positive: np.ndarray) -> dict[str, Any]:
    return _scores((truth & is_positive).sum(), (~truth & is_positive).sum(), truth)


def _scores(true: Any, false: Any, truth: np.ndarray) -> dict[str, Any]:
    """Each score of SHOWN.

    Args:
        true: rows rightly called positive; a number or an array of any shape.
        false: rows wrongly called positive.
        truth: which rows are positive, bool (rows,).
    """
    n_positive, n_negative = int(truth.sum()), int((~truth).sum())
    missed, rejected = n_positive - true, n_negative - false
    recall, specificity = true / max(n_positive, 1), rejected / max(n_negative, 1)
    f1 = 2 * true / np.maximum(2 * true + false + missed, 1)
    other_f1 = 2 * rejected / np.maximum(2 * rejected + false + missed, 1)
    return {
        "precision": true / np.maximum(true + false, 1),
        "recall": recall,
        "f1": f1,
        "macro_f1": (f1 + other_f1) / 2,
        "accuracy": (true + rejected) / len(truth),
        "balanced_accuracy": (recall + specificity) / 2,
    }
