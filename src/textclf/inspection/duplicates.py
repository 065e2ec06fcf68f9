"""Rows that are equal, id for id or number for number."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from textclf.data.dataset import Dataset, Ragged

MOST_PAIRS = 3  # shown of equal rows with different labels


@dataclass(frozen=True)
class LabelledRow:
    """A row's number within 'train' or 'test', and its class or target."""

    split: str
    row: int
    label: str | float


@dataclass(frozen=True)
class Duplicates:
    """The number of rows with an equal row, and the number of these with another label.

    Args:
        training_rows: training rows that occur more than once among the training rows.
        training_contradictions: of these, rows that occur with different labels.
        test_rows: test rows that also occur among the training rows.
        test_contradictions: of these, rows whose label differs from all labels there.
        contradictions: a few pairs of rows that are equal but for their labels.
    """

    training_rows: int
    training_contradictions: int
    test_rows: int
    test_contradictions: int
    contradictions: list[tuple[LabelledRow, LabelledRow]]


def find_duplicates(data: Dataset) -> Duplicates:
    """Compare all rows of a dataset by their words: rows that are identical to a model."""
    n = data.n_train
    groups = _number_alike(_keys(data.x))  # int64 (rows,), the same number for equal rows
    of_rows = 0 if data.task.is_multilabel else None
    labels = np.unique(data.y, return_inverse=True, axis=of_rows)[1].ravel()
    pairs = groups * (labels.max(initial=0) + 1) + labels  # equal if row and label are
    n_groups = int(groups.max(initial=-1)) + 1
    counts = np.bincount(groups[:n], minlength=n_groups)
    known, firsts = np.unique(pairs[:n], return_index=True)
    n_labels = np.bincount(groups[firsts], minlength=n_groups)
    is_known = counts[groups[n:]] > 0
    is_new_label = is_known & ~np.isin(pairs[n:], known)
    contradicted = np.flatnonzero(n_labels[groups[:n]] > 1)
    against = [*contradicted.tolist(), *(np.flatnonzero(is_new_label) + n).tolist()]
    return Duplicates(
        training_rows=int((counts[groups[:n]] > 1).sum()),
        training_contradictions=len(contradicted),
        test_rows=int(is_known.sum()),
        test_contradictions=int(is_new_label.sum()),
        contradictions=_some_pairs(data, groups, labels, against),
    )


def _keys(x: Any) -> list[bytes]:
    """The bytes of each row."""
    if isinstance(x, Ragged):
        content, width = x.values.tobytes(), x.values.itemsize
        ends = (x.offsets * width).tolist()
        return [content[start:end] for start, end in pairwise(ends)]
    return [row.tobytes() for row in np.ascontiguousarray(x)]


def _number_alike(keys: list[bytes]) -> np.ndarray:
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _some_pairs(
    data: Dataset, groups: np.ndarray, labels: np.ndarray, against: list[int]
) -> list[tuple[LabelledRow, LabelledRow]]:
    """For the first contradicted row of a few groups, the first training row it contradicts."""
    pairs: dict[int, tuple[LabelledRow, LabelledRow]] = {}
    training = slice(0, data.n_train)
    for row in against:
        group = int(groups[row])
        if group not in pairs:
            others = (groups[training] == group) & (labels[training] != labels[row])
            pairs[group] = (_labelled(data, int(np.argmax(others))), _labelled(data, row))
        if len(pairs) == MOST_PAIRS:
            break
    return list(pairs.values())


def _labelled(data: Dataset, row: int) -> LabelledRow:
    split = "train" if row < data.n_train else "test"
    return LabelledRow(split, int(data.in_file(np.array([row]))[0]), data.label_of(row))
