"""`textclf train`: what it prints, what it writes, and what it leaves when it fails."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from event_files import read_scalars
from textclf.cli.group import Termination
from textclf.runs import RunFolder
from textclf.workflow import fitting
from tiny_recipes import TINY_BOSTON, TINY_TAIL, sets

SHOWN = ["val_loss", "val_mae", "test_loss", "test_mae", "best_epoch"]
VAL_SCORES = ("val_loss", "val_mae", "val_rmse", "val_r2")
SCORES = [
    *(f"{score}{sd}" for score in VAL_SCORES for sd in ("", "_sd")),
    *("test_loss", "test_mae", "test_rmse", "test_r2", "best_epoch"),
]
FIT_FILES = {
    "checkpoints/best.keras",
    "checkpoints/last.keras",
    "checkpoints/state.npz",
    "history.csv",
    "metrics.json",
    "predictions.csv",
    "preprocessing.json",
}
RUN_FILES = {".lock", "config.yaml", "run.json", "log.txt", "plots/loss.png", "plots/mae.png"}


TINY = ("boston_dense", *sets(TINY_BOSTON))
TAIL = ("boston_dense", *sets(TINY_TAIL))


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.real_data
def test_a_recipe_is_trained_by_name_in_an_empty_folder(cli, empty_folder):
    result = cli("train", *TINY)
    assert result.exit_code == 0
    *scores, folder = result.stdout.splitlines()
    assert folder == "runs/boston_dense-1"
    assert [line.split()[0] for line in scores] == SHOWN
    assert re.fullmatch(r"val_mae +\d+\.\d{4} ± \d+\.\d{4}", scores[1])
    epochs = result.stderr.splitlines()
    assert [line.split("  ")[0] for line in epochs] == (
        ["fold-1"] * 2 + ["fold-2"] * 2 + ["boston_dense-1"] * len(epochs[4:])
    )
    assert [path.name for path in empty_folder.iterdir()] == ["runs"]


@pytest.mark.slow
@pytest.mark.real_data
def test_json_and_quiet_leave_one_object_and_no_progress(cli, empty_folder):
    result = cli("train", *TINY, "--name", "Ein Lauf ü", "--json", "--quiet")
    printed = json.loads(result.stdout)
    run = RunFolder(empty_folder / "runs" / "Ein Lauf ü")
    assert (result.exit_code, result.stderr) == (0, "")
    assert printed == {
        "run": "runs/Ein Lauf ü",
        "status": "finished",
        "metrics": json.loads(run.metrics_path.read_text()),
        "warnings": [],
    }
    assert list(printed["metrics"]) == SCORES


@pytest.mark.real_data
def test_the_folder_of_a_k_fold_run_holds_what_the_contract_says(trained):
    folds = {f"fold-{number}/{name}" for number in (1, 2) for name in FIT_FILES}
    found = files_in(trained / "folds")
    assert found == FIT_FILES | RUN_FILES | folds | {"plots/residuals.png"}


@pytest.mark.real_data
def test_the_folder_of_a_classification_holds_what_the_contract_says(trained):
    tables = {"baseline.json", "classification_report.csv", "confusion_matrix.csv"}
    plots = {"plots/accuracy.png", "plots/confusion_matrix.png"}
    assert files_in(trained / "imdb") == (FIT_FILES | RUN_FILES | tables | plots) - {
        "plots/mae.png"
    }


@pytest.mark.slow
@pytest.mark.real_data
def test_an_unmet_expectation_ends_with_7_after_the_scores(cli, cli_json, empty_folder):
    unmet = ("--expect", "test_mae<=0.5", "--expect", "val_mae>0")
    result = cli("train", *TAIL, "--quiet", *unmet)
    assert result.exit_code == 7, result.stderr
    assert result.stdout.startswith("val_loss") and "runs/boston_dense-1" in result.stdout
    (line,) = result.stderr.splitlines()
    assert re.fullmatch(r"textclf: expected test_mae<=0.5, but test_mae is \d+\.\d+", line)
    code, printed = cli_json("evaluate", *unmet)
    assert (code, printed["status"], printed["error"]["code"]) == (7, "finished", 7)
    assert printed["metrics"] == RunFolder(empty_folder / "runs/boston_dense-1").metrics
    assert len(printed["error"]["messages"]) == 1


def test_a_score_that_there_cannot_be_is_refused_before_training(cli, empty_folder):
    result = cli("train", *TINY, "--expect", "test_accuracy>=0.5")
    assert result.exit_code == 2 and "use test_mae" in result.stderr
    assert not list(empty_folder.iterdir())


def test_a_score_that_the_data_do_not_have_is_refused_before_training(cli, empty_folder):
    rows = [f"w{n % 3} x,{'abc'[n % 3]}" for n in range(30)]
    Path("d.csv").write_text("\n".join(["text,label", *rows]))
    Path("c.yaml").write_text(
        "dataset: {name: csv, path: d.csv, text: text, label: label}\n"
        "preprocessing: {num_words: 9, encoding: multi_hot}\n"
        "model: {type: dense}\ntraining: {epochs: 1}\n"
    )
    result = cli("train", "c.yaml", "--expect", "val_roc_auc>=0.5")
    assert result.exit_code == 2
    assert "textclf: the run would have no val_roc_auc: multiclass data of 3" in result.stderr
    assert "epoch 1/1" not in result.stderr
    assert not list(Path("runs").iterdir())


# --- nothing half-made is left -----------------------------------------------------------------


def assert_nothing_is_left(folder: Path) -> None:
    runs = folder / "runs"
    assert not runs.exists() or list(runs.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing.yaml"], 3, "nothing.yaml: no such file or recipe"),
        (["imdb_lstn"], 3, "did you mean the recipe imdb_lstm"),
        (["imdb_lstm", "--set", "training.epoch=3"], 3, "did you mean 'epochs'?"),
        (["imdb_lstm", "--set", "training.epochs=0"], 3, "--set training.epochs=0: "),
        (["imdb_lstm", "--set", "training.epochs"], 3, "expected KEY=VALUE"),
        (["imdb_lstm", "--set", "dataset.name=boston"], 3, "lstm reads texts"),
        (["imdb_lstm", "--data-dir", "nowhere"], 4, "nowhere: the data folder does not exist"),
        (["imdb_lstm"], 4, "imdb.npz: not found in "),
        (["boston_dense"], 4, "once online, get it with: textclf data fetch boston"),
    ],
)
def test_a_config_or_data_error_leaves_no_folder(
    cli, cli_json, empty_folder, no_data, arguments, code, message
):
    result = cli("train", *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert all(line.startswith("textclf: ") for line in result.stderr.splitlines())
    assert_nothing_is_left(empty_folder)
    json_code, printed = cli_json("train", *arguments)
    assert json_code == printed["error"]["code"] == code
    assert any(message in line for line in printed["error"]["messages"])


@pytest.mark.real_data
@pytest.mark.parametrize("damage", [lambda content: content[:1000], lambda content: b"?" + content])
def test_damaged_data_ends_with_4_and_leaves_no_folder(
    cli, empty_folder, data_dir, tmp_path, damage
):
    content = (data_dir / "boston_housing.npz").read_bytes()
    (tmp_path / "boston_housing.npz").write_bytes(damage(content))
    result = cli("train", *TINY, "--data-dir", tmp_path)
    assert result.exit_code == 4
    assert f"{tmp_path}/boston_housing.npz: damaged: its SHA-256 is" in result.stderr
    assert f"replace it with: textclf data fetch boston --data-dir {tmp_path}" in result.stderr
    assert_nothing_is_left(empty_folder)


@pytest.mark.real_data
def test_a_gpu_that_is_not_there_ends_with_6_and_leaves_no_folder(cli, empty_folder):
    result = cli("train", *TINY, "--device", "gpu:7")
    assert result.exit_code == 6
    assert "--device gpu:7: there is no such GPU" in result.stderr
    assert_nothing_is_left(empty_folder)


def test_a_taken_name_ends_with_5(cli, empty_folder):
    (empty_folder / "runs" / "mine").mkdir(parents=True)
    result = cli("train", "boston_dense", "--name", "mine")
    assert result.exit_code == 5
    assert "runs/mine: a run of this name exists already; choose another --name" in result.stderr
    assert [path.name for path in (empty_folder / "runs").iterdir()] == ["mine"]


def test_a_runs_dir_that_cannot_be_made_ends_with_6(cli, empty_folder):
    (empty_folder / "runs").write_text("a file")
    result = cli("train", "boston_dense")
    assert result.exit_code == 6
    assert "runs: cannot be written: file exists" in result.stderr


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt, 130), (Termination, 143)])
def test_an_interruption_before_the_first_epoch_leaves_no_folder(
    cli_json, empty_folder, monkeypatch, stop, code
):
    def interrupted(*_):
        raise stop

    monkeypatch.setattr(fitting, "load_dataset", interrupted)
    messages = ["interrupted", "no epoch was finished; nothing is kept"]
    expected = (code, {"error": {"code": code, "messages": messages}})
    assert cli_json("train", "boston_dense") == expected
    assert_nothing_is_left(empty_folder)


# --- in a process of its own -------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143)],
)
def test_a_signal_keeps_the_finished_epochs_and_says_so(start, empty_folder, number, code):
    tail = sets(("training.epochs=100000", "training.validation={split: tail}"))
    process = start("train", "boston_dense", *tail, "--name", "long")
    # The first line comes after 5,000 epochs only: the file tells of the first.
    history = empty_folder / "runs/long/history.csv"
    while process.poll() is None and not history.exists():
        time.sleep(0.01)
    process.send_signal(number)
    output, errors = process.communicate(timeout=300)
    assert (process.returncode, output) == (code, "")
    assert errors.split("textclf: ", 1)[1] == (
        "interrupted\ntextclf: runs/long: finished epochs are kept; "
        "resume with: textclf resume runs/long\n"
    )
    run = RunFolder(empty_folder / "runs/long")
    assert run.status == "interrupted"
    assert run.history["epoch"].iloc[0] == 1
    assert run.kept_model_path.exists()
    assert [path.name for path in run.path.rglob(".*")] == [".lock"]


@pytest.mark.slow
@pytest.mark.real_data
def test_tensorflow_never_reaches_the_screen(empty_folder, data_dir):
    shutil.copy(data_dir / "boston_housing.npz", empty_folder)
    arguments = ["train", *TAIL, "--name", "quiet", "--json", "--data-dir", "."]
    command = [sys.executable, "-m", "textclf", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert json.loads(done.stdout)["run"] == "runs/quiet" and done.stdout.count("\n") == 1
    lines = done.stderr.splitlines()
    assert all(re.match(r"quiet  epoch \d/\d  ", line) for line in lines)
    log = (empty_folder / "runs/quiet/log.txt").read_text()
    assert "oneDNN" in log or "cuda" in log
    assert {path.name for path in empty_folder.iterdir()} == {"runs", "boston_housing.npz"}


@pytest.mark.real_data
@pytest.mark.slow
def test_tensorboards_logs_lie_in_each_fits_folder_and_resume_goes_on_with_them(cli, trained):
    assert cli("train", *TINY, "--name", "logged", "--tensorboard").exit_code == 0
    run, plain = RunFolder(Path("runs/logged")), RunFolder(trained / "folds")
    assert run.metrics == plain.metrics
    assert run.record["tensorboard"] is True and "tensorboard" not in plain.record
    assert not list(plain.path.rglob("tensorboard"))
    assert cli("resume", run.path, "--set", "training.epochs=3").exit_code == 0
    for fold in run.folds.values():
        points = read_scalars(fold.tensorboard_path / "validation")["epoch_mae"]
        assert [step for step, _ in points] == [0, 1, 2]
        np.testing.assert_allclose([mae for _, mae in points], fold.history["val_mae"], rtol=1e-6)
    assert read_scalars(run.tensorboard_path / "train")
