"""`textclf init`: a starter config that is checked, and never in another file's place."""

import json

import pytest

from textclf.config.file import load_config
from textclf.config.json_schema import config_schema


def test_it_needs_no_arguments(cli, empty_folder):
    result = cli("init")
    assert (result.exit_code, result.stdout) == (0, "docstrings_dense.yaml\n")
    assert result.stderr == "textclf: train it with: textclf train docstrings_dense.yaml\n"
    assert load_config("docstrings_dense.yaml").dataset.name == "docstrings"
    assert [path.name for path in empty_folder.iterdir()] == ["docstrings_dense.yaml"]


def test_dataset_model_and_file_are_the_users(cli, cli_json, empty_folder):
    result = cli("init", "--dataset", "imdb", "--model", "lstm", "-o", "new/my own.yaml")
    assert result.exit_code == 0
    assert result.stderr == "textclf: train it with: textclf train 'new/my own.yaml'\n"
    config = load_config("new/my own.yaml")
    assert (config.dataset.name, config.model.type) == ("imdb", "lstm")
    assert cli_json("init", "--model", "lstm") == (
        0,
        {"files": ["docstrings_lstm.yaml"]},
    )


def test_with_the_schema_beside_it_an_editor_finds_it(cli_json, empty_folder):
    files = ["new/a.yaml", "new/textclf.schema.json"]
    assert cli_json("init", "--schema", "-o", "new/a.yaml") == (0, {"files": files})
    first = (empty_folder / "new/a.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=textclf.schema.json"
    assert json.loads((empty_folder / "new/textclf.schema.json").read_text()) == config_schema()


def test_a_file_that_is_there_is_left_alone(cli, cli_json, empty_folder):
    (empty_folder / "docstrings_dense.yaml").write_text("mine")
    message = "docstrings_dense.yaml already exists; choose another file with -o."
    result = cli("init", "--schema")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert cli_json("init") == (2, {"error": {"code": 2, "messages": [message]}})
    assert (empty_folder / "docstrings_dense.yaml").read_text() == "mine"
    assert len(list(empty_folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "boston", "--model", "lstm"], "boston has numeric features; use dense"),
        (["--dataset", "imbd"], "did you mean 'imdb'?"),
        (["--model", "../lstm"], "model.type: expected dense, "),
    ],
)
def test_what_cannot_work_is_refused_and_nothing_written(cli, empty_folder, arguments, message):
    result = cli("init", "--schema", *arguments)
    assert (result.exit_code, result.stdout) == (3, "")
    assert message in result.stderr
    assert list(empty_folder.iterdir()) == []


REVIEWS = "id,review,mood\n" + "".join(
    f"{n},such a long film about {n} things,{'good' if n % 2 else 'bad'}\n" for n in range(50)
)


def test_a_file_of_ones_own_is_looked_into(cli, empty_folder):
    (empty_folder / "data").mkdir()
    (empty_folder / "data" / "train.csv").write_text(REVIEWS)
    (empty_folder / "data" / "test.csv").write_text(REVIEWS)
    result = cli("init", "data/train.csv", "--model", "lstm", "-o", "configs/mine.yaml")
    assert (result.exit_code, result.stdout) == (0, "configs/mine.yaml\n")
    assert result.stderr.splitlines() == [
        "textclf: data/train.csv: 50 rows; text 'review'; label 'mood': 'bad' and 'good'",
        "textclf: data/train.csv: left out: 'id'",
        "textclf: data/train.csv: tokens: words, as there are blanks between words",
        "textclf: ../data/test.csv: used for the test rows",
        "textclf: train it with: textclf train configs/mine.yaml",
    ]
    config = load_config("configs/mine.yaml")
    assert "path: ../data/train.csv " in (empty_folder / "configs/mine.yaml").read_text()
    assert config.dataset.path == str(empty_folder / "configs/../data/train.csv")
    assert (config.dataset.text, config.dataset.label) == ("review", "mood")
    assert config.dataset.test_path == str(empty_folder / "configs/../data/test.csv")
    assert (config.preprocessing.maxlen, config.training.batch_size) == (10, 16)


def test_numbers_are_features_and_a_share_of_one_file_tests(cli, empty_folder):
    rows = "".join(f"{n};{n * 1.5};{n % 7};{n * 2.25}\n" for n in range(30))
    (empty_folder / "houses.tsv").write_text("size;age;rooms;price\n" + rows)
    assert cli("init", "houses.tsv").stdout == "houses_dense.yaml\n"
    dataset = load_config("houses_dense.yaml").dataset
    assert (dataset.features, dataset.target) == (["size", "age", "rooms"], "price")
    assert (dataset.delimiter, dataset.test_split) == (";", 0.2)
    cli("init", "houses.tsv", "--label", "rooms", "-o", "other.yaml")
    assert load_config("other.yaml").dataset.label == "rooms"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no.csv"], 4, "no.csv"),
        (["reviews.csv", "--text", "revue"], 4, "no column 'revue'; did you mean 'review'?"),
        (["reviews.csv", "--dataset", "imdb"], 2, "not both"),
        (["reviews.csv", "--label", "a", "--target", "b"], 2, "not both"),
        (["--label", "a"], 2, "need a DATA file"),
        (["reviews.csv", "--model", "grus"], 3, "model.type: expected dense"),
    ],
)
def test_what_a_file_cannot_give_is_told(cli, empty_folder, arguments, code, message):
    (empty_folder / "reviews.csv").write_text(REVIEWS)
    result = cli("init", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert len(list(empty_folder.iterdir())) == 1


def test_its_help_names_every_dataset_and_model(cli):
    help_text = cli("init", "--help").stdout
    schema = [s for s in config_schema()["$defs"].values() if "properties" in s]
    names = {s["properties"]["name"]["const"] for s in schema if "name" in s["properties"]}
    types = {s["properties"]["type"]["const"] for s in schema if "type" in s["properties"]}
    assert all(word in help_text for word in (names - {"csv"}) | types)


def test_a_config_can_be_printed(cli, empty_folder):
    result = cli("init", "-o", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "textclf train docstrings_dense.yaml" in result.stdout
    assert not [*empty_folder.iterdir()]
    (empty_folder / "printed.yaml").write_text(result.stdout)
    assert load_config("printed.yaml").dataset.name == "docstrings"


@pytest.mark.parametrize("option", ["--schema", "--json"])
def test_a_printed_config_is_alone(cli, empty_folder, option):
    result = cli("init", "-o", "-", option)
    assert result.exit_code == 2 and "-o - prints the config alone" in result.output
    assert not [*empty_folder.iterdir()]
