"""The result of every loader: examples before any preprocessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from textclf.data.tasks import Task


@dataclass(frozen=True)
class Ragged:
    """Rows of different lengths in two flat arrays.

    Args:
        values: int32 (tokens,), the rows one after the other.
        offsets: int64 (rows + 1,); row i is `values[offsets[i]:offsets[i + 1]]`.
    """

    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def take(self, rows: np.ndarray) -> "Ragged":
        """The given rows, int64 (examples,), in that order."""
        chosen = [self[row] for row in rows.tolist()]
        values = np.concatenate(chosen) if chosen else self.values[:0]
        return Ragged(values, np.concatenate([[0], np.cumsum(self.lengths[rows])]))

    @property
    def lengths(self) -> np.ndarray:
        """int64 (rows,)."""
        return np.diff(self.offsets)


@dataclass(frozen=True)
class Dataset:
    """Examples, the training rows first, the test rows after them.

    Args:
        x: texts as ids, Ragged, or features, float64 (rows, features).
        y: class numbers, int32 (rows,); of several labels 1 or 0 for each, int8 (rows, classes);
            or regression targets, float32 or float64 (rows,).
        n_train: rows before this number are training rows, the others test rows.
        class_names: one for each class; empty for regression.
        words: `words[i]` is the word of id i; ids 0, 1, 2 are padding, start and unknown.
        tokens: what its own texts were split into, and whether signs are tokens; None if they
            came as ids, or are features.
        ranked: whether ids already follow word frequency, as in keras.datasets. If not, the
            encoder ranks them by the training rows.
        feature_names: one for each column of features.
        source_rows: int64 (rows,), each example's row in its file, from 0; None: training rows
            are in one file, test rows in another, in this order.
        files: SHA-256 of each file that was read, by file name.
        standardizes_target: whether a model learns the target less its mean, by its deviation.
        warnings: what a user should know about the examples: how many, which, where.
        separator: what stands between several labels of an example.
    """

    name: str
    task: Task
    x: Any  # Ragged or np.ndarray, as its encoder expects
    y: np.ndarray
    n_train: int
    class_names: Sequence[str] = ()
    words: Sequence[str] = ()
    tokens: tuple[str, bool] | None = None
    ranked: bool = True
    feature_names: Sequence[str] = ()
    source_rows: np.ndarray | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    standardizes_target: bool = False
    warnings: Sequence[str] = ()
    separator: str = "|"

    def __len__(self) -> int:
        return len(self.y)

    @property
    def targets(self) -> np.ndarray:
        """`y` as a model learns it: int32 class numbers, or float32 numbers, (rows,); of several
        labels float32 (rows, classes)."""
        is_class_number = self.task.is_classification and not self.task.is_multilabel
        return self.y if is_class_number else self.y.astype(np.float32)

    def count_classes(self, rows: np.ndarray | slice) -> np.ndarray:
        """How many of the rows have each class, int64 (classes,)."""
        y = self.y[rows]
        if self.task.is_multilabel:
            return np.asarray(y.sum(axis=0, dtype=np.int64))
        return np.bincount(y, minlength=len(self.class_names))

    def join_labels(self, y: np.ndarray) -> list[str]:
        """The labels of each example, joined by the separator; '' for none.

        Args:
            y: 1 or 0 for each class, (examples, classes).
        """
        return join_labels(self.class_names, y, self.separator)

    def in_file(self, rows: np.ndarray) -> np.ndarray:
        """The examples' rows in their files, int64 (examples,), from 0."""
        if self.source_rows is not None:
            return np.asarray(self.source_rows[rows])
        return np.where(rows < self.n_train, rows, rows - self.n_train)

    def row_of(self, row: int, is_test: bool) -> int | None:
        """The training or test example of a row in its file, from 0; None if there is none."""
        rows = self.test_rows if is_test else self.train_rows
        found = rows[self.in_file(rows) == row]
        return int(found[0]) if len(found) else None

    def label_of(self, row: int) -> str | float:
        """An example's class, its labels, joined, or its number to predict."""
        y = self.y[row]
        if self.task.is_multilabel:
            return self.join_labels(y[None])[0]
        return self.class_names[int(y)] if self.task.is_classification else float(y)

    @property
    def constant_answer(self) -> str | float:
        """The best of all constant answers: the most common class of the training rows, the labels
        that more than half of them have, joined, or the median of their targets."""
        y = self.y[: self.n_train]
        if not self.task.is_classification:
            return float(np.median(y))
        if self.task.is_multilabel:
            return self.join_labels(y.mean(axis=0)[None] > 0.5)[0]
        return self.class_names[int(np.bincount(y).argmax())]

    @property
    def train_rows(self) -> np.ndarray:
        """int64 (n_train,)."""
        return np.arange(self.n_train)

    @property
    def test_rows(self) -> np.ndarray:
        """int64 (rows - n_train,)."""
        return np.arange(self.n_train, len(self))


def join_labels(class_names: Sequence[str], y: np.ndarray, separator: str) -> list[str]:
    """The names of the classes of each example, joined by the separator; '' for none.

    Args:
        y: 1 or 0 for each class, (examples, classes).
    """
    names = np.array(class_names, object)
    return [separator.join(names[row]) for row in y.astype(bool)]


def split_labels(joined: str, separator: str) -> set[str]:
    """The names that `join_labels` joined."""
    return set(joined.split(separator)) if joined else set()
