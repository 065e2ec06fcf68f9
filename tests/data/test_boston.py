"""The Boston housing prices equal keras.datasets' row for row."""

import types
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.dataset import BostonDataset
from textclf.data.loaders import load_dataset

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize("test_split", [0.2, 0.35])
def test_rows_equal_keras(
    data_dir: Path, keras_datasets: types.ModuleType, test_split: float
) -> None:
    boston = load_dataset(BostonDataset(name="boston", test_split=test_split), data_dir)
    (x, y), (x_test, y_test) = keras_datasets.boston_housing.load_data(test_split=test_split)
    assert boston.n_train == len(x)
    np.testing.assert_array_equal(boston.x, np.concatenate([x, x_test]))
    np.testing.assert_array_equal(boston.y, np.concatenate([y, y_test]).astype(np.float32))


def test_facts_of_the_catalogue(data_dir: Path) -> None:
    boston = load_dataset(BostonDataset(name="boston"), data_dir)
    assert boston.x.shape == (404 + 102, 13) == (len(boston), len(boston.feature_names))
    assert boston.n_train == 404
    assert (boston.x.dtype, boston.y.dtype) == (np.dtype("float64"), np.dtype("float32"))
    assert boston.x[0, :3].tolist() == [1.23247, 0.0, 8.14]
    assert boston.y[0] == np.float32(15.2)
    assert boston.class_names == ()
