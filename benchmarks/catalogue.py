"""Trains the catalogue and writes its measured figures into the README and the recipes."""

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from textclf import Run, open_run

ROOT = Path(__file__).resolve().parent.parent
MARKERS = ("<!-- catalogue -->", "<!-- /catalogue -->")


@dataclass(frozen=True)
class Figures:
    """What a tutorial printed, and what the same script gave in plain Keras with seed 42."""

    tutorial: str
    stock: str


CATALOGUE = {
    "imdb_truncated_rnn": Figures("0.658", "(no figure)"),
    "reuters_lstm": Figures("(no figure)", "best 0.708, last 0.703"),
    "imdb_cnn_lstm": Figures("(no figure)", "best 0.860, last 0.843"),
    "imdb_dense": Figures("best 0.892, last 0.868", "best 0.888, last 0.870"),
    "reuters_dense": Figures("best 0.817, last 0.803", "best 0.829, last 0.819"),
    "boston_dense": Figures("MAE 2.64", "MAE 2.59"),
    "imdb_simple_rnn_onehot": Figures("best 0.758", "0.54 to 0.75, by seed"),
    "imdb_simple_rnn": Figures("(no figure)", "0.575; most seeds 0.75"),
    "imdb_lstm": Figures("best 0.785, last 0.779", "best 0.778, last 0.778"),
    "imdb_lstm_dropout": Figures("best 0.776", "best 0.773"),
    "imdb_embedding_dense": Figures("0.85 to 0.90", "best 0.869, last 0.851"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs-dir", type=Path, default=ROOT / "runs")
    parser.add_argument("--retrain", action="store_true", help="train what has a run already")
    options = parser.parse_args()
    runs = {name: find_or_train(name, options.runs_dir, options.retrain) for name in CATALOGUE}
    write_readme(ROOT / "README.md", table(runs))
    shutil.copyfile(runs["imdb_lstm"].plots_path / "accuracy.png", ROOT / "docs" / "imdb_lstm.png")
    for name, run in runs.items():
        write_recipe(ROOT / "configs" / f"{name}.yaml", run)


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


def table(runs: dict[str, Run]) -> str:
    """The catalogue in Markdown, a row for each run."""
    rows = [
        f"| [`{name}`](configs/{name}.yaml) | {CATALOGUE[name].tutorial} | "
        f"{CATALOGUE[name].stock} | {measured(run)} | {test_score(run)} |"
        for name, run in runs.items()
    ]
    head = "| recipe | tutorial | plain Keras | textclf, validation | test |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def measured(run: Run) -> str:
    """'best 0.785, last 0.779' of the validation rows, or the folds' mean and deviation."""
    if run.folds:
        return f"MAE {run.metrics['val_mae']:.2f} ± {run.metrics['val_mae_sd']:.2f}"
    accuracy = run.history["val_accuracy"]
    return f"best {accuracy.max():.3f}, last {accuracy.iloc[-1]:.3f}"


def test_score(run: Run) -> str:
    if run.folds:
        return f"MAE {run.metrics['test_mae']:.2f}"
    return f"{run.metrics['test_accuracy']:.3f}"


def write_readme(path: Path, text: str) -> None:
    """Put the table between its markers."""
    between = re.compile(f"{MARKERS[0]}.*?{MARKERS[1]}", re.DOTALL)
    content = path.read_text(encoding="utf-8")
    path.write_text(
        between.sub(lambda _: f"{MARKERS[0]}\n{text}\n{MARKERS[1]}", content), encoding="utf-8"
    )


def write_recipe(path: Path, run: Run) -> None:
    """State the figures in the recipe's first comment."""
    figures = CATALOGUE[path.stem]
    comment = [
        f"# textclf train {path.stem}",
        f"# tutorial: {figures.tutorial} · plain Keras: {figures.stock} (validation)",
        f"# measured: {measured(run)} (validation), {test_score(run)} (test)",
    ]
    lines = path.read_text(encoding="utf-8").splitlines()
    body = [
        line for line in lines if not line.startswith(("# textclf", "# tutorial", "# measured"))
    ]
    path.write_text("\n".join([*comment, *body]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
