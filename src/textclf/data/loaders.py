"""The datasets by name: how each is loaded, and what is known without its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data import boston, csv, docstrings, imdb, reuters
from textclf.data.dataset import Dataset, Ragged
from textclf.data.files import verify_dataset
from textclf.data.tasks import BINARY, MULTICLASS, REGRESSION
from textclf.data.tokens import KERAS, Tokens
from textclf.errors import MissingDataError

if TYPE_CHECKING:
    from textclf.config.settings.dataset import DatasetSettings

LOADERS: dict[str, Callable[[Any, Path | None, Tokens], Dataset]] = {
    "imdb": imdb.load_imdb,
    "reuters": reuters.load_reuters,
    "boston": boston.load_boston,
    "docstrings": docstrings.load_docstrings,
    "csv": csv.load_csv,
}
# Known without a dataset's files: the task, and its classes or features.
OUTLINES: dict[str, dict[str, Any]] = {
    "imdb": {"task": BINARY, "class_names": imdb.CLASSES},
    "reuters": {"task": MULTICLASS, "class_names": reuters.TOPICS},
    "boston": {"task": REGRESSION, "feature_names": boston.FEATURES},
    "docstrings": {"task": MULTICLASS, "class_names": docstrings.LIBRARIES},
}


def load_dataset(
    settings: DatasetSettings, data_dir: Path | None = None, tokens: Tokens = KERAS
) -> Dataset:
    """The dataset that a config's `dataset` section names.

    Args:
        settings: a config's `dataset` section.
        data_dir: the folder to look in first.
        tokens: what texts are split into; those of imdb and reuters come as ids.

    Raises:
        MissingDataError: a file is not found and cannot be downloaded.
        DataError: a file is damaged.
    """
    data = LOADERS[settings.name](settings, data_dir, tokens)
    is_split = isinstance(data.x, Ragged) and not data.ranked
    return replace(data, tokens=(tokens.kind, tokens.signs)) if is_split else data


def missing_files(settings: DatasetSettings, data_dir: Path | None = None) -> list[str]:
    """The messages about missing examples; none if they are there.

    Word indices may be missing: training needs none.
    """
    if settings.name == "csv":
        try:
            csv.find_files(settings, data_dir)
        except MissingDataError as error:
            return list(error.messages)
        return []
    return [
        f"{file.name}: not found, so the examples are not counted; get it with: "
        f"textclf data fetch {settings.name}"
        for file in verify_dataset(settings.name, data_dir)[:1]
        if file.status == "missing"
    ]


def placeholder(settings: DatasetSettings) -> Dataset | None:
    """One empty example with the shapes of a dataset; None if only its files have them."""
    outline = OUTLINES.get(settings.name)
    if outline is None:
        return None
    features = len(outline.get("feature_names", ()))
    nothing = Ragged(np.zeros(1, np.int32), np.array([0, 1]))
    x = np.zeros((1, features)) if features else nothing
    standardizes = getattr(settings, "standardize_target", False)
    return Dataset(
        settings.name,
        x=x,
        y=np.zeros(1, np.float32),
        n_train=1,
        standardizes_target=standardizes,
        **outline,
    )
