"""What only a GPU can show. These tests were written without one: see docs/engines.md."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from textclf.config.recipes import list_recipes

ROOT = Path(__file__).parents[1]
RECIPES = [name for name in list_recipes() if name != "quickstart" and "/" not in name]
pytestmark = [pytest.mark.gpu, pytest.mark.slow]


def train(on_gpu, runs_dir: Path, name: str, recipe: str, *settings: str, device: str = "gpu"):
    sets = [part for setting in settings for part in ("--set", setting)]
    command = ["-m", "textclf", "train", recipe, "--name", name, "--runs-dir", runs_dir, "--quiet"]
    done = on_gpu(*command, "--device", device, *sets)
    assert done.returncode == 0, done.stderr
    return runs_dir / name


def history(run: Path) -> list[dict[str, str]]:
    with next(iter(sorted(run.rglob("history.csv")))).open(newline="", encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_the_engines_compute_as_plain_keras_on_the_same_gpu(on_gpu) -> None:
    tests = "tests/training/engine/test_engines.py"
    done = on_gpu("-m", "pytest", "-n0", "-q", ROOT / tests, "--slow", "-k", "one_epoch or GPU")
    assert done.returncode == 0, done.stdout


@pytest.mark.real_data
@pytest.mark.parametrize("engine", ["auto", "xla", "graph"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_array_of_a_step_is_on_the_gpu(on_gpu, recipe: str, engine: str) -> None:
    done = on_gpu(ROOT / "tests" / "support" / "gpu_arrays.py", recipe, engine)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.real_data
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_gpus_bits_can_be_repeated_and_resumed(on_gpu, tmp_path: Path, recipe: str) -> None:
    two = [train(on_gpu, tmp_path, name, recipe, "training.epochs=2") for name in ("a", "b")]
    assert history(two[0]) == history(two[1])
    record = json.loads((two[0] / "run.json").read_text(encoding="utf-8"))
    assert record["device"]["name"] == "gpu:0"
    part = train(on_gpu, tmp_path, "c", recipe, "training.epochs=1")
    done = on_gpu("-m", "textclf", "resume", part, "--set", "training.epochs=2")
    assert done.returncode == 0, done.stderr
    assert history(part) == history(two[0])


@pytest.mark.real_data
@pytest.mark.parametrize(("began", "other"), [("gpu", "cpu"), ("cpu", "gpu")])
@pytest.mark.parametrize("recipe", ["imdb_cnn_lstm", "imdb_lstm", "reuters_dense"])
def test_another_device_scores_alike(
    on_gpu, tmp_path: Path, recipe: str, began: str, other: str
) -> None:
    run = train(on_gpu, tmp_path, "run", recipe, "training.epochs=1", device=began)
    scores = []
    for device in (began, other):
        done = on_gpu("-m", "textclf", "evaluate", run, "--device", device, "--json")
        assert done.returncode == 0, done.stderr
        scores.append(json.loads(done.stdout))
    losses = [score.get("metrics", score)["test_loss"] for score in scores]
    np.testing.assert_allclose(*losses, atol=1e-4)


@pytest.mark.real_data
@pytest.mark.parametrize("recipe", RECIPES)
def test_auto_says_which_device_it_is(on_gpu, tmp_path: Path, recipe: str) -> None:
    run = train(on_gpu, tmp_path, "run", recipe, "training.epochs=1", device="auto")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert record["device_choice"].startswith("trained on the")
