"""Statistics of a dataset, as a config's preprocessing sees it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from textclf.config.settings import Config
from textclf.data.dataset import Dataset
from textclf.data.encoders import (
    FIRST_WORD,
    REMOVED,
    Encoder,
    TextEncoder,
    fit_encoder,
    in_tokens,
    mean_and_deviation,
    rank_ids,
)
from textclf.data.splits import Split, make_splits
from textclf.data.tokenizer import UNKNOWN_ID
from textclf.inspection.duplicates import Duplicates, find_duplicates

PERCENTILES = (5, 25, 50, 75, 95)
# Usual sizes of a vocabulary.
NGRAM_ROWS = 1_000  # texts whose n-grams are counted, or up to twice that number
USUAL_NUM_WORDS = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
UNKNOWN = "[?]"
BINS = 12  # of a histogram, approximately
TAIL = 0.98  # longer texts share the last bin; otherwise they would flatten the others
EXAMPLES = 4  # in total for few classes; otherwise one of each of the most common classes
EXAMPLE_WORDS = 40


@dataclass(frozen=True)
class Spread:
    """The spread of numbers."""

    mean: float
    sd: float
    min: float
    max: float
    percentiles: dict[str, float]

    @classmethod
    def of(cls, values: np.ndarray) -> "Spread":
        """The spread of numbers (n,); zeros without any. The standard deviation divides by n."""
        values = values if len(values) else np.zeros(1)
        ranks = np.percentile(values, PERCENTILES).tolist()
        named = dict(zip(map(str, PERCENTILES), ranks, strict=True))
        low, high = float(values.min()), float(values.max())
        (mean,), (sd,) = mean_and_deviation(values[:, None])
        return cls(float(mean), float(sd), low, high, named)


@dataclass(frozen=True)
class Histogram:
    """Whole numbers counted: bin i holds those above edges[i], up to edges[i + 1]; the last bin
    is open, the first one holds 0 too."""

    edges: list[int]
    counts: list[int]


@dataclass(frozen=True)
class Lengths:
    """Lengths of the training texts in ids, including the start mark.

    Args:
        empty: number of texts without a word.
        maxlen: of the config; None if nothing is cut.
        texts_cut: share of the texts that are longer.
        tokens_cut: share of all ids that are cut off.
        texts_padded: share of the texts that are shorter.
    """

    spread: Spread
    histogram: Histogram
    empty: int
    maxlen: int | None
    texts_cut: float
    tokens_cut: float
    texts_padded: float


@dataclass(frozen=True)
class NgramCounts:
    """The n-grams that a model reads.

    Args:
        by_tokens: how many there are of each number of tokens.
        of_texts: how many of them training texts have, before maxlen.
        maxlen: of the config.
        texts_cut: share of the training texts that have more.
    """

    by_tokens: dict[int, int]
    of_texts: Spread
    maxlen: int | None
    texts_cut: float


@dataclass(frozen=True)
class Coverage:
    """The share of words that are kept with ids below `num_words`."""

    num_words: int
    training: float
    test: float


@dataclass(frozen=True)
class Vocabulary:
    """The words of the training texts.

    Args:
        words: number of distinct words.
        once: number of words that occur once.
        tokens: number of all words.
        unseen: share of the test texts' words that are not in the training texts.
        coverage: for several sizes of the vocabulary.
        num_words, skip_top: of the config.
        too_rare: share of the training texts' words that num_words makes unknown.
        too_frequent: share of these words that skip_top makes unknown.
    """

    words: int
    once: int
    tokens: int
    unseen: float
    coverage: list[Coverage]
    num_words: int | None
    skip_top: int
    too_rare: float
    too_frequent: float

    @property
    def kept(self) -> float:
        """Share of the training texts' words that remain known."""
        return 1 - self.too_rare - self.too_frequent


@dataclass(frozen=True)
class ClassCount:
    """The number of rows of a class."""

    name: str
    training: int
    test: int


@dataclass(frozen=True)
class Feature:
    """A column of the training rows; the statistics leave out `missing` values."""

    name: str
    missing: int
    min: float
    mean: float
    sd: float
    max: float


@dataclass(frozen=True)
class Example:
    """A text as the model reads it, unknown words marked, without its middle."""

    label: str
    split: str
    row: int
    text: str


