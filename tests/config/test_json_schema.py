"""The JSON Schema takes what textclf takes, and tells editors what a field means."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from textclf.config.json_schema import (
    DIALECT,
    choices,
    config_schema,
    default,
    dump_schema,
    value_range,
)
from textclf.config.recipes import SCHEMA_FILE, shipped_schema
from textclf.config.settings import Config
from textclf.config.strict_yaml import KeyPath, parse

CONFIGS = Path(__file__).parents[2] / "configs"
RECIPES = sorted(CONFIGS.rglob("*.yaml"))
SCHEMA = config_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(path: Path) -> Any:
    return parse(path.read_text(encoding="utf-8"), path.name).data


def fields() -> Iterator[Any]:
    for name, section in {"Config": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, field in section.get("properties", {}).items():
            yield pytest.param(key, field, id=f"{name}.{key}")


# --- what it says ----------------------------------------------------------------------------


def test_it_is_a_schema_of_its_dialect():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == DIALECT
    assert SCHEMA["$id"] == "urn:textclf:config"


@pytest.mark.parametrize(("key", "field"), list(fields()))
def test_every_field_tells_its_name_meaning_range_and_default(key, field):
    assert field["title"] == key
    meaning, *facts = field["description"].split(" · ")
    assert meaning
    assert facts == [
        *filter(None, [value_range(field)]),
        *([f"default {default(field)}"] if "default" in field else []),
    ]


def test_no_section_takes_unknown_keys():
    assert all(
        s["additionalProperties"] is False
        for s in (SCHEMA, *SCHEMA["$defs"].values())
        if "properties" in s
    )


def test_only_words_of_the_dialect_are_used():
    assert not re.search('"discriminator"|"oneOf"', dump_schema(SCHEMA))


def test_a_choice_among_sections_is_made_by_a_constant():
    for key, tag in (("dataset", "name"), ("model", "type")):
        sections = [
            SCHEMA["$defs"][choice["$ref"].rpartition("/")[2]]
            for choice in choices(SCHEMA["properties"][key])
        ]
        constants = [section["properties"][tag]["const"] for section in sections]
        assert len(set(constants)) == len(sections) > 1
        assert all(tag in section["required"] for section in sections)


@pytest.mark.parametrize(
    ("section", "key", "description"),
    [
        ("Training", "epochs", "passes over the training rows · 1 to 100,000 · default 10"),
        (
            "DenseModel",
            "units",
            "width of each hidden layer; []: none, a linear model · 1 to 65,536 · default [16, 16]",
        ),
        (
            "Training",
            "validation",
            "the rows that validate; null: none · default {split: shuffled, share: 0.2, seed: 42, "
            "stratify: false}",
        ),
    ],
)
def test_descriptions_read_well(section, key, description):
    assert SCHEMA["$defs"][section]["properties"][key]["description"] == description


# --- what it takes ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_valid(path):
    VALIDATOR.validate(read(path))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_names_the_schema_beside_it(path):
    (name,) = re.findall(
        r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(encoding="utf-8"), re.M
    )
    assert (path.parent / name).is_file()
    assert shipped_schema().name == Path(name).name == SCHEMA_FILE


MODEL = {"type": "lstm", "embedding_dim": 16}


@pytest.mark.parametrize(
    "mistake",
    [
        {},
        {"modle": MODEL},
        {"dataset": {"name": "imbd"}},
        {"dataset": "imdb"},
        {"dataset": {}},
        {"dataset": {"name": "imdb", "test_split": 0.2}},
        {"model": {"type": "lstn"}},
        {"model": {"type": "lstm", "unit": 8}},
        {"model": {"type": "lstm", "filters": 8}},
        {"model": {"type": "lstm", "units": "8"}},
        {"model": {"type": "lstm", "units": 8.5}},
        {"model": {"type": "lstm", "units": 0}},
        {"model": {"type": "dense", "units": 8.5}},
        {"model": {"type": "dense", "units": [8] * 21}},
        {"preprocessing": None},
        {"preprocessing": {"num_word": 500}},
        {"preprocessing": {"num_words": 500, "standardize": True}},
        {"preprocessing": {"encoding": "onehot"}},
        {"training": {"epochs": 10**23}},
        {"training": {"learning_rate": "1e-4x"}},
        {"training": {"learning_rate": 0}},
        {"training": {"validation": {"split": "k_fold", "share": 0.2}}},
        {"training": {"validation": {"split": "first"}}},
        {"training": {"validation": {"split": "shuffled", "share": 1}}},
        {"training": {"early_stopping": True}},
        {"seed": -1},
    ],
    ids=str,
)
def test_typical_mistakes_are_invalid(mistake):
    right = {"dataset": {"name": "imdb"}, "model": MODEL}
    assert VALIDATOR.is_valid(right)
    assert not VALIDATOR.is_valid({**right, **mistake} if mistake else {"model": MODEL})


# Not among them: 10.0, which is a whole number to JSON Schema, and no whole number to textclf.
VALUES = [
    *(None, True, False, "", "text", "8", "1e-4", [], [8], [0], ["8"], {}, {"patience": 1}),
    *(-1, 0, 1, 4, 20, 10**6, 10**23, -0.5, 0.5, 1.5, "imdb", "boston", "lstm", "dense"),
    *("k_fold", "best", "val_mae", "adam", "embedding", {"split": "test"}, {"type": "lstm"}),
    {"name": "imdb"},
]


def places(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    items = list(data.items()) if isinstance(data, dict) else []
    if isinstance(data, list) and data and isinstance(data[0], dict):
        items = list(enumerate(data))
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(data: Any, path: KeyPath, value: Any) -> Any:
    data = copy.deepcopy(data)
    section = data
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return data


def is_taken(data: Any) -> bool:
    """Whether textclf takes it, but for what conflicts.py knows."""
    try:
        Config.model_validate(data)
    except ValidationError:
        return False
    return True


OWN = {
    "dataset": {"name": "csv", "path": "a.csv", "text": "t", "label": "l", "features": None},
    "model": {"type": "cnn_lstm", "filters": 8},
}
LAYER_VALUES = [
    *("Flatten", "Bidirectional", "Dense", "Lambda", "relu", "l2", {"Flatten": {}}, {"Dense": {}}),
    *({"LSTM": {"units": 3}}, {"L2": {"l2": 1}}, {"L2": {}}, {"GRU": {}, "LSTM": {"units": 3}}),
]
LAYERS = {
    "dataset": {"name": "imdb"},
    "model": {
        "type": "layers",
        "layers": [
            {"Embedding": {"output_dim": 8, "mask_zero": True}},
            {"Bidirectional": {"LSTM": {"units": 8}, "merge_mode": "sum"}},
            {
                "Dense": {
                    "units": 8,
                    "activation": None,
                    "kernel_regularizer": {"L2": {"l2": 0.1}},
                    "kernel_initializer": "orthogonal",
                    "bias_initializer": {"RandomNormal": {}},
                }
            },
            {"Dropout": {"rate": 0.5}},
        ],
    },
}


@pytest.mark.parametrize(
    "data",
    [OWN, LAYERS, *map(read, RECIPES)],
    ids=["own", "layers", *(path.stem for path in RECIPES)],
)
def test_the_schema_and_textclf_take_the_same(data):
    keys = [(*place[:-1], "unknown") for place in places(data) if isinstance(place[-1], str)]
    taken = {True: 0, False: 0}
    for place in dict.fromkeys([*places(data), *keys]):
        for value in [*VALUES, *LAYER_VALUES] if data is LAYERS else VALUES:
            other = changed(data, place, value)
            assert VALIDATOR.is_valid(other) == is_taken(other), (place, value)
            taken[is_taken(other)] += 1
    assert min(taken.values()) > 10
