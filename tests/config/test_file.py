"""Configs are found, read, overridden and written back; every mistake is one located line."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from textclf.config import file as config_file
from textclf.config.file import dump_config, list_recipes, load_config, recipe_name
from textclf.config.settings import Config
from textclf.config.settings.dataset import CsvDataset
from textclf.errors import ConfigError

GOOD = """\
dataset: {name: imdb}
preprocessing: {num_words: 500, maxlen: 100}
model: {type: lstm, embedding_dim: 16, units: 8}
training:
  epochs: 4
  learning_rate: 1e-4
  early_stopping: null
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in for the shipped recipes: imdb_lstm and boston_dense."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "imdb_lstm.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "boston_dense.yaml").write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: folder)
    monkeypatch.chdir(tmp_path)
    yield folder


def errors(path: Path | str, *overrides: str) -> list[str]:
    """The lines of the error, without the path that each of them begins with."""
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return [line.removeprefix(f"{path}:") for line in caught.value.messages]


# --- reading ---------------------------------------------------------------------------------


def test_a_good_file_is_read(file: Path) -> None:
    config = load_config(file)
    assert (config.dataset.name, config.model.units) == ("imdb", 8)
    assert config.training.learning_rate == 1e-4
    assert load_config(str(file)) == config


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        f"---\n{GOOD}...\n".encode(),
        f"# gr\u00fc\u00dfe\n{GOOD}".encode(),
    ],
    ids=["byte order mark", "CRLF", "document marks", "UTF-8"],
)
def test_harmless_forms_are_accepted(file: Path, content: bytes) -> None:
    expected = load_config(file)
    file.write_bytes(content)
    assert load_config(file) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " the file is empty; a config needs a dataset and a model"),
        (b"# nothing\n", " the file is empty; a config needs a dataset and a model"),
        (
            b"- a\n- b\n",
            "1:1: expected a map with the keys dataset, preprocessing, model, training, seed, "
            "sweep; received a list",
        ),
        (
            b"\n\nimdb\n",
            "3:1: expected a map with the keys dataset, preprocessing, model, training, seed, "
            "sweep; received the text 'imdb'",
        ),
        (b"seed: 1\n# caf\xe9\n", "2:6: byte 0xE9 is not UTF-8; save the file as UTF-8"),
        ("seed: 1".encode("utf-16"), " this is UTF-16 text; save it as UTF-8"),
        ("seed: 1".encode("utf-16-le"), "1:2: character U+0000 is not allowed in a config"),
        (b"seed: 1\n\tx: 2\n", "2:1: a tab, where YAML allows only spaces; replace it by spaces"),
        (b"seed: 1\nseed: 2\n", "2:1: duplicate key 'seed', first given on line 1"),
        (b"a" * 100_001, " larger than 100,000 bytes: not a config"),
    ],
)
def test_a_file_that_is_not_a_config(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    assert errors(file) == [message]


def test_a_folder_is_not_a_config(tmp_path: Path) -> None:
    assert errors(tmp_path) == [" this is a folder; name a YAML file in it"]


@pytest.mark.parametrize("name", ["none.yaml", "a.yaml/none.yaml", "none"])
def test_a_missing_file_is_named(file: Path, name: str) -> None:
    (line,) = errors(file.parent / name)
    assert line.startswith(" no such file or recipe")


@pytest.mark.parametrize("path", ["a\0b.yaml", "x" * 5_000])
def test_a_path_that_no_file_can_have(path: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: "):
        load_config(path)


def test_the_empty_path_is_told_as_such() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("")
    assert caught.value.messages == ("'': this is a folder; name a YAML file in it",)


# --- all errors at once ------------------------------------------------------------------------


def test_all_errors_come_at_once_in_the_order_of_lines(file: Path) -> None:
    file.write_text(
        "seed: -1\n"
        "training:\n"
        "  epoch: 3\n"
        "  batch_size: true\n"
        "model:\n"
        "  type: lstm\n"
        "  units: 0\n"
        "dataset: {name: imbd}\n",
        encoding="utf-8",
    )
    assert errors(file, "training.batches=3", "seed.x=1") == [
        "1:1: seed: -1 is out of range: 0 to 4,294,967,295",
        "3:3: training.epoch: unknown key; did you mean 'epochs'?",
        "4:3: training.batch_size: expected a whole number, received true",
        "7:3: model.units: 0 is out of range: 1 to 65,536",
        "8:11: dataset.name: expected imdb, reuters, boston, docstrings or csv, "
        "received the text 'imbd'; did you mean 'imdb'?",
        "--set training.batches=3: unknown key; did you mean 'batch_size'?",
        "--set seed.x=1: seed is -1, not a section with keys",
    ]


def test_conflicts_are_located_at_the_key_its_section_or_the_first_line(file: Path) -> None:
    file.write_text(
        "\ndataset: {name: imdb}\nmodel:\n  type: lstm\ntraining:\n  checkpoint:\n"
        "    monitor: mae\n",
        encoding="utf-8",
    )
    assert [line.split(": ")[:2] for line in errors(file)] == [
        ["2:1", "preprocessing.maxlen"],
        ["3:1", "model.embedding_dim"],
        ["7:5", "training.checkpoint.monitor"],
    ]


# --- overrides -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("training.epochs=3", lambda c: c.training.epochs == 3),
        (" training.epochs = 3", lambda c: c.training.epochs == 3),
        ("training.learning_rate=1e-2", lambda c: c.training.learning_rate == 0.01),
        ("seed=7", lambda c: c.seed == 7),
        ("model={type: lstm, embedding_dim: 3}", lambda c: c.model.embedding_dim == 3),
        ("training.early_stopping.patience=2", lambda c: c.training.early_stopping.patience == 2),
        ("training.early_stopping={}", lambda c: c.training.early_stopping.patience == 3),
        ("training.validation=", lambda c: c.training.validation is None),
        ("training.checkpoint.keep=last", lambda c: c.training.checkpoint.keep == "last"),
        ("training.validation={split: k_fold}", lambda c: c.training.validation.folds == 4),
    ],
)
def test_an_override_sets_a_value(file: Path, override: str, read) -> None:  # type: ignore[no-untyped-def]
    assert read(load_config(file, [override]))


