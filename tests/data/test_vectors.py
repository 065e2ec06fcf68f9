"""Word vectors are found in each format, and damaged files are named with the line."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.config.vector_files import vector_length
from textclf.config.vector_source import VectorSource
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import fit_encoder
from textclf.data.tasks import BINARY
from textclf.data.vectors import Vectors, read_vectors, warn_of_few_vectors
from textclf.errors import ConfigError, DataError

WORDS = ("<pad>", "<start>", "<unknown>", "good", "bad", "über", "rare")
IDS = [[1, 3, 3, 4], [1, 3, 5, 6], [1, 6, 6, 6]]  # the last row tests
GLOVE = "the 0 0 0\ngood 1 2 3\nüber 0.5 -1e-2 3\n. . . 9 9 9\ngood 7 7 7\n"


def make_dataset(words: tuple[str, ...] = WORDS) -> Dataset:
    x = Ragged(np.array(IDS, np.int32).reshape(-1), np.array([0, 4, 8, 12]))
    y = np.array([0, 1, 1], np.int32)
    return Dataset("imdb", BINARY, x, y, 2, ("neg", "pos"), words)


DATA = make_dataset()


def read(path: Path, length: int = 3, data: Dataset = DATA) -> Vectors:
    settings = TextPreprocessing(num_words=6, maxlen=4)  # 'rare' has no id
    encoder = fit_encoder(settings, data, data.train_rows)
    source = VectorSource(path, length, "model.embedding_dim")
    return read_vectors(source, encoder, data, data.train_rows)


def write(path: Path, text: str | bytes) -> Path:
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_array(path: Path, values: object, words: str) -> Path:
    np.save(path, np.array(values))
    path.with_suffix(".txt").write_text(words, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("glove.txt", GLOVE),
        ("glove.txt.gz", GLOVE),
        ("word2vec.vec", "5 3\n" + GLOVE.replace("\n", " \n")),
        ("tabs.txt", GLOVE.replace(". . .", "...").replace(" ", "\t")),
        ("windows.txt", "\ufeff" + GLOVE.replace("\n", "\r\n")),
    ],
)
def test_words_find_their_first_vector(tmp_path: Path, name: str, text: str) -> None:
    vectors = read(write(tmp_path / name, text))
    assert vectors.ids.tolist() == [3, 5]
    np.testing.assert_array_equal(vectors.values, np.float32([[1, 2, 3], [0.5, -0.01, 3]]))
    assert vectors.values.dtype == np.float32
    # Of good, bad and über two; of good good bad good über rare, which is unknown, four.
    assert (vectors.words, vectors.running_words) == (2 / 3, 4 / 6)
    assert str(vectors) == (
        f"{name} has vectors for 66.7% of the vocabulary, which is 66.7% of all words in the "
        "training rows"
    )
    assert list(warn_of_few_vectors(vectors)) == []


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_an_array_has_its_words_beside_it(tmp_path: Path, kind: type) -> None:
    values = np.array([[0, 0], [4, 0.5]], kind)
    vectors = read(write_array(tmp_path / "a.npy", values, "the\nbad\n"), 2)
    assert (vectors.ids.tolist(), vectors.values.tolist()) == ([4], [[4, 0.5]])
    (line,) = warn_of_few_vectors(vectors)  # 1 of 6
    assert line.startswith("a.npy has vectors for 33.3% of the vocabulary, which is 16.7% of all")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("good 1 2 3\nbad 1 2\n", ":2: expected a word and 3 numbers, received 2; the file is"),
        ("good 1 2 3\nelse 1 2\n", ":2: expected a word and 3 numbers, received 2"),
        ("good 1 2 3\nbad 1 x 3\n", ":2: not all of the values are numbers"),
        ("good 1 2 3\nbad 1 nan 3\n", ":2: not all of the numbers are finite"),
        ("good 1 2 3\nbad 1 1e99 3\n", ":2: not all of the numbers are finite"),
        (b"good 1 2 3\n\xfcber 1 2 3\n", ":2: byte 0xFC is not UTF-8; save the file as UTF-8"),
        ("9 3\ngood 1 2 3\n", ": ends after 1 of 9 vectors"),
        ("good\n", ": not a file of word vectors: GloVe's or word2vec's text"),
        ("", ": not a file of word vectors"),
        ("text,label\n", ": not a file of word vectors"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_a_damaged_file_is_named_with_the_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = write(tmp_path / "glove.txt", text)
    with pytest.raises(DataError) as error:
        read(path)
    assert error.value.messages[0].startswith(f"{path}{message}")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"glove\.txt: no such file"):
        read(tmp_path / "glove.txt")
    cut = write(tmp_path / "cut.gz", GLOVE)
    cut.write_bytes(cut.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"cut\.gz: "):
        read(cut)
    array = write_array(tmp_path / "a.npy", [[1.0, 2.0, 3.0]] * 2, "good\n")
    with pytest.raises(DataError, match=r"a\.txt: 1 word, but a\.npy has 2 vectors"):
        read(array)
    with pytest.raises(DataError, match=r"a\.npy: not a file of word vectors"):
        read(write_array(tmp_path / "a.npy", [1, 2, 3], "good\n"))
    with pytest.raises(DataError, match=r"row 0 \(from 0\) has a number that is not finite"):
        read(write_array(tmp_path / "a.npy", [[np.inf, 2.0]], "good\n"), 2)


def test_a_length_that_is_not_the_files_is_an_error_of_the_config(tmp_path: Path) -> None:
    path = write(tmp_path / "glove.txt", GLOVE)
    assert vector_length(path) == 3
    with pytest.raises(ConfigError) as error:
        read(path, 16)
    assert error.value.messages == (
        f"model.embedding_dim: 16, but {path} has vectors of 3 numbers; set 3",
    )


def test_words_that_are_not_known_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="textclf data fetch imdb"):
        read(write(tmp_path / "glove.txt", GLOVE), data=make_dataset(()))
