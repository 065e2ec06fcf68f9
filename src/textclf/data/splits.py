"""Training, validation and test rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.data.dataset import Dataset
from textclf.errors import ConfigError
from textclf.wording import several

if TYPE_CHECKING:
    from textclf.config.settings.training import (
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
USUAL_SEED = 42  # that chooses the rows of a share, where the split has no seed of its own


def make_splits(
    settings: ValidationSettings | None, dataset: Dataset, train_share: float = 1.0
) -> list[Split]:
    """One split, or one for each fold.

    Args:
        settings: a config's `training.validation` section, or None for no validation.
        train_share: of the training rows that train; the other rows are the same for any share.

    Raises:
        ConfigError: the section leaves no row to train or to validate on, or too few of a class to
            stratify.
    """
    if settings is None:
        return [everything(dataset, train_share)]
    splits = SPLITTERS[settings.split](settings, dataset)
    for split in splits:
        if not len(split.train) or not len(split.validation):
            raise ConfigError(
                f"training.validation: of {len(dataset.train_rows):,} training rows, "
                f"{len(split.train):,} would train and {len(split.validation):,} validate"
            )
    seed = getattr(settings, "seed", USUAL_SEED)
    return [
        replace(split, train=_part(split.train, dataset, train_share, seed)) for split in splits
    ]


def everything(dataset: Dataset, train_share: float = 1.0) -> Split:
    """All training rows train, or a share of them, and none validate."""
    train = _part(dataset.train_rows, dataset, train_share, USUAL_SEED)
    return Split(train, NO_ROWS, dataset.test_rows)


def _part(rows: np.ndarray, dataset: Dataset, share: float, seed: int) -> np.ndarray:
    """A share of rows, int64 (examples,), in their order; a smaller share is a part of it.

    Each class has the same share, but at least one row, if there are as many rows as classes.
    """
    if share == 1:
        return rows
    order = np.random.RandomState(seed).permutation(len(rows))
    y = dataset.y[rows[order]]
    if dataset.task.is_classification and y.ndim == 1:
        order = order[np.argsort(_ranks_in_class(y), kind="stable")]
    return rows[np.sort(order[: int(np.ceil(share * len(rows)))])]


def _ranks_in_class(y: np.ndarray) -> np.ndarray:
    """For each row the share of its class's rows that come before it, float64 (rows,)."""
    ranks = np.empty(len(y))
    for number in np.unique(y):
        of_class = np.flatnonzero(y == number)
        ranks[of_class] = np.arange(len(of_class)) / len(of_class)
    return ranks


def stratify(y: np.ndarray, n_rows: int, seed: int, setting: str) -> tuple[np.ndarray, np.ndarray]:
    """Divide rows so that each class has the same share of both parts, as scikit-learn does.

    The only row of a class goes to the first part.

    Args:
        y: class numbers, int32 (rows,).
        n_rows: in the second part.
        setting: that asks for it, for the message.

    Returns:
        The rows of each part, int64, shuffled.

    Raises:
        ConfigError: there are fewer rows in a part than classes.
    """
    from sklearn.model_selection import train_test_split  # late: with SciPy it takes half a second

    counts = np.bincount(y)
    is_alone = counts[y] == 1
    rows, n_classes = np.flatnonzero(~is_alone), int((counts > 1).sum())
    smaller = min(n_rows, len(rows) - n_rows)
    if smaller < n_classes:
        raise ConfigError(
            f"{setting}: {several(max(smaller, 0), 'row')} cannot hold all of "
            f"{several(n_classes, 'class')}; give another share, or set stratify: false"
        )
    first, second = train_test_split(rows, test_size=n_rows, random_state=seed, stratify=y[rows])
    return np.concatenate([first, np.flatnonzero(is_alone)]), second


def _shuffled(settings: ShuffledValidation, dataset: Dataset) -> list[Split]:
    if settings.stratify:
        n_validation = int(np.ceil(settings.share * dataset.n_train))
        y = dataset.y[: dataset.n_train]
        parts = stratify(y, n_validation, settings.seed, "training.validation.stratify")
        return [Split(*parts, dataset.test_rows)]
    order, n_validation = _permutation(settings, dataset)
    return [Split(order[n_validation:], order[:n_validation], dataset.test_rows)]


def _tail(settings: TailValidation, dataset: Dataset) -> list[Split]:
    order, n_validation = _permutation(settings, dataset)
    if settings.stratify:
        order = _mixed(order, dataset)
    n_train = len(order) - n_validation
    return [Split(order[:n_train], order[n_train:], dataset.test_rows)]


def _mixed(rows: np.ndarray, dataset: Dataset) -> np.ndarray:
    """The rows in an order whose beginning and end have each class in its share of all.

    The only row of a class comes in the middle; others keep their order within their class.
    """
    y = dataset.y[rows]
    middles = _ranks_in_class(y) + 0.5 / np.bincount(y)[y]
    return rows[np.argsort(middles, kind="stable")]


def _permutation(
    settings: ShuffledValidation | TailValidation, dataset: Dataset
) -> tuple[np.ndarray, int]:
    # ceil, and RandomState instead of default_rng, as in scikit-learn's train_test_split, which
    # split the catalogue's experiments.
    order = np.random.RandomState(settings.seed).permutation(dataset.n_train)
    return order, int(np.ceil(settings.share * dataset.n_train))


def _first(settings: FirstValidation, dataset: Dataset) -> list[Split]:
    rows = dataset.train_rows
    if settings.stratify:
        rows = _mixed(rows, dataset)
    validation, train = rows[: settings.rows], rows[settings.rows :]
    return [Split(np.sort(train), np.sort(validation), dataset.test_rows)]


def _test(_settings: TestValidation, dataset: Dataset) -> list[Split]:
    return [Split(dataset.train_rows, dataset.test_rows, dataset.test_rows)]


def _k_fold(settings: KFoldValidation, dataset: Dataset) -> list[Split]:
    if settings.stratify:
        return _stratified_folds(settings.folds, dataset)
    folds = np.array_split(dataset.train_rows, settings.folds)
    return [
        Split(np.concatenate(folds[:number] + folds[number + 1 :]), fold, NO_ROWS)
        for number, fold in enumerate(folds)
    ]


def _stratified_folds(n_folds: int, dataset: Dataset) -> list[Split]:
    from sklearn.model_selection import StratifiedKFold

    y = dataset.y[: dataset.n_train]
    commonest = int(np.bincount(y).max())
    if commonest < n_folds:
        raise ConfigError(
            f"training.validation.stratify: every class has fewer rows than there are folds, "
            f"{n_folds}, at most {commonest}; set stratify: false, or fewer folds"
        )
    with warnings.catch_warnings():  # a class of fewer rows is in some of the folds only
        warnings.simplefilter("ignore", UserWarning)
        return [
            Split(train, validation, NO_ROWS)
            for train, validation in StratifiedKFold(n_folds).split(y, y)
        ]


SPLITTERS: dict[str, Callable[[Any, Dataset], list[Split]]] = {
    "shuffled": _shuffled,
    "tail": _tail,
    "first": _first,
    "test": _test,
    "k_fold": _k_fold,
}
