"""Shared by imdb and reuters: Keras's seed, its reserved ids, and a word index read late."""

import io
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from textclf.data.files import read_file
from textclf.data.tokenizer import RESERVED_WORDS, START_ID
from textclf.errors import MissingDataError, ResourceError

SHUFFLE_SEED = 113  # that of keras.datasets
INDEX_FROM = 3  # word i of a word index is id i + 3
UNUSED_WORD = "<unused>"  # id 3: word indices count from 1


def unpickle_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz file with pickles; only for content verified by `read_file`."""
    with np.load(io.BytesIO(content), allow_pickle=True) as file:
        return {name: file[name] for name in file.files}


def flatten(sequences: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Puts word indices into one flat array of ids, as Keras numbers them.

    Args:
        sequences: the word indices of each row, from 1.

    Returns:
        values: int32 (tokens,), START_ID at the start of each row, then each index + INDEX_FROM.
        offsets: int64 (rows + 1,), where each row starts, and the end.
    """
    lengths = np.fromiter(map(len, sequences), np.int64, count=len(sequences))
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
    words = np.fromiter(chain.from_iterable(sequences), np.int32, count=lengths.sum())
    values = np.empty(offsets[-1], np.int32)
    is_word = np.ones(len(values), bool)
    is_word[offsets[:-1]] = False
    values[is_word] = words + INDEX_FROM
    values[~is_word] = START_ID
    return values, offsets


class KerasWords(Sequence[str]):
    """`words[i]` is the word of id i; the word index is read when it is first used.

    It is empty if the file is missing and cannot be downloaded: training needs no words.

    Args:
        file: the name of the word index, such as 'imdb_word_index.json'.
        data_dir: the folder to look in first.
    """

    def __init__(self, file: str, data_dir: Path | None) -> None:
        self._file = file
        self._data_dir = data_dir

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, index: Any) -> Any:
        return self._words[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    @cached_property
    def _words(self) -> list[str]:
        try:
            index = json.loads(read_file(self._file, self._data_dir))
        except (MissingDataError, ResourceError):
            return []
        return [*RESERVED_WORDS, UNUSED_WORD, *sorted(index, key=index.__getitem__)]
