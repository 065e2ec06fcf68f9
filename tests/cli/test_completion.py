"""Shell completion, through click's protocol and in a real bash."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from textclf.cli import main
from textclf.config.file import list_recipes
from textclf.config.settings import Config


@pytest.fixture
def environment(empty_folder):
    """What a shell sets to ask what may follow the words, the last of them incomplete."""

    def variables(*words, shell="zsh"):
        return {
            **os.environ,
            "_TEXTCLF_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": "\n".join(("textclf", *words)),
            "COMP_CWORD": str(len(words)),
        }

    return variables


@pytest.fixture
def complete(environment):
    """The words that a shell offers."""

    def run(*words, shell="zsh"):
        command = [sys.executable, "-m", "textclf"]
        variables = environment(*words, shell=shell)
        result = subprocess.run(command, capture_output=True, text=True, env=variables)
        assert (result.returncode, result.stderr) == (0, "")
        lines = result.stdout.splitlines()
        return lines if shell == "bash" else lines[1::3]

    return run


def make_run(path: Path, seconds: int) -> None:
    path.mkdir(parents=True)
    (path / "run.json").write_text("{}")
    os.utime(path / "run.json", (seconds, seconds))


# --- what is offered -------------------------------------------------------------------------


def test_commands(complete):
    assert {"reproduce", "resume"} <= set(complete("re"))
    assert complete("comple") == ["completion"]


def test_sweeps_and_configs(complete, empty_folder):
    (empty_folder / "runs" / "quickstart-sweep-1").mkdir(parents=True)
    (empty_folder / "runs" / "quickstart-sweep-1" / "sweep.json").write_text("{}")
    assert complete("sweep", "quick") == ["quickstart-sweep-1", "quickstart"]
    assert complete("sweep", "quickstart", "--set", "model.uni") == ["model.units="]


def test_recipes_and_config_files(complete, empty_folder):
    for name in ("mine.yaml", "other.txt", "imdb_mine.yml", "my/deep.yaml", "$(id).yaml"):
        (empty_folder / name).parent.mkdir(exist_ok=True)
        (empty_folder / name).touch()
    assert complete("train", "") == [*list_recipes(), "imdb_mine.yml", "mine.yaml", "my/deep.yaml"]
    assert complete("check", "imdb_l") == ["imdb_lstm", "imdb_lstm_dropout"]
    assert complete("train", "my/") == ["my/deep.yaml"]
    assert complete("train", "oth", shell="bash") == ["file,oth"]


def test_runs_newest_first(complete, empty_folder):
    for seconds, name in enumerate(("a-1", "b-1", "a-2", ".new-x", "$(id)"), start=1):
        make_run(empty_folder / "runs" / name, seconds)
    make_run(empty_folder / "runs" / "a-2" / "seed-2", 9)
    make_run(empty_folder / "other" / "c-1", 9)
    assert complete("evaluate", "") == ["a-2", "b-1", "a-1"]
    assert complete("plot", "b-1", "a") == ["a-2", "a-1"]
    assert complete("resume", "a-2/") == ["a-2/seed-2"]
    assert complete("reproduce", "runs/b") == ["runs/b-1"]
    assert complete("evaluate", "--runs-dir", "other", "") == ["c-1"]
    assert complete("evaluate", "--runs-dir=other", "") == ["c-1"]
    assert complete("evaluate", "x", shell="bash") == ["dir,x"]


def test_datasets_models_and_devices(complete):
    assert {"imdb", "reuters", "boston", "docstrings"} <= set(complete("data", "fetch", ""))
    assert complete("data", "verify", "") == complete("init", "--dataset", "")
    assert complete("data", "verify", "csv") == []  # a name that is not enough
    assert complete("init", "--model", "ls") == ["lstm"]
    assert complete("train", "quickstart", "--device", "") == ["auto", "cpu", "gpu"]


def test_settings_and_their_values(complete):
    assert complete("train", "--set", "training.ep") == ["training.epochs="]
    assert complete("check", "--set", "model.ty") == ["model.type="]
    assert complete("train", "--set", "training.optimizer=ada") == [
        f"training.optimizer={word}" for word in ("adam", "adamw", "adagrad")
    ]
    assert complete("train", "--set", "training.early_stopping=") == [
        "training.early_stopping=null"
    ]
    assert complete("train", "--set", "preprocessing.remove_reserved=t") == [
        "preprocessing.remove_reserved=true"
    ]
    assert complete("train", "--set", "training.epochs=") == []
    assert complete("train", "--set", "nothing.") == []
    assert complete("resume", "r", "--set", "") == ["training.epochs="]


def test_every_setting_can_be_completed(complete):
    offered = {line.removesuffix("=") for line in complete("train", "--set", "")}
    assert {"seed", "training.validation.split", "training.validation", "model.units"} < offered
    for name, section in Config.model_json_schema()["$defs"].items():
        for key, field in section["properties"].items():
            if "$ref" not in field:
                assert any(path.endswith(f".{key}") for path in offered), f"{name}.{key}"


def test_every_argument_and_option_that_names_something_is_completed():
    named = {"config", "run", "runs", "overrides", "epochs", "device", "runs_dir", "data_dir"}
    commands = [*main.commands.values(), *main.commands["data"].commands.values()]
    for command in commands:
        for parameter in command.params:
            if parameter.name in named - ({"data_dir"} if command.name == "fetch" else set()):
                assert parameter._custom_shell_complete, f"{command.name}: {parameter.name}"


def test_completing_imports_little_and_nothing_slow(environment):
    command = [sys.executable, "-X", "importtime", "-m", "textclf"]
    environment = environment("train", "--set", "training.o")
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.stdout.splitlines()[1] == "training.optimizer="
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert not {"pydantic", "yaml", "numpy", "rich", "pandas", "tensorflow"} & imported
    assert "click" in imported and len(imported) < 250  # 1,400 with NumPy and pandas


# --- the shells ------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(cli, cli_json, shell):
    result = cli("completion", shell)
    assert result.exit_code == 0
    assert f"_TEXTCLF_COMPLETE={shell}_complete" in result.stdout
    code, printed = cli_json("completion", shell)
    assert (code, printed["shell"]) == (0, shell)
    assert printed["script"] in result.stdout


def test_another_shell_is_refused(cli):
    assert cli("completion", "tcsh").exit_code == 2


def test_what_textclf_adds_is_in_clicks_scripts(cli):
    assert "compopt -o nospace" in cli("completion", "bash").stdout
    assert "compadd -U -S ''" in cli("completion", "zsh").stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "replies"),
    [
        ("train quicks", "quickstart"),
        ("train --set training.ep", "training.epochs="),
        ("train --set training.optimizer =", "sgd rmsprop adam adamw nadam adagrad"),
        ("train --set training.optimizer = ada", "adam adamw adagrad"),
        ("train --set seed = 1 --set model.type = l", "lstm layers"),
        ("train --set seed = 1 quicks", "quickstart"),
        ("evaluate --runs-dir = other ''", "c-1"),
    ],
)
def test_in_bash_which_breaks_words_at_an_equals_sign(cli, empty_folder, words, replies):
    """The words are as bash hands them over: training.optimizer=ada is three."""
    make_run(empty_folder / "other" / "c-1", 1)
    script = cli("completion", "bash").stdout
    folder = Path(sys.executable).parent
    commands = f"""
        {script}
        compopt() {{ :; }}  # outside of a completion there is none
        COMP_WORDS=(textclf {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _textclf_completion textclf
        echo "${{COMPREPLY[*]}}"
    """
    result = subprocess.run(
        ["bash", "-c", commands],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )
    assert (result.stdout.strip(), result.stderr) == (replies, "")
