"""What the prose promises: recipes, their names, exit codes."""

import inspect
import re
from pathlib import Path

import pytest
import yaml

from textclf import errors
from textclf.config.file import dump_config, list_recipes, load_config, recipe_name
from textclf.config.settings import Config
from textclf.data.files import DATASET_FILES
from textclf.data.loaders import LOADERS, OUTLINES
from textclf.data.splits import SPLITTERS
from textclf.data.tasks import MULTILABEL, TASKS
from textclf.models.builders import BUILDERS

PROJECT = Path(__file__).parents[1]
CONFIGS = {
    path.relative_to(PROJECT / "configs").with_suffix("").as_posix(): path
    for path in sorted((PROJECT / "configs").rglob("*.yaml"))
}
# The eleven experiments of the catalogue, in its order.
CATALOGUE = [
    "imdb_truncated_rnn",
    "reuters_lstm",
    "imdb_cnn_lstm",
    "imdb_dense",
    "reuters_dense",
    "boston_dense",
    "imdb_simple_rnn_onehot",
    "imdb_simple_rnn",
    "imdb_lstm",
    "imdb_lstm_dropout",
    "imdb_embedding_dense",
]
EXIT_CODES = {"0", "1", "2", "3", "4", "5", "6", "7", "130", "143"}


@pytest.mark.parametrize("path", CONFIGS.values(), ids=list(CONFIGS))
def test_every_recipe_loads_and_survives_being_saved(path, tmp_path):
    config = load_config(path)
    (tmp_path / "config.yaml").write_text(dump_config(config))
    assert load_config(tmp_path / "config.yaml") == config


def test_the_catalogue_is_complete():
    assert set(list_recipes()) >= {*CATALOGUE, "quickstart"}


def test_the_catalogue_is_that_of_the_experiments():
    experiments = PROJECT.parent / "shared" / "experiments.md"
    if not experiments.is_file():
        pytest.skip(f"{experiments} is not on this machine")
    rows = re.findall(r"^\| \d+ \| `(\w+)` \|", experiments.read_text(encoding="utf-8"), re.M)
    assert rows == CATALOGUE


def test_recipes_are_found_by_name_in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list_recipes() == sorted(CONFIGS)
    for name, path in CONFIGS.items():
        assert load_config(name) == load_config(path)
        assert recipe_name(name) == recipe_name(path) == name.replace("/", "_")


def test_every_error_has_an_exit_code_of_the_contract():
    classes = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.TextclfError)
    ]
    codes = {kind.__name__: kind.exit_code for kind in classes}
    assert codes == {
        "TextclfError": 1,
        "ConfigError": 3,
        "DataError": 4,
        "MissingDataError": 4,
        "QuotingError": 4,
        "RunError": 5,
        "DivergedError": 5,
        "ResourceError": 6,
        "ExpectationError": 7,
        "ReproductionError": 7,
        "UsageError": 2,
        "Interrupted": 130,
        "Terminated": 143,
    }
    assert set(map(str, {0, *codes.values()})) == EXIT_CODES


def test_no_error_is_defined_elsewhere_with_a_code_of_its_own():
    def below(kind):
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    for kind in below(errors.TextclfError):
        assert kind.exit_code in (1, 2, 3, 4, 5, 6, 7, 130, 143)
        assert kind.__module__ == "textclf.errors" or "exit_code" not in vars(kind)


def test_the_page_on_ci_has_the_exit_codes():
    page = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d /]+) \|", page, re.M)
    assert {code for row in rows for code in row.split(" / ")} == EXIT_CODES


def test_every_promise_names_its_tests():
    page = (PROJECT / "docs" / "promises.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| promise \| held by \|\n(.*?)\n\n", page, re.S | re.M)
    rows = table.splitlines()[1:]
    assert len(rows) == 24
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[2])
        assert tests, row
        assert all((PROJECT / test).is_file() for test in tests), row


def test_every_choice_of_the_schema_has_a_line_in_its_table():
    schema = Config.model_json_schema()["$defs"]

    def choices(suffix: str, key: str) -> set[str]:
        return {
            definition["properties"][key]["const"]
            for name, definition in schema.items()
            if name.endswith(suffix) and key in definition["properties"]
        }

    assert choices("Dataset", "name") == set(LOADERS)
    # Nothing is known of a user's own file before it is read.
    assert set(LOADERS) - {"csv"} == set(OUTLINES) == set(DATASET_FILES)
    assert choices("Model", "type") == set(BUILDERS)
    assert choices("Validation", "split") == set(SPLITTERS)
    # Rows with several labels come with users' own files only.
    known = {outline["task"].name for outline in OUTLINES.values()}
    assert known == set(TASKS) - {MULTILABEL.name}


def test_every_setting_has_a_meaning():
    for name, definition in Config.model_json_schema()["$defs"].items():
        for key, field in definition["properties"].items():
            assert field.get("description"), f"{name}.{key}"


@pytest.mark.parametrize("path", CONFIGS.values(), ids=list(CONFIGS))
def test_recipes_are_plain_yaml_for_any_other_reader(path):
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)
