"""Encoders give what Keras's functions and the textbook's loops give."""

import itertools
import json
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from textclf.config.file import load_config
from textclf.config.settings.dataset import ImdbDataset
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.data import encoders as preprocessing
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import (
    FeatureEncoder,
    TargetScale,
    TextEncoder,
    encoder_from_json,
    fit_encoder,
    unpack,
)
from textclf.data.loaders import load_dataset
from textclf.data.tasks import BINARY, REGRESSION

Rows = list[list[int]]
LARGEST = 12
TEXTS: Rows = [[1, 4, 12, 3], [1], [], [1, 5, 5, 6, 7, 8, 9, 10, 11, 4, 2, 3], [1, 9, 2, 8, 6]]
WORDS = ("<pad>", "<start>", "<unknown>", *"defghijklm")


def make_ragged(rows: Rows) -> Ragged:
    lengths = [len(row) for row in rows]
    ids = list(itertools.chain.from_iterable(rows))
    return Ragged(np.array(ids, np.int32), np.cumsum([0, *lengths]))


def make_texts(rows: Rows, n_train: int | None = None, **fields: object) -> Dataset:
    n_train = len(rows) if n_train is None else n_train
    y = np.zeros(len(rows), np.int32)
    return Dataset("texts", BINARY, x=make_ragged(rows), y=y, n_train=n_train, **fields)


def fit_on(data: Dataset, **settings: object) -> TextEncoder:
    return fit_encoder(TextPreprocessing(**settings), data, data.train_rows)


def encode(rows: Rows, **settings: object) -> np.ndarray:
    return fit_on(make_texts(rows), **settings).transform(make_ragged(rows))


def as_keras(rows: Rows, num_words: int | None, skip_top: int) -> Rows:
    """What keras.datasets' load_data does to ids, in its own words."""
    num_words = num_words or max(max(row, default=0) for row in rows)
    return [[w if skip_top <= w < num_words else 2 for w in row] for row in rows]


# --- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maxlen", "padding", "truncating"),
    list(itertools.product([1, 3, 4, 5, 12, 20], ["pre", "post"], ["pre", "post"])),
)
def test_rows_equal_pad_sequences(maxlen: int, padding: str, truncating: str) -> None:
    from keras.utils import pad_sequences

    encoded = encode(TEXTS, num_words=100, maxlen=maxlen, padding=padding, truncating=truncating)
    assert encoded.dtype == np.int32
    np.testing.assert_array_equal(
        encoded, pad_sequences(TEXTS, maxlen, padding=padding, truncating=truncating)
    )


@pytest.mark.parametrize("num_words", [None, 4, 9, LARGEST, LARGEST + 1, 100])
@pytest.mark.parametrize("skip_top", [0, 1, 3, 8])
def test_ids_equal_load_data(num_words: int | None, skip_top: int) -> None:
    from keras.utils import pad_sequences

    encoded = encode(TEXTS, num_words=num_words, skip_top=skip_top, maxlen=6)
    np.testing.assert_array_equal(encoded, pad_sequences(as_keras(TEXTS, num_words, skip_top), 6))


def test_no_num_words_makes_the_largest_id_unknown() -> None:
    encoder = fit_on(make_texts(TEXTS), maxlen=4)
    assert encoder.num_words == LARGEST
    assert encoder.transform(make_ragged([[3, LARGEST - 1, LARGEST]])).tolist() == [[0, 3, 11, 2]]


def test_reserved_ids_are_removed_before_rows_are_cut_and_padded() -> None:
    rows = [[1, 4, 2, 5, 9, 6, 3], [1, 2, 9], [0, 4]]
    encoded = encode(rows, num_words=9, skip_top=4, remove_reserved=True, maxlen=3)
    assert encoded.tolist() == [[4, 5, 6], [0, 0, 0], [0, 0, 4]]
    encoded = encode(rows, num_words=9, remove_reserved=True, maxlen=3, padding="post")
    assert encoded.tolist() == [[5, 6, 3], [0, 0, 0], [4, 0, 0]]


