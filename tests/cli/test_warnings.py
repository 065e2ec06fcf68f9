"""Warnings are part of the result: on the screen, in JSON, in run.json and in log.txt."""

import json
import shutil
import warnings
from pathlib import Path

import pytest

from made_up_run import make_run
from textclf import evaluate, load_config, open_run, train
from textclf.errors import TextclfWarning
from textclf.plots import canvas
from textclf.runs import RunFolder
from textclf.training.reporter import Reporter

CONFIG = """
dataset: {name: csv, path: rows.csv, text: text, label: label}
preprocessing: {num_words: 40, encoding: multi_hot, maxlen: 5}
model: {type: dense, units: [2]}
training:
  epochs: 6
  batch_size: 500
  engine: graph
  learning_rate: 0.9
  validation: {split: test}
  early_stopping: {patience: 5}
"""
NO_WORD = "without a word"  # the loader's own warning


def write_files(folder: Path) -> None:
    """A config that falls into many traps, on rows of which one has no word."""
    rows = [f"{'good' if i % 2 else 'bad'} word{i},{'pos' if i % 2 else 'neg'}" for i in range(60)]
    text = "\n".join(["text,label", *rows, "...,pos"])
    (folder / "rows.csv").write_text(text + "\n", encoding="utf-8")
    (folder / "c.yaml").write_text(CONFIG, encoding="utf-8")


@pytest.fixture
def config(empty_folder: Path) -> str:
    write_files(empty_folder)
    return "c.yaml"


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the config."""
    folder = tmp_path_factory.mktemp("warnings")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_files(folder)
        train(load_config("c.yaml"), name="a", reporter=Reporter())
    return folder / "runs" / "a"


@pytest.fixture
def run(config: str, trained_once: Path) -> RunFolder:
    """A copy of the run, in runs/ of the working folder."""
    return RunFolder(Path(shutil.copytree(trained_once, "runs/a")))


def shown(stderr: str) -> list[str]:
    """The warnings on the screen."""
    start = "textclf: warning: "
    return [line.removeprefix(start) for line in stderr.splitlines() if line.startswith(start)]


def checked(cli, config: str) -> list[str]:
    return json.loads(cli("check", config, "--json").stdout)["warnings"]


@pytest.mark.parametrize(
    "options",
    [(), *(pytest.param(o, marks=pytest.mark.slow) for o in [("--quiet",), ("--json",)])],
)
def test_train_shows_the_datas_warnings_and_the_gravest_traps(cli, config, options):
    expected = checked(cli, config)
    result = cli("train", config, *options)
    on_screen = shown(result.stderr)
    assert NO_WORD in on_screen[0] and len(on_screen) == 4 < len(expected)
    assert on_screen == expected[:4]
    assert "training.validation.split = test: " in on_screen[1]  # a wrong score is the gravest
    more = f"textclf: {len(expected) - 4} more: textclf check runs/c-1/config.yaml"
    assert (more in result.stderr.splitlines()) == ("--quiet" not in options)
    if "--json" in options:
        assert json.loads(result.stdout)["warnings"] == expected


def test_a_run_records_all_warnings_in_run_json_and_in_the_log(cli, config, run):
    expected = checked(cli, config)
    assert run.warnings == expected
    log = run.log_path.read_text(encoding="utf-8")
    assert [line for line in log.splitlines() if line.startswith("warning: ")] == [
        f"warning: {line}" for line in expected
    ]


def test_the_line_that_shows_more_warnings_is_a_command_that_does(cli, config, run):
    again = cli("check", "runs/a/config.yaml")
    assert (again.exit_code, shown(again.stderr)) == (0, checked(cli, config))


def test_resume_adds_no_warning_twice(cli, run):
    before = run.warnings
    result = cli("resume", "a", "--set", "training.epochs=7", "--quiet", "--json")
    assert NO_WORD in shown(result.stderr)[0]
    assert json.loads(result.stdout)["warnings"] == before == run.warnings


@pytest.mark.slow
def test_a_resumed_run_has_the_warnings_of_both(cli, run):
    before = run.warnings
    run.update(versions={**run.record["versions"], "keras": "3.0.0"}, warnings=before[:2])
    result = cli("resume", "a", "--set", "training.epochs=7", "--quiet", "--json")
    assert any("keras" in line for line in shown(result.stderr))
    assert json.loads(result.stdout)["warnings"] == run.warnings
    assert run.warnings[:2] == before[:2] and any("keras" in line for line in run.warnings[2:])


@pytest.mark.slow
def test_a_series_records_its_warnings_at_the_top(cli, config):
    expected = checked(cli, config)
    result = cli("train", config, "--seeds", "2", "--name", "a", "--quiet", "--json")
    assert json.loads(result.stdout)["warnings"] == RunFolder(Path("runs/a")).warnings == expected
    assert shown(result.stderr) == expected[:4]


@pytest.mark.parametrize("command", ["evaluate", "reproduce", "predict", "report"])
def test_every_command_that_reads_data_or_an_unfinished_run_has_its_warnings(cli, run, command):
    if command == "predict":
        run.update(status="interrupted")
    arguments = {"predict": ("--run", "a", "a text")}.get(command, ("a",))
    result = cli(command, *arguments, "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)["warnings"]
    if command != "report":  # the page itself holds them
        assert printed and set(shown(result.stderr)) <= set(printed)


@pytest.mark.parametrize(
    "command", [("runs",), ("recipes",), ("init", "-o", "new.yaml"), ("data", "verify", "imdb")]
)
def test_an_object_has_warnings_even_where_there_are_none(cli, config, command):
    printed = json.loads(cli(*command, "--json").stdout)
    assert "error" in printed or printed["warnings"] == []


@pytest.mark.slow
def test_a_failures_object_has_the_warnings_so_far(cli, config):
    result = cli("train", config, "--expect", "test_accuracy>1", "--json", "--quiet")
    printed = json.loads(result.stdout)
    assert printed["error"]["code"] == 7 and len(printed["warnings"]) > 4


def test_python_issues_its_own_warnings_at_the_line_of_the_call(config, empty_folder, capsys):
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        train(load_config(config), name="a")
    own = [one for one in issued if one.category is TextclfWarning]
    assert len(own) == 4 and NO_WORD in str(own[0].message)
    assert {one.filename for one in own} == {__file__}
    assert "warning" not in capsys.readouterr().err


@pytest.mark.slow
def test_python_issues_the_datas_warnings_of_evaluate_and_of_an_unfinished_run(run):
    run = open_run("a")
    with pytest.warns(TextclfWarning, match=NO_WORD):
        evaluate(run)
    run.update(status="interrupted")
    with pytest.warns(TextclfWarning, match="not finished"):
        run.predict(["a text"])


@pytest.mark.filterwarnings("default::textclf.errors.TextclfWarning")
def test_a_warning_of_a_picture_reads_like_every_other(cli, empty_folder, monkeypatch):
    signs = "경제"
    canvas._warn_once.cache_clear()
    run = make_run(empty_folder, classes=2, rows=20)
    table = run.confusion_path.read_text("utf-8").replace("class-1", "b")
    name = table.partition("\n")[0].split(",")[1]
    run.confusion_path.write_text(table.replace(name, signs), "utf-8")
    monkeypatch.setattr(canvas, "find_families", lambda _signs: ((), signs))
    result = cli("plot", run.path)
    assert result.exit_code == 0
    (line,) = shown(result.stderr)
    assert "fonts-noto-cjk" in line
    assert len(result.stderr.splitlines()) == 1
