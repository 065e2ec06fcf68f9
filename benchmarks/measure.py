"""One run of one side in a fresh process: its time, peak memory, epochs and scores."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from experiments import EXPERIMENTS
from textclf.config.file import load_config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SCRIPTS = {"keras": "plain_keras.py", "jax": "plain_keras.py", "torch": "plain_torch.py"}
BACKENDS = {"keras": "tensorflow", "jax": "jax"}
TEXTCLF = {"textclf": None, "auto": "auto", "cpu": "cpu"}  # --device beside a GPU; None: gpu
# What a user's shell may have set for one side only.
UNSET = ("KERAS_BACKEND", "XLA_FLAGS", "TF_XLA_FLAGS", "JAX_PLATFORMS", "OMP_NUM_THREADS")

HIDDEN = "-1"  # for CUDA: no GPU

Run = dict[str, Any]


class RunFailed(Exception):
    """A child process failed; the message ends with the last it wrote."""


def measure(recipe: str, side: str, home: Path, epochs: int | None, device: str = "cpu") -> Run:
    """Run a side and return its `seconds`, `peak_bytes` and `fits` (seconds, scores by epoch).

    Args:
        home: a folder whose `datasets` holds the data; also where caches go.
        epochs: instead of the recipe's own.
        device: 'cpu', which hides a GPU, or 'gpu'.

    Raises:
        RunFailed: it ended with an error.
    """
    with tempfile.TemporaryDirectory(dir=home) as folder:
        scratch = Path(folder)
        environment = environment_of(side, home, device)
        if side in TEXTCLF:
            run = _run(textclf_command(recipe, epochs, scratch, side, device), environment, scratch)
            (folder,) = (scratch / "runs").iterdir()
            return {**run, "fits": read_fits(folder, EXPERIMENTS[recipe].metric)}
        run = _run(script_command(recipe, side, epochs, device), environment, scratch)
        last_line = (scratch / "stdout").read_text(encoding="utf-8").splitlines()[-1]
        return {**run, "fits": json.loads(last_line)["fits"]}


def textclf_command(
    recipe: str, epochs: int | None, scratch: Path, side: str, device: str
) -> list[str]:
    fewer = ["--set", f"training.epochs={epochs}"] if epochs else []
    config = f"configs/{recipe}.yaml"
    where = ["--device", TEXTCLF[side] or "gpu"] if device == "gpu" else []
    options = ["--runs-dir", str(scratch / "runs"), "--quiet", *where, *fewer]
    return [sys.executable, "-m", "textclf", "train", config, *options]


def script_command(recipe: str, side: str, epochs: int | None, device: str) -> list[str]:
    fewer = ["--epochs", str(epochs)] if epochs else []
    if side == "torch" and device == "gpu":  # Keras takes the GPU that it sees
        fewer += ["--device", "cuda"]
    # The recipe's seed: Keras on TensorFlow then starts from the very weights that textclf does.
    seed = load_config(str(ROOT / "configs" / f"{recipe}.yaml")).seed
    return [sys.executable, str(HERE / SCRIPTS[side]), recipe, "--seed", str(seed), *fewer]


def environment_of(side: str, home: Path, device: str) -> dict[str, str]:
    """That of a user who has no GPU, or sees one."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    backend = {"KERAS_BACKEND": BACKENDS[side]} if side in BACKENDS else {}
    return {
        **kept,
        **backend,
        **({} if device == "gpu" else {"CUDA_VISIBLE_DEVICES": HIDDEN}),
        "KERAS_HOME": str(home),
        "TEXTCLF_DATA_DIR": str(home / "datasets"),
        "TEXTCLF_CACHE_DIR": str(home / "textclf-cache"),
    }


def _run(command: list[str], environment: dict[str, str], scratch: Path) -> Run:
    with (scratch / "stdout").open("wb") as stdout, (scratch / "stderr").open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr)
        try:
            # Not process.wait(): wait4 also returns what this one child used.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = (scratch / "stderr").read_text(encoding="utf-8", errors="replace")[-600:].strip()
        raise RunFailed(f"ended with {process.returncode}: {tail}")
    return {"seconds": seconds, "peak_bytes": usage.ru_maxrss * _unit_of_maxrss()}


def _unit_of_maxrss() -> int:
    return 1 if sys.platform == "darwin" else 1024


def read_fits(run: Path, metric: str) -> list[dict[str, list[float]]]:
    """Each fit's seconds and validation scores by epoch, from a run's history.csv.

    Of a k-fold run the folds': its final model validates on nothing, and the scripts have none.
    """
    folds = sorted(run.glob("fold-*/history.csv"))
    return [_read_fit(path, metric) for path in folds or [run / "history.csv"]]


def _read_fit(path: Path, metric: str) -> dict[str, list[float]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {"seconds": "seconds", "scores": f"val_{metric}"}
    return {key: [float(row[column]) for row in rows] for key, column in columns.items()}
