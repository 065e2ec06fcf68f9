"""N-grams are those of scikit-learn's vectorizers, and naive Bayes's ratios those of a loop."""

import json
from collections import Counter
from math import log

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.data import ngrams
from textclf.data.dataset import Dataset, Ragged
from textclf.data.encoders import FIRST_WORD, TextEncoder, encoder_from_json, fit_encoder
from textclf.data.ngrams import SparseRows
from textclf.data.tasks import BINARY, MULTICLASS
from textclf.errors import ConfigError

RNG = np.random.default_rng(0)
N_WORDS, N_TRAIN = 12, 40
WORDS = ("<pad>", "<start>", "<unknown>", *"abcdefghijkl")
# Zipf's law, as in texts; some are empty, and one is a word over and over.
ROWS = [
    np.minimum(RNG.zipf(1.5, RNG.integers(0, 25)) + 2, N_WORDS + 2).tolist() for _ in range(60)
] + [[3] * 9]
TEXTS = [" ".join(WORDS[id_] for id_ in row) for row in ROWS]
Y = np.arange(len(ROWS), dtype=np.int32) % 2


def ragged(rows: list[list[int]]) -> Ragged:
    values = np.array([id_ for row in rows for id_ in row], np.int32)
    return Ragged(values, np.cumsum([0, *map(len, rows)]))


def data(task: object = BINARY, names: tuple[str, ...] = ("bad", "good")) -> Dataset:
    x = ragged([[1, *row] for row in ROWS])
    return Dataset(
        "texts", task, x, Y, N_TRAIN, names, WORDS, tokens=("keras", False), ranked=False
    )


def fit(rows: np.ndarray | None = None, **settings: object) -> TextEncoder:
    section = TextPreprocessing(encoding="multi_hot", **settings)
    return fit_encoder(section, data(), np.arange(N_TRAIN) if rows is None else rows)


def named(encoder: TextEncoder, rows: SparseRows) -> list[dict[str, float]]:
    """Each row's n-grams with their weights."""
    return [
        {
            encoder.ngrams.name(id_ - 1, encoder.words): float(weight)
            for id_, weight in zip(part.ids.tolist(), part.weights.tolist(), strict=True)
        }
        for part in (rows[row : row + 1] for row in range(len(rows)))
    ]


def by_scikit_learn(kind: type, **settings: object) -> list[dict[str, float]]:
    vectorizer = kind(token_pattern=r"\S+", dtype=np.float64, **settings).fit(TEXTS[:N_TRAIN])
    names = vectorizer.get_feature_names_out()
    return [
        {names[column]: row[0, column] for column in row.indices}
        for row in vectorizer.transform(TEXTS)
    ]


@pytest.mark.parametrize("piece", [1_000_000, 1, 30])
@pytest.mark.parametrize(
    ("ngrams_setting", "min_rows"), [(1, 1), (2, 2), (3, 1), ([2, 3], 2), ([3, 3], 1), (4, 5)]
)
def test_counts_are_scikit_learns(
    monkeypatch: pytest.MonkeyPatch, piece: int, ngrams_setting: object, min_rows: int
) -> None:
    monkeypatch.setattr(ngrams, "PIECE", piece)
    encoder = fit(ngrams=ngrams_setting, min_rows=min_rows, weighting="count")
    lengths = encoder.ngrams.shortest, len(encoder.ngrams.starts) - 1
    expected = by_scikit_learn(CountVectorizer, ngram_range=lengths, min_df=min_rows)
    assert named(encoder, encoder.transform(data().x)) == expected


def test_tfidf_is_scikit_learns() -> None:
    encoder = fit(ngrams=2, min_rows=2, weighting="tfidf")
    expected = by_scikit_learn(TfidfVectorizer, ngram_range=(1, 2), min_df=2)
    for found, row in zip(named(encoder, encoder.transform(data().x)), expected, strict=True):
        assert found == pytest.approx(row, rel=1e-6)


def test_naive_bayes_is_wang_and_mannings() -> None:
    encoder = fit(ngrams=2, weighting="naive_bayes")
    present = named(encoder, encoder.transform(data().x))
    rows = [Counter(name for row in present[part:N_TRAIN:2] for name in row) for part in (1, 0)]
    names = rows[0].keys() | rows[1].keys()
    p, q = ({name: 1 + count[name] for name in names} for count in rows)
    sums = sum(p.values()), sum(q.values())
    for name in names:
        expected = log((p[name] / sums[0]) / (q[name] / sums[1]))
        assert next(row[name] for row in present if name in row) == pytest.approx(expected, 1e-5)


def test_ratios_are_of_the_rows_that_train() -> None:
    ratios = [fit(np.arange(k, 20 + k), ngrams=1, weighting="naive_bayes") for k in (0, 20)]
    first, second = (encoder.ngrams.weights[0] for encoder in ratios)
    assert first != second


def test_the_same_rows_are_fitted_once() -> None:
    first = fit(ngrams=2)
    assert fit(ngrams=2).ngrams is first.ngrams
    assert fit(np.arange(1, N_TRAIN), ngrams=2).ngrams is not first.ngrams
    second = fit(ngrams=2, weighting="tfidf")
    assert fit(ngrams=2, weighting="tfidf", min_rows=3).ngrams is not second.ngrams


