"""A sweep that nothing was trained in: its scores follow a formula, with noise of a fixed seed."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from run_folders import make_run, make_series
from textclf.config.file import load_config
from textclf.config.space import Axis, Choices, Range
from textclf.results.sweep.final import final_name, read_table
from textclf.results.sweep.importance import importance
from textclf.results.sweep.page import SweepContents
from textclf.results.sweep.table import Table
from textclf.results.sweep.winner import judge
from textclf.runs.sweep import SweepFolder, create_sweep
from textclf.runs.trials import DIVERGED, FAILED, FINISHED, PRUNED, Trial

SPACE: dict[str, Axis] = {
    "model.type": Choices(("lstm", "gru", "cnn")),
    "model.units": Choices((8, 16, 32, 64)),
    "training.learning_rate": Range(1e-4, 1e-2, True),
    "model.dropout": Range(0.0, 0.5, False),
    "model.kernel_size": Choices((3, 5)),
    "training.batch_size": Choices((32, 64, 128)),
}


def make_trials(number: int, space: dict[str, Axis] = SPACE, seed: int = 0) -> list[Trial]:
    """Trials at random places; some are pruned, one diverged and one failed."""
    rng = np.random.default_rng(seed)
    return [_make_trial(n, space, rng) for n in range(1, number + 1)]


def _make_trial(number: int, space: dict[str, Axis], rng: np.random.Generator) -> Trial:
    values = {path: _draw(axis, rng) for path, axis in space.items()}
    if values.get("model.type") != "cnn":
        values.pop("model.kernel_size", None)
    score = _score(values) + float(rng.normal(0, 0.004))
    scores = {"val_loss": 2 - 2 * score, "val_accuracy": score, "val_accuracy_sd": 0.004}
    trial = Trial(number, values, FINISHED, value=score, scores=scores, attempts=1)
    trial = replace(trial, seconds=float(3 + 4 * rng.random()))
    if number % 11 == 5:
        return replace(trial, status=DIVERGED, value=None, scores={}, message="loss is nan")
    if number % 17 == 9:
        return replace(trial, status=FAILED, value=None, scores={}, message="no such file: a.csv")
    if number > 8 and score < 0.81:
        early = {"val_accuracy": score - 0.02}
        return replace(trial, status=PRUNED, value=score - 0.02, scores=early, seconds=1.2)
    return trial


def _draw(axis: Axis, rng: np.random.Generator) -> object:
    if isinstance(axis, Choices):
        return axis.values[rng.integers(len(axis.values))]
    if axis.is_log:
        return float(np.exp(rng.uniform(math.log(axis.low), math.log(axis.high))))
    return float(rng.uniform(axis.low, axis.high))


def _score(values: dict[str, object]) -> float:
    """An accuracy: the learning rate matters most, then the units."""
    distance = math.log10(float(str(values.get("training.learning_rate", 1e-3)))) + 2.6
    units = math.log2(float(str(values.get("model.units", 16)))) - 3
    kind = {"gru": 0.004, "cnn": -0.012}.get(str(values.get("model.type")), 0.0)
    dropout = abs(float(str(values.get("model.dropout", 0.2))) - 0.2)
    return 0.845 - 0.028 * distance**2 + 0.006 * units + kind - 0.02 * dropout


def make_history(best: float, epochs: int = 12, seed: int = 0) -> pd.DataFrame:
    """A history.csv whose validation accuracy ends at `best`."""
    rng = np.random.default_rng(seed)
    epoch = np.arange(1, epochs + 1)
    curve = best - 0.2 * np.exp(-epoch / 3) + rng.normal(0, 0.002, epochs)
    return pd.DataFrame({"epoch": epoch, "loss": 1 / epoch, "val_accuracy": curve})


def make_sweep(number: int = 60, space: dict[str, Axis] = SPACE, seed: int = 0) -> SweepContents:
    """What a page would say about a finished sweep."""
    table = Table("val_accuracy", space, make_trials(number, space, seed))
    best, second, *_ = (float(trial.value or 0) for trial in table.ranked)
    rng = np.random.default_rng(seed)
    fresh = tuple((mean - 0.004 + rng.normal(0, 0.003, 7)).tolist() for mean in (best, second))
    test = {"test_accuracy": best - 0.008, "test_accuracy_sd": 0.0034}
    validation = {"val_accuracy": float(np.mean(fresh[0])), "val_accuracy_sd": 0.0031}
    histories = [
        [make_history(float(trial.value or 0), seed=trial.number)] for trial in table.ranked[:8]
    ]
    return SweepContents(
        name="quickstart-sweep-1",
        path="runs/quickstart-sweep-1",
        status="finished",
        config=load_config("quickstart"),
        search="tpe",
        prune="median",
        seeds=1,
        wanted=number,
        table=table,
        verdict=judge(table, fresh, {**validation, **test}),
        histories=histories,
        importance=importance(table),
        seconds=192.0,
        record={"command": "textclf sweep quickstart --set model.units=8,16,32,64"},
    )


FOLDER_SPACE: dict[str, Axis] = {
    "model.units": Choices(([8], [16], [32])),
    "training.batch_size": Choices((16, 32)),
}


def make_folder(
    runs_dir: Path, maes: Sequence[float], *, seeds: int = 1, wanted: int | None = None
) -> SweepFolder:
    """A finished sweep of boston_dense on the disk, whose trials have these errors."""
    record = {
        "status": "finished",
        "search": "grid",
        "prune": "none",
        "seeds": seeds,
        "trials": wanted or len(maes),
        "score": "val_mae",
        "space": {path: axis.to_json() for path, axis in FOLDER_SPACE.items()},
    }
    sweep = create_sweep("boston_dense", runs_dir, "swept", record)
    sweep.lock.release()
    points = list(itertools.product(*(axis.values for axis in FOLDER_SPACE.values())))
    for number, (mae, point) in enumerate(zip(maes, points, strict=False), start=1):
        values = dict(zip(FOLDER_SPACE, point, strict=True))
        settings = [f"{path}={value}" for path, value in values.items()]
        make_run(sweep.path, f"trial-{number}", mae, *settings, untested=True)
        trial = Trial(number, values, value=mae, scores={"val_mae": mae}, attempts=1, seconds=2.0)
        sweep.ledger.ask(trial)
        sweep.ledger.end(trial, FINISHED)
    return sweep


def make_final(sweep: SweepFolder, winner: Sequence[float], runner_up: Sequence[float]) -> None:
    """The final's two series of fresh seeds, with these errors."""
    ranked = read_table(sweep).ranked
    for trial, maes in zip(ranked, (winner, runner_up), strict=False):
        settings = [f"{path}={value}" for path, value in trial.values.items()]
        make_series(sweep.path, final_name(trial), maes, *settings, "seed=43")