@dataclass(frozen=True)
class Description:
    """A dataset with the splits and encoder of a config; statistics are computed when used."""

    config: Config
    data: Dataset
    splits: list[Split]
    encoder: Encoder

    @classmethod
    def of(cls, config: Config, data: Dataset) -> "Description":
        """Split the rows, and fit the encoder on the training rows (for folds: the first fold's).

        Raises:
            ConfigError: no rows would train, or none validate.
        """
        splits = make_splits(config.training.validation, data, config.training.train_share)
        settings, rows = config.preprocessing, splits[0].train
        data = in_tokens(settings, data, rows)
        return cls(config, data, splits, fit_encoder(settings, data, rows))

    @property
    def has_folds(self) -> bool:
        return len(self.splits) > 1

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each split; for folds all training rows, as each validates once."""
        if self.has_folds:
            return {"training": self.data.n_train, "test": len(self.data.test_rows)}
        split = self.splits[0]
        parts = {"training": split.train, "validation": split.validation, "test": split.test}
        return {name: len(rows) for name, rows in parts.items() if len(rows)}

    @cached_property
    def classes(self) -> list[ClassCount]:
        """In the dataset's order; validation rows are training rows here."""
        if not self.data.task.is_classification:
            return []
        names, n = self.data.class_names, self.data.n_train
        training = self.data.count_classes(slice(n)).tolist()
        test = self.data.count_classes(slice(n, None)).tolist()
        return [ClassCount(*counts) for counts in zip(names, training, test, strict=True)]

    @cached_property
    def commonest(self) -> ClassCount:
        """The class with most training rows: always guessing it gives the score to beat."""
        return max(self.classes, key=lambda count: count.training)

    @cached_property
    def target(self) -> Spread | None:
        """Of the training rows; for regression."""
        is_class = self.data.task.is_classification
        return None if is_class else Spread.of(self.data.y[: self.data.n_train])

    @cached_property
    def text_lengths(self) -> np.ndarray:
        """Lengths of the training texts, int64 (n_train,), as maxlen counts them."""
        if not isinstance(self.encoder, TextEncoder):
            return np.zeros(0, np.int64)
        offsets = self.data.x.offsets[: self.data.n_train + 1]
        if not self.encoder.remove_reserved:
            return np.diff(offsets)
        kept = self.encoder.id_table.take(self.data.x.values[: offsets[-1]]) != REMOVED
        return np.diff(np.concatenate([[0], np.cumsum(kept)])[offsets])

    @cached_property
    def lengths(self) -> Lengths | None:
        if not isinstance(self.encoder, TextEncoder):
            return None
        lengths, maxlen = self.text_lengths, self.maxlen
        least = 0 if self.encoder.remove_reserved else 1  # the start mark
        return Lengths(
            Spread.of(lengths),
            histogram(lengths, maxlen),
            int((lengths <= least).sum()),
            maxlen,
            *self.cut_by(maxlen),
            float((lengths < maxlen).mean()) if maxlen else 0.0,
        )

    @property
    def maxlen(self) -> int | None:
        """None for multi-hot rows, which have no length."""
        is_cut = isinstance(self.encoder, TextEncoder) and not self.encoder.is_bag
        return self.encoder.maxlen if is_cut else None  # type: ignore[union-attr]

    @cached_property
    def ngrams(self) -> NgramCounts | None:
        """Of the training texts; None where a model does not read n-grams."""
        if not isinstance(self.encoder, TextEncoder) or self.encoder.ngrams is None:
            return None
        ngrams, rows = self.encoder.ngrams, self.data.train_rows
        some = rows[:: -(-len(rows) // NGRAM_ROWS)]
        whole = replace(self.encoder, ngrams=replace(ngrams, maxlen=None))
        lengths = whole.transform(self.data.x.take(some)).lengths
        by_tokens = {
            tokens: int(count)
            for tokens, count in enumerate(np.diff(ngrams.starts), start=1)
            if tokens >= ngrams.shortest
        }
        maxlen = ngrams.maxlen
        cut = float((lengths > maxlen).mean()) if maxlen else 0.0
        return NgramCounts(by_tokens, Spread.of(lengths), maxlen, cut)

    def cut_by(self, maxlen: int | None) -> tuple[float, float]:
        """The shares of texts and of ids that a maxlen cuts."""
        lengths = self.text_lengths
        if maxlen is None or not len(lengths):
            return 0.0, 0.0
        beyond = np.maximum(lengths - maxlen, 0).sum() / max(lengths.sum(), 1)
        return float((lengths > maxlen).mean()), float(beyond)

    @cached_property
    def _word_counts(self) -> tuple[np.ndarray, np.ndarray]:
        """How often the word of each rank is in training and in test texts, int64 (ids,) each.

        Test words that are not in the training texts are counted at UNKNOWN_ID.
        """
        x, n = self.data.x, self.data.n_train
        ranks = rank_ids(self.data, self.data.train_rows)
        parts = x.values[: x.offsets[n]], x.values[x.offsets[n] :]
        training, test = (np.bincount(part, minlength=len(ranks)) for part in parts)
        ranks[(training == 0) & (ranks >= FIRST_WORD)] = UNKNOWN_ID
        counts = [
            np.bincount(ranks, part, len(ranks)).astype(np.int64) for part in (training, test)
        ]
        counts[0][:FIRST_WORD], counts[1][:UNKNOWN_ID] = 0, 0
        return counts[0], counts[1]

    @cached_property
    def vocabulary(self) -> Vocabulary | None:
        if not isinstance(self.encoder, TextEncoder):
            return None
        training, test = self._word_counts
        words, skip_top = int((training > 0).sum()), self.encoder.skip_top
        # With n-grams, it is the number of those.
        is_of_words = self.encoder.ngrams is None
        own = getattr(self.config.preprocessing, "num_words", None) if is_of_words else None
        sizes = sorted(
            {*(size for size in USUAL_NUM_WORDS if size < words), *([own] if own else [])}
        )
        frequent = 1 - _share(training, skip_top, None)
        return Vocabulary(
            words=words,
            once=int((training == 1).sum()),
            tokens=int(training.sum()),
            unseen=float(test[UNKNOWN_ID] / max(test.sum(), 1)),
            coverage=[
                Coverage(size, _share(training, 0, size), _share(test, 0, size)) for size in sizes
            ],
            num_words=own,
            skip_top=skip_top,
            too_rare=1 - _share(training, 0, self.encoder.num_words),
            too_frequent=frequent,
        )

    @cached_property
    def features(self) -> list[Feature]:
        if isinstance(self.encoder, TextEncoder):
            return []
        x = self.data.x[: self.data.n_train]
        names = self.data.feature_names or [f"feature {i}" for i in range(x.shape[1])]
        return [_feature(name, column) for name, column in zip(names, x.T, strict=True)]

    @cached_property
    def duplicates(self) -> Duplicates:
        return find_duplicates(self.data)

    @cached_property
    def examples(self) -> list[Example]:
        """The first training texts of the commonest classes, as the model reads them."""
        if not isinstance(self.encoder, TextEncoder) or not self.classes:
            return []
        return list(self._examples(self.encoder))

    def _examples(self, encoder: TextEncoder) -> Iterator[Example]:
        common = sorted(self.classes, key=lambda count: -count.training)[: EXAMPLES + 1]
        labels = self.data.y[: self.data.n_train]
        shown: set[int] = set()  # a row may have several of the classes
        for count in common:
            number = list(self.data.class_names).index(count.name)
            most = max(1, EXAMPLES // len(self.classes))
            has_class = labels[:, number] if self.data.task.is_multilabel else labels == number
            new = (row for row in np.flatnonzero(has_class).tolist() if row not in shown)
            for row in islice(new, most):
                shown.add(row)
                words = words_read(encoder, self.data.x[row], self.data.words)
                in_file = int(self.data.in_file(np.array([row]))[0])
                yield Example(str(self.data.label_of(row)), "train", in_file, _shortened(words))

    def to_json(self) -> dict[str, Any]:
        """All statistics as one object."""
        optional = ("target", "lengths", "vocabulary", "ngrams", "duplicates")
        lists = ("classes", "features", "examples")
        return {
            "dataset": self.data.name,
            "task": self.data.task.name,
            "parts": {"train": self.data.n_train, "test": len(self.data.test_rows)},
            "rows": self.rows,
            "folds": len(self.splits) if self.has_folds else None,
            "validates_on_test": getattr(self.config.training.validation, "split", "") == "test",
            "baseline": self.baseline,
            **{name: _as_json(getattr(self, name)) for name in optional},
            **{name: [asdict(item) for item in getattr(self, name)] for name in lists},
            "files": dict(self.data.files),
            "warnings": list(self.data.warnings),
        }

    def share_right_of_constant(self, rows: slice) -> float | None:
        """The share of right decisions for each label if all rows get the labels of most training
        rows; None of no rows."""
        always = self.data.y[: self.data.n_train].mean(axis=0) > 0.5
        is_right = self.data.y[rows] == always
        return float(is_right.mean()) if is_right.size else None

    @property
    def baseline(self) -> dict[str, Any]:
        """The test score of always guessing the most common class, the labels that most rows have,
        or the median target."""
        y, n = self.data.y, self.data.n_train
        if self.data.task.is_multilabel:
            return {
                "prediction": self.data.constant_answer,
                "test_accuracy": self.share_right_of_constant(slice(n, None)),
            }
        if not self.data.task.is_classification:
            middle = self.data.constant_answer
            error = float(np.abs(y[n:] - middle).mean()) if len(y) > n else None
            return {"prediction": middle, "test_mae": error}
        share = self.commonest.test / (len(y) - n) if len(y) > n else None
        return {"prediction": self.commonest.name, "test_accuracy": share}


def histogram(lengths: np.ndarray, maxlen: int | None, bins: int = BINS) -> Histogram:
    """About `bins` equal bins up to the 98th percentile; if possible, one ends at maxlen."""
    top = max(float(np.quantile(lengths, TAIL)) if len(lengths) else 0, maxlen or 0, 1)
    widths = sorted(_round_widths(top, bins), key=lambda width: abs(top / width - bins))
    width = next((w for w in widths if maxlen and maxlen % w == 0), widths[0])
    last = int(-(-top // width))
    places = np.clip(-(-lengths // width) - 1, 0, last)
    edges = [width * place for place in range(last + 1)]
    return Histogram(edges, np.bincount(places, minlength=last + 1).tolist())


def _round_widths(top: float, bins: int) -> list[int]:
    """Widths 1, 2, 5, 10, 20, 25, 50, … that split `top` into about `bins` bins."""
    steps = [factor * 10**power for power in range(8) for factor in (1, 2, 2.5, 4, 5)]
    fitting = (step for step in steps if step % 1 == 0 and bins / 2 <= top / step <= 2 * bins)
    return list(map(int, fitting)) or [1]


def _as_json(part: Any) -> dict[str, Any] | None:
    return None if part is None else asdict(part)


def _share(counts: np.ndarray, first: int, end: int | None) -> float:
    """The share of words with ids from `first` to below `end`."""
    return float(counts[max(first, FIRST_WORD) : end].sum() / max(counts.sum(), 1))


def _feature(name: str, column: np.ndarray) -> Feature:
    there = column[np.isfinite(column)]
    missing = len(column) - len(there)
    there = there if len(there) else np.zeros(1)
    low, high = there.min(), there.max()
    (mean,), (sd,) = mean_and_deviation(there[:, None])
    return Feature(name, missing, float(low), float(mean), float(sd), float(high))


# --- words -----------------------------------------------------------------------------------


def words_of(ids: np.ndarray, words: Sequence[str]) -> list[str]:
    """The words of a dataset's own ids, int32 (tokens,); the ids if it has no words."""
    return [words[id_] if id_ < len(words) else f"#{id_}" for id_ in ids.tolist()]


def words_read(encoder: TextEncoder, ids: np.ndarray, words: Sequence[str]) -> list[str]:
    """A text as the model reads it, without padding: '…' where it is cut, UNKNOWN for an
    unknown word.

    Args:
        ids: the text, int32 (tokens,), in the dataset's own ids.
        words: of the dataset.
    """
    table = encoder.id_table.take(ids)
    read = [
        UNKNOWN if new == UNKNOWN_ID else word
        for new, word in zip(table.tolist(), words_of(ids, words), strict=True)
        if new != REMOVED
    ]
    maxlen = None if encoder.is_bag else encoder.maxlen
    if maxlen is None or len(read) <= maxlen:
        return read
    return ["…", *read[-maxlen:]] if encoder.truncating == "pre" else [*read[:maxlen], "…"]


def _shortened(words: list[str]) -> str:
    more = ["…"] if len(words) > EXAMPLE_WORDS and words[EXAMPLE_WORDS] != "…" else []
    return " ".join([*words[:EXAMPLE_WORDS], *more])
