"""N-grams as features: a text is the ids of its n-grams and their weights, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from textclf.config.settings.preprocessing import TextPreprocessing
from textclf.data.dataset import Dataset, Ragged
from textclf.data.tasks import BINARY
from textclf.data.tokenizer import UNKNOWN_ID
from textclf.errors import ConfigError

PIECE = 1_000_000  # tokens of the texts that are looked up at once: about 100 MB
MISSING = -1
WEIGHTED = ("tfidf", "naive_bayes")  # where features have weights of their own

# The arguments and the result of the last fit: a training asks for the same before it begins, in
# each of several seeds, and in its report; fitting takes ten seconds where there are a million.
_last: dict[str, Any] = {}


@dataclass(frozen=True)
class SparseRows:
    """Rows of features: which of them a row has, and their weights.

    Args:
        ids: int32 (entries,), the rows one after the other; from 1, as 0 is padding.
        weights: float32 (entries,).
        offsets: int64 (rows + 1,); row i is entries `offsets[i]` to `offsets[i + 1]`.
    """

    ids: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """The number of features of each row, int64 (rows,)."""
        return np.diff(self.offsets)

    @property
    def nbytes(self) -> int:
        return self.ids.nbytes + self.weights.nbytes + self.offsets.nbytes

    def __getitem__(self, rows: Any) -> Self:
        """The given rows, a slice or int64 (examples,), in that order."""
        starts, lengths = self.offsets[:-1][rows], self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        return replace(self, ids=self.ids[entries], weights=self.weights[entries], offsets=offsets)

    def padded(self, rows: int = 0) -> list[np.ndarray]:
        """A model's inputs: ids, int32, and weights, float32, (rows, features of the longest row).

        Args:
            rows: at least this many; the added ones are empty.
        """
        lengths = np.zeros(max(rows, len(self)), np.int64)
        lengths[: len(self)] = self.lengths
        has_entry = np.arange(max(1, lengths.max(initial=0))) < lengths[:, None]
        arrays = [np.zeros(has_entry.shape, part.dtype) for part in (self.ids, self.weights)]
        for array, part in zip(arrays, (self.ids, self.weights), strict=True):
            array[has_entry] = part
        return arrays


class _Level(NamedTuple):
    """The n-grams of one length, in the order of their keys.

    Args:
        parents: int64 (ngrams,), the place of all but the last word among those one shorter.
        words: int64 (ngrams,), the id of the last word.
        rows: int64 (ngrams,), in how many rows each is.
    """

    parents: np.ndarray
    words: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Ngrams:
    """The n-grams of a model, a trie: each is one that is a token shorter, and its last token.

    Args:
        shortest: tokens of the shortest that is a feature; shorter ones only lead to longer ones.
        n_words: tokens have ids below this.
        starts: int64 (longest + 1,), where the keys of those of 1, 2, ... tokens begin and end.
        keys: int64 (n-grams,), ascending for each length: the place of the shorter one among those
            of its length, times n_words, plus the id of the last token.
        weighting: as in a config.
        maxlen: the most features of a row; None: all.
        weights: float32 (features,) of tfidf and naive_bayes, else empty.
    """

    shortest: int
    n_words: int
    starts: np.ndarray
    keys: np.ndarray
    weighting: str
    maxlen: int | None
    weights: np.ndarray

    @classmethod
    def fit(
        cls, settings: TextPreprocessing, x: Ragged, y: np.ndarray, most: int | None = None
    ) -> Self:
        """Learn n-grams and their weights from training rows.

        Args:
            x: the rows, in ids of words by frequency.
            y: their classes, int32 (rows,), of two for naive_bayes.
            most: number of features.
        """
        assert settings.ngram_range is not None  # otherwise texts are encoded in another way
        shortest, longest = settings.ngram_range
        levels = list(_levels(x, longest, settings.min_rows))
        if most is not None:
            levels = _most_frequent(levels, shortest, most)
        n_words = int(max(levels[0].words, default=UNKNOWN_ID)) + 1
        found = cls(
            shortest,
            n_words,
            np.cumsum([0, *(len(level.words) for level in levels)]),
            np.concatenate([level.parents * n_words + level.words for level in levels]),
            settings.weighting,
            settings.maxlen,
            np.zeros(0, np.float32),
        )
        if settings.weighting not in WEIGHTED:
            return found
        known = Ragged(np.where(x.values < n_words, x.values, UNKNOWN_ID), x.offsets)
        present = replace(found, weighting="binary", maxlen=None).features(known)
        weigh = _idf if settings.weighting == "tfidf" else _log_ratios
        return replace(found, weights=weigh(present, y, found.n_features).astype(np.float32))

    @classmethod
    def from_arrays(cls, settings: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """Those that `arrays` described.

        Args:
            settings: has shortest, n_words, weighting and maxlen.

        Raises:
            ValueError: the arrays are not those of n-grams.
        """
        parts: dict[str, Any] = {name: arrays[name] for name in ("starts", "keys", "weights")}
        found = cls(**settings, **parts)
        found.check()
        return found

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What `from_arrays` needs beside the settings."""
        return {"starts": self.starts, "keys": self.keys, "weights": self.weights}

    @property
    def first(self) -> int:
        """The place of the first feature among the keys."""
        return int(self.starts[self.shortest - 1])

    @property
    def n_features(self) -> int:
        return len(self.keys) - self.first

    def check(self) -> None:
        """Refuse arrays that are not those of n-grams.

        Raises:
            ValueError: their types, lengths or order are others.
        """
        types = [array.dtype for array in (self.starts, self.keys, self.weights)]
        if types != [np.int64, np.int64, np.float32] or self.keys.ndim != 1:
            raise ValueError("n-grams of other types")
        ends = self.starts[[0, -1]].tolist()
        if ends != [0, len(self.keys)] or (np.diff(self.starts) < 0).any():
            raise ValueError("n-grams without an order of lengths")
        n_parents = 1
        for start, stop in pairwise(self.starts.tolist()):
            keys = self.keys[start:stop]
            is_known = (keys >= 0) & (keys < n_parents * self.n_words)
            if (np.diff(keys) <= 0).any() or not is_known.all():
                raise ValueError("n-grams that are not in order")
            n_parents = stop - start
        n_weights = self.n_features if self.weighting in WEIGHTED else 0
        if self.weights.shape != (n_weights,) or not np.isfinite(self.weights).all():
            raise ValueError(f"{self.weights.size:,} weights of {n_weights:,} n-grams")

    def features(self, x: Ragged) -> SparseRows:
        """The n-grams of texts, in ids below n_words."""
        bounds = [0]
        while bounds[-1] < len(x):  # whole rows, but at least one
            end = x.offsets[bounds[-1]] + PIECE
            after = int(np.searchsorted(x.offsets, end, side="right")) - 1
            bounds.append(max(after, bounds[-1] + 1))
        pieces = [
            self._features(
                Ragged(
                    x.values[x.offsets[start] : x.offsets[stop]],
                    x.offsets[start : stop + 1] - x.offsets[start],
                )
            )
            for start, stop in pairwise(bounds)
        ]
        lengths = [piece.lengths for piece in pieces]
        return SparseRows(
            np.concatenate([np.zeros(0, np.int32), *(piece.ids for piece in pieces)]),
            np.concatenate([np.zeros(0, np.float32), *(piece.weights for piece in pieces)]),
            np.cumsum(np.concatenate([[0], *lengths]), dtype=np.int64),
        )

    def _features(self, x: Ragged) -> SparseRows:
        row_of = np.repeat(np.arange(len(x)), x.lengths)
        width = self.n_features + 1
        codes = [
            row_of[places] * width + (found - self.first)
            for length, places, found in self._find(x)
            if length >= self.shortest
        ]
        unique, counts = np.unique(np.concatenate(codes), return_counts=True)
        rows, features = np.divmod(unique, width)
        weights = self._weights(rows, features, counts)
        if self.maxlen is not None:
            kept = _largest(rows, np.abs(weights), self.maxlen)
            rows, features, weights = rows[kept], features[kept], weights[kept]
        offsets = np.searchsorted(rows, np.arange(len(x) + 1))
        return SparseRows((features + 1).astype(np.int32), weights.astype(np.float32), offsets)

    def _find(self, x: Ragged) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """For each length, where in `x.values` known n-grams begin, and their places in `keys`."""
        places, parents = np.arange(len(x.values)), np.zeros(len(x.values), np.int64)
        last_places = np.repeat(x.offsets[1:], x.lengths)
        for more, (start, stop) in enumerate(pairwise(self.starts.tolist())):
            inside = places + more < last_places[places]
            places, parents = places[inside], parents[inside]
            found = _search(self.keys[start:stop], parents * self.n_words + x.values[places + more])
            places, parents = places[found != MISSING], found[found != MISSING]
            yield more + 1, places, parents + start

    def _weights(self, rows: np.ndarray, features: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """float64 (entries,)."""
        if self.weighting == "binary":
            return np.ones(len(features))
        if self.weighting == "count":
            return counts.astype(np.float64)
        weights: np.ndarray = self.weights[features].astype(np.float64)
        if self.weighting == "naive_bayes":
            return weights
        weights *= counts
        lengths = np.sqrt(np.bincount(rows, np.square(weights)))
        return np.asarray(weights / lengths[rows])

    def count_beginnings(self, x: Ragged) -> np.ndarray:
        """The number of tokens of each row with which a feature begins, int64 (rows,)."""
        begins = np.zeros(len(x.values), bool)
        for length, places, _ in self._find(x):
            if length >= self.shortest:
                begins[places] = True
        row_of = np.repeat(np.arange(len(x)), x.lengths)
        return np.bincount(row_of[begins], minlength=len(x))

    def name(self, feature: int, words: tuple[str, ...]) -> str:
        """The tokens of a feature, from 0, with blanks between them."""
        place = self.first + feature
        tokens = []
        for level in range(int(np.searchsorted(self.starts, place, side="right")) - 1, -1, -1):
            parent, word = divmod(int(self.keys[place]), self.n_words)
            tokens.append(words[word] if words else f"#{word}")
            place = int(self.starts[max(level - 1, 0)]) + parent
        return " ".join(reversed(tokens))


def fit_ngrams(
    settings: TextPreprocessing, x: Ragged, dataset: Dataset, rows: np.ndarray
) -> Ngrams:
    """The n-grams of a dataset's rows.

    Args:
        x: the rows, in ids of words by frequency.
        rows: their numbers in the dataset, int64 (examples,).

    Raises:
        ConfigError: naive_bayes, but not two classes.
    """
    if settings.weighting == "naive_bayes" and dataset.task != BINARY:
        raise ConfigError(
            "preprocessing.weighting: naive_bayes compares two classes, but "
            f"{dataset.name} has {_classes(dataset)}; use tfidf"
        )
    # With subwords, num_words is how many of those are learnt.
    most = None if settings.tokens == "subwords" else settings.num_words
    arrays = x.values, x.offsets, dataset.y[rows]
    is_same = _last.get("settings") == (settings, most) and all(
        map(np.array_equal, arrays, _last["arrays"])
    )
    if not is_same:
        found = Ngrams.fit(settings, x, dataset.y[rows], most)
        _last.update(settings=(settings, most), arrays=arrays, ngrams=found)
    return _last["ngrams"]  # type: ignore[no-any-return]


def _classes(dataset: Dataset) -> str:
    if not dataset.task.is_classification:
        return "numbers to predict"
    if dataset.task.is_multilabel:
        return "several labels in a row"
    return f"{len(dataset.class_names)}"


def _levels(x: Ragged, longest: int, min_rows: int) -> Iterator[_Level]:
    """The n-grams of 1, 2, ... tokens that are in at least `min_rows` rows."""
    words = x.values.astype(np.int64)
    n_words = int(words.max(initial=UNKNOWN_ID)) + 1
    row_of, ends = (np.repeat(a, x.lengths) for a in (np.arange(len(x)), x.offsets[1:]))
    places, parents = np.arange(len(words)), np.zeros(len(words), np.int64)
    for more in range(longest):
        inside = places + more < ends[places]
        inside[inside] = words[places[inside] + more] > UNKNOWN_ID
        places, parents = places[inside], parents[inside]
        keys = parents * n_words + words[places + more]
        order = np.argsort(keys, kind="stable")  # so that the rows of a key are in order, too
        is_first = _differs(keys[order])
        in_new_row = is_first | _differs(row_of[places[order]])
        firsts = np.flatnonzero(is_first)
        n_rows = np.add.reduceat(in_new_row, firsts, dtype=np.int64) if len(firsts) else firsts
        is_kept = n_rows >= min_rows
        kept = keys[order[firsts[is_kept]]]
        yield _Level(*np.divmod(kept, n_words), n_rows[is_kept])
        number = np.where(is_kept, np.cumsum(is_kept) - 1, MISSING)
        found = np.empty_like(keys)
        found[order] = np.repeat(number, np.diff([*firsts, len(keys)]))
        places, parents = places[found != MISSING], found[found != MISSING]


def _differs(values: np.ndarray) -> np.ndarray:
    """Whether each value differs from the one before it, bool (values,)."""
    return np.concatenate([[True], values[1:] != values[:-1]])[: len(values)]


def _most_frequent(levels: list[_Level], shortest: int, most: int) -> list[_Level]:
    """The n-grams in the most rows; of equally frequent ones the shortest.

    What an n-gram begins with is in no fewer rows and shorter, so that it is kept, too.
    """
    leading, features = levels[: shortest - 1], levels[shortest - 1 :]
    rows = np.concatenate([level.rows for level in features])
    is_kept = np.zeros(len(rows), bool)
    is_kept[np.argsort(-rows, kind="stable")[:most]] = True
    parts = np.split(is_kept, np.cumsum([len(level.rows) for level in features])[:-1])
    kept: list[_Level] = []
    for level, part, before in zip(features, parts, [None, *parts], strict=False):
        parents = level.parents[part]
        if before is not None:
            parents = (np.cumsum(before) - 1)[parents]
        kept.append(_Level(parents, level.words[part], level.rows[part]))
    return [*leading, *kept]


def _search(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The place of each wanted key in ascending keys, int64 (wanted,); MISSING if not there."""
    if not len(keys):
        return np.full(len(wanted), MISSING)
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[found] == wanted, found, MISSING)


def _largest(rows: np.ndarray, sizes: np.ndarray, most: int) -> np.ndarray:
    """The entries with the largest sizes of each row, in order; of equal ones the first."""
    starts = np.searchsorted(rows, rows)
    if not len(rows) or (np.arange(len(rows)) - starts).max() < most:
        return np.arange(len(rows))
    order = np.lexsort((-sizes, rows))  # stable
    return np.sort(order[np.arange(len(rows)) - starts < most])


def _idf(x: SparseRows, _y: np.ndarray, n_features: int) -> np.ndarray:
    """log((1 + rows) / (1 + rows with the feature)) + 1, as scikit-learn's TfidfTransformer."""
    n_rows = np.bincount(x.ids - 1, minlength=n_features)
    return np.asarray(np.log((1 + len(x)) / (1 + n_rows)) + 1)


def _log_ratios(x: SparseRows, y: np.ndarray, n_features: int) -> np.ndarray:
    """r = log((p / Σp) / (q / Σq)), p and q: 1 + rows of class 1 and of class 0 with the feature.

    S. Wang and C. Manning, Baselines and Bigrams (ACL 2012), with sets of n-grams.
    """
    is_second = np.repeat(y == 1, x.lengths)
    p, q = (
        1.0 + np.bincount(x.ids[chosen] - 1, minlength=n_features)
        for chosen in (is_second, ~is_second)
    )
    return np.asarray(np.log((p / p.sum()) / (q / q.sum())))
