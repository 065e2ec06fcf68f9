"""The three tasks, each with its loss, output activation and metric, by Keras's names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What a dataset requires of a model."""

    name: str
    loss: str
    output_activation: str | None
    metric: str

    @property
    def is_classification(self) -> bool:
        return self.metric == "accuracy"


BINARY = Task("binary", "binary_crossentropy", "sigmoid", "accuracy")
MULTICLASS = Task("multiclass", "sparse_categorical_crossentropy", "softmax", "accuracy")
REGRESSION = Task("regression", "mse", None, "mae")
TASKS = {task.name: task for task in (BINARY, MULTICLASS, REGRESSION)}


def is_better_higher(monitor: str) -> bool:
    """Whether the larger value of a history column ('val_accuracy', 'loss') is better."""
    return monitor.endswith(("accuracy", "f1"))
