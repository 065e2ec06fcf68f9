"""`textclf export`: two files, or a plain refusal."""

import json

import pytest

from textclf.results.export.formats import FORMATS

pytestmark = pytest.mark.real_data


def test_a_trained_run_is_exported_by_its_name(cli, cli_json, trained, empty_folder):
    arguments = ("export", "tail", "--runs-dir", trained, "--format")
    code, printed = cli_json(*arguments, "keras", "-o", "out/model.keras")
    assert (code, printed) == (
        0,
        {"path": "out/model.keras", "format": "keras", "card": "out/model.keras.json"},
    )
    card = json.loads((empty_folder / "out/model.keras.json").read_text())
    assert card["run"] == "tail" and len(card["features"]) == 13
    result = cli(*arguments, "savedmodel", "-o", "model")
    assert (result.exit_code, result.stdout) == (0, "model\nmodel.json\n")
    again = cli(*arguments, "savedmodel", "-o", "model")
    assert again.exit_code == 6
    assert again.stderr == ("textclf: model: already exists; choose another path, or remove it\n")


@pytest.mark.parametrize("path", [".", "..", "/", ""])
def test_a_folder_that_is_there_is_left_alone(cli, trained, empty_folder, path):
    result = cli("export", trained / "tail", "--format", "savedmodel", "-o", path)
    assert result.exit_code == 6 and "already exists" in result.stderr
    assert list(empty_folder.iterdir()) == []


def test_the_final_model_of_a_k_fold_run_is_exported(cli, trained):
    path = "m.keras"
    assert cli("export", trained / "folds", "--format", "keras", "-o", path).exit_code == 0


@pytest.mark.parametrize("format_name", [name for name in FORMATS if FORMATS[name].suffix])
@pytest.mark.parametrize("path", ["model", "model.h5"])
def test_a_path_of_another_format_is_wrong_usage(cli, trained, format_name, path):
    result = cli("export", trained / "tail", "-o", path, "--format", format_name)
    assert result.exit_code == 2
    assert f"{path} must end in {FORMATS[format_name].suffix}." in result.stderr


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("tail", lambda content: content[1:]),
        ("tail", lambda content: content.replace('"task"', '"tusk"')),
        ("tail", lambda content: content.replace('"scale": [', '"scale": [1, ')),
        ("imdb", lambda content: content.replace('"words": [', '"words": [1, ')),
    ],
    ids=["no JSON", "no task", "one scale too many", "a word that is none"],
)
def test_a_damaged_run_ends_with_5(cli, runs, empty_folder, name, damage):
    path = runs / name / "preprocessing.json"
    path.write_text(damage(path.read_text()))
    result = cli("export", runs / name, "--format", "keras", "-o", "m.keras")
    assert result.exit_code == 5
    assert result.stderr.startswith(f"textclf: {path}: damaged")
    assert list(empty_folder.iterdir()) == []


def test_a_run_that_is_not_there_ends_with_5(cli_json):
    code, printed = cli_json("export", "nothing", "--format", "keras", "-o", "m.keras")
    assert code == printed["error"]["code"] == 5
