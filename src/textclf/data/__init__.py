"""Datasets: found, verified, and read as flat arrays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textclf.data.boston import load_boston
from textclf.data.dataset import Dataset, Ragged
from textclf.data.docstrings import load_docstrings
from textclf.data.imdb import load_imdb
from textclf.data.reuters import load_reuters

__all__ = ["LOADERS", "Dataset", "Ragged", "load_dataset"]

LOADERS: dict[str, Callable[[Any, Path | None], Dataset]] = {
    "imdb": load_imdb,
    "reuters": load_reuters,
    "boston": load_boston,
    "docstrings": load_docstrings,
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
