"""The weight of each row, by its class."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from textclf.data.dataset import Dataset
from textclf.data.tasks import MULTICLASS
from textclf.errors import ConfigError
from textclf.training.class_weights import row_weights

Y = np.array([0, 0, 0, 0, 1, 1, 2, 0], np.int32)  # the last row does not train
TRAIN = np.arange(7)
DATA = Dataset("csv", MULTICLASS, np.zeros((8, 1)), Y, 7, ("ham", "spam", "0"))


def test_without_a_setting_there_are_none():
    assert row_weights(None, DATA, TRAIN) is None


def test_balanced_is_that_of_scikit_learn_over_the_training_rows():
    weights = row_weights("balanced", DATA, TRAIN)
    assert weights.dtype == np.float32 and weights.shape == (8,)
    np.testing.assert_allclose(weights[:7], compute_sample_weight("balanced", Y[:7]), rtol=1e-6)
    assert weights[7] == weights[0]


def test_a_class_without_a_training_row_is_not_counted():
    assert row_weights("balanced", DATA, np.arange(6)).tolist() == [0.75] * 4 + [1.5] * 2 + [
        1,
        0.75,
    ]


def test_classes_that_are_not_named_have_the_weight_1():
    weights = row_weights({"spam": 5, "0": 0}, DATA, TRAIN)
    assert weights.tolist() == [1, 1, 1, 1, 5, 5, 0, 1]


def test_every_name_that_is_not_a_class_is_named():
    with pytest.raises(ConfigError) as caught:
        row_weights({"spma": 2, "spam": 2, "eggs": 2}, DATA, TRAIN)
    assert caught.value.messages == (
        "training.class_weight: 'spma' is not a class of csv; did you mean 'spam'?",
        "training.class_weight: 'eggs' is not a class of csv; the classes are 'ham', 'spam', '0'",
    )