@pytest.mark.parametrize("remove_reserved", [False, True])
@pytest.mark.parametrize("num_words", [8, 11, 16])
def test_multi_hot_equals_the_naive_loop(
    num_words: int, remove_reserved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preprocessing, "MULTI_HOT_ROWS", 2)  # 5 rows: the last block is smaller
    encoder = fit_on(
        make_texts(TEXTS),
        num_words=num_words,
        remove_reserved=remove_reserved,
        encoding="multi_hot",
    )
    naive = np.zeros((len(TEXTS), num_words))
    for row, text in enumerate(as_keras(TEXTS, num_words, 0)):
        naive[row, [word for word in text if word > 2 or not remove_reserved]] = 1
    packed = encoder.transform(make_ragged(TEXTS))
    assert packed.dtype == np.uint8
    np.testing.assert_array_equal(packed, np.packbits(naive.astype(bool), axis=1))
    assert (encoder.packed_columns, encoder.input_shape) == (num_words, (num_words,))
    assert encoder.input_dtype == "float32"


def test_shape_of_rows_of_ids() -> None:
    encoder = fit_on(make_texts(TEXTS), maxlen=7)
    assert encoder.packed_columns is None
    assert (encoder.input_shape, encoder.input_dtype) == ((7,), "int32")


# --- unranked texts --------------------------------------------------------------------------

# In the training rows h is there 3 times, f and g twice, d once; e and i only in the test row.
UNRANKED: Rows = [[1, 3, 5, 6], [1, 6, 5, 7, 7, 7], [1, 4, 4, 4, 4, 8, 7]]


def test_unranked_words_are_ranked_by_the_training_rows() -> None:
    data = make_texts(UNRANKED, n_train=2, words=WORDS[:9], ranked=False)
    encoder = fit_on(data, num_words=7, maxlen=7)
    assert encoder.words == ("<pad>", "<start>", "<unknown>", "h", "f", "g", "d")
    assert encoder.transform(data.x).tolist() == [
        [0, 0, 0, 1, 6, 4, 5],
        [0, 1, 5, 4, 3, 3, 3],
        [1, 2, 2, 2, 2, 2, 3],
    ]


def test_words_of_other_rows_are_unknown_even_where_there_is_room() -> None:
    data = make_texts(UNRANKED, n_train=2, words=WORDS[:9], ranked=False)
    encoder = fit_on(data, num_words=50, maxlen=7)
    assert encoder.transform(data.x)[2].tolist() == [1, 2, 2, 2, 2, 2, 3]
    assert set(encoder.words[7:]) == {""}


def test_rows_to_fit_on_decide() -> None:
    data = make_texts(UNRANKED, n_train=3, words=WORDS[:9], ranked=False)
    settings = TextPreprocessing(num_words=5, maxlen=7)
    assert fit_encoder(settings, data, np.array([2])).words[3:] == ("e", "h")
    assert fit_encoder(settings, data, np.array([1, 0])).words[3:] == ("h", "f")


def test_ranked_words_stay_as_they_are() -> None:
    encoder = fit_on(make_texts(UNRANKED, n_train=2, words=WORDS), num_words=6, maxlen=3)
    assert encoder.words == WORDS[:6]


# --- to JSON and back ------------------------------------------------------------------------

SETTINGS = [
    {"num_words": 6, "maxlen": 4},
    {"num_words": 6, "skip_top": 4, "maxlen": 4, "padding": "post", "truncating": "post"},
    {"num_words": 7, "remove_reserved": True, "maxlen": 4, "encoding": "one_hot"},
    {"num_words": 7, "encoding": "multi_hot"},
    {"maxlen": 5},
]


@pytest.mark.parametrize("ranked", [True, False])
@pytest.mark.parametrize("settings", SETTINGS)
def test_text_encoder_survives_json(settings: dict, ranked: bool) -> None:
    data = make_texts(UNRANKED, words=WORDS, ranked=ranked)
    encoder = fit_on(data, **settings)
    restored = encoder_from_json(json.loads(json.dumps(encoder.to_json())))
    assert restored.to_json() == encoder.to_json()
    # A new text comes in the ids of `words`.
    id_of = {word: number for number, word in enumerate(restored.words) if word}
    own_ids = [[id_of.get(data.words[old], 2) for old in row] for row in UNRANKED]
    np.testing.assert_array_equal(
        restored.transform(make_ragged(own_ids)), encoder.transform(data.x)
    )


