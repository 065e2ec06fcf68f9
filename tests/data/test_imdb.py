"""The IMDB reviews equal keras.datasets' row for row."""

import shutil
import types
from pathlib import Path

import numpy as np
import pytest

from textclf.config.settings.dataset import ImdbDataset
from textclf.data.dataset import Dataset
from textclf.data.loaders import load_dataset

pytestmark = pytest.mark.real_data
SETTINGS = ImdbDataset(name="imdb")


@pytest.fixture(scope="module")
def imdb(data_dir: Path) -> Dataset:
    return load_dataset(SETTINGS, data_dir)


@pytest.mark.slow
def test_rows_equal_keras(imdb: Dataset, keras_datasets: types.ModuleType) -> None:
    # Without num_words, Keras takes the highest id for it, and so calls that word unknown.
    (x, y), (x_test, y_test) = keras_datasets.imdb.load_data()
    expected = np.concatenate([np.array(row) for part in (x, x_test) for row in part])
    highest = imdb.x.values.max()
    np.testing.assert_array_equal(np.where(imdb.x.values == highest, 2, imdb.x.values), expected)
    np.testing.assert_array_equal(
        imdb.x.lengths, [len(row) for part in (x, x_test) for row in part]
    )
    np.testing.assert_array_equal(imdb.y, np.concatenate([y, y_test]))
    np.testing.assert_array_equal(imdb.x[25_000][:50], x_test[0][:50])


def test_form(imdb: Dataset) -> None:
    assert (len(imdb), imdb.n_train, len(imdb.x)) == (50_000, 25_000, 50_000)
    assert (imdb.x.values.dtype, imdb.x.offsets.dtype, imdb.y.dtype) == (
        np.dtype("int32"),
        np.dtype("int64"),
        np.dtype("int32"),
    )
    assert imdb.class_names == ("neg", "pos")
    assert imdb.ranked
    assert list(imdb.files) == ["imdb.npz"]


def test_lengths_of_the_catalogue(imdb: Dataset) -> None:
    assert imdb.x.lengths[:3].tolist() == [218, 189, 141]
    rows = np.random.RandomState(42).permutation(25_000)[5_000:]
    assert imdb.x.lengths[rows].mean() == 239.00925
    assert np.median(imdb.x.lengths[rows]) == 178.0


def test_words_decode_the_first_review(imdb: Dataset) -> None:
    first = imdb.x[0]
    kept = first[(first >= 20) & (first < 200)]
    assert len(kept) == 84
    text = " ".join(imdb.words[word_id] for word_id in kept)
    assert text.startswith("film just story really part they you could just being there an now")
    assert text.endswith("because life after all us all")
    assert list(imdb.words[:5]) == ["<pad>", "<start>", "<unknown>", "<unused>", "the"]
    assert len(imdb.words) == imdb.x.values.max() + 1


@pytest.mark.usefixtures("no_data")
def test_word_index_is_optional(tmp_path: Path, data_dir: Path) -> None:
    folder = tmp_path / "only-the-reviews"
    folder.mkdir()
    shutil.copy(data_dir / "imdb.npz", folder)
    imdb = load_dataset(SETTINGS, folder)
    assert len(imdb) == 50_000
    assert list(imdb.words) == []


def test_cached_load_is_the_same(
    imdb: Dataset, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(tmp_path))
    for _ in ("cold", "warm"):
        again = load_dataset(SETTINGS, data_dir)
        np.testing.assert_array_equal(again.x.values, imdb.x.values)
        np.testing.assert_array_equal(again.x.offsets, imdb.x.offsets)
        np.testing.assert_array_equal(again.y, imdb.y)
