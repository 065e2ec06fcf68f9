"""What a config builds, counted without training."""

import pytest

from textclf.config.file import list_recipes, load_config
from textclf.inspection.check import check_config

PARAMETERS = {
    "boston_dense": 5_121,
    "imdb_dense": 160_305,
    "imdb_lstm": 8_809,
    "imdb_lstm_dropout": 8_809,
    "imdb_simple_rnn": 8_209,
    "imdb_simple_rnn_onehot": 4_081,
    "reuters_dense": 647_214,
    "reuters_lstm": 185_046,
}


def has_ngrams(recipe):
    return getattr(load_config(recipe).preprocessing, "ngrams", None) is not None


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(name, marks=pytest.mark.slow) if name == "quickstart" else name
        for name in list_recipes()
        if not has_ngrams(name)
    ],
)
def test_every_recipe_is_outlined_without_its_data(no_data, recipe):
    outcome = check_config(load_config(recipe))
    assert outcome["parameters"] == sum(layer["parameters"] for layer in outcome["layers"])
    assert outcome["parameters"] == PARAMETERS.get(recipe, outcome["parameters"])
    assert bool(outcome["warnings"]) == (recipe != "quickstart")


def test_only_the_data_has_ngrams_to_count(no_data):
    outcome = check_config(load_config("imdb_dense", ["preprocessing.ngrams=1"]))
    assert outcome["layers"] is None and outcome["parameters"] is None


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("recipe", "examples"),
    [
        ("boston_dense", {"training": 303, "validation": 101, "test": 102}),
        ("reuters_dense", {"training": 7_982, "validation": 1_000, "test": 2_246}),
        ("imdb_embedding_dense", {"training": 25_000, "validation": 25_000, "test": 25_000}),
    ],
)
def test_examples_are_those_of_the_split(data_dir, recipe, examples):
    assert check_config(load_config(recipe), data_dir)["examples"] == examples


@pytest.mark.real_data
def test_memory_that_the_machine_has_not_is_a_trap(data_dir, monkeypatch):
    monkeypatch.setattr("textclf.inspection.traps.available_bytes", lambda: 5e8)
    (line,) = check_config(load_config("imdb_dense"), data_dir)["warnings"]
    assert line.startswith("preprocessing.num_words = 10000: training needs about ")


@pytest.mark.real_data
def test_memory_grows_with_the_model_and_the_batch(data_dir):
    def memory(*overrides: str) -> int:
        return check_config(load_config("reuters_dense", overrides), data_dir)["memory_bytes"]

    assert (
        memory()
        < memory("model.units=[2048]")
        < memory("model.units=[2048]", "training.batch_size=100000")
    )
