"""Starter configs: valid, explained line by line, and refused where they could not work."""

import re
from typing import Any, get_args

import pytest

from textclf.config.file import load_config
from textclf.config.settings.dataset import DatasetSettings
from textclf.config.settings.model import ModelSettings
from textclf.errors import ConfigError
from textclf.inspection.starter import starter_config


def tags(union: Any) -> list[str]:
    """The names or types that choose a section's class."""
    classes = get_args(get_args(union)[0])
    return [get_args(next(iter(c.model_fields.values())).annotation)[0] for c in classes]


MODELS = tags(ModelSettings)
# A dataset of the user's own has more to tell than its name.
DATASETS = [
    settings
    for settings in get_args(get_args(DatasetSettings)[0])
    if sum(field.is_required() for field in settings.model_fields.values()) == 1
]
NAMES = {get_args(settings.model_fields["name"].annotation)[0]: settings for settings in DATASETS}


def works(name: str, model: str) -> bool:
    return NAMES[name](name=name).is_text or model in ("dense", "layers")


PAIRS = [(name, model) for name in NAMES for model in MODELS]


@pytest.mark.parametrize(("name", "model"), [pair for pair in PAIRS if works(*pair)])
def test_every_pair_that_can_work_is_a_config_without_a_conflict(tmp_path, name, model):
    path = tmp_path / "starter.yaml"
    path.write_text(starter_config({"name": name}, model, path.name), encoding="utf-8")
    config = load_config(path)
    assert (config.dataset.name, config.model.type) == (name, model)


@pytest.mark.parametrize(("name", "model"), [pair for pair in PAIRS if not works(*pair)])
def test_a_pair_that_cannot_work_is_refused_with_a_cure(name, model):
    message = f"model.type: {model} reads texts, but {name} has numeric features; use dense"
    with pytest.raises(ConfigError) as caught:
        starter_config({"name": name}, model, "starter.yaml")
    assert caught.value.messages == (message,)


@pytest.mark.parametrize(
    ("name", "weighting", "rate"), [("imdb", "naive_bayes", 0.001), ("reuters", "tfidf", 0.01)]
)
def test_ngrams_are_weighed_as_suits_the_number_of_classes(tmp_path, name, weighting, rate):
    path = tmp_path / "starter.yaml"
    path.write_text(starter_config({"name": name}, "ngrams", path.name), encoding="utf-8")
    config = load_config(path)
    assert (config.model.type, config.model.units) == ("dense", [])
    assert (config.preprocessing.ngrams, config.preprocessing.weighting) == (2, weighting)
    assert config.training.learning_rate == rate


def test_ngrams_of_features_are_refused_with_a_cure():
    with pytest.raises(ConfigError, match=r"n-grams are of texts, but boston has .*; use dense"):
        starter_config({"name": "boston"}, "ngrams", "starter.yaml")


@pytest.mark.parametrize(
    ("name", "model", "message"),
    [
        ("imbd", "lstm", "dataset.name: .*; did you mean 'imdb'?"),
        ("imdb", "lstn", "model.type: .*; did you mean 'lstm'?"),
        ("imdb", "", "model.type: expected dense, simple_rnn, "),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(name, model, message):
    with pytest.raises(ConfigError, match=message):
        starter_config({"name": name}, model, "starter.yaml")


@pytest.mark.parametrize(("name", "model"), [pair for pair in PAIRS if works(*pair)])
def test_every_setting_has_its_meaning_beside_it(name, model):
    text = starter_config({"name": name}, model, "starter.yaml")
    settings = [line for line in text.splitlines() if re.search(r": \S", line.partition("#")[0])]
    assert len(settings) > 12
    assert all(re.search(r"\S  +# \S", line) for line in settings)
    assert max(map(len, text.splitlines())) <= 100


def test_a_choice_names_the_other_choices():
    text = starter_config({"name": "imdb"}, "lstm", "starter.yaml")
    assert re.search(
        r"type: lstm +# long short-term memory; or dense, simple_rnn, gru, cnn, cnn_lstm, layers\n",
        text,
    )
    assert re.search(r"encoding: embedding +# the form .*; or one_hot, multi_hot\n", text)
    assert re.search(r"split: shuffled +# .*; or tail, first, test, k_fold\n", text)
    assert re.search(r"maxlen: 100 +# length in ids to which every text is cut or padded\n", text)


def test_the_first_lines_say_what_to_type_and_where_the_schema_is():
    text = starter_config({"name": "boston"}, "dense", "my file.yaml", "textclf.schema.json")
    first, *rest = text.splitlines()
    assert first == "# yaml-language-server: $schema=textclf.schema.json"
    assert "# textclf train 'my file.yaml'   trains it" in rest


def test_a_file_of_ones_own_is_read_with_any_names_of_columns(tmp_path):
    path = tmp_path / "starter.yaml"
    dataset = {
        "name": "csv",
        "path": str(tmp_path / "a b.csv"),
        "text": "what: said",
        "label": "yes",
    }
    path.write_text(starter_config(dataset, "lstm", path.name), encoding="utf-8")
    config = load_config(path)
    assert {key: getattr(config.dataset, key) for key in dataset} == dataset


def test_settings_of_the_dataset_are_written_as_they_are(tmp_path):
    path = tmp_path / "starter.yaml"
    dataset = {"name": "docstrings", "test_split": 0.3, "seed": 7}
    path.write_text(starter_config(dataset, "dense", path.name), encoding="utf-8")
    assert load_config(path).dataset.model_dump() == dataset
