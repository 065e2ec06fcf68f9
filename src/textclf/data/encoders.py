"""Encoders: fitted on the training rows, they turn examples into a model's input."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import chain, repeat
from typing import Any, ClassVar, Self

import numpy as np

from textclf.config.settings.preprocessing import (
    FeaturePreprocessing,
    PreprocessingSettings,
    TextPreprocessing,
)
from textclf.data.dataset import Dataset, Ragged
from textclf.data.ngrams import Ngrams, SparseRows, fit_ngrams
from textclf.data.subwords import in_subwords, splitter
from textclf.data.tokenizer import PADDING_ID, START_ID, UNKNOWN_ID
from textclf.data.tokens import Tokens
from textclf.data.words import Split

FIRST_WORD = UNKNOWN_ID + 1
REMOVED = -1
NOISE = 16 * np.finfo(np.float64).eps  # of the largest value: what rounding makes of equal ones
NGRAM_SETTINGS = ("ngrams", "min_rows", "weighting")  # those of a config that n-grams are of
MULTI_HOT_ROWS = 512  # rows unpacked at once: 5 MB for 10,000 words stay in the cache


@dataclass(frozen=True)
class TextEncoder:
    """Ids of any length to rows of one length, as keras.utils.pad_sequences does.

    Args:
        num_words: ids from this on become 'unknown'; also the model's vocabulary.
        skip_top: ids below this become 'unknown' too.
        remove_reserved: ids 0 to 2 are removed before rows are padded and cut.
        id_table: int32 (ids of the dataset,), the new id of each old one; -1: removed.
        words: `words[i]` is the word of new id i; empty if the dataset has no words.
        tokens, signs: what new texts are split into, as in Tokens.
        ngrams: the n-grams of the new ids that a model reads; None: it reads the ids.
        ngram_settings: those of a config that they were fitted with.
    """

    num_words: int
    skip_top: int
    remove_reserved: bool
    maxlen: int | None
    padding: str
    truncating: str
    encoding: str
    id_table: np.ndarray
    words: tuple[str, ...] = ()
    tokens: str = "keras"
    signs: bool = False
    ngrams: Ngrams | None = None
    ngram_settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(cls, settings: TextPreprocessing, dataset: Dataset, rows: np.ndarray) -> Self:
        """Learn the vocabulary from `rows`, int64 (examples,).

        Raises:
            ConfigError: the weighting is not one for the dataset's task.
        """
        ids = rank_ids(dataset, rows)
        # Keras's load_data without num_words keeps ids below the largest one.
        num_words = settings.num_words or max(FIRST_WORD, int(ids.max()) + (not dataset.ranked))
        encoder = cls._of(settings, dataset, ids, num_words)
        if settings.ngrams is None:
            return encoder
        whole = cls._of(settings, dataset, ids, int(ids.max()) + 1)
        x = Ragged(whole.id_table.take(dataset.x.values), dataset.x.offsets).take(rows)
        ngrams = fit_ngrams(settings, whole.without_removed(x), dataset, rows)
        kept = {name: getattr(settings, name) for name in NGRAM_SETTINGS}
        # All words are of n-grams, and an id of its own remains for those that are unknown.
        encoder = cls._of(settings, dataset, ids, ngrams.n_words)
        return replace(encoder, ngrams=ngrams, ngram_settings=kept)

    @classmethod
    def _of(
        cls, settings: TextPreprocessing, dataset: Dataset, ids: np.ndarray, num_words: int
    ) -> Self:
        """The encoder of a vocabulary; `ids` as `rank_ids` gives them."""
        return cls(
            **settings.model_dump(exclude={"num_words", *NGRAM_SETTINGS}),
            num_words=num_words,
            id_table=_id_table(ids, num_words, settings.skip_top, settings.remove_reserved),
            words=_words_by_id(dataset, ids, num_words),
        )

    @classmethod
    def from_json(
        cls, settings: dict[str, Any], arrays: Mapping[str, np.ndarray] | None = None
    ) -> Self:
        """The encoder that `to_json` described, for texts in its own ids, those of `words`.

        Args:
            arrays: what `arrays` gave, if its texts are n-grams.
        """
        ids = np.arange(settings["num_words"])
        table = _id_table(ids, len(ids), settings["skip_top"], settings["remove_reserved"])
        own = {key: value for key, value in settings.items() if key not in NGRAM_SETTINGS}
        encoder = cls(**{**own, "words": tuple(own["words"])}, id_table=table)
        if settings.get("ngrams") is None:
            return encoder
        kept = {name: settings[name] for name in NGRAM_SETTINGS}
        shortest, longest = TextPreprocessing(**kept).ngram_range or (1, 1)
        about = {"shortest": shortest, "n_words": len(ids), "weighting": settings["weighting"]}
        ngrams = Ngrams.from_arrays({**about, "maxlen": settings["maxlen"]}, arrays or {})
        if len(ngrams.starts) != longest + 1:
            raise ValueError("n-grams of other lengths")
        return replace(encoder, ngrams=ngrams, ngram_settings=kept)

    @property
    def packed_columns(self) -> int | None:
        """Columns that `transform` packs 8 to a byte; the engine unpacks them batch by batch."""
        return self.num_words if self.is_bag and self.ngrams is None else None

    @property
    def is_bag(self) -> bool:
        """Whether a model reads which words or n-grams a text has, and not where."""
        return self.encoding == "multi_hot"

    @property
    def input_shape(self) -> tuple[int | None]:
        """Shape of one example as the model takes it: int32 (maxlen,) or float32 (num_words,).

        With n-grams, of each of its two inputs, (features of the longest text,).
        """
        return (self.packed_columns or (None if self.ngrams else self.maxlen),)

    @property
    def input_dtype(self) -> str:
        return "float32" if self.packed_columns else "int32"

    def transform(self, x: Ragged) -> Any:  # np.ndarray, or SparseRows of n-grams
        """The rows as int32 (rows, maxlen), or packed uint8 (rows, ceil(num_words / 8))."""
        return self._shape(Ragged(self.id_table.take(x.values), x.offsets))

    def transform_texts(self, texts: Iterable[str]) -> Any:  # np.ndarray, or SparseRows of n-grams
        """New texts as the model's input, as `transform` gives it; for an encoder with `words`."""
        return self.transform_ids(self.ids_of(texts))

    def transform_ids(self, x: Ragged) -> Any:  # np.ndarray, or SparseRows of n-grams
        """New ids, as `ids_of` gives them, as the model's input."""
        return self._shape(Ragged(self._own_table.take(x.values), x.offsets))

    def count_known(self, x: Ragged) -> np.ndarray:
        """The number of known words in each row of new ids, int64 (rows,).

        With n-grams, that of tokens with which a known one begins.
        """
        if self.ngrams is not None:
            own = Ragged(self._own_table.take(x.values), x.offsets)
            return self.ngrams.count_beginnings(self.without_removed(own))
        known = self._own_table.take(x.values) > UNKNOWN_ID
        return np.add.reduceat(known, x.offsets[:-1], dtype=np.int64)

    def ids_of(self, texts: Iterable[str]) -> Ragged:
        """New texts as new ids: START_ID, then each word's id, or UNKNOWN_ID."""
        id_of, unknown = self.id_of.get, repeat(UNKNOWN_ID)
        rows = [[START_ID, *map(id_of, self.split(text), unknown)] for text in texts]
        values = np.fromiter(chain.from_iterable(rows), np.int32)
        return Ragged(values, np.cumsum([0, *map(len, rows)], dtype=np.int64))

    @cached_property
    def split(self) -> Split:
        """The function from a new text to its words.

        Raises:
            DataError: a package that it needs is not installed.
        """
        split = Tokens(self.tokens, self.signs).split
        if self.tokens != "subwords":
            return split
        parts_of = splitter(self.id_of.keys())
        return lambda text: list(chain.from_iterable(map(parts_of, split(text))))

    @cached_property
    def id_of(self) -> dict[str, int]:
        """The new id of each word that has one."""
        return {word: id_ for id_, word in enumerate(self.words) if id_ >= FIRST_WORD and word}

    @cached_property
    def _own_table(self) -> np.ndarray:
        """The id that each new id becomes, int32 (num_words,)."""
        own_ids = np.arange(self.num_words)
        return _id_table(own_ids, self.num_words, self.skip_top, self.remove_reserved)

    def decode(self, ids: np.ndarray) -> list[str]:
        """The words of new ids, int32 (tokens,); '<pad>', '<start>', '<unknown>' are words too."""
        return [self.words[id_] for id_ in ids.tolist()]

    def without_removed(self, x: Ragged) -> Ragged:
        """Rows of new ids without those that are removed."""
        return _select(x, x.values != REMOVED) if self.remove_reserved else x

    def _shape(self, x: Ragged) -> Any:  # np.ndarray, or SparseRows of n-grams
        """Rows of new ids as the model takes them."""
        x = self.without_removed(x)
        if self.ngrams is not None:
            return self.ngrams.features(x)
        return self._pack(x) if self.packed_columns else self._pad(x)

    def _pad(self, x: Ragged) -> np.ndarray:
        """int32 (rows, maxlen), short rows padded and long rows cut."""
        assert self.maxlen is not None  # otherwise a conflict of the config
        padded = np.full((len(x), self.maxlen), PADDING_ID, np.int32)
        lengths = np.minimum(x.lengths, self.maxlen)
        sources = x.offsets[:-1] if self.truncating == "post" else x.offsets[1:] - lengths
        targets = self.maxlen - lengths if self.padding == "pre" else np.zeros_like(lengths)
        # One slice for each row is faster than a mask of all cells.
        for row, source, target, length in zip(padded, sources, targets, lengths, strict=True):
            row[target : target + length] = x.values[source : source + length]
        return padded

    def _pack(self, x: Ragged) -> np.ndarray:
        packed = np.empty((len(x), -(-self.num_words // 8)), np.uint8)
        for start in range(0, len(x), MULTI_HOT_ROWS):
            stop = min(start + MULTI_HOT_ROWS, len(x))
            present = np.zeros((stop - start, self.num_words), bool)
            values = x.values[x.offsets[start] : x.offsets[stop]]
            rows = np.repeat(np.arange(stop - start), x.lengths[start:stop])
            present[rows, values] = True
            packed[start:stop] = np.packbits(present, axis=1)
        return packed

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode new text in the same way."""
        other = ("id_table", "ngrams", "ngram_settings")
        names = [field.name for field in fields(self) if field.name not in other]
        own = {name: getattr(self, name) for name in names}
        return {"kind": "text", **own, **self.ngram_settings}

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What `from_json` needs beside `to_json`; mostly nothing."""
        return self.ngrams.arrays if self.ngrams else {}


@dataclass(frozen=True)
class FeatureEncoder:
    """Features minus their mean, divided by their standard deviation, float64 (features,) each.

    Args:
        lowest, highest: of each feature in the training rows; None: not recorded.
    """

    mean: np.ndarray
    scale: np.ndarray
    feature_names: tuple[str, ...] = ()
    lowest: np.ndarray | None = None
    highest: np.ndarray | None = None
    packed_columns = None
    arrays: ClassVar[Mapping[str, np.ndarray]] = {}
    input_dtype = "float32"

    @classmethod
    def fit(cls, settings: FeaturePreprocessing, dataset: Dataset, rows: np.ndarray) -> Self:
        """Learn mean and standard deviation (n) from `rows`, int64 (examples,)."""
        x, names = dataset.x[rows], tuple(dataset.feature_names)
        limits = x.min(axis=0), x.max(axis=0)
        if not settings.standardize:
            return cls(np.zeros(x.shape[1]), np.ones(x.shape[1]), names, *limits)
        mean, sd = mean_and_deviation(x)
        return cls(mean, np.where(sd == 0, 1, sd), names, *limits)

    @property
    def input_shape(self) -> tuple[int]:
        return (len(self.mean),)

    def transform(self, x: np.ndarray) -> np.ndarray:
        """float32 (rows, features)."""
        scaled: np.ndarray = (x - self.mean) / self.scale
        return scaled.astype(np.float32)

    def far_off(self, x: np.ndarray) -> np.ndarray:
        """Which features lie outside those of the training rows by more than their whole range.

        Args:
            x: float64 (rows, features).

        Returns:
            bool (rows, features); all false where an older textclf did not record the range.
        """
        if self.lowest is None or self.highest is None:
            return np.zeros(x.shape, bool)
        width = np.maximum(self.highest - self.lowest, self.scale)  # of a constant one, 1
        return np.asarray((x < self.lowest - width) | (x > self.highest + width))

    def to_json(self) -> dict[str, Any]:
        """Everything needed to encode new features in the same way, and to know strange ones."""
        limits = {"lowest": self.lowest, "highest": self.highest}
        return {
            "kind": "features",
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "feature_names": list(self.feature_names),
            **{name: limit.tolist() for name, limit in limits.items() if limit is not None},
        }

    @classmethod
    def from_json(
        cls, settings: dict[str, Any], _arrays: Mapping[str, np.ndarray] | None = None
    ) -> Self:
        """The encoder that `to_json` described."""
        mean, scale = np.array(settings["mean"]), np.array(settings["scale"])
        known = [name for name in ("lowest", "highest") if name in settings]
        limits = {name: np.array(settings[name], np.float64) for name in known}
        if any(limit.shape != mean.shape for limit in limits.values()):
            raise ValueError(f"{' and '.join(known)} are not of {mean.size} features")
        return cls(mean, scale, tuple(settings["feature_names"]), **limits)


Encoder = TextEncoder | FeatureEncoder


@dataclass(frozen=True)
class TargetScale:
    """What a model adds and multiplies at its end, so that it learns numbers around 0.

    Args:
        mean, scale: of the targets of the training rows; scale is their standard deviation.
    """

    mean: float
    scale: float

    @classmethod
    def fit(cls, dataset: Dataset, rows: np.ndarray) -> "TargetScale | None":
        """Learn it from `rows`, int64 (examples,); None where targets are to stay as they are."""
        if not dataset.standardizes_target:
            return None
        mean, sd = mean_and_deviation(dataset.y[rows, None].astype(np.float64))
        return cls(float(mean[0]), float(sd[0]) or 1.0)

    @classmethod
    def from_json(cls, settings: dict[str, float] | None) -> "TargetScale | None":
        """That of a run's preprocessing.json, which may have none."""
        return None if settings is None else cls(float(settings["mean"]), float(settings["scale"]))


def mean_and_deviation(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations (n) of float64 (rows, columns), each float64 (columns,).

    The deviation of a column of equal numbers, or of numbers that differ by no more than rounding,
    is 0, and its mean is one of them: NumPy's differ, by more the more rows there are.
    """
    mean, sd = x.mean(axis=0), x.std(axis=0)
    is_constant = np.ptp(x, axis=0) <= NOISE * np.abs(x).max(axis=0)
    return np.where(is_constant, x[0], mean), np.where(is_constant, 0, sd)


def in_tokens(settings: PreprocessingSettings, dataset: Dataset, rows: np.ndarray) -> Dataset:
    """The dataset in the tokens that an encoder reads: words, or subwords learnt from `rows`.

    Args:
        settings: a config's `preprocessing` section.
        rows: those that the encoder is then fitted on, int64 (examples,).

    Raises:
        DataError: a package that it needs is not installed.
        ValueError: the dataset was loaded in other tokens than those of the settings.
    """
    if isinstance(settings, FeaturePreprocessing):
        return dataset
    wanted = (settings.tokens, settings.signs)
    if dataset.tokens not in (None, wanted):
        raise ValueError(
            f"{dataset.name} was loaded in the tokens {dataset.tokens}, not {wanted}: give "
            "load_dataset Tokens.of(config.preprocessing)"
        )
    if settings.tokens != "subwords":
        return dataset
    assert settings.num_words is not None  # otherwise a conflict of the config
    return in_subwords(dataset, rows, settings.num_words - FIRST_WORD)


def fit_encoder(settings: PreprocessingSettings, dataset: Dataset, rows: np.ndarray) -> Encoder:
    """The encoder of a config's `preprocessing` section, fitted on `rows`, int64 (examples,)."""
    if isinstance(settings, FeaturePreprocessing):
        return FeatureEncoder.fit(settings, dataset, rows)
    return TextEncoder.fit(settings, dataset, rows)


def encoder_from_json(
    content: dict[str, Any], arrays: Mapping[str, np.ndarray] | None = None
) -> Encoder:
    """The encoder in a run's preprocessing.json.

    Args:
        arrays: those of its ngrams.npz; None: it has none.
    """
    settings = dict(content)
    kinds: dict[str, type[Encoder]] = {"text": TextEncoder, "features": FeatureEncoder}
    return kinds[settings.pop("kind")].from_json(settings, arrays or {})


def unpack(x: Any, columns: int | None) -> Any:
    """What `transform` gives as a model reads it: an array, or of n-grams ids and weights.

    Args:
        columns: the encoder's `packed_columns`: packed uint8 (rows, ceil(columns / 8)) become
            float32 (rows, columns); None: x is returned as it is.
    """
    if isinstance(x, SparseRows):
        return x.padded()
    return x if columns is None else np.unpackbits(x, axis=1, count=columns).astype(np.float32)


def _id_table(ids: np.ndarray, num_words: int, skip_top: int, remove_reserved: bool) -> np.ndarray:
    """The id that each ranked id becomes, int32 (ids,)."""
    table = np.where((ids < skip_top) | (ids >= num_words), UNKNOWN_ID, ids)
    if remove_reserved:
        table[table <= UNKNOWN_ID] = REMOVED
    return table.astype(np.int32)


def rank_ids(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """The id of each of the dataset's ids by frequency in `rows`, int64 (ids,).

    A word that is only in other rows becomes UNKNOWN_ID, unless the dataset is ranked already.
    """
    n_ids = int(dataset.x.values.max(initial=UNKNOWN_ID)) + 1
    if dataset.ranked:
        return np.arange(n_ids)
    in_rows = np.zeros(len(dataset), bool)
    in_rows[rows] = True
    tokens = dataset.x.values[np.repeat(in_rows, dataset.x.lengths)]
    counts = np.bincount(tokens, minlength=n_ids)[FIRST_WORD:]
    # Stable: among equally frequent words the first one seen comes first, as in Keras's Tokenizer.
    order = np.argsort(-counts, kind="stable")
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    ranks[counts == 0] = UNKNOWN_ID - FIRST_WORD  # a word that is only in other rows
    return np.concatenate([np.arange(FIRST_WORD), ranks + FIRST_WORD])


def _words_by_id(dataset: Dataset, ids: np.ndarray, num_words: int) -> tuple[str, ...]:
    if not len(dataset.words):
        return ()
    words = [""] * num_words
    for old, new in enumerate(ids.tolist()):
        if new < num_words and (new > UNKNOWN_ID or old <= UNKNOWN_ID) and old < len(dataset.words):
            words[new] = dataset.words[old]
    return tuple(words)


def _select(x: Ragged, kept: np.ndarray) -> Ragged:
    """The tokens where `kept`, bool (tokens,), is true."""
    offsets = np.concatenate([[0], np.cumsum(kept)])[x.offsets]
    return Ragged(x.values[kept], offsets)
