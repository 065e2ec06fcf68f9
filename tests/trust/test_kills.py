"""A training killed at any moment goes on to the same bits, and never leaves a damaged file."""

import json
import os
import random
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import matplotlib.image
import pandas as pd
import pytest

from figures import FIGURES
from forked import Textclf
from textclf.config.file import load_config
from textclf.results.reproduction import compare_runs
from textclf.runs import RunFolder
from textclf.training.state import read_state
from tiny_recipes import sets

DOCSTRINGS = (
    "preprocessing={num_words: 500, maxlen: 20, encoding: embedding}",
    "training.batch_size=128",
)


def docstrings(model: str, *overrides: str) -> list[str]:
    return ["quickstart", *sets((*DOCSTRINGS, f"model={{{model}}}", *overrides))]


WORDS = "embedding_dim: 8, units: 8"
CASES = {
    "k folds, XLA": [
        "boston_dense",
        *sets(("training.epochs=40", "training.batch_size=8", "training.validation.folds=2")),
    ],
    "LSTM with dropout, XLA, early stopping": docstrings(
        f"type: lstm, {WORDS}, dropout: 0.3",
        *("training.epochs=12", "training.early_stopping={patience: 2}"),
    ),
    "CNN and LSTM with dropout, graph": docstrings(
        f"type: cnn_lstm, {WORDS}, filters: 8, dropout: 0.3", "training.epochs=6"
    ),
    "truncated RNN, XLA": docstrings(
        f"type: simple_rnn, {WORDS}, bptt_steps: 5", "training.epochs=12"
    ),
    "multi-hot, Keras's fit": docstrings(
        "type: dense, units: [8], dropout: 0.2",
        *("preprocessing.encoding=multi_hot", "training.epochs=6", "training.engine=keras"),
    ),
    "stacked layers with a mask, dropout and moving averages, Keras's fit": docstrings(
        "type: layers, layers: [Embedding: {output_dim: 8, mask_zero: true}, "
        "SpatialDropout1D: {rate: 0.2}, BatchNormalization, "
        "Bidirectional: {GRU: {units: 4, recurrent_dropout: 0.2}}]",
        "training.epochs=6",
    ),
}
IN_CI = {"k folds, XLA": 1}  # an LSTM that is killed: tests/training/test_trainer.py
IN_FULL = 24  # kills for each case


def finish(process: Textclf) -> None:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    full = metafunc.config.getoption("--full")
    metafunc.parametrize(
        ("case", "n_kills"), [*(dict.fromkeys(CASES, IN_FULL) if full else IN_CI).items()]
    )


@pytest.mark.real_data
@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bits(case: str, n_kills: int, tmp_path: Path) -> None:
    started = time.monotonic()
    finish(Textclf("train", *CASES[case], "--name", "whole", "--runs-dir", tmp_path))
    seconds = time.monotonic() - started
    whole, moments = RunFolder(tmp_path / "whole"), random.Random(case)
    left, chain = n_kills, 0
    while left:
        chain += 1
        run = RunFolder(tmp_path / f"killed-{chain}")
        left -= kill_until_finished(run, case, seconds, moments, left)
        differences = compare_runs(whole, run).differences
        FIGURES["kills, not resumed equal"] += bool(differences)
        assert not differences
        check_files(run)
        leftovers = [path for path in tmp_path.rglob(".*") if path.name != ".lock"]
        FIGURES["kills, leftovers"] += len(leftovers)
        assert not leftovers  # the commands after a kill sweep what it left


def kill_until_finished(
    run: RunFolder, case: str, seconds: float, moments: random.Random, most: int
) -> int:
    """Start or resume the run again and again; returns how often it was killed."""
    killed = 0
    while killed < most:
        process = go_on(run, case)
        try:
            process.wait(moments.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += 1
            FIGURES["kills"] += 1
            FIGURES[f"kills: {case}"] += 1
            check_files(run)
        else:
            finish(process)
            return killed
    finish(go_on(run, case))
    return killed


def go_on(run: RunFolder, case: str) -> Textclf:
    if run.path.exists():
        return Textclf("resume", run.path)
    return Textclf("train", *CASES[case], "--name", run.name, "--runs-dir", run.path.parent)


def check_files(run: RunFolder) -> None:
    """Every file that bears its name reads well, whenever the process died."""
    for path in run.path.rglob("*") if run.path.exists() else []:
        if path.is_file() and not path.name.startswith("."):
            try:
                READERS[path.suffix](path)
            except Exception as error:
                FIGURES["kills, files damaged"] += 1
                raise AssertionError(f"{path}: {error}") from error


def read_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert "model.weights.h5" in file.namelist()


def read_csv(path: Path) -> None:
    assert path.read_bytes().endswith(b"\n")
    table = pd.read_csv(path)
    assert len(table)
    if path.name == "history.csv":
        assert not table.isna().any(axis=None)
        assert table["epoch"].tolist() == list(range(1, len(table) + 1))


READERS = {
    ".json": lambda path: json.loads(path.read_text()),
    ".yaml": load_config,
    ".csv": read_csv,
    ".keras": read_archive,
    ".npz": read_state,
    ".png": matplotlib.image.imread,
    ".txt": os.stat,
}
