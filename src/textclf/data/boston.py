"""The Boston housing prices of keras.datasets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textclf.data.dataset import Dataset
from textclf.data.files import SHA256, read_file
from textclf.data.keras_sequences import SHUFFLE_SEED
from textclf.data.tasks import REGRESSION
from textclf.data.tokens import KERAS, Tokens

if TYPE_CHECKING:
    from textclf.config.settings.dataset import BostonDataset

FILE = "boston_housing.npz"
# fmt: off
FEATURES = (
    "CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT",
)
# fmt: on


def load_boston(
    settings: BostonDataset, data_dir: Path | None = None, _tokens: Tokens = KERAS
) -> Dataset:
    """506 suburbs, row for row those of Keras's `load_data(test_split=...)`.

    Returns:
        a dataset with x float64 (506, 13) and y float32 (506,), thousands of dollars.

    Raises:
        MissingDataError: boston_housing.npz is not found and cannot be downloaded.
        DataError: it is damaged.
    """
    with np.load(io.BytesIO(read_file(FILE, data_dir)), allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    order = np.random.RandomState(SHUFFLE_SEED).permutation(len(x))
    return Dataset(
        name="boston",
        task=REGRESSION,
        x=x[order],
        y=y[order].astype(np.float32),
        n_train=int(len(x) * (1 - settings.test_split)),
        feature_names=FEATURES,
        files={FILE: SHA256[FILE]},
        standardizes_target=settings.standardize_target,
    )
