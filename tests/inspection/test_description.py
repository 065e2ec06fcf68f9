"""What is in a dataset, counted: splits, classes, lengths, words, features, examples."""

import json

import numpy as np
import pytest

from textclf.config.file import dataset_config, load_config
from textclf.config.recipes import list_recipes
from textclf.data.dataset import Dataset
from textclf.data.loaders import load_dataset
from textclf.inspection.description import Coverage, Description, histogram
from tiny_data import describe, features, texts

ROWS = ["a a b", "a b c d e f", "", "a", "a z", "a b"]


@pytest.fixture
def data() -> Dataset:
    return texts(ROWS, [0, 1, 1, 1, 0, 1], n_train=4)


def test_rows_and_classes_are_those_of_the_splits(data):
    description = describe(data, {"split": "first", "rows": 1}, maxlen=3)
    assert description.rows == {"training": 3, "validation": 1, "test": 2}
    assert [(c.name, c.training, c.test) for c in description.classes] == [
        ("neg", 1, 1),
        ("pos", 3, 1),
    ]
    assert description.baseline == {"prediction": "pos", "test_accuracy": 0.5}
    assert describe(data, {"split": "k_fold", "folds": 2}).rows == {"training": 4, "test": 2}


def test_lengths_count_as_maxlen_does(data):
    lengths = describe(data, maxlen=3).lengths  # 4, 7, 1 and 2 with the mark of the start
    assert (lengths.spread.mean, lengths.spread.min, lengths.spread.max) == (3.5, 1, 7)
    assert lengths.spread.percentiles["50"] == 3
    assert (lengths.texts_cut, lengths.tokens_cut) == (0.5, 5 / 14)
    assert (lengths.texts_padded, lengths.empty) == (0.5, 1)
    without_reserved = describe(data, maxlen=3, remove_reserved=True, num_words=6).lengths
    assert without_reserved.spread.max == 3  # a, a, b
    assert without_reserved.texts_cut == 0


def test_multi_hot_cuts_nothing(data):
    config = {"num_words": 10, "maxlen": 2, "encoding": "multi_hot"}
    lengths = describe(data, **config).lengths
    assert (lengths.maxlen, lengths.texts_cut, lengths.texts_padded) == (None, 0, 0)


def test_words_are_counted_in_training_texts(data):
    words = describe(data, num_words=6, skip_top=5).vocabulary  # ids: a 4, b 5, c 6
    assert (words.words, words.once, words.tokens) == (6, 4, 10)
    assert words.coverage == [Coverage(6, 0.6, 3 / 4)]
    assert (words.too_frequent, words.too_rare) == (pytest.approx(0.4), pytest.approx(0.4))
    assert words.kept == pytest.approx(0.2)
    assert words.unseen == 1 / 4  # z


def test_words_of_a_dataset_that_is_not_ranked_are_ranked(data):
    # z is the training texts' most frequent word: num_words 4 keeps it and nothing else.
    unranked = Dataset(**{**vars(texts(["z z z a", "b z"], [0, 1], 1)), "ranked": False})
    words = describe(unranked, num_words=4).vocabulary
    assert words.coverage == [Coverage(4, 0.75, 0.5)]
    assert words.unseen == 0.5


def test_examples_are_what_the_model_reads(data):
    examples = describe(data, num_words=6, maxlen=4).examples
    assert [(e.label, e.split, e.row, e.text) for e in examples] == [
        ("pos", "train", 1, "… [?] [?] [?] [?]"),
        ("pos", "train", 2, "<start>"),
        ("neg", "train", 0, "<start> a a b"),
    ]
    post = describe(data, num_words=6, maxlen=4, truncating="post").examples
    assert post[0].text == "<start> a b [?] …"


def test_features_are_described_without_what_is_missing():
    x = [[1, 5], [3, np.nan], [9, 9]]
    description = describe(features(x, [1, 3, 4], 2, ["width", "height"]))
    assert describe(features([[1]] * 4, [1, 2, 9, 4], 3)).baseline["prediction"] == 2
    width, height = description.features
    assert (width.name, width.min, width.mean, width.sd, width.max) == ("width", 1, 2, 1, 3)
    assert (height.missing, height.max) == (1, 5)
    assert description.target.mean == 2
    assert description.baseline == {"prediction": 2, "test_mae": 2}


@pytest.mark.parametrize("maxlen", [None, 7, 100, 500])
@pytest.mark.parametrize("lengths", [[1], [1, 1, 2], range(1, 300), np.arange(1, 3000) ** 2])
def test_a_histogram_holds_every_text_once(lengths, maxlen):
    lengths = np.array(lengths)
    bins = histogram(lengths, maxlen)
    assert sum(bins.counts) == len(lengths)
    assert len(bins.edges) == len(bins.counts) <= 30
    ends = [*bins.edges[1:], np.inf]
    for low, high, count in zip(bins.edges, ends, bins.counts, strict=True):
        assert count == ((lengths > low) & (lengths <= high)).sum()


# A million n-grams take ten seconds to find; test_traps.py describes them.
RECIPES = [name for name in list_recipes() if name != "best/imdb_ngrams"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["imdb", "reuters", "boston", *RECIPES])
def test_every_dataset_and_recipe_is_described_in_json(name):
    recipe = name in list_recipes()
    config = load_config(name) if recipe else dataset_config(name)
    told = Description.of(config, load_dataset(config.dataset)).to_json()
    assert set(json.loads(json.dumps(told, allow_nan=False))) == set(told)
    assert sum(count["training"] for count in told["classes"]) in (0, told["parts"]["train"])


@pytest.mark.real_data
def test_what_imdb_loses_is_what_encoding_loses():
    config = load_config("imdb_lstm")
    data = load_dataset(config.dataset)
    description = Description.of(config, data)
    x = description.encoder.transform(data.x)[: data.n_train]
    lengths = description.lengths
    assert lengths.tokens_cut == pytest.approx(
        1 - (x > 0).sum() / data.x.lengths[: data.n_train].sum()
    )
    assert lengths.texts_padded == pytest.approx((x[:, 0] == 0).mean())
    assert (round(lengths.texts_cut, 3), round(description.vocabulary.too_rare, 3)) == (
        0.887,
        0.309,
    )
