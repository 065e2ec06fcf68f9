"""How much each training row counts in the loss, by its class."""

from collections.abc import Mapping

import numpy as np

from textclf.config.phrases import did_you_mean
from textclf.config.settings.training import ClassWeight
from textclf.data.dataset import Dataset
from textclf.errors import ConfigError
from textclf.wording import some_of

MOST_NAMED = 10  # classes that a message names


def row_weights(setting: ClassWeight | None, data: Dataset, train: np.ndarray) -> np.ndarray | None:
    """The weight of each row's class, float32 (rows,), as Keras's class_weight; None: all equal.

    Args:
        setting: a config's `training.class_weight`; a class that it does not name has weight 1.
        train: the rows that train, int64 (examples,), whose classes `balanced` counts.

    Raises:
        ConfigError: the setting names what is not a class of the data.
    """
    if setting is None:
        return None
    weights = np.ones(len(data.class_names), np.float32)
    if isinstance(setting, Mapping):
        _refuse_unknown(setting, data)
        number_of = {name: number for number, name in enumerate(data.class_names)}
        for name, weight in setting.items():
            weights[number_of[name]] = weight
    else:
        from sklearn.utils.class_weight import compute_class_weight  # late, as it imports SciPy

        y = data.y[train]
        there = np.unique(y)
        weights[there] = compute_class_weight(setting, classes=there, y=y)
    return np.asarray(weights[data.y])


def _refuse_unknown(setting: Mapping[str, float], data: Dataset) -> None:
    names = some_of([*map(repr, data.class_names)], MOST_NAMED)
    unknown = [
        f"training.class_weight: {name!r} is not a class of {data.name}"
        f"{did_you_mean(name, data.class_names) or f'; the classes are {names}'}"
        for name in setting
        if name not in data.class_names
    ]
    if unknown:
        raise ConfigError(*unknown)