def test_the_most_frequent_are_kept() -> None:
    every, some = (fit(ngrams=3, min_rows=1, num_words=number) for number in (None, 20))
    x = data().x.take(np.arange(N_TRAIN))
    counts = Counter(name for row in named(every, every.transform(x)) for name in row)
    kept = {name for row in named(some, some.transform(x)) for name in row}
    assert len(kept) == some.ngrams.n_features == 20
    assert min(counts[name] for name in kept) >= max(counts[n] for n in counts.keys() - kept)


@pytest.mark.parametrize("weighting", ["binary", "count", "tfidf", "naive_bayes"])
def test_a_long_text_keeps_its_largest_weights(weighting: str) -> None:
    whole, cut = (fit(ngrams=2, weighting=weighting, maxlen=n) for n in (None, 5))
    for row, part in zip(
        *(named(encoder, encoder.transform(data().x)) for encoder in (whole, cut)), strict=True
    ):
        assert len(part) == min(len(row), 5)
        assert part.items() <= row.items()
        left = [abs(row[name]) for name in row.keys() - part.keys()]
        assert max(left, default=0) <= min(map(abs, part.values()), default=0)


def test_no_ngram_spans_an_unknown_word() -> None:
    encoder = fit(ngrams=2, min_rows=1, weighting="count")
    found = named(encoder, encoder.transform_texts(["a b", "a strange b", "a a b"]))
    assert [row.get("a b", 0) for row in found] == [1, 0, 1]


def test_new_texts_read_as_the_datasets_own() -> None:
    encoder = fit(ngrams=3, weighting="naive_bayes")
    assert named(encoder, encoder.transform_texts(TEXTS)) == named(
        encoder, encoder.transform(data().x)
    )


def test_known_words_are_those_of_known_ngrams() -> None:
    texts = ["a b strange", "strange", "", "a a"]
    words, pairs = (fit(ngrams=n, min_rows=1, remove_reserved=True) for n in (1, [2, 2]))
    assert words.count_known(words.ids_of(texts)).tolist() == [2, 0, 0, 2]
    # In "strange", removed, nothing remains; a pair begins with each token but the last.
    assert pairs.count_known(pairs.ids_of(texts)).tolist() == [1, 0, 0, 1]


def test_reserved_ids_and_frequent_words_are_left_out() -> None:
    encoder = fit(ngrams=1, min_rows=1, skip_top=FIRST_WORD + 1, remove_reserved=True)
    frequent = Counter(" ".join(TEXTS[:N_TRAIN]).split()).most_common(1)[0][0]
    names = {name for row in named(encoder, encoder.transform(data().x)) for name in row}
    assert frequent not in names
    assert len(names) == len(set(" ".join(TEXTS[:N_TRAIN]).split())) - 1


@pytest.mark.parametrize("weighting", ["binary", "tfidf"])
def test_what_is_stored_encodes_alike(weighting: str) -> None:
    encoder = fit(ngrams=[2, 3], weighting=weighting, maxlen=7)
    stored = json.loads(json.dumps(encoder.to_json()))
    again = encoder_from_json(stored, encoder.arrays)
    assert again.to_json() == encoder.to_json()
    assert named(again, again.transform_texts(TEXTS)) == named(
        encoder, encoder.transform_texts(TEXTS)
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"keys": np.zeros(3, np.int64)},
        {"keys": np.full(3, 10**15)},
        {"keys": np.array([-1, 3, 4])},
        {"keys": np.zeros((3, 1), np.int64)},
        {"keys": np.array([1.0, 2.0, 3.0])},
        {"starts": np.array([0, 2])},
        {"starts": np.array([0, 4, 3])},
        {"starts": np.array([0, 1, 2, 3])},
        {"weights": np.full(3, np.nan, np.float32)},
        {"weights": np.zeros(2, np.float32)},
    ],
    ids=str,
)
def test_damaged_arrays_are_refused(damage: dict[str, np.ndarray]) -> None:
    encoder = fit(ngrams=1, num_words=3 + 1, weighting="tfidf")
    sound = {"starts": np.array([0, 3]), "keys": np.array([3, 4, 5]), "weights": np.ones(3, "f4")}
    stored = json.loads(json.dumps(encoder.to_json()))
    assert encoder_from_json(stored, sound).ngrams.n_features == 3
    with pytest.raises(ValueError, match="n-grams"):
        encoder_from_json(stored, {**sound, **damage})


def test_naive_bayes_of_three_classes_is_refused() -> None:
    section = TextPreprocessing(encoding="multi_hot", ngrams=1, weighting="naive_bayes")
    with pytest.raises(ConfigError, match="compares two classes, but texts has 3; use tfidf"):
        fit_encoder(section, data(MULTICLASS, ("a", "b", "c")), np.arange(N_TRAIN))


def test_rows_are_taken_and_padded() -> None:
    rows = SparseRows(
        np.array([1, 2, 3], np.int32), np.array([0.5, 1, 2], np.float32), np.array([0, 2, 2, 3])
    )
    ids, weights = rows[np.array([2, 0, 0])].padded(rows=4)
    assert ids.tolist() == [[3, 0], [1, 2], [1, 2], [0, 0]]
    assert weights.tolist() == [[2, 0], [0.5, 1], [0.5, 1], [0, 0]]
    assert [len(part[0]) for part in rows[1:2].padded()] == [1, 1]
