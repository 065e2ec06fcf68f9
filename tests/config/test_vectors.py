"""A model's file of word vectors: its length is read, and kept where the file is gone."""

from pathlib import Path

import pytest

from textclf.config.conflicts import find_conflicts
from textclf.config.file import dump_config, load_config
from textclf.config.settings import Config
from textclf.config.vector_source import VectorSource, vector_source

TEXTS = "dataset: {name: imdb}\npreprocessing: {num_words: 100, maxlen: 10}\n"
GIVEN = {"embedding_weights": "/missing/v.txt", "embedding_trainable": False}


@pytest.mark.parametrize("family", ["dense", "lstm", "cnn"])
def test_the_length_is_that_of_the_file_which_a_run_does_not_need(
    tmp_path: Path, family: str
) -> None:
    vectors, file = tmp_path / "v.txt", tmp_path / "a.yaml"
    vectors.write_text("2 3\ngood 1 2 3\nbad 3 2 1\n")
    file.write_text(f"{TEXTS}model: {{type: {family}, embedding_weights: v.txt}}\n")
    config = load_config(file)
    assert config.model.embedding_dim == 3
    assert vector_source(config.model) == VectorSource(vectors, 3, "model.embedding_dim")
    vectors.unlink()
    file.write_text(dump_config(config))
    assert load_config(file) == config
    other = load_config(file, ["model.embedding_dim=4"])  # a conflict of the data's, not of these
    assert vector_source(other.model) == VectorSource(vectors, 4, "model.embedding_dim")


def conflicts_of(preprocessing: dict, model: dict, dataset: str = "imdb") -> list[str]:
    config = Config(dataset={"name": dataset}, preprocessing=preprocessing, model=model)
    return [f"{'.'.join(map(str, path))}: {message}" for path, message in find_conflicts(config)]


def test_vectors_need_a_file_and_an_embedding() -> None:
    ids = {"num_words": 100, "maxlen": 10}
    assert conflicts_of(ids, {"type": "gru", **GIVEN}) == [
        "model.embedding_weights: /missing/v.txt: no such file or directory"
    ]
    assert conflicts_of(ids, {"type": "gru", "embedding_dim": 3, **GIVEN}) == []
    expected = [
        f"model.{key}: {{}} has no embedding; remove {key}"
        for key in ("embedding_weights", "embedding_trainable")
    ]
    for preprocessing, dataset, source in (
        ({"num_words": 100, "encoding": "multi_hot"}, "imdb", "encoding: multi_hot"),
        ({}, "boston", "a row of boston"),
    ):
        found = conflicts_of(preprocessing, {"type": "dense", **GIVEN}, dataset)
        assert found == [line.format(source) for line in expected]
