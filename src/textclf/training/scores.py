"""The scores of a model's outputs beside its loss, each computed by scikit-learn or as it does."""

from collections.abc import Callable, Iterable

import numpy as np

from textclf.config.scores import SCORES_OF_TASK, bare, monitors, scores_by_epoch
from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.splits import everything, make_splits
from textclf.data.tasks import Task
from textclf.errors import ConfigError, UsageError
from textclf.training.multilabel import given_labels
from textclf.wording import several

Scores = dict[str, float]
TOP = 3
FEWEST_FOR_TOP = TOP + 1  # classes; of fewer, the true one is always among the first three


def names_of_scores(task: Task, n_classes: int) -> tuple[str, ...]:
    """The scores of a task, without those that its number of classes makes meaningless."""
    names = SCORES_OF_TASK[task.name]
    is_trivial = n_classes < FEWEST_FOR_TOP
    return tuple(name for name in names if not (name == "top_3_accuracy" and is_trivial))


def why_undefined(name: str, y: np.ndarray) -> str | None:
    """Why rows with these targets do not have a score; None if they do."""
    is_constant = len(y) == 0 or bool((y == y[0]).all())
    if name in ("roc_auc", "average_precision") and is_constant:
        return "all are of one class"
    if name == "r2" and is_constant:
        return "all have the same target"
    return None


def refuse_undefined(config: Config, data: Dataset, validation: np.ndarray) -> None:
    """Refuse scores that a config asks for after each epoch, where the rows do not have them.

    Args:
        validation: row numbers, int64 (rows,); where there are none, nothing is computed.

    Raises:
        ConfigError: there are such scores.
    """
    if not len(validation):
        return
    n_classes, y = len(data.class_names), data.y[validation]
    has = names_of_scores(data.task, n_classes)
    for name in scores_by_epoch(config):
        setting = next((s for s, m in monitors(config).items() if bare(m) == name), None)
        where = f"training.{setting}.monitor" if setting else "training.metrics"
        if name not in has:
            raise ConfigError(
                f"{where}: of {several(n_classes, 'class')} there is no {name}; "
                f"use one of {', '.join(has)}"
            )
        if reason := why_undefined(name, y):
            raise ConfigError(
                f"{where}: of the {several(len(y), 'validation row')}, {reason}, so that there is "
                f"no {name}; let other rows validate, such as with stratify: true"
            )


def refuse_missing(asked: Iterable[str], config: Config, data: Dataset, is_series: bool) -> None:
    """Refuse keys of metrics.json that a run will not have: an error before hours of training.

    Args:
        asked: such as 'val_roc_auc'.
        is_series: whether several seeds are trained.

    Raises:
        UsageError: there are such keys.
    """
    share = config.training.train_share
    split = make_splits(config.training.validation, data, share)[0]
    folds = getattr(config.training.validation, "folds", 1)
    # The model of a fold does not see the test rows, the final one does.
    test = split.test if folds == 1 else everything(data, share).test
    rows = {"val": split.validation, "test": test}
    found = {}
    for key in asked:
        part, name = key.split("_")[0], bare(key)
        if part not in rows:  # best_epoch
            continue
        has_deviation = is_series or (part == "val" and folds > 1)
        if key.endswith("_sd") and not has_deviation:
            found[key] = "only several seeds or the validation rows of k folds have deviations"
        elif reason := _why_missing(name, part, data, rows[part]):
            found[key] = reason
    if found:
        raise UsageError(*(f"the run would have no {key}: {why}" for key, why in found.items()))


def _why_missing(name: str, part: str, data: Dataset, rows: np.ndarray) -> str | None:
    """Why the rows of a part, 'val' or 'test', will not have a score; None if they will."""
    has = ("loss", *names_of_scores(data.task, len(data.class_names)))
    words = {"val": "validation row", "test": "test row"}[part]
    if not len(rows):
        return f"there is not a {words}"
    if name not in has:
        of_classes = f" of {several(len(data.class_names), 'class')}" if data.class_names else ""
        return f"{data.task.name} data{of_classes} have {', '.join(has)}"
    reason = why_undefined(name, data.y[rows])
    return f"of the {several(len(rows), words)}, {reason}" if reason else None


def compute_scores(task: Task, y: np.ndarray, outputs: np.ndarray) -> Scores:
    """Every score of a task that is defined for these rows, by its name.

    Args:
        y: class numbers or numbers (rows,), or 1 and 0 (rows, labels).
        outputs: of the network, float (rows, 1), or (rows, classes).
    """
    names = names_of_scores(task, outputs.shape[1])
    return {name: SCORES[name](y, outputs) for name in names if why_undefined(name, y) is None}


def predicted_classes(outputs: np.ndarray) -> np.ndarray:
    """Class numbers, int64 (examples,); one column is the probability of class 1."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0.5).astype(np.int64)
    return np.asarray(outputs.argmax(axis=1))


def _decided(y: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """What the outputs say, as y has it: class numbers, or which labels are given."""
    return given_labels(outputs) if y.ndim == 2 else predicted_classes(outputs)


# --- of classes and labels. scikit-learn is imported late: with SciPy it takes a second ------


def _accuracy(y: np.ndarray, outputs: np.ndarray) -> float:
    """The share of right decisions, one for each row or, of several labels, for each of them."""
    return float(np.mean(_decided(y, outputs) == y))


def _f1(average: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """Of 'micro' all decisions together; of 'macro' the classes' mean, where each counts alike."""

    def compute(y: np.ndarray, outputs: np.ndarray) -> float:
        from sklearn.metrics import f1_score

        return float(f1_score(y, _decided(y, outputs), average=average, zero_division=0))

    return compute


def _balanced_accuracy(y: np.ndarray, outputs: np.ndarray) -> float:
    """The mean recall of the classes that the rows have."""
    from sklearn.metrics import recall_score

    there = np.unique(y)
    return float(recall_score(y, predicted_classes(outputs), labels=there, average="macro"))


def _roc_auc(y: np.ndarray, outputs: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, outputs[:, 0]))


def _average_precision(y: np.ndarray, outputs: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(y, outputs[:, 0]))


def _top_3_accuracy(y: np.ndarray, outputs: np.ndarray) -> float:
    from sklearn.metrics import top_k_accuracy_score

    labels = np.arange(outputs.shape[1])
    return float(top_k_accuracy_score(y, outputs, k=TOP, labels=labels))


def _subset_accuracy(y: np.ndarray, outputs: np.ndarray) -> float:
    return float((given_labels(outputs) == (y > 0)).all(axis=1).mean())


# --- of numbers. scikit-learn's import would double a short run's time -----------------------


def _mae(y: np.ndarray, outputs: np.ndarray) -> float:
    return float(np.mean(np.abs(outputs[:, 0] - y), dtype=np.float64))


def _squared_errors(y: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    return np.asarray(np.square(outputs[:, 0].astype(np.float64) - y))


def _rmse(y: np.ndarray, outputs: np.ndarray) -> float:
    return float(np.sqrt(_squared_errors(y, outputs).mean()))


def _r2(y: np.ndarray, outputs: np.ndarray) -> float:
    total = np.square(y - y.mean(dtype=np.float64)).sum()
    return float(1 - _squared_errors(y, outputs).sum() / total)


SCORES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": _accuracy,
    "micro_f1": _f1("micro"),
    "macro_f1": _f1("macro"),
    "balanced_accuracy": _balanced_accuracy,
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "top_3_accuracy": _top_3_accuracy,
    "subset_accuracy": _subset_accuracy,
    "mae": _mae,
    "rmse": _rmse,
    "r2": _r2,
}
