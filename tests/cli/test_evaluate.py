"""`textclf evaluate`: the scores that `train` wrote, from the files alone; nothing is written."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.real_data


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    """The time of change and the SHA-256 of everything below a folder."""
    return {
        str(path): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.parametrize("name", ["folds", "tail", "imdb"])
def test_scores_are_those_of_training_and_nothing_is_written(cli_json, trained, name):
    before = fingerprint(trained)
    code, printed = cli_json("evaluate", name, "--runs-dir", trained)
    assert fingerprint(trained) == before
    metrics = json.loads((trained / name / "metrics.json").read_text())
    assert code == 0
    assert printed == {"run": str(trained / name), "status": "finished", "metrics": metrics}


def test_without_a_name_the_newest_finished_run_is_scored(cli, runs):
    record = json.loads((runs / "imdb/run.json").read_text())
    (runs / "imdb/run.json").write_text(json.dumps(record | {"status": "interrupted"}))
    result = cli("evaluate", "--runs-dir", runs, "--expect", "test_mae>0")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == str(runs / "tail")
    assert result.stderr == f"textclf: {runs / 'tail'}: the newest finished run\n"


@pytest.mark.parametrize(
    ("name", "file", "content", "message"),
    [
        ("tail", "run.json", "{", "damaged: "),
        ("tail", "run.json", "[]", "damaged: not a JSON object"),
        ("tail", "config.yaml", "dataset: [\n", "expected a key or a value here"),
        ("tail", "config.yaml", None, "missing; the run is not complete"),
        ("tail", "metrics.json", '{"val_mae": NaN}', "damaged: NaN is not valid JSON"),
        ("tail", "checkpoints/best.keras", None, "missing; no epoch of this run was finished"),
        ("tail", "checkpoints/best.keras", "no model", "damaged, or not of this run's model: "),
        ("folds", "fold-2/checkpoints/best.keras", "", "damaged, or not of this run's model: "),
    ],
)
def test_a_damaged_run_ends_with_5(cli, cli_json, runs, name, file, content, message):
    path = runs / name / file
    path.unlink() if content is None else path.write_text(content)
    result = cli("evaluate", runs / name)
    assert (result.exit_code, result.stdout) == (5, "")
    assert result.stderr.startswith(f"textclf: {path}:") and message in result.stderr
    assert result.stderr.count("\n") == 1
    assert cli_json("evaluate", runs / name)[0] == 5


@pytest.mark.parametrize("damage", ["other model", "half"])
def test_a_model_that_is_not_the_runs_own_ends_with_5(cli, runs, damage):
    path = runs / "tail/checkpoints/best.keras"
    if damage == "half":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        shutil.copy(runs / "imdb/checkpoints/best.keras", path)
    result = cli("evaluate", runs / "tail")
    assert result.exit_code == 5
    assert f"{path}: damaged, or not of this run's model: " in result.stderr


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("nothing", "nothing: no such run; the runs under runs are: none"),
        (".", ".: not a run: it has no run.json"),
        ("", "'': no such run; the runs under runs are: none"),
        ("a" * 300, ": no such run; the runs under runs are: none"),
        ("no\rsuch\x1b[31m", r"no\rsuch\x1b[31m: no such run"),
        (None, "runs: holds no finished run; train one: textclf train CONFIG"),
    ],
)
def test_a_run_that_is_not_there_ends_with_5(cli, run, message):
    result = cli("evaluate", *([] if run is None else [run]))
    assert result.exit_code == 5
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_a_gpu_that_is_not_there_ends_with_6(cli_json, trained):
    code, printed = cli_json("evaluate", trained / "tail", "--device", "gpu")
    assert code == printed["error"]["code"] == 6


def test_missing_data_ends_with_4(cli_json, trained, no_data):
    code, printed = cli_json("evaluate", trained / "tail")
    assert code == printed["error"]["code"] == 4


def test_a_threshold_is_chosen_and_nothing_is_written(cli, cli_json, trained):
    before = fingerprint(trained)
    asked = ("evaluate", trained / "imdb", "--choose-threshold", "recall>=0.9", "--positive", "neg")
    code, printed = cli_json(*asked)
    chosen = printed["threshold"]
    assert code == 0 and chosen["positive"] == "neg"
    assert chosen["scores"]["val_recall"] >= 0.9 > chosen["scores_at_default"]["val_recall"]
    metrics = json.loads((trained / "imdb/metrics.json").read_text())
    assert printed["metrics"] == metrics
    assert chosen["scores_at_default"]["test_accuracy"] == metrics["test_accuracy"]
    assert chosen["scores_at_default"]["test_macro_f1"] == pytest.approx(metrics["test_macro_f1"])
    lines = cli(*asked).stdout.splitlines()
    assert lines[0].startswith(f"threshold {chosen['value']} of 'neg': the highest precision with ")
    assert f"use it: textclf predict --run {trained / 'imdb'} --threshold" in "\n".join(lines)
    assert fingerprint(trained) == before


@pytest.mark.parametrize(
    ("run", "options", "code", "message"),
    [
        ("imdb", ["--choose-threshold", "recall"], 2, "set a minimum, such as recall>=0.9"),
        ("imdb", ["--choose-threshold", "mae"], 2, "'mae' is not one of f1, macro_f1, "),
        ("imdb", ["--positive", "neg"], 2, "--positive needs --choose-threshold"),
        ("imdb", ["--choose-threshold", "f1", "--positive", "ngp"], 5, "has no class 'ngp'"),
        ("tail", ["--choose-threshold", "f1"], 5, "divides two classes, but this run has 0"),
        ("seeds", ["--choose-threshold", "f1"], 5, "each with its own model; name one of them"),
    ],
)
def test_a_threshold_that_cannot_be_chosen(cli, trained, run, options, code, message):
    result = cli("evaluate", trained / run, *options)
    assert result.exit_code == code
    assert message in " ".join(result.stderr.split())
