"""A starter config: settings that learn within two minutes, each with its meaning."""

import math
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError

from textclf.config.conflicts import check_conflicts
from textclf.config.file import dotted, dump_value
from textclf.config.layers import name_and_arguments, table
from textclf.config.messages import explain, tags
from textclf.config.settings import Config
from textclf.config.settings.section import Settings
from textclf.config.strict_yaml import KeyPath
from textclf.data.tokenizer import RESERVED_WORDS
from textclf.errors import ConfigError
from textclf.inspection.columns import Columns

Fields = dict[str, Any]

ITEM = "  - "  # begins a layer
WIDEST = 40  # a longer setting, such as a path, does not push the comments to the right

_BAG: Fields = {"num_words": 10_000, "encoding": "multi_hot"}
_NGRAMS: Fields = {"encoding": "multi_hot", "ngrams": 2, "min_rows": 2}
_SEQUENCE: Fields = {"num_words": 5_000, "maxlen": 100, "encoding": "embedding"}
_VECTORS: Fields = {"embedding_dim": 32, "units": 32}
_CNN: Fields = {
    "layers": [
        {"Embedding": {"output_dim": 32}},
        {"Dropout": {"rate": 0.3}},
        {"Conv1D": {"filters": 32, "kernel_size": 3, "activation": "relu"}},
        {"GlobalMaxPooling1D": {}},
    ]
}
_HIDDEN: Fields = {"layers": [{"Dense": {"units": 64, "activation": "relu"}}] * 2}
# For each model: its preprocessing, its settings, its learning rate.
_ON_TEXTS: dict[str, tuple[Fields, Fields, float]] = {
    "dense": (_BAG, {"units": [32], "dropout": 0.5}, 0.001),
    "ngrams": (_NGRAMS, {"units": [], "input_dropout": 0.25}, 0.001),
    "simple_rnn": (_SEQUENCE, {**_VECTORS, "dropout": 0.0}, 0.001),
    "lstm": (_SEQUENCE, {**_VECTORS, "dropout": 0.0}, 0.003),
    "gru": (_SEQUENCE, {**_VECTORS, "dropout": 0.0}, 0.003),
    "cnn": (_SEQUENCE, {"embedding_dim": 32, "filters": 32, "dropout": 0.3}, 0.003),
    "cnn_lstm": (_SEQUENCE, {**_VECTORS, "filters": 32, "dropout": 0.3}, 0.003),
    "layers": (_SEQUENCE, _CNN, 0.003),
}
_ON_FEATURES: dict[str, tuple[Fields, Fields, float]] = {
    "dense": ({"standardize": True}, {"units": [64, 64], "dropout": 0.0}, 0.001),
    "layers": ({"standardize": True}, _HIDDEN, 0.001),
}
_NO_START: tuple[Fields, Fields, float] = ({}, {}, 0.001)
TYPES = {"ngrams": "dense"}  # where it is not the model's own name
TFIDF_RATE = 0.01  # weights of rows of length 1 are small

FEW_ROWS = 3_000  # with fewer rows, a batch of 64 gives too few steps in an epoch


def _training(is_text: bool, learning_rate: float, columns: Columns | None) -> Fields:
    n_rows = columns.n_rows if columns else math.inf
    stratify = {"stratify": True} if columns and columns.can_stratify else {}
    return {
        "epochs": 20 if is_text else 200,
        "batch_size": 64 if is_text and n_rows >= FEW_ROWS else 16,
        "optimizer": "adam",
        "learning_rate": learning_rate,
        "validation": {"split": "shuffled", "share": 0.2, "seed": 42, **stratify},
        "early_stopping": {"patience": 3 if is_text else 20},
    }


def starter_config(
    dataset: Mapping[str, Any],
    model: str,
    file: str,
    schema: str | None = None,
    columns: Columns | None = None,
) -> str:
    """The text of a config that trains a model of this type on a dataset.

    Args:
        dataset: the config's `dataset` section.
        model: the model's type, or 'ngrams': a linear model on n-grams.
        file: the config's name in its own comment.
        schema: the JSON Schema's file, for editors.
        columns: of the user's file.

    Raises:
        ConfigError: there is no such dataset or model, or the model cannot read the dataset.
    """
    config, settings = _settle(dataset, model, columns)
    comment = [
        *([f"yaml-language-server: $schema={schema}"] if schema else []),
        _first_line(config.dataset),
        _first_line(config.model),
        *([columns.tokens[1]] if columns and columns.text else ()),
        *([columns.why_several] if columns and columns.why_several else ()),
        *(_commands(shlex.quote(file)) if file.isprintable() else ()),
    ]
    lines = [line for key, value in settings.items() for line in _lines(key, value, config)]
    width = max(len(code) for code, _ in lines if len(code) <= WIDEST and ITEM not in code)
    body = [f"{code:<{width}}  # {meaning}" if meaning else code for code, meaning in lines]
    return "\n".join([*(f"# {line}" for line in comment), *body]) + "\n"