def test_later_overrides_win(file: Path) -> None:
    overrides = ["training.epochs=3", "training={epochs: 5}", "training.batch_size=8"]
    training = load_config(file, overrides).training
    assert (training.epochs, training.batch_size) == (5, 8)


def test_an_override_mends_the_file(file: Path) -> None:
    file.write_text(GOOD.replace("epochs: 4", "epochs: four"), encoding="utf-8")
    assert load_config(file, ["training.epochs=4"]).training.epochs == 4


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs", "expected KEY=VALUE, such as training.epochs=3"),
        ("", "expected KEY=VALUE, such as training.epochs=3"),
        ("=3", "expected KEY=VALUE, such as training.epochs=3"),
        ("training..epochs=3", "expected KEY=VALUE, such as training.epochs=3"),
        ("\udcff=3", "expected KEY=VALUE, such as training.epochs=3"),
        ("training.epochs=0", "0 is out of range: 1 to 100,000"),
        (
            'training.epochs="3"',
            "expected a whole number, received the text '3'; did you mean 3?",
        ),
        ("training.epoch=3", "unknown key; did you mean 'epochs'?"),
        ("epochs=3", "unknown key; 'epochs' belongs to training"),
        (
            "foo.bar=3",
            "foo: unknown key; known here: dataset, preprocessing, model, training, seed, sweep",
        ),
        ("training.epochs.x=3", "training.epochs is 4, not a section with keys"),
        ("dataset.name.x=3", "dataset.name is the text 'imdb', not a section with keys"),
        (
            "training.batch_size.x=3",
            "training.batch_size: expected a whole number, received a map of keys",
        ),
        ("model={type: lstm, unit: 3}", "model.unit: unknown key; did you mean 'units'?"),
        (
            "model={}",
            "model.type: missing key; expected dense, simple_rnn, lstm, gru, cnn, cnn_lstm or "
            "layers",
        ),
        ("training.epochs=[1", "expected ',' or ']' in the list that begins on line 1"),
        ("training.epochs=*a", "alias '*a' is not allowed; write the value itself"),
        (
            "training.epochs=!!python/object:os.system {}",
            "tag '!!python/object:os.system' is not allowed; remove it",
        ),
        (
            "training.validation.share=0.1",
            "training.validation.split: "
            "missing key; expected shuffled, tail, first, test or k_fold",
        ),
        (
            "preprocessing.skip_top=600",
            "skip_top 600 leaves no words below num_words 500; lower skip_top or raise num_words",
        ),
    ],
)
def test_a_wrong_override_is_told_at_the_override(file: Path, override: str, message: str) -> None:
    shown = override.replace("\udcff", r"\udcff")
    assert errors(file, override) == [f"--set {shown}: {message}"]


