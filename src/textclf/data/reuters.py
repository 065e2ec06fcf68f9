"""The Reuters newswires of keras.datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textclf.data.cache import Arrays, cached
from textclf.data.dataset import Dataset, Ragged
from textclf.data.files import SHA256, read_file
from textclf.data.keras_sequences import SHUFFLE_SEED, KerasWords, flatten, unpickle_arrays
from textclf.data.tasks import MULTICLASS
from textclf.data.tokens import KERAS, Tokens

if TYPE_CHECKING:
    from textclf.config.settings.dataset import ReutersDataset

FILE = "reuters.npz"
# fmt: off
TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply",
    "coffee", "sugar", "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi",
    "money-fx", "interest", "gnp", "meal-feed", "alum", "oilseed", "gold", "tin",
    "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
    "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)
# fmt: on


def load_reuters(
    settings: ReutersDataset, data_dir: Path | None = None, _tokens: Tokens = KERAS
) -> Dataset:
    """11,228 newswires, row for row those of Keras's `load_data(test_split=...)`.

    num_words and skip_top are not applied here: that is the encoder's job.

    Raises:
        MissingDataError: reuters.npz is not found and cannot be downloaded.
        DataError: it is damaged.
    """
    content = read_file(FILE, data_dir)
    arrays = cached(
        "reuters", SHA256[FILE], ("values", "offsets", "labels"), lambda: _convert(content)
    )
    labels = arrays["labels"]
    return Dataset(
        name="reuters",
        task=MULTICLASS,
        x=Ragged(arrays["values"], arrays["offsets"]),
        y=labels,
        n_train=int(len(labels) * (1 - settings.test_split)),
        class_names=TOPICS,
        words=KerasWords("reuters_word_index.json", data_dir),
        files={FILE: SHA256[FILE]},
    )


def _convert(content: bytes) -> Arrays:
    """Flat arrays in Keras's order."""
    source = unpickle_arrays(content)
    order = np.random.RandomState(SHUFFLE_SEED).permutation(len(source["x"]))
    values, offsets = flatten(source["x"][order].tolist())
    return {
        "values": values,
        "offsets": offsets,
        "labels": source["y"][order].astype(np.int32),
    }
