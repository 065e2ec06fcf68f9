"""The IMDB reviews of keras.datasets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textclf.data.cache import Arrays, cached
from textclf.data.dataset import Dataset, Ragged
from textclf.data.files import SHA256, read_file
from textclf.data.keras_sequences import SHUFFLE_SEED, KerasWords, flatten, unpickle_arrays
from textclf.data.tasks import BINARY
from textclf.data.tokens import KERAS, Tokens

if TYPE_CHECKING:
    from textclf.config.settings.dataset import ImdbDataset

FILE = "imdb.npz"
TRAINING_ROWS = 25_000
CLASSES = ("neg", "pos")


def load_imdb(
    _settings: ImdbDataset, data_dir: Path | None = None, _tokens: Tokens = KERAS
) -> Dataset:
    """25,000 training and 25,000 test reviews, row for row those of Keras's `load_data`.

    num_words and skip_top are not applied here: that is the encoder's job.

    Raises:
        MissingDataError: imdb.npz is not found and cannot be downloaded.
        DataError: it is damaged.
    """
    content = read_file(FILE, data_dir)
    arrays = cached(
        "imdb", SHA256[FILE], ("values", "offsets", "labels"), lambda: _convert(content)
    )
    return Dataset(
        name="imdb",
        task=BINARY,
        x=Ragged(arrays["values"], arrays["offsets"]),
        y=arrays["labels"],
        n_train=TRAINING_ROWS,
        class_names=CLASSES,
        words=KerasWords("imdb_word_index.json", data_dir),
        files={FILE: SHA256[FILE]},
    )


def _convert(content: bytes) -> Arrays:
    """Flat arrays in Keras's order: the training rows shuffled, then the test rows, one seed."""
    source = unpickle_arrays(content)
    rng = np.random.RandomState(SHUFFLE_SEED)
    sequences, labels = [], []
    for part in ("train", "test"):
        order = rng.permutation(len(source[f"x_{part}"]))
        sequences.append(source[f"x_{part}"][order])
        labels.append(source[f"y_{part}"][order])
    values, offsets = flatten(np.concatenate(sequences).tolist())
    return {
        "values": values,
        "offsets": offsets,
        "labels": np.concatenate(labels).astype(np.int32),
    }
