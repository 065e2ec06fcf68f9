"""KERAS_MAX_EPOCHS ends no training early."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


COMMANDS = """
from click.testing import CliRunner
from textclf.cli import main
folds = "training.validation={split: k_fold, folds: 2}"
train = ["train", "c.yaml", "--quiet", "--name"]
for command in ([*train, "m"], [*train, "f", "--set", folds], ["resume", "m"]):
    assert CliRunner().invoke(main, command).exit_code == 0
"""


def test_the_config_says_how_many_epochs(case):
    folder = case("20-max-epochs", engine="graph")
    subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=folder,
        env={**os.environ, "KERAS_MAX_EPOCHS": "2"},
        check=True,
        capture_output=True,
    )
    for path in ("m/history.csv", "f/fold-1/history.csv", "f/fold-2/history.csv"):
        lines = (folder / "runs" / path).read_text().splitlines()
        assert len(lines) == 1 + 6, path
    assert json.loads((folder / "runs/m/run.json").read_text())["status"] == "finished"