def _fitting(preprocessing: Fields, columns: Columns) -> Fields:
    """The usual settings, adapted to the texts' lengths and words."""
    there = math.ceil((columns.vocabulary + len(RESERVED_WORDS)) / 10) * 10
    most = preprocessing.get("num_words")
    words = {"num_words": min(most, there)} if most else {}
    lengths = {"maxlen": columns.maxlen} if "maxlen" in preprocessing else {}
    return {"tokens": columns.tokens[0], **words, **lengths}


def _weighting(dataset: Mapping[str, Any], columns: Columns | None) -> str:
    """Naive Bayes weighs n-grams for two classes, of which each row has one."""
    if columns is None:
        has_two = dataset["name"] == "imdb"
    else:
        has_two = len(columns.classes) == 2 and columns.separator is None
    return "naive_bayes" if has_two else "tfidf"


def _commands(file: str) -> tuple[str, str]:
    return f"textclf check {file}   shows what this builds", f"textclf train {file}   trains it"


def _settle(
    dataset: Mapping[str, Any], model: str, columns: Columns | None
) -> tuple[Config, Fields]:
    """The config for a dataset and a model, and the settings to write."""
    is_text = _checked({"dataset": dataset, "model": {"type": "dense"}}).dataset.is_text
    # The config's checks reject a model that has no start here.
    starts = _ON_TEXTS if is_text else _ON_FEATURES
    preprocessing, layers, learning_rate = starts.get(model, _NO_START)
    if model == "ngrams" and not is_text:
        raise ConfigError(
            f"model: n-grams are of texts, but {dataset['name']} has numeric features; use dense"
        )
    if "ngrams" in preprocessing:
        weighting = _weighting(dataset, columns)
        preprocessing = {**preprocessing, "weighting": weighting}
        learning_rate = TFIDF_RATE if weighting == "tfidf" else learning_rate
    if columns and columns.text and preprocessing:
        fitting = _fitting(preprocessing, columns)
        preprocessing = {"tokens": fitting["tokens"], **preprocessing, **fitting}
    settings = {
        "dataset": dict(dataset),
        "preprocessing": preprocessing,
        "model": {"type": TYPES.get(model, model), **layers},
        "training": _training(is_text, learning_rate, columns),
        "seed": 42,
    }
    config = _checked(settings)
    check_conflicts(config)
    return config, settings


def _checked(settings: Fields) -> Config:
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        lines = [f"{dotted(path)}: {message}" for path, message in explain(error)]
        raise ConfigError(*lines) from None


def _first_line(section: Settings) -> str:
    return " ".join(str(type(section).__doc__).partition("\n\n")[0].split())


# --- lines -----------------------------------------------------------------------------------

Line = tuple[str, str]  # a setting and its meaning


def _lines(key: str, value: Any, owner: Settings, path: KeyPath = ()) -> Iterator[Line]:
    """A setting's line; for a section, a headline and its settings below."""
    indent = "  " * len(path)
    if not path:
        yield "", ""
    if key == "layers":
        yield f"{indent}{key}:", _meaning(key, owner, path)
        yield from (_layer_line(indent, layer) for layer in value)
        return
    if not isinstance(value, dict) or path == ("dataset",):  # dataset.labels is a value
        yield f"{indent}{key}: {dump_value(value)}", _meaning(key, owner, path)
        return
    yield f"{indent}{key}:", ""
    for name, part in value.items():
        yield from _lines(name, part, getattr(owner, key), (*path, key))


def _layer_line(indent: str, layer: Fields) -> Line:
    name, _ = name_and_arguments(layer)
    meaning = table()["layers"][name]["meaning"]
    return f"{indent}{ITEM}{dump_value(layer)[1:-1]}", meaning


def _meaning(key: str, owner: Settings, path: KeyPath) -> str:
    field = type(owner).model_fields[key]
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    if len(choices) == 1 and path != ("dataset",):  # the key that chooses this class
        choices = tags(path)
    others = [choice for choice in choices if choice != getattr(owner, key)]
    return f"{field.description}; or {', '.join(others)}" if others else str(field.description)
