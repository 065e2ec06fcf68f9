"""Datasets: found, verified, and read as flat arrays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from textclf.data import boston, docstrings, imdb, reuters
from textclf.data.dataset import Dataset, Ragged
from textclf.tasks import BINARY, MULTICLASS, REGRESSION

__all__ = ["LOADERS", "Dataset", "Ragged", "load_dataset", "placeholder"]

LOADERS: dict[str, Callable[[Any, Path | None], Dataset]] = {
    "imdb": imdb.load_imdb,
    "reuters": reuters.load_reuters,
    "boston": boston.load_boston,
    "docstrings": docstrings.load_docstrings,
}
# What is known of a dataset without its files: the task, and its classes or features.
OUTLINES: dict[str, dict[str, Any]] = {
    "imdb": {"task": BINARY, "class_names": imdb.CLASSES},
    "reuters": {"task": MULTICLASS, "class_names": reuters.TOPICS},
    "boston": {"task": REGRESSION, "feature_names": boston.FEATURES},
    "docstrings": {"task": MULTICLASS, "class_names": docstrings.LIBRARIES},
}


def load_dataset(settings: Any, data_dir: Path | None = None) -> Dataset:
    """The dataset that a config's `dataset` section names.

    Args:
        settings: a config's `dataset` section.
        data_dir: the folder to look in first.

    Raises:
        MissingDataError: a file is neither found nor to be downloaded.
        DataError: a file is damaged.
    """
    return LOADERS[settings.name](settings, data_dir)


def placeholder(name: str) -> Dataset:
    """One empty example, for the shapes of a dataset whose files are missing."""
    outline = OUTLINES[name]
    features = len(outline.get("feature_names", ()))
    nothing = Ragged(np.zeros(1, np.int32), np.array([0, 1]))
    x = np.zeros((1, features)) if features else nothing
    return Dataset(name, x=x, y=np.zeros(1, np.float32), n_train=1, **outline)
