"""The Reuters newswires equal keras.datasets' row for row."""

import types
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.dataset import ReutersDataset
from textclf.data.loaders import load_dataset

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize("test_split", [0.2, 0.35])
def test_rows_equal_keras(
    data_dir: Path, keras_datasets: types.ModuleType, test_split: float
) -> None:
    reuters = load_dataset(ReutersDataset(name="reuters", test_split=test_split), data_dir)
    (x, y), (x_test, y_test) = keras_datasets.reuters.load_data(
        num_words=1_000_000, test_split=test_split
    )
    assert reuters.n_train == len(x)
    expected = [row for part in (x, x_test) for row in part]
    np.testing.assert_array_equal(reuters.x.values, np.concatenate(list(map(np.array, expected))))
    np.testing.assert_array_equal(reuters.x.lengths, list(map(len, expected)))
    np.testing.assert_array_equal(reuters.y, np.concatenate([y, y_test]))


def test_form(data_dir: Path, keras_datasets: types.ModuleType) -> None:
    reuters = load_dataset(ReutersDataset(name="reuters"), data_dir)
    assert (reuters.n_train, len(reuters)) == (8_982, 8_982 + 2_246)
    assert (reuters.x.values.dtype, reuters.y.dtype) == (np.dtype("int32"), np.dtype("int32"))
    assert len(reuters.class_names) == 46 == reuters.y.max() + 1
    assert reuters.class_names == keras_datasets.reuters.get_label_names()
    assert reuters.words[4] == "the"
    assert len(reuters.words) == reuters.x.values.max() + 1
