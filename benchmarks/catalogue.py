"""Trains the catalogue and writes its measured figures into configs/figures.json."""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

from textclf import Run, open_run

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "configs" / "figures.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=ROOT / "runs")
    parser.add_argument("--retrain", action="store_true", help="train what has a run already")
    options = parser.parse_args()
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    for name, known in figures.items():
        run = find_or_train(name, options.runs_dir, options.retrain)
        known.update(validation=validation_score(run), test=test_score(run))
        if name == "imdb_lstm":
            shutil.copyfile(run.plots_path / "accuracy.png", ROOT / "docs" / "imdb_lstm.png")
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    FIGURES.write_text(f"{text}\n", encoding="utf-8")
    print("now run: python docs/generate.py")  # the README, the catalogue, the recipes' comments


def find_or_train(name: str, runs_dir: Path, retrain: bool) -> Run:
    """The run of that name that is there already, or a new one."""
    if retrain:
        shutil.rmtree(runs_dir / name, ignore_errors=True)
    if (runs_dir / name / "metrics.json").exists():
        return open_run(runs_dir / name)
    recipe = ROOT / "configs" / f"{name}.yaml"
    command = [sys.executable, "-m", "textclf", "train", recipe, "--runs-dir", runs_dir]
    subprocess.run([*command, "--name", name], check=True)  # a process each, as a user would
    return open_run(runs_dir / name)


def validation_score(run: Run) -> str:
    """'best 0.785, last 0.779' of the validation rows, or the folds' mean and deviation."""
    if run.folds:
        return f"MAE {run.metrics['val_mae']:.2f} ± {run.metrics['val_mae_sd']:.2f}"
    accuracy = run.history["val_accuracy"]
    return f"best {accuracy.max():.3f}, last {accuracy.iloc[-1]:.3f}"


def test_score(run: Run) -> str:
    if run.folds:
        return f"MAE {run.metrics['test_mae']:.2f}"
    return f"{run.metrics['test_accuracy']:.3f}"


if __name__ == "__main__":
    main()
