"""Rows that are equal are found, within the training rows and across to the test rows."""

import numpy as np
import pytest

from textclf.config.file import dataset_config
from textclf.data.loaders import load_dataset
from textclf.inspection.duplicates import Duplicates, LabelledRow, find_duplicates
from tiny_data import features, texts


def test_rows_that_occur_once_are_none():
    found = find_duplicates(texts(["a b", "b a", "a", "a b c"], [0, 1, 0, 1], n_train=3))
    assert found == Duplicates(0, 0, 0, 0, [])


def test_repeated_rows_and_labels_that_differ_are_counted():
    rows = ["a b", "c", "a b", "d", "d", "a b", "d", "e", "c"]
    data = texts(rows, [0, 1, 1, 0, 0, 1, 1, 0, 1], n_train=5)
    found = find_duplicates(data)
    assert (found.training_rows, found.training_contradictions) == (4, 2)
    # 'a b' has both labels among the training rows, 'd' has another one, 'c' its own.
    assert (found.test_rows, found.test_contradictions) == (3, 1)
    assert found.contradictions == [
        (LabelledRow("train", 2, "pos"), LabelledRow("train", 0, "neg")),
        (LabelledRow("train", 3, "neg"), LabelledRow("test", 1, "pos")),
    ]


def test_features_are_compared_number_for_number():
    found = find_duplicates(features([[1, 2], [1, 2.5], [1, 2], [1, 2.5]], [1, 2, 3, 2], 3))
    assert (found.training_rows, found.training_contradictions) == (2, 2)
    assert (found.test_rows, found.test_contradictions) == (1, 0)
    assert found.contradictions == [(LabelledRow("train", 2, 3.0), LabelledRow("train", 0, 1.0))]


def test_no_test_rows_are_no_duplicates():
    assert find_duplicates(texts(["a", "a"], [0, 0], n_train=2)).test_rows == 0


@pytest.mark.real_data
def test_reuters_has_what_a_plain_count_finds():
    data = load_dataset(dataset_config("reuters").dataset)
    rows = [data.x[row].tobytes() for row in range(len(data))]
    known = set(rows[: data.n_train])
    found = find_duplicates(data)
    assert found.test_rows == sum(row in known for row in rows[data.n_train :]) == 237
    assert found.training_rows == np.sum(
        [rows[: data.n_train].count(row) > 1 for row in rows[: data.n_train]]
    )
