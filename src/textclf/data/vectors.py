"""Pretrained word vectors: read from a file for the words of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textclf.config.vector_files import ARRAY, is_header, vector_length
from textclf.config.vector_source import VectorSource
from textclf.data.dataset import Dataset
from textclf.data.encoders import Encoder, TextEncoder
from textclf.data.tables import open_binary, raw_lines, read_lines
from textclf.data.tokenizer import UNKNOWN_ID
from textclf.errors import ConfigError, DataError, MissingDataError
from textclf.wording import several

LOW = 0.5  # share of the running words; with fewer, the file hardly helps
Found = Iterator[tuple[int, np.ndarray]]  # a word's id, and its vector


@dataclass(frozen=True)
class Vectors:
    """The vectors that a file has for the words of a vocabulary.

    Args:
        ids: of the words that the file has, int64 (found,).
        values: float32 (found, length).
        words: share of the vocabulary that the file has.
        running_words: share of the training rows' words, each as often as it is there.
        name: of the file.
    """

    ids: np.ndarray
    values: np.ndarray
    words: float
    running_words: float
    name: str

    @property
    def coverage(self) -> dict[str, str | float]:
        """For a command's JSON."""
        return {"name": self.name, "words": self.words, "running_words": self.running_words}

    def __str__(self) -> str:
        return (
            f"{self.name} has vectors for {self.words:.1%} of the vocabulary, which is "
            f"{self.running_words:.1%} of all words in the training rows"
        )


def warn_of_few_vectors(vectors: Vectors) -> Iterator[str]:
    """A line where most of the training rows' words have no vector."""
    if vectors.running_words < LOW:
        yield (
            f"{vectors}; the others start from random numbers: look whether the file is of this "
            "language, in lower case or not, and of words, as preprocessing.tokens says"
        )


def read_vectors(
    source: VectorSource, encoder: Encoder, data: Dataset, rows: np.ndarray
) -> Vectors:
    """The vectors of the words that an encoder knows, matched as they are written.

    Args:
        data: in the tokens that the encoder reads.
        rows: those that train, int64 (examples,).

    Raises:
        ConfigError: the vectors have another length than the config's.
        DataError: the file is missing, damaged (with the line), or not one of vectors; or the words
            of the dataset are not known.
    """
    if not isinstance(encoder, TextEncoder) or not encoder.id_of:
        raise MissingDataError(
            f"{source.path}: the words of {data.name} are not known, so that no vector can be "
            f"found; fetch them: textclf data fetch {data.name}"
        )
    _check_length(source)
    id_of = encoder.id_of
    read = _read_array if source.path.suffix == ARRAY else _read_text
    found = dict(read(source.path, source.length, id_of))
    ids = np.fromiter(found, np.int64, len(found))
    values = np.empty((len(found), source.length), np.float32)
    for place, vector in enumerate(found.values()):
        values[place] = vector
    running = _share_of_running(encoder, data, rows, ids)
    return Vectors(ids, values, len(ids) / len(id_of), running, source.path.name)


def _check_length(source: VectorSource) -> None:
    try:
        length = vector_length(source.path)
    except ValueError as error:
        raise DataError(str(error)) from None
    if length != source.length:
        raise ConfigError(
            f"{source.setting}: {source.length}, but {source.path} has vectors of "
            f"{several(length, 'number')}; set {length}"
        )


def _share_of_running(
    encoder: TextEncoder, data: Dataset, rows: np.ndarray, ids: np.ndarray
) -> float:
    in_rows = np.zeros(len(data), bool)
    in_rows[rows] = True
    tokens = data.x.values[np.repeat(in_rows, data.x.lengths)]
    counts = np.bincount(np.maximum(encoder.id_table.take(tokens), 0), minlength=encoder.num_words)
    return float(counts[ids].sum() / max(counts[UNKNOWN_ID:].sum(), 1))


# --- formats ---------------------------------------------------------------------------------


def _read_text(path: Path, length: int, id_of: Mapping[str, int]) -> Found:
    """A word and its numbers in each line; of a word that is there twice, the first."""
    wanted = {word.encode(): id_ for word, id_ in id_of.items()}
    n_vectors, expected = 0, None
    with open_binary(path) as file:
        for number, line in enumerate(raw_lines(file, path), 1):
            line = line.rstrip()
            if number == 1 and is_header(line.split()):
                expected = int(line.split()[0])
                continue
            if not line:
                continue
            n_vectors += 1
            word, numbers = _divide(line, length, path, number)
            id_ = wanted.pop(word, None)
            if id_ is not None:
                yield id_, _vector(numbers, path, number)
    if expected is not None and n_vectors != expected:
        raise DataError(f"{path}: ends after {n_vectors:,} of {several(expected, 'vector')}")


def _divide(line: bytes, length: int, path: Path, number: int) -> tuple[bytes, bytes]:
    """A line's word, and the rest; some words of GloVe's hold blanks."""
    blank = b"\t" if b"\t" in line else b" "
    n_numbers = line.count(blank)
    if n_numbers < length:
        raise DataError(
            f"{path}:{number}: expected a word and {several(length, 'number')}, received "
            f"{n_numbers}; the file is damaged or was not copied to its end"
        )
    word, _, numbers = line.partition(blank)
    if n_numbers > length:
        word, *rest = line.rsplit(blank, length)
        numbers = blank.join(rest)
    if not word.isascii():
        _check_utf8(word, path, number)
    return word, numbers


def _check_utf8(word: bytes, path: Path, number: int) -> None:
    try:
        word.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}:{number}: byte 0x{word[error.start]:02X} is not UTF-8; save the file as UTF-8"
        ) from None


def _vector(numbers: bytes, path: Path, number: int) -> np.ndarray:
    """float32 (length,)."""
    try:
        vector = np.array(numbers.split()).astype(np.float32)
    except ValueError:
        raise DataError(f"{path}:{number}: not all of the values are numbers") from None
    if not np.isfinite(vector).all():
        raise DataError(f"{path}:{number}: not all of the numbers are finite")
    return vector


def _read_array(path: Path, _length: int, id_of: Mapping[str, int]) -> Found:
    """Rows of an array, whose words are the lines of a .txt of the same name."""
    list_path = path.with_suffix(".txt")
    with open_binary(list_path) as file:
        words = [word for _, word in read_lines(file, list_path)]
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: damaged: {error}") from None
    if len(words) != len(array):
        raise DataError(
            f"{list_path}: {several(len(words), 'word')}, but {path.name} has "
            f"{several(len(array), 'vector')}; each line is the word of a row"
        )
    rest = dict(id_of)
    for row, word in enumerate(words):
        id_ = rest.pop(word, None)
        if id_ is not None:
            vector = np.asarray(array[row], np.float32)
            if not np.isfinite(vector).all():
                raise DataError(f"{path}: row {row} (from 0) has a number that is not finite")
            yield id_, vector