def test_an_override_of_endless_depth_is_refused(file: Path) -> None:
    (line,) = errors(file, ".".join("a" * 20_000) + "=1")
    assert line.endswith("…: the key has more than 50 levels")


def test_keys_that_another_split_does_not_take_are_told_where_they_stand(file: Path) -> None:
    file.write_text(GOOD + "  validation: {split: tail, share: 0.2}\n", encoding="utf-8")
    assert errors(file, "training.validation.split=k_fold") == [
        "8:29: training.validation.share: "
        "share goes with split: shuffled or tail, not with split: k_fold"
    ]


# --- writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["training.learning_rate=1e-10", "training.early_stopping={min_delta: 1e6}"],
        ["training.validation=null", "preprocessing.num_words=null"],
        ["training.validation={split: first, rows: 10}"],
        ["model={type: dense, units: [16, 8], embedding_dim: 2}"],
        ["dataset={name: boston}", "model={type: dense}", "preprocessing={}"],
    ],
)
def test_a_dumped_config_reads_back_the_same(file: Path, overrides: list[str]) -> None:
    config = load_config(file, overrides)
    file.write_text(dump_config(config), encoding="utf-8")
    assert load_config(file) == config
    assert dump_config(load_config(file)) == dump_config(config)


@pytest.mark.parametrize("rate", [1e-10, 1.5e-7, 0.1 + 0.2, 1 / 3, 1e-4, 100.0])
def test_floats_read_back_to_the_last_bit(file: Path, rate: float) -> None:
    config = load_config(file, [f"training.learning_rate={rate!r}"])
    file.write_text(dump_config(config), encoding="utf-8")
    assert load_config(file).training.learning_rate == rate


def test_a_dumped_config_is_complete_in_the_order_of_the_schema(file: Path) -> None:
    data = yaml.safe_load(dump_config(load_config(file)))
    assert list(data) == list(Config.model_fields)
    assert list(data["training"]) == list(type(load_config(file).training).model_fields)


def test_lists_are_dumped_on_one_line(file: Path) -> None:
    config = load_config(file, ["model={type: dense, units: [16, 8], embedding_dim: 2}"])
    assert "  units: [16, 8]\n" in dump_config(config)


@pytest.mark.parametrize("text", ["1e5", "10", "true", "off", "null", "", "a: b", "x\ny", "é", "#"])
def test_texts_that_look_like_more_are_dumped_as_texts(text: str) -> None:
    dumped = yaml.dump({"key": text}, Dumper=config_file._Dumper, allow_unicode=True)
    assert config_file.parse(dumped, "a.yaml").data == {"key": text}


# --- recipes ---------------------------------------------------------------------------------


def test_a_recipe_is_found_by_its_bare_name(recipes: Path) -> None:
    assert load_config("imdb_lstm") == load_config(recipes / "imdb_lstm.yaml")
    assert list_recipes() == ["boston_dense", "imdb_lstm"]


