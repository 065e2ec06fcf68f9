"""What is shown of a dataset, of a config, and of one row before and after preprocessing."""

import pytest

from textclf.config.file import load_config
from textclf.data.encoders import fit_encoder
from textclf.data.loaders import load_dataset
from textclf.data.splits import make_splits
from textclf.errors import ConfigError, DataError
from textclf.inspection.show import show_data, show_row

TINY = ("preprocessing.num_words=1000", "preprocessing.maxlen=20")


def test_a_dataset_is_found_by_name_and_a_config_by_path(tmp_path):
    shown = show_data("docstrings", ["preprocessing.num_words=100"])
    assert (shown["name"], shown["rows"].keys()) == ("docstrings", {"training", "test"})
    assert shown["vocabulary"]["num_words"] == 100
    path = tmp_path / "mine.yaml"
    path.write_text("dataset: {name: docstrings}\nmodel: {type: lstm, embedding_dim: 2}\n")
    with pytest.raises(ConfigError, match=r"mine.yaml:.*maxlen"):
        show_data(str(path))
    shown = show_data(str(path), TINY)
    assert (shown["name"], shown["lengths"]["maxlen"]) == ("mine", 20)
    assert "validation" in shown["rows"]


def test_texts_of_ones_own(tmp_path):
    (tmp_path / "mine.csv").write_text(
        "text,label\n" + "\n".join(f"Good {word}!,yes\nbad {word},no" for word in "abcdef")
    )
    (tmp_path / "mine.yaml").write_text(
        "dataset: {name: csv, path: mine.csv, text: text, label: label}\n"
        "preprocessing: {num_words: 5, maxlen: 2}\nmodel: {type: lstm, embedding_dim: 2}\n"
    )
    shown = show_data(str(tmp_path / "mine.yaml"))
    assert {count["name"] for count in shown["classes"]} == {"yes", "no"}
    assert shown["lengths"]["texts_cut"] == 1
    assert {word for e in shown["examples"] for word in e["text"].split()} <= {
        *("…", "[?]", "good", "bad")
    }


@pytest.mark.parametrize(
    ("source", "overrides", "message"),
    [
        ("imbd", (), "imbd: no such dataset, file or recipe; did you mean imdb?"),
        ("docstrings", ("preprocessing.standardize=true",), "standardize is for numeric features"),
        ("docstrings", ("dataset.test_split=2",), "--set dataset.test_split=2"),
    ],
)
def test_what_is_wrong_is_told(source, overrides, message):
    with pytest.raises(ConfigError, match=message):
        show_data(source, overrides)


def test_a_picture_is_drawn_where_it_is_wanted(tmp_path):
    path = tmp_path / "new" / "lengths.png"
    assert show_data("docstrings", picture=path)["picture"] == str(path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("row", [0, 17])
def test_a_row_is_what_the_model_is_fed(row):
    sets = [*TINY, "preprocessing.encoding=embedding", "model.embedding_dim=2"]
    shown = show_row("quickstart", sets, row=row)
    config = load_config("quickstart", sets)
    data = load_dataset(config.dataset)
    split = make_splits(config.training.validation, data)[0]
    x = fit_encoder(config.preprocessing, data, split.train).transform(data.x)[row]
    assert shown["input"]["ids"] == x.tolist()
    assert shown["input"]["padding"] == (x == 0).sum()
    assert shown["split"] == ("validation" if row in split.validation else "training")
    assert shown["truth"] == data.class_names[data.y[row]]
    assert shown["text"].split(" ") == [data.words[id_] for id_ in data.x[row]]
    for word, id_ in zip(shown["input"]["words"], shown["input"]["ids"], strict=True):
        assert (word == "[?]") == (id_ == 2)


def test_a_multi_hot_row_is_its_columns():
    shown = show_row("quickstart", part="test", row=3)
    assert (shown["split"], shown["input"]["encoding"]) == ("test", "multi_hot")
    assert shown["input"]["ids"] == sorted(set(shown["input"]["ids"]))
    assert set(shown["input"]["words"]) - {"[?]"} <= set(shown["text"].split(" "))


@pytest.mark.real_data
def test_a_row_of_features_and_its_fold():
    shown = show_row("boston_dense", row=300)
    assert (shown["split"], shown["fold"]) == ("training", 3)
    assert shown["features"][0].keys() == {"name", "before", "after"}
    assert len(shown["features"]) == 13


def test_a_row_that_is_not_there():
    with pytest.raises(DataError, match="no row 99999; the last of test is"):
        show_row("docstrings", part="test", row=99999)
