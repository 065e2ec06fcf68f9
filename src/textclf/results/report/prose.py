"""A run in words: its task, its model, its time and environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from textclf.config.settings import Config, flatten
from textclf.config.settings.dataset import CsvDataset
from textclf.config.settings.preprocessing import FeaturePreprocessing, TextPreprocessing
from textclf.results.comparison import differing
from textclf.wording import listed, several


def question(config: Config) -> str:
    """The task, in the words of the dataset's settings, or by the columns of a file."""
    dataset = config.dataset
    if not isinstance(dataset, CsvDataset):
        return (type(dataset).__doc__ or dataset.name).strip().splitlines()[0]
    features = len(dataset.features or ())
    columns = listed([f"“{name}”" for name in dataset.texts])
    read = f"the texts of {columns}" if features == 0 else f"{features:,} features"
    return f"{Path(dataset.path).name}: predicts “{dataset.label or dataset.target}” from {read}."


def model_in_words(config: Config) -> str:
    """'An LSTM of 8 units on texts of 100 words, the 500 most frequent words one-hot.'"""
    describe = MODELS.get(config.model.type, lambda model: f"a {model.type} model")
    return f"{_capital(describe(config.model))} on {_input(config)}."


def _layers(model: Any) -> str:
    units = [f"{units:,}" for units in model.units]
    if not units:
        return "a linear model"
    what = "a dense layer" if len(units) == 1 else "dense layers"
    return f"{what} of {listed(units)} units"


def _filters(model: Any) -> str:
    return f"a convolution of {model.filters:,} filters over {model.kernel_size:,} words"


def _convolution(model: Any) -> str:
    pooled = f"pooled by {model.pool_size:,}"
    return f"{_filters(model)}, {pooled}, and {_recurrent('an', 'LSTM', model)}"


def _pooled_convolution(model: Any) -> str:
    hidden = f", and a dense layer of {model.units:,} units" if model.units else ""
    return f"{_filters(model)} with {POOLING[model.pooling]} pooling{hidden}"


def _recurrent(article: str, name: str, model: Any) -> str:
    """'a bidirectional LSTM of 32 units with max pooling'."""
    count = len(model.widths)
    kind = f"bidirectional {name}" if model.bidirectional else name
    what = f"{'a' if model.bidirectional else article} {kind}" if count == 1 else f"{kind} layers"
    units = f"{what} of {listed([f'{width:,}' for width in model.widths])} units"
    if model.pooling == "last":
        return units
    return f"{units} with {POOLING[model.pooling]} pooling"


def _stack(model: Any) -> str:
    names = [name for name, _ in model.named_layers]
    return f"the layers {listed(names)}" if len(names) > 1 else f"the layer {names[0]}"


POOLING = {"max": "max", "mean": "mean", "max_mean": "max and mean"}
MODELS: dict[str, Callable[[Any], str]] = {
    "dense": _layers,
    "simple_rnn": partial(_recurrent, "a", "SimpleRNN"),
    "lstm": partial(_recurrent, "an", "LSTM"),
    "gru": partial(_recurrent, "a", "GRU"),
    "cnn": _pooled_convolution,
    "cnn_lstm": _convolution,
    "layers": _stack,
}


def _input(config: Config) -> str:
    settings = config.preprocessing
    if isinstance(settings, FeaturePreprocessing):
        return "standardized features" if settings.standardize else "features"
    count = f"the {settings.num_words:,} most frequent words" if settings.num_words else "all words"
    if settings.ngram_range is not None:
        return _ngrams(settings)
    if settings.encoding == "multi_hot":
        return f"{count}, each present or not"
    length = f"texts of {settings.maxlen:,} words, {count}"
    if settings.encoding == "one_hot":
        return f"{length} one-hot"
    return f"{length} as vectors of {getattr(config.model, 'embedding_dim', None) or 0:,} numbers"


def _ngrams(settings: TextPreprocessing) -> str:
    shortest, longest = settings.ngram_range or (1, 1)
    tokens = f"{shortest} to {longest} tokens" if longest > shortest else f"{longest} tokens"
    count = f"the {settings.num_words:,} most frequent " if settings.num_words else ""
    counted = {
        "binary": "each present or not",
        "count": "each counted",
        "tfidf": "weighted by tf-idf",
        "naive_bayes": "weighted by naive Bayes's log ratios",
    }
    rows = several(settings.min_rows, "training row")
    return f"{count}n-grams of {tokens} in at least {rows}, {counted[settings.weighting]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def seconds_in_words(seconds: float) -> str:
    """'0.8 s', '42 s', '3 min 20 s', '2 h 5 min'."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def time_of(record: Mapping[str, Any]) -> float | None:
    """Seconds from a run's start to its end; None if run.json lacks them."""
    try:
        start, end = (datetime.fromisoformat(record[key]) for key in ("started", "finished"))
        return max(0.0, (end - start).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None


def environment(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How a run was made, from run.json: names, such as 'device · name', and values."""
    order = (
        "command",
        "versions",
        "device",
        "engine",
        "platform",
        "environment",
        "git",
        "code",
        "data",
    )
    times = ("started", "finished", "resumed")
    lines = []
    for key in (*order, *times):
        value = record.get(key)
        if isinstance(value, Mapping):
            lines += [(f"{key} · {name}", _plain(part)) for name, part in value.items()]
        elif isinstance(value, list):
            lines += [(key, _plain(part)) for part in value]
        elif value is not None:
            lines.append((key, _plain(value)))
    return lines


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(map(str, value.values()))
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def differing_settings(configs: list[Config]) -> list[tuple[str, list[str]]]:
    """The settings in which configs differ, each with its value in every config."""
    names = list(map(str, range(len(configs))))
    flat = {name: flatten(config.model_dump()) for name, config in zip(names, configs, strict=True)}
    return [
        (path, [_setting(values.get(name, "-")) for name in names])
        for path, values in differing(flat).items()
    ]


def _setting(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
