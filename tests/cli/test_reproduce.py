"""`textclf reproduce`: the same to the bit, or what differs."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from textclf.errors import RunError
from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder

pytestmark = pytest.mark.real_data


@pytest.mark.parametrize("name", ["tail", pytest.param("folds", marks=pytest.mark.slow)])
def test_a_run_comes_out_the_same(cli, runs, name):
    result = cli("reproduce", runs / name)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "the same to the bit: history, scores, predictions, weights",
        f"runs/{name}-again-1",
    ]


@pytest.mark.slow
def test_json(cli_json, runs):
    code, result = cli_json("reproduce", runs / "tail", "--quiet")
    assert (code, result) == (
        0,
        {
            "run": str(runs / "tail"),
            "reproduction": "runs/tail-again-1",
            "same": True,
            "differences": [],
            "circumstances": [],
        },
    )


@pytest.fixture
def changed(runs) -> RunFolder:
    """A run whose files are those of another seed, and whose record names another Keras."""
    run = RunFolder(runs / "tail")
    text = run.config_path.read_text()
    run.config_path.write_text(text.replace("seed: 42", "seed: 43"))
    run.update(versions={**run.record["versions"], "keras": "3.0"}, code="0" * 64)
    return run


@pytest.mark.slow
def test_what_differs_is_told(cli, changed):
    result = cli("reproduce", changed.path, "--quiet")
    assert result.exit_code == 7
    lines = result.stderr.splitlines()
    assert lines[0] == f"textclf: runs/tail-again-1 differs from {changed.path}:"
    parts = [line.split(": ")[1] for line in lines[1:-2]]
    models = ["checkpoints/best.keras", "checkpoints/last.keras"]
    assert parts == ["history.csv", "metrics.json", "predictions.csv", *models]
    assert " of epoch 1 is " in lines[1] and ", was " in lines[1]
    assert lines[-2].startswith("textclf: code is ")
    assert lines[-1].startswith("textclf: versions.keras is ")
    assert lines[-1].endswith(", was 3.0")


def test_what_differs_is_told_in_json(cli_json, changed):
    code, result = cli_json("reproduce", changed.path, "--quiet")
    assert (code, result["same"], result["error"]["code"]) == (7, False, 7)
    assert len(result["differences"]) == 5 and len(result["circumstances"]) == 2


@pytest.mark.slow
def test_one_changed_prediction_is_found(cli, runs):
    run = RunFolder(runs / "tail")
    lines = run.predictions_path.read_text().splitlines()
    lines[5] = lines[5][:-1] + ("1" if lines[5][-1] != "1" else "2")
    run.predictions_path.write_text("\n".join(lines) + "\n")
    result = cli("reproduce", run.path)
    assert result.exit_code == 7
    assert "predictions.csv: 1 of " in result.stderr
    assert "environment variables are the same" in result.stderr


def test_only_a_finished_run_is_reproduced(cli, runs):
    RunFolder(runs / "tail").update(status="failed")
    result = cli("reproduce", runs / "tail")
    assert result.exit_code == 5
    assert "only a finished run can be reproduced" in result.stderr
    assert not Path("runs").exists()


@pytest.mark.slow
def test_a_run_whose_model_is_a_bomb_is_damaged(cli, runs):
    run = RunFolder(runs / "tail")
    replace_model(run, packed)
    result = cli("reproduce", run.path)
    assert result.exit_code == 5 and "best.keras: damaged: " in result.stderr
    again = RunFolder(Path("runs/tail-again-1"))
    for make in (stretched, pipe):
        replace_model(run, make)
        with pytest.raises(RunError, match=r"best\.keras: damaged: "):
            compare_runs(run, again)
    replace_model(run, exploding)  # its arrays have other shapes, and are not read
    assert "best.keras: the layers differ" in " ".join(compare_runs(run, again).differences)


def replace_model(run: RunFolder, make: Callable[[Path], None]) -> None:
    run.kept_model_path.unlink()
    make(run.kept_model_path)


def packed(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.weights.h5", bytes(300_000_000))


def stretched(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)


def exploding(path: Path) -> None:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset("layers/a", (50_000, 50_000), "f4", compression="gzip", fillvalue=0)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", content.getvalue())


def pipe(path: Path) -> None:
    os.mkfifo(path)
