"""Training, validation and test rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data.dataset import Dataset
from textclf.errors import ConfigError

if TYPE_CHECKING:
    from textclf.config.settings import (
        FirstValidation,
        KFoldValidation,
        ShuffledValidation,
        TailValidation,
        TestValidation,
        ValidationSettings,
    )


@dataclass(frozen=True)
class Split:
    """Row numbers of a dataset, int64 (examples,) each; all but `train` may be empty."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @property
    def validates(self) -> bool:
        return len(self.validation) > 0


NO_ROWS = np.empty(0, np.int64)


def make_splits(settings: ValidationSettings | None, dataset: Dataset) -> list[Split]:
    """One split, or one for each fold.

    Args:
        settings: a config's `training.validation` section, or None for no validation.

    Raises:
        ConfigError: the section leaves no row to train or to validate on.
    """
    if settings is None:
        return [everything(dataset)]
    splits = SPLITTERS[settings.split](settings, dataset)
    for split in splits:
        if not len(split.train) or not len(split.validation):
            raise ConfigError(
                f"training.validation: of {len(dataset.train_rows):,} training rows, "
                f"{len(split.train):,} would train and {len(split.validation):,} validate"
            )
    return splits


def everything(dataset: Dataset) -> Split:
    """All training rows train, and none validate."""
    return Split(dataset.train_rows, NO_ROWS, dataset.test_rows)


def _shuffled(settings: ShuffledValidation, dataset: Dataset) -> list[Split]:
    order, n_validation = _permutation(settings, dataset)
    return [Split(order[n_validation:], order[:n_validation], dataset.test_rows)]


def _tail(settings: TailValidation, dataset: Dataset) -> list[Split]:
    order, n_validation = _permutation(settings, dataset)
    n_train = len(order) - n_validation
    return [Split(order[:n_train], order[n_train:], dataset.test_rows)]


def _permutation(
    settings: ShuffledValidation | TailValidation, dataset: Dataset
) -> tuple[np.ndarray, int]:
    # ceil, and RandomState instead of default_rng, as in scikit-learn's train_test_split, which
    # split the catalogue's experiments.
    order = np.random.RandomState(settings.seed).permutation(dataset.n_train)
    return order, int(np.ceil(settings.share * dataset.n_train))


def _first(settings: FirstValidation, dataset: Dataset) -> list[Split]:
    rows = dataset.train_rows
    return [Split(rows[settings.rows :], rows[: settings.rows], dataset.test_rows)]


def _test(_settings: TestValidation, dataset: Dataset) -> list[Split]:
    return [Split(dataset.train_rows, dataset.test_rows, dataset.test_rows)]


def _k_fold(settings: KFoldValidation, dataset: Dataset) -> list[Split]:
    folds = np.array_split(dataset.train_rows, settings.folds)
    return [
        Split(np.concatenate(folds[:number] + folds[number + 1 :]), fold, NO_ROWS)
        for number, fold in enumerate(folds)
    ]


SPLITTERS: dict[str, Callable[[Any, Dataset], list[Split]]] = {
    "shuffled": _shuffled,
    "tail": _tail,
    "first": _first,
    "test": _test,
    "k_fold": _k_fold,
}
