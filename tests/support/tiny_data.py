"""Datasets of a few rows, to count in one's head."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from textclf.config.settings import Config
from textclf.data.dataset import Dataset, Ragged
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.inspection.description import Description

WORDS = ("<pad>", "<start>", "<unknown>", "<unused>", *"abcdefghijklmnopqrstuvwxyz")


def ragged(rows: Sequence[Sequence[int]]) -> Ragged:
    values = np.array([id_ for row in rows for id_ in row], np.int32)
    return Ragged(values, np.cumsum([0, *map(len, rows)], dtype=np.int64))


def texts(rows: Sequence[str], y: Sequence[int], n_train: int, classes: int = 2) -> Dataset:
    """Words of one letter, 'a b c', ranked as in keras.datasets: a is the most frequent."""
    x = ragged([[1, *map(WORDS.index, row.split())] for row in rows])
    names = ("neg", "pos") if classes == 2 else tuple(f"class {i}" for i in range(classes))
    task = BINARY if classes == 2 else MULTICLASS
    return Dataset("imdb", task, x, np.array(y, np.int32), n_train, names, WORDS)


def features(x: Any, y: Any, n_train: int, names: Sequence[str] = ()) -> Dataset:
    x, y = np.array(x, float), np.array(y, np.float32)
    return Dataset("boston", REGRESSION, x, y, n_train, feature_names=names)


def describe(data: Dataset, validation: Any = None, **preprocessing: Any) -> Description:
    """The data as a config with these settings has them."""
    is_text = data.name == "imdb"
    config = {
        "dataset": {"name": data.name},
        "preprocessing": preprocessing,
        "model": {"type": "lstm", "embedding_dim": 2} if is_text else {"type": "dense"},
        "training": {"validation": validation, "checkpoint": {"keep": "last"}},
    }
    return Description.of(Config.model_validate(config), data)