def test_feature_encoder_survives_json() -> None:
    data = make_features(np.array([[1.0, 5.0], [4.0, 5.5]]), n_train=2)
    encoder = fit_encoder(FeaturePreprocessing(), data, data.train_rows)
    restored = encoder_from_json(json.loads(json.dumps(encoder.to_json())))
    assert restored.feature_names == ("rooms", "age")
    np.testing.assert_array_equal(restored.transform(data.x), encoder.transform(data.x))


# --- features --------------------------------------------------------------------------------


def make_features(x: np.ndarray, n_train: int) -> Dataset:
    y = np.zeros(len(x), np.float32)
    return Dataset("homes", REGRESSION, x=x, y=y, n_train=n_train, feature_names=("rooms", "age"))


def test_features_are_standardised_by_the_training_rows_alone() -> None:
    data = make_features(np.array([[1.0, 7], [2, 7], [6, 7], [100, 9]]), n_train=3)
    encoder = fit_encoder(FeaturePreprocessing(), data, data.train_rows)
    encoded = encoder.transform(data.x)
    assert encoded.dtype == np.float32
    assert encoded[:3, 0].mean() == pytest.approx(0, abs=1e-7)
    assert encoded[:3, 0].std() == pytest.approx(1)
    assert encoded[3, 0] == pytest.approx((100 - 3) / np.sqrt(14 / 3))
    assert encoded[:, 1].tolist() == [0, 0, 0, 2]  # constant in the training rows


@pytest.mark.parametrize("n_rows", [3, 160, 100_000])
@pytest.mark.parametrize("value", [14.62, 0.1, -1e-9, 1e15, 123456789.123, 0.0])
def test_a_constant_feature_is_0_however_many_rows_and_however_large(n_rows: int, value) -> None:
    x = np.full((n_rows + 1, 1), value)
    x[-1] += 0.5
    encoder = FeatureEncoder.fit(
        FeaturePreprocessing(), make_features(x, n_rows), np.arange(n_rows)
    )
    assert (encoder.mean.tolist(), encoder.scale.tolist()) == ([value], [1])
    encoded = encoder.transform(x)
    assert not encoded[:-1].any() and encoded[-1] == pytest.approx(0.5)


@pytest.mark.parametrize("value", [0.3, 1e9, -7e-7])
def test_what_rounding_makes_of_equal_numbers_is_constant(value) -> None:
    x = np.array([[value], [np.nextafter(value, np.inf)], [np.nextafter(value, -np.inf)]])
    encoder = FeatureEncoder.fit(FeaturePreprocessing(), make_features(x, 3), np.arange(3))
    assert encoder.scale.tolist() == [1]


@pytest.mark.parametrize("offset", [1e6, 1.7e12, 1e15])  # milliseconds since 1970, say
def test_small_differences_of_large_numbers_are_kept(offset) -> None:
    x = offset + np.array([[0.0], [1000.0], [2000.0]])
    encoder = FeatureEncoder.fit(FeaturePreprocessing(), make_features(x, 3), np.arange(3))
    assert encoder.transform(x)[:, 0].tolist() == pytest.approx([-1.2247, 0, 1.2247], abs=1e-3)


@pytest.mark.parametrize(
    ("y", "expected"),
    [([1e6, 3e6, 9.0], (2e6, 1e6)), ([14.62] * 3, (14.62, 1)), ([1e-6, 3e-6, 9], (2e-6, 1e-6))],
)
def test_a_target_is_standardized_by_its_training_rows(y: list[float], expected) -> None:
    data = replace(make_features(np.zeros((3, 1)), 2), y=np.array(y), standardizes_target=True)
    scale = TargetScale.fit(data, np.arange(2))
    assert (scale.mean, scale.scale) == pytest.approx(expected)
    assert TargetScale.from_json(vars(scale)) == scale
    assert TargetScale.fit(replace(data, standardizes_target=False), np.arange(2)) is None


def test_features_beyond_twice_the_range_of_the_training_rows_are_far_off() -> None:
    data = make_features(np.array([[0.0, 7], [4, 7], [99, 7]]), n_train=2)
    encoder = fit_encoder(FeaturePreprocessing(), data, data.train_rows)
    x = np.array([[8, 7.5], [8.1, 6], [-4.1, 7], [99, 9]])
    expected = [[False, False], [True, False], [True, False], [True, True]]
    again = FeatureEncoder.from_json(encoder.to_json() | {"kind": "features"})
    assert encoder.far_off(x).tolist() == again.far_off(x).tolist() == expected
    older = {k: v for k, v in encoder.to_json().items() if k not in ("lowest", "highest")}
    assert not FeatureEncoder.from_json(older).far_off(x).any()
    with pytest.raises(ValueError, match="lowest and highest are not of 2 features"):
        FeatureEncoder.from_json(encoder.to_json() | {"lowest": [1.0]})


