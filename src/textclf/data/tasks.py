"""The four tasks, each with its loss, output activation and metric, by Keras's names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Of y (rows, columns) and outputs (rows, outputs): a number for each row, (rows,).
LossFunction = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Task:
    """What a dataset requires of a model.

    Args:
        loss: one of Keras's by name, or a function.
        loss_power: of numbers, the power of their unit in which the loss is: 2 for dollars squared.
        is_multilabel: whether an example has any number of the classes, also none.
    """

    name: str
    loss: str | LossFunction
    output_activation: str | None
    metric: str
    is_wide: bool = False  # an output for each class
    is_multilabel: bool = False
    loss_power: int = 2

    @property
    def is_classification(self) -> bool:
        return self.metric == "accuracy"


BINARY = Task("binary", "binary_crossentropy", "sigmoid", "accuracy")
MULTICLASS = Task(
    "multiclass", "sparse_categorical_crossentropy", "softmax", "accuracy", is_wide=True
)
# Its accuracy is Keras's binary_accuracy: the share of right decisions, one for each label.
MULTILABEL = Task(
    "multilabel", "binary_crossentropy", "sigmoid", "accuracy", is_wide=True, is_multilabel=True
)
REGRESSION = Task("regression", "mse", None, "mae")
TASKS = {task.name: task for task in (BINARY, MULTICLASS, MULTILABEL, REGRESSION)}


def is_better_higher(monitor: str) -> bool:
    """Whether the larger value of a history column ('val_accuracy', 'loss') is better."""
    return monitor.endswith(("accuracy", "f1", "roc_auc", "average_precision", "r2"))
