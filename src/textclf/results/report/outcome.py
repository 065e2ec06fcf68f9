"""How a model did on the rows that it was not trained on, class by class."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from textclf.errors import RunError
from textclf.results.report.charts import Chart, chart_of_pairs
from textclf.results.report.labels import read_labels, report_labels, share_right
from textclf.results.report.mistakes import Mistake, find_mistakes
from textclf.results.report.probabilities import curves_of
from textclf.runs import FitFolder
from textclf.training.evaluation import classification_report
from textclf.wording import short_line

if TYPE_CHECKING:
    from pandas import DataFrame

FEW_CLASSES = 10  # with at most these, the confusion matrix is a table of numbers
FITTING_CLASSES = 20  # whose picture is at most as wide as the page
MOST_CLASSES = 120  # that are listed, and whose confusion matrix is drawn
HEAT_LEVELS = 7  # of a cell's colour
CONFUSIONS = 12  # pairs of classes that are named


@dataclass(frozen=True, slots=True)
class Cell:
    """How often a true class was predicted as another, and the share of its examples."""

    truth: str
    prediction: str
    row: int
    column: int
    count: int
    share: float

    @property
    def level(self) -> int:
        """Of the colour, 0 to HEAT_LEVELS, by the square root: wrong shares are small."""
        return int(np.ceil(np.sqrt(self.share) * HEAT_LEVELS))


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix, int64 (classes, classes), the most frequent classes first."""

    names: list[str]
    counts: np.ndarray

    @property
    def is_small(self) -> bool:
        return len(self.names) <= FEW_CLASSES

    @property
    def is_drawn(self) -> bool:
        return FEW_CLASSES < len(self.names) <= MOST_CLASSES

    @property
    def fits(self) -> bool:
        """Whether its picture can be read in the width of a phone."""
        return len(self.names) <= FITTING_CLASSES

    @property
    def rows(self) -> list[list[Cell]]:
        """Every cell."""
        classes = range(len(self.names))
        return [[self._cell(row, column) for column in classes] for row in classes]

    @property
    def cells(self) -> list[Cell]:
        """Every cell that is not empty."""
        return [self._cell(row, column) for row, column in np.argwhere(self.counts).tolist()]

    @property
    def commonest(self) -> list[Cell]:
        """The most frequent mistakes."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
        places = np.stack(np.unravel_index(order, wrong.shape), axis=1).tolist()
        return [self._cell(row, column) for row, column in places if wrong[row, column]]

    def _cell(self, row: int, column: int) -> Cell:
        count = int(self.counts[row, column])
        share = count / max(int(self.counts[row].sum()), 1)
        return Cell(self.names[row], self.names[column], row, column, count, share)


class Baseline(NamedTuple):
    """The score of a constant answer."""

    score: float
    words: str


@dataclass(frozen=True)
class Outcome:
    """What predictions.csv and confusion_matrix.csv contain.

    Args:
        split: whose rows are described: 'test', or 'validation' if there are no test rows.
        rows: how many rows each split has.
        wrong: how many of the split's predictions are wrong; for numbers, all.
        classes, means: rows of the classification report; with many classes, the most frequent.
        more_classes: how many are left out.
        positive: of two classes the second, whose probability `curves` are about.
        pairs: for numbers, predicted against true.
        half, nine_tenths: for numbers, the largest error of that share of the rows.
        bias: for numbers, the mean of predicted minus true.
    """

    split: str
    rows: dict[str, int]
    wrong: int
    baseline: Baseline
    mistakes: list[Mistake]
    classes: list[dict[str, Any]] = field(default_factory=list)
    means: list[dict[str, Any]] = field(default_factory=list)
    more_classes: int = 0
    confusion: Confusion | None = None
    positive: str = ""
    curves: list[Chart] = field(default_factory=list)
    pairs: Chart | None = None
    half: float = 0.0
    nine_tenths: float = 0.0
    bias: float = 0.0


def read_outcome(
    folder: FitFolder,
    is_classification: bool,
    constant_answer: object = None,
    separator: str | None = None,
) -> Outcome:
    """A fit's outcome.

    Args:
        separator: what joins several labels of a row; None where each has one class.
        constant_answer: the training rows' most common class or median; of a run that did not
            record it, that of the described rows is used.

    Raises:
        RunError: a file is damaged.
    """
    table = _read_predictions(folder, is_classification)
    rows = {str(name): int(count) for name, count in table["split"].value_counts().items()}
    split = "test" if "test" in rows else "validation"
    table = table[table["split"] == split]
    if table.empty:
        raise RunError(f"{folder.predictions_path}: damaged: no test or validation rows")
    mistakes = find_mistakes(table, is_classification)
    if not is_classification:
        truth, predicted = table["truth"].to_numpy(float), table["prediction"].to_numpy(float)
        residuals = _of_residuals(truth, predicted)
        baseline = _usual_number(truth, constant_answer)
        return Outcome(split, rows, len(table), baseline, mistakes, **residuals)
    wrong = int((table["truth"] != table["prediction"]).sum())
    if separator is not None:
        found = _of_labels(folder, table, constant_answer, separator)
        return Outcome(split, rows, wrong, mistakes=mistakes, **found)
    baseline = _usual_class(table["truth"], constant_answer)
    classes = _of_classes(folder, split)
    return Outcome(split, rows, wrong, baseline, mistakes, **classes, **_of_two(folder, table))


def _read_predictions(folder: FitFolder, is_classification: bool) -> DataFrame:
    """Classes as text, even those that are called 1 and 2; everything else as numbers."""
    answers = ("truth", "prediction")
    numbers = ("row", "probability") if is_classification else ("row", *answers)
    table = folder.predictions
    for column in numbers:
        if column not in table:
            raise RunError(f"{folder.predictions_path}: damaged: it has no column {column}")
        if table[column].dtype.kind not in "iuf" or table[column].isna().any():
            raise RunError(f"{folder.predictions_path}: damaged: a {column} that is not a number")
    if table["row"].dtype.kind == "f" or (table["row"] < 0).any():
        raise RunError(f"{folder.predictions_path}: damaged: a row is not a whole number from 0")
    if is_classification and not table["probability"].between(0, 1).all():
        raise RunError(f"{folder.predictions_path}: damaged: a probability that is not from 0 to 1")
    return table


def _usual_class(truth: Any, answer: object) -> Baseline:
    name = answer if isinstance(answer, str) else truth.value_counts().index[0]
    return Baseline(float((truth == name).mean()), f"always “{short_line(name, 18)}”")


def _usual_number(truth: np.ndarray, answer: object) -> Baseline:
    middle = float(np.median(truth))
    if isinstance(answer, int | float) and math.isfinite(answer):
        middle = float(answer)
    return Baseline(float(np.abs(truth - middle).mean()), f"always {middle:,.4g}, the median")


def _of_residuals(truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    residuals = predicted - truth
    half, nine_tenths = np.quantile(np.abs(residuals), [0.5, 0.9]).tolist()
    bias = float(residuals.mean())
    pairs = chart_of_pairs(truth, predicted)
    return {"pairs": pairs, "half": half, "nine_tenths": nine_tenths, "bias": bias}


def _of_labels(
    folder: FitFolder, table: DataFrame, answer: object, separator: str
) -> dict[str, Any]:
    try:
        labels = read_labels(table, separator)
    except ValueError as error:
        raise RunError(f"{folder.predictions_path}: damaged: {error}") from error
    constant = answer if isinstance(answer, str) else ""
    shown = f"“{short_line(constant, 18)}”" if constant else "no label"
    classes, means = report_labels(labels)
    by_support = sorted(classes, key=lambda row: -row["support"])
    return {
        "baseline": Baseline(share_right(labels, constant, separator), f"always {shown}"),
        "classes": by_support[:MOST_CLASSES],
        "means": means,
        "more_classes": max(0, len(by_support) - MOST_CLASSES),
    }


def _of_classes(folder: FitFolder, split: str) -> dict[str, Any]:
    """The parts of an Outcome that come from confusion_matrix.csv, which is of test rows."""
    if split != "test" or not folder.confusion_path.exists():
        return {}
    table = folder.confusion
    if table.shape[0] != table.shape[1]:
        raise RunError(f"{folder.confusion_path}: damaged: not a square of counts")
    rows = classification_report(table).to_dict("records")
    by_support = sorted(rows[:-2], key=lambda row: -row["support"])
    return {
        "classes": by_support[:MOST_CLASSES],
        "means": rows[-2:],
        "more_classes": max(0, len(by_support) - MOST_CLASSES),
        "confusion": _confusion(table),
    }


def _of_two(folder: FitFolder, table: DataFrame) -> dict[str, Any]:
    """The curves of two classes, in the order in which confusion_matrix.csv names them."""
    names = list(folder.confusion.columns) if folder.confusion_path.exists() else []
    if len(names) != 2:
        return {}
    is_positive = table["prediction"] == names[1]
    probability = table["probability"].where(is_positive, 1 - table["probability"])
    truth = (table["truth"] == names[1]).to_numpy()
    return {"positive": names[1], "curves": curves_of(truth, probability.to_numpy(float))}


def _confusion(table: DataFrame) -> Confusion:
    counts, names = table.to_numpy(), list(map(str, table.columns))
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    return Confusion([names[place] for place in order], counts[order][:, order])
