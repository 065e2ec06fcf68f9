"""The scores of each task by name, beside its loss, and what a config asks for."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pydantic is imported late
    from textclf.config.settings import Config
    from textclf.config.settings.dataset import DatasetSection

# The first of each is its metric, which Keras computes in each epoch of the training rows, too.
SCORES_OF_TASK = {
    "binary": ("accuracy", "macro_f1", "balanced_accuracy", "roc_auc", "average_precision"),
    "multiclass": ("accuracy", "macro_f1", "balanced_accuracy", "top_3_accuracy"),
    "multilabel": ("accuracy", "micro_f1", "macro_f1", "subset_accuracy"),
    "regression": ("mae", "rmse", "r2"),
}
METRICS = ("accuracy", "mae")
SCORES = tuple(dict.fromkeys(chain.from_iterable(SCORES_OF_TASK.values())))
MORE_SCORES = tuple(score for score in SCORES if score not in METRICS)
TASK_OF_DATASET = {"imdb": "binary", "reuters": "multiclass", "docstrings": "multiclass"}
# In metrics.json always, on a screen only where a config or --expect asks for them.
DETAILS = ("balanced_accuracy", "roc_auc", "average_precision", "top_3_accuracy", "rmse", "r2")
SPLITS = ("val_", "test_")
UNCALIBRATED = (
    "The loss was squared_hinge: what is called a probability is the sigmoid of a class's score, "
    "which says which class is more likely, but is not calibrated."
)


def possible_tasks(dataset: DatasetSection) -> tuple[str, ...]:
    """The tasks that a dataset can be; of an own file, the number of classes decides."""
    if dataset.is_regression:
        return ("regression",)
    if dataset.separator is not None:
        return ("multilabel",)
    known = TASK_OF_DATASET.get(getattr(dataset, "name", ""))
    return (known,) if known else ("binary", "multiclass")


def possible_scores(dataset: DatasetSection) -> tuple[str, ...]:
    """The scores that a run on a dataset can have; the first is its metric."""
    scores = chain.from_iterable(SCORES_OF_TASK[task] for task in possible_tasks(dataset))
    return tuple(dict.fromkeys(scores))


def scores_beside(score: str) -> tuple[str, ...]:
    """The scores of the tasks whose metric is a score such as 'val_accuracy', the metric first."""
    metric = bare(score)
    of_tasks = (scores for scores in SCORES_OF_TASK.values() if scores[0] == metric)
    return tuple(dict.fromkeys([metric, *chain.from_iterable(of_tasks)]))


def bare(key: str) -> str:
    """'macro_f1' for 'val_macro_f1' and 'test_macro_f1_sd'."""
    for split in SPLITS:
        key = key.removeprefix(split)
    return key.removesuffix("_sd")


def monitors(config: Config) -> dict[str, str]:
    """What decides about epochs, such as 'val_loss', by the section that names it."""
    training, found = config.training, dict[str, str]()
    if training.checkpoint.keep == "best":
        found["checkpoint"] = training.checkpoint.monitor
    if training.early_stopping:
        found["early_stopping"] = training.early_stopping.monitor
    if training.reduce_on_plateau:
        found["reduce_on_plateau"] = training.reduce_on_plateau.monitor
    return found


def scores_by_epoch(config: Config) -> list[str]:
    """The scores that a config asks for after each epoch beside loss and metric: 'macro_f1'."""
    asked = [*map(bare, monitors(config).values()), *config.training.metrics]
    return [name for name in dict.fromkeys(asked) if name in MORE_SCORES]


def is_detail(key: str, asked: Collection[str] = ()) -> bool:
    """Whether a key of metrics.json is one that a screen shows only where it is asked for."""
    return bare(key) in DETAILS and bare(key) not in asked
