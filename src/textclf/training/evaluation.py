"""Scores, tables and predictions of a kept model's outputs, and the files that hold them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from textclf.data.dataset import Dataset
from textclf.disk.atomic import write_json, write_text
from textclf.runs import FitFolder
from textclf.training.multilabel import given_labels, label_report, probability_of_answer
from textclf.training.scores import (
    SCORES,
    Scores,
    compute_scores,
    names_of_scores,
    predicted_classes,
    why_undefined,
)
from textclf.wording import listed, several, some_of

FEW_ROWS = 10  # with fewer rows of a class, its recall says little
FAR_BELOW = 0.5  # of the other classes' recall
WEIGHTS_HELP = ", or training.class_weight: balanced"
MOST_NAMED = 5  # classes that a warning names
FAR_OFF = 10  # times the error of always predicting the mean; an untrained model has about 3 times


@dataclass(frozen=True)
class Scored:
    """One model's outputs on some rows of a dataset.

    Args:
        split: 'validation' or 'test'.
        rows: row numbers in the dataset, int64 (examples,).
        outputs: float32 (examples, 1), or (examples, classes) of a task with an output for
            each class.
    """

    split: str
    rows: np.ndarray
    outputs: np.ndarray


PREFIXES = {"validation": "val", "test": "test"}


def score(data: Dataset, scored: Scored) -> Scores:
    """The mean loss and every score of the task that is defined for the rows: `val_loss`,
    `val_accuracy`, `val_macro_f1`, or `test_loss`, `test_mae`, ..."""
    import keras

    task, y = data.task, data.y[scored.rows]
    loss = keras.losses.get(task.loss)(y.reshape(len(y), -1), scored.outputs)
    prefix, others = PREFIXES[scored.split], compute_scores(task, y, scored.outputs)
    return {
        f"{prefix}_loss": float(np.mean(loss, dtype=np.float64)),
        **{f"{prefix}_{name}": value for name, value in others.items()},
    }


def name_undefined(data: Dataset, scored: Sequence[Scored]) -> Iterator[str]:
    """A line for each split with scores that its rows do not have, such as those of one class."""
    for part in scored:
        y, reasons = data.y[part.rows], dict[str, list[str]]()
        for name in names_of_scores(data.task, part.outputs.shape[1]):
            if reason := why_undefined(name, y):
                reasons.setdefault(reason, []).append(f"{PREFIXES[part.split]}_{name}")
        for reason, names in reasons.items():
            yield f"{part.split} rows: {reason}, so that there is no {listed(names)}"


def warn_of_divergence(data: Dataset, train: np.ndarray, scored: Sequence[Scored]) -> Iterator[str]:
    """A line for each split whose predicted numbers are further off than any useful model's.

    Args:
        train: the rows that trained, int64 (examples,).
    """
    if data.task.is_classification:
        return
    for part in scored:
        y = data.y[part.rows]
        mae = SCORES["mae"](y, part.outputs)
        baseline = float(np.mean(np.abs(y - data.y[train].mean(dtype=np.float64))))
        if mae > FAR_OFF * baseline > 0:
            yield (
                f"the {part.split} rows' mae is {mae:.3g}, but always predicting the mean of the "
                f"training rows gives {baseline:.3g}: the training diverged, or some of these rows "
                "have features unlike any training row's; try a lower learning_rate, and see "
                "textclf data show"
            )


def warn_of_unfound_classes(
    data: Dataset, scored: Sequence[Scored], is_weighted: bool = False
) -> Iterator[str]:
    """A line for each split with classes of recall 0, or far below that of the others.

    Args:
        is_weighted: whether the classes had weights already.
    """
    if not data.task.is_classification:
        return
    is_multilabel = data.task.is_multilabel
    for part in scored:
        if part.split == "test" and any(np.array_equal(part.rows, p.rows) for p in scored[:-1]):
            continue  # the test rows validated
        report = report_of_classes(data, part)
        if unfound := list(_unfound(report[report["support"] > 0])):
            be = "is" if len(unfound) == 1 else "are"
            yield (
                f"{part.split} rows: {several(len(unfound), 'class')} {be} hardly found: recall of "
                f"{some_of(unfound, MOST_NAMED)}; accuracy hides this, macro_f1 shows it; more "
                f"such training rows help{'' if is_weighted or is_multilabel else WEIGHTS_HELP}"
            )


def _unfound(report: pd.DataFrame) -> Iterator[str]:
    """ "'spam' 0.02 (48 rows)" for each such class, the worst first."""
    n_classes, total = len(report), report["recall"].sum()
    for row in report.sort_values("recall", kind="stable").to_dict("records"):
        others = (total - row["recall"]) / max(n_classes - 1, 1)
        is_far_below = row["support"] >= FEW_ROWS and row["recall"] < FAR_BELOW * others
        if row["recall"] == 0 or is_far_below:
            yield f"{row['class']!r} {row['recall']:.2f} ({several(int(row['support']), 'row')})"


def predictions_table(data: Dataset, scored: list[Scored]) -> pd.DataFrame:
    """split, row (from 0, in its file), truth, prediction and, for classes,
    probability: the one that the model gives to its prediction; of several labels,
    which are joined, also probability_... of each."""
    return pd.concat([_predictions(data, part) for part in scored], ignore_index=True)


def _predictions(data: Dataset, scored: Scored) -> pd.DataFrame:
    y = data.y[scored.rows]
    table = pd.DataFrame({"split": scored.split, "row": data.in_file(scored.rows)})
    if not data.task.is_classification:
        return table.assign(truth=y, prediction=scored.outputs[:, 0])
    if data.task.is_multilabel:
        return pd.concat([table, _labels(data, y, scored.outputs)], axis=1)
    names = np.array(data.class_names, object)
    predicted = predicted_classes(scored.outputs)
    probability = _probability(scored.outputs, predicted)
    return table.assign(truth=names[y], prediction=names[predicted], probability=probability)


def _labels(data: Dataset, y: np.ndarray, outputs: np.ndarray) -> pd.DataFrame:
    answers = {
        "truth": data.join_labels(y),
        "prediction": data.join_labels(given_labels(outputs)),
        "probability": probability_of_answer(outputs),
    }
    each = [f"probability_{name}" for name in data.class_names]
    return pd.concat([pd.DataFrame(answers), pd.DataFrame(outputs, columns=each)], axis=1)


def _probability(outputs: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    if outputs.shape[1] == 1:
        return np.where(predicted == 1, outputs[:, 0], 1 - outputs[:, 0])
    return np.asarray(outputs[np.arange(len(outputs)), predicted])


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """int64 (classes, classes): row is the truth, column the prediction."""
    cells = truth.astype(np.int64) * n_classes + predicted
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_table(data: Dataset, scored: Scored) -> pd.DataFrame:
    """The confusion matrix with class names: a row for each truth, a column for each prediction."""
    predicted = predicted_classes(scored.outputs)
    matrix = confusion_matrix(data.y[scored.rows], predicted, len(data.class_names))
    names = list(data.class_names)
    return pd.DataFrame(matrix, columns=names, index=pd.Index(names, name="truth"))


def report_of_classes(data: Dataset, scored: Scored) -> pd.DataFrame:
    """precision, recall, f1 and support of each class or label, without their means."""
    if data.task.is_multilabel:
        names = list(data.class_names)
        return label_report(names, data.y[scored.rows], scored.outputs)[: len(names)]
    return classification_report(confusion_table(data, scored))[:-2]


def classification_report(confusion: pd.DataFrame) -> pd.DataFrame:
    """precision, recall, f1 and support of each class, and their plain and weighted means.

    A ratio whose divisor is 0 counts as 0, and a class that is neither there nor predicted does
    not count in the plain mean, as in scikit-learn.
    """
    matrix = confusion.to_numpy()
    right, support, claimed = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = _ratio(right, claimed), _ratio(right, support)
    scores = np.stack([precision, recall, _ratio(2 * right, support + claimed)])
    there = scores[:, (support > 0) | (claimed > 0)]
    macro = there.sum(axis=1) / max(there.shape[1], 1)
    means = np.stack([macro, scores @ support / max(support.sum(), 1)], axis=1)
    table = pd.DataFrame(np.hstack([scores, means]).T, columns=["precision", "recall", "f1"])
    table.insert(0, "class", [*confusion.columns, "macro avg", "weighted avg"])
    return table.assign(support=[*support, support.sum(), support.sum()])


def _ratio(dividend: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    ratio = np.zeros(len(divisor))
    np.divide(dividend, divisor, out=ratio, where=divisor != 0)
    return ratio


def mean_and_sd(fits: list[Scores]) -> Scores:
    """Each score's mean over fits under its own name, and its standard deviation (n - 1)
    under `<name>_sd`; `best_epoch` is each fit's own. Empty for no fits.

    A score that an older fit lacks is left out.
    """
    table = pd.DataFrame(fits).drop(columns="best_epoch", errors="ignore").dropna(axis=1)
    means, deviations = table.mean(), table.std(ddof=1)
    return {
        key: value
        for name in table
        for key, value in ((name, float(means[name])), (f"{name}_sd", float(deviations[name])))
    }


def write_results(folder: FitFolder, data: Dataset, scored: list[Scored], scores: Scores) -> None:
    """Write a fit's files; the tables of classes are of the last of `scored`, the test rows."""
    if scored:
        _write_tables(folder, data, scored)
    write_json(folder.metrics_path, dict(scores))


def _write_tables(folder: FitFolder, data: Dataset, scored: list[Scored]) -> None:
    write_text(folder.predictions_path, predictions_table(data, scored).to_csv(index=False))
    if data.task.is_multilabel:  # a matrix of classes needs one in each row
        part = scored[-1]
        report = label_report(list(data.class_names), data.y[part.rows], part.outputs)
        write_text(folder.report_path, report.to_csv(index=False))
    elif data.task.is_classification:
        confusion = confusion_table(data, scored[-1])
        write_text(folder.confusion_path, confusion.to_csv())
        write_text(folder.report_path, classification_report(confusion).to_csv(index=False))
