"""KERAS_MAX_EPOCHS ends no training early."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_the_config_says_how_many_epochs(case):
    folder = case("20-max-epochs")
    validation = "training.validation={split: k_fold, folds: 2}"
    for name, overrides in {"m": [], "f": ["--set", validation]}.items():
        subprocess.run(
            [*textclf("train", "c.yaml", "--name", name, "--quiet"), *overrides],
            cwd=folder,
            env={**os.environ, "KERAS_MAX_EPOCHS": "2"},
            check=True,
            capture_output=True,
        )
    for path in ("m/history.csv", "f/fold-1/history.csv", "f/fold-2/history.csv"):
        lines = (folder / "runs" / path).read_text().splitlines()
        assert len(lines) == 1 + 6, path
    assert json.loads((folder / "runs/m/run.json").read_text())["status"] == "finished"
    subprocess.run(textclf("resume", "m"), cwd=folder, check=True, capture_output=True)
    assert len((folder / "runs/m/history.csv").read_text().splitlines()) == 1 + 6


def textclf(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "textclf", *arguments]
