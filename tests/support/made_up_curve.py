"""A learning curve that no training made, of a regression's errors."""

from collections.abc import Sequence
from pathlib import Path

from run_folders import RECORD, TAIL, make_run
from textclf.config.file import load_config
from textclf.disk.atomic import write_json, write_text
from textclf.results.learning_curve import table_of_curve
from textclf.runs import CurveFolder, RunFolder, create_run

ROWS = {0.25: 80, 0.5: 160, 1.0: 320}


def add_predictions(run: RunFolder, error: float) -> RunFolder:
    """Ten validation rows that are wrong by `error` in turn a little more and a little less."""
    lines = [f"validation,{row},1.0,{1 + error + (-1) ** row / 1000}\n" for row in range(10)]
    write_text(run.predictions_path, "".join(["split,row,truth,prediction\n", *lines]))
    return run


def make_curve(runs_dir: Path, *errors: Sequence[float], epochs: int = 5) -> CurveFolder:
    """A curve of three shares; of each the errors of its seeds."""
    about = {"curve": {"shares": [*ROWS], "seeds": len(errors[0])}}
    settings = [TAIL, f"training.epochs={epochs}"]
    config = load_config("boston_dense", settings)
    curve = create_run(config, "curve", runs_dir, "curve", {**RECORD, **about})
    curve.lock.release()
    assert isinstance(curve, CurveFolder)
    for share, of_seeds in zip(ROWS, errors, strict=True):
        top = curve.path
        if len(of_seeds) > 1:
            seeds = {"seeds": [*range(42, 42 + len(of_seeds))]}
            series = create_run(config, "curve", top, f"share-{share:g}", {**RECORD, **seeds})
            series.lock.release()
            write_json(series.metrics_path, {"val_mae": of_seeds[0]})
            top = series.path
        for number, error in enumerate(of_seeds, start=1):
            name = f"seed-{number}" if len(of_seeds) > 1 else f"share-{share:g}"
            add_predictions(make_run(top, name, error, *settings), error)
    write_json(curve.metrics_path, curve.share(1.0).metrics)
    write_text(curve.table_path, table_of_curve(curve, ROWS))
    return curve
