"""A run's pictures, from its tables alone."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from textclf.errors import RunError
from textclf.plots.canvas import save_figure
from textclf.plots.confusion import draw_confusion_matrix
from textclf.plots.curves import draw_comparison, draw_curves, draw_fold_curves
from textclf.plots.residuals import draw_residuals
from textclf.runs import RunFolder

METRICS = ("accuracy", "mae")


def plot_run(run: RunFolder, output: Path | None = None) -> list[Path]:
    """Draw a run's pictures anew: loss, metric, and the confusion matrix or the residuals.

    Args:
        output: save the picture of the metric there, and nothing into the run.

    Returns:
        The files written.
    """
    metric = _metric(run)
    if output is not None:
        save_figure(_draw_curves(run, metric), output)
        return [output]
    pictures = {name: _draw_curves(run, name) for name in ("loss", metric)}
    if run.confusion_path.exists():
        pictures["confusion_matrix"] = _draw_confusion_matrix(run)
    elif metric == "mae" and run.predictions_path.exists():
        pictures["residuals"] = _draw_residuals(run)
    paths = [run.plots_path / f"{name}.png" for name in pictures]
    with run.locked():
        for path, figure in zip(paths, pictures.values(), strict=True):
            save_figure(figure, path)
    return paths


def plot_comparison(runs: Sequence[RunFolder], output: Path) -> list[Path]:
    """Draw the curves of several runs into one picture: of their metric, or of their loss.

    Raises:
        RunError: two of the runs have the same name.
    """
    metrics = {_metric(run) for run in runs}
    metric = metrics.pop() if len(metrics) == 1 else "loss"
    histories = {run.name: run.history for run in runs}
    if len(histories) < len(runs):
        raise RunError("the runs to compare must have different names")
    save_figure(draw_comparison(histories, metric, f"{len(runs)} runs · {metric}"), output)
    return [output]


def _metric(run: RunFolder) -> str:
    columns = run.history.columns
    return next((metric for metric in METRICS if metric in columns), "loss")


def _draw_curves(run: RunFolder, metric: str) -> Figure:
    title = f"{run.name} · {metric}"
    if run.folds:
        histories = {name: fold.history for name, fold in run.folds.items()}
        return draw_fold_curves(histories, metric, title)
    best_epoch = run.metrics.get("best_epoch") if run.metrics_path.exists() else None
    return draw_curves(run.history, metric, None if best_epoch is None else int(best_epoch), title)


def _draw_confusion_matrix(run: RunFolder) -> Figure:
    table = run.confusion
    return draw_confusion_matrix(
        table.to_numpy(), list(table.columns), f"{run.name} · confusion matrix, test rows"
    )


def _draw_residuals(run: RunFolder) -> Figure:
    test = run.predictions.query("split == 'test'")
    return draw_residuals(
        test["truth"].to_numpy(), test["prediction"].to_numpy(), f"{run.name} · test rows"
    )