def test_the_best_of_a_family_is_found_by_its_folder_and_name(recipes: Path) -> None:
    (recipes / "best").mkdir()
    path = recipes / "best" / "imdb_lstm.yaml"
    path.write_text(GOOD.replace("epochs: 4", "epochs: 5"), encoding="utf-8")
    assert load_config("best/imdb_lstm").training.epochs == 5
    assert load_config("imdb_lstm").training.epochs == 4
    assert list_recipes() == ["best/imdb_lstm", "boston_dense", "imdb_lstm"]
    assert "did you mean the recipe best/imdb_lstm" in errors("best/imdb_lstmm")[0]


@pytest.mark.usefixtures("recipes")
def test_a_file_goes_before_a_recipe_of_its_name_but_a_folder_does_not(tmp_path: Path) -> None:
    path = tmp_path / "imdb_lstm"
    path.mkdir()
    assert load_config("imdb_lstm").training.epochs == 4
    path.rmdir()
    path.write_text(GOOD.replace("epochs: 4", "epochs: 5"), encoding="utf-8")
    assert load_config("imdb_lstm").training.epochs == 5


@pytest.mark.usefixtures("recipes")
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("imdb_lstn", "; did you mean the recipe imdb_lstm?"),
        ("configs/imdb_lstm.yaml", "; did you mean the recipe imdb_lstm?"),
        ("zzz", "; the recipes are boston_dense, imdb_lstm"),
    ],
)
def test_a_missing_recipe_is_told_with_those_close_to_it(path: str, message: str) -> None:
    assert errors(path) == [f" no such file or recipe{message}"]


def test_errors_in_a_recipe_name_its_file(recipes: Path) -> None:
    path = recipes / "imdb_lstm.yaml"
    path.write_text("seed: 1\nsedd: 2\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config("imdb_lstm")
    assert caught.value.messages[-1].startswith(f"{path}:2:1: sedd: unknown key")


def test_without_installed_recipes_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> Path:
        raise ModuleNotFoundError

    monkeypatch.setattr("importlib.resources.files", missing)
    assert list_recipes() == []
    assert errors("imdb_lstm") == [" no such file or recipe"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("configs/imdb_lstm.yaml", "imdb_lstm"),
        ("imdb_lstm", "imdb_lstm"),
        (Path("a/b.v2.yml"), "b.v2"),
        ("v1.2", "v1.2"),
        ("best/imdb_lstm", "best_imdb_lstm"),
        ("configs/best/imdb_lstm.yaml", "best_imdb_lstm"),
    ],
)
def test_the_name_that_runs_get(path: str | Path, name: str) -> None:
    assert recipe_name(path) == name


def test_reading_a_config_imports_no_tensorflow(file: Path) -> None:
    code = (
        "import sys; from textclf.config.file import load_config; load_config(sys.argv[1]); "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)


def test_paths_in_a_file_are_relative_to_it_and_overrides_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "project" / "mine.yaml"
    config.parent.mkdir()
    config.write_text(
        "dataset: {name: csv, path: data/a.csv, test_path: /b.csv, text: x, label: y}\n"
        "preprocessing: {num_words: 50, encoding: multi_hot}\nmodel: {type: dense}\n"
    )
    monkeypatch.chdir(tmp_path)
    dataset = load_config("project/mine.yaml").dataset
    assert isinstance(dataset, CsvDataset)
    assert dataset.path == str(tmp_path / "project" / "data" / "a.csv")
    assert dataset.test_path == str(Path("/b.csv").absolute())
    overridden = load_config("project/mine.yaml", ["dataset.path=c.csv"])
    assert overridden.dataset.path == str(tmp_path / "c.csv")  # type: ignore[union-attr]
    saved = tmp_path / "project" / "runs" / "config.yaml"
    saved.parent.mkdir()
    saved.write_text(dump_config(overridden))
    assert load_config(saved) == overridden
