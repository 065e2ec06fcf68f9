"""Run folders that no training made, for tests that only read them."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from textclf.config.file import load_config
from textclf.disk.atomic import write_json, write_text
from textclf.runs import RunFolder, create_run

RECORD = {"status": "finished", "started": "2026-11-20T12:00:00.000+00:00", "data": {"b.npz": "0"}}
TAIL = "training.validation={split: tail}"


def make_run(
    runs_dir: Path, name: str, mae: float, *overrides: str, epochs: int = 2, **record: object
) -> RunFolder:
    """A run of boston_dense: its scores are `mae` and, of the test, 1 more."""
    config = load_config("boston_dense", [TAIL, *overrides])
    run = create_run(config, "boston_dense", runs_dir, name, {**RECORD, **record})
    run.lock.release()
    rows = "".join(f"{k},9.0,{mae + 2},9.0,{mae + epochs - k},0.5\n" for k in range(1, epochs + 1))
    write_text(run.history_path, f"epoch,loss,mae,val_loss,val_mae,seconds\n{rows}")
    write_json(run.metrics_path, {"val_mae": mae, "test_mae": mae + 1, "best_epoch": epochs})
    return run


def create_runs(runs_dir: Path, recipe: str, number: int) -> None:
    """New runs that nothing was trained in; in this module, other processes can import it."""
    config = load_config("boston_dense")
    for _ in range(number):
        create_run(config, recipe, runs_dir, None, {})


def make_series(
    runs_dir: Path, name: str, maes: Sequence[float], *overrides: str, **record: object
) -> RunFolder:
    """A series of seeds, each with one of the scores `maes`."""
    seeds = list(range(42, 42 + len(maes)))
    config = load_config("boston_dense", [TAIL, *overrides])
    fields = {**RECORD, "seeds": seeds, **record}
    series = create_run(config, "boston_dense", runs_dir, name, fields)
    series.lock.release()
    for number, mae in enumerate(maes, start=1):
        make_run(series.path, f"seed-{number}", mae, *overrides, f"seed={41 + number}")
    mean, sd = statistics.mean(maes), statistics.stdev(maes)
    scores = {"val_mae": mean, "val_mae_sd": sd, "test_mae": mean + 1, "test_mae_sd": sd}
    write_json(series.metrics_path, scores)
    return series