def test_features_stay_as_they_are_unless_standardised() -> None:
    data = make_features(np.array([[1.0, 7], [2, 9]]), n_train=2)
    encoder = fit_encoder(FeaturePreprocessing(standardize=False), data, data.train_rows)
    assert encoder.transform(data.x).tolist() == data.x.tolist()


# --- the catalogue's facts -------------------------------------------------------------------


@pytest.fixture(scope="module")
def imdb(data_dir: Path) -> Dataset:
    return load_dataset(ImdbDataset(name="imdb"), data_dir)


@pytest.mark.real_data
@pytest.mark.slow
def test_reviews_equal_keras(imdb: Dataset, keras_datasets: types.ModuleType) -> None:
    from keras.utils import pad_sequences

    encoder = fit_on(imdb, num_words=500, skip_top=20, maxlen=100)
    (x, _), _ = keras_datasets.imdb.load_data(num_words=500, skip_top=20)
    assert [len(row) for row in x[:3]] == imdb.x.lengths[:3].tolist() == [218, 189, 141]
    ours = encoder.transform(Ragged(imdb.x.values, imdb.x.offsets[:25_001]))
    np.testing.assert_array_equal(ours, pad_sequences(x, 100))


@pytest.mark.real_data
def test_experiment_1_decodes_to_the_tutorials_text(imdb: Dataset) -> None:
    settings = load_config("imdb_truncated_rnn").preprocessing
    encoder = fit_encoder(settings, imdb, imdb.train_rows)
    rows = encoder.transform(Ragged(imdb.x.values, imdb.x.offsets[:3]))
    assert (rows > 0).sum(axis=1).tolist() == [84, 63]
    assert not rows[0, : 200 - 84].any()
    assert " ".join(encoder.words[number] for number in rows[0, -84:]) == (
        "film just story really part they you could just being there an now same being director "
        "from same so fact there real film film were great just so much film would watch really "
        "at end so you know what they say if you at film have been good also two little they were "
        "just are out think because them all up are such big film but these are should be what "
        "they have don't you think story so because life after all us all"
    )


@pytest.mark.real_data
def test_experiment_7_trains_on_the_tutorials_rows(imdb: Dataset) -> None:
    from textclf.data.splits import make_splits

    (split,) = make_splits(load_config("imdb_simple_rnn_onehot").training.validation, imdb)
    lengths = imdb.x.lengths[split.train]
    assert (len(lengths), lengths.mean(), np.median(lengths)) == (20_000, 239.00925, 178.0)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["imdb", "reuters", "docstrings"])
@pytest.mark.parametrize(
    "settings",
    [{"skip_top": 5}, {"remove_reserved": True}, {"encoding": "multi_hot"}, {"padding": "post"}],
    ids=lambda settings: next(iter(settings)),
)
def test_a_text_is_encoded_as_its_ids_were_in_training(name, settings):
    """Ids to words to ids: what predict feeds the model is what training fed it."""
    data = load_dataset(types.SimpleNamespace(name=name, test_split=0.2, seed=113))
    texts = [" ".join(data.words[id_] for id_ in data.x[row][1:]) for row in range(200)]
    some = Ragged(data.x.values[: data.x.offsets[200]], data.x.offsets[:201])
    full = TextPreprocessing(num_words=5000, maxlen=100, **settings)
    trained = fit_encoder(full, data, data.train_rows)
    kept = encoder_from_json(json.loads(json.dumps(trained.to_json())))
    np.testing.assert_array_equal(trained.transform(some), kept.transform_texts(texts))


def test_packed_columns_are_unpacked_for_the_model():
    bits = np.array([[1, 0, 0, 1, 1, 0, 0, 0, 0, 1], [0] * 10])
    unpacked = unpack(np.packbits(bits, axis=1), 10)
    assert unpacked.dtype == np.float32
    np.testing.assert_array_equal(unpacked, bits)
    assert unpack(bits, None) is bits
