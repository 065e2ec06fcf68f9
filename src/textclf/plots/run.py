"""The pictures of a run, drawn from its tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from textclf.config.scores import scores_by_epoch
from textclf.errors import RunError
from textclf.plots.canvas import save_figure
from textclf.plots.confusion import draw_confusion_matrix
from textclf.plots.curves import draw_comparison, draw_curves, draw_fold_curves
from textclf.plots.labels import draw_label_scores
from textclf.plots.learning_curve import draw_learning_curve
from textclf.plots.residuals import draw_residuals
from textclf.runs import CurveFolder, FitFolder, RunFolder, SeriesFolder, distinct_names, locked

if TYPE_CHECKING:
    from pandas import DataFrame

N_MEANS = 3  # last rows of the report of labels: micro, macro and weighted
METRICS = ("accuracy", "mae")


def plot_run(run: RunFolder, output: Path | None = None) -> list[Path]:
    """Draw a run's pictures again: loss, metric, and the confusion matrix, labels or residuals; of
    a learning curve the scores by training rows.

    Args:
        output: save only the picture of the metric, to this file.

    Returns:
        The files written.
    """
    if isinstance(run, CurveFolder):
        return [_plot_learning_curve(run, output)]
    metric = _metric(run)
    if output is not None:
        save_figure(_draw_curves(run, metric), output)
        return [output]
    pictures = {name: _draw_curves(run, name) for name in ("loss", metric, *_more_scores(run))}
    if run.confusion_path.exists():
        pictures["confusion_matrix"] = _draw_confusion_matrix(run)
    elif run.config.dataset.separator is not None and run.report_path.exists():
        pictures["labels"] = _draw_labels(run)
    elif metric == "mae" and run.predictions_path.exists():
        pictures["residuals"] = _draw_residuals(run)
    paths = [run.plots_path / f"{name}.png" for name in pictures]
    with locked(run):
        for path, figure in zip(paths, pictures.values(), strict=True):
            save_figure(figure, path)
    return paths


def _plot_learning_curve(curve: CurveFolder, output: Path | None) -> Path:
    table = curve.table
    metric = next((name for name in METRICS if f"train_{name}" in table), "loss")
    figure = draw_learning_curve(table, metric, f"{curve.name} · {metric} by training rows")
    if output is not None:
        save_figure(figure, output)
        return output
    with locked(curve):
        save_figure(figure, curve.picture_path)
    return curve.picture_path


def find_drawable(runs: Sequence[RunFolder]) -> tuple[list[RunFolder], list[str]]:
    """The runs whose curves can be drawn, and why each of the others cannot.

    Raises:
        RunError: there is none.
    """
    found: list[RunFolder] = []
    problems: list[str] = []
    for run in runs:
        try:
            _histories(run)
            found.append(run)
        except RunError as error:
            problems += error.messages
    if not found:
        raise RunError(*problems)
    return found, problems


def plot_comparison(runs: Sequence[RunFolder], output: Path) -> list[Path]:
    """Draw the curves of several runs in one picture: of their metric, or of their loss.

    Raises:
        RunError: one of the runs is named twice.
    """
    metrics = {_metric(run) for run in runs}
    metric = metrics.pop() if len(metrics) == 1 else "loss"
    names = distinct_names(runs)
    histories = {
        name: list(_histories(run).values()) for name, run in zip(names, runs, strict=True)
    }
    save_figure(draw_comparison(histories, metric, f"{len(runs)} runs · {metric}"), output)
    return [output]


def _histories(run: RunFolder) -> "dict[str, DataFrame]":
    """The histories of a run's folds or seeds by name, as far as they exist, or its only one.

    Raises:
        RunError: a history is missing or damaged.
    """
    seeds = {name: seed.validated for name, seed in run.seeds.items()}
    fits: dict[str, FitFolder] = {**run.folds, **seeds}
    begun = {name: fit for name, fit in fits.items() if fit.history_path.exists()}
    if isinstance(run, SeriesFolder) and not begun:
        raise RunError(f"{run.path}: no seed has finished an epoch yet")
    return {name: fit.history for name, fit in (begun or {run.name: run}).items()}


def _metric(run: RunFolder) -> str:
    columns = next(iter(_histories(run).values())).columns
    return next((metric for metric in METRICS if metric in columns), "loss")


def _more_scores(run: RunFolder) -> list[str]:
    """The scores that the config asks for after each epoch, where the histories have them."""
    columns = next(iter(_histories(run).values())).columns
    return [name for name in scores_by_epoch(run.config) if f"val_{name}" in columns]


def _draw_curves(run: RunFolder, metric: str) -> Figure:
    title = f"{run.title} · {metric}"
    if (run.folds and not run.is_refit) or isinstance(run, SeriesFolder):
        return draw_fold_curves(_histories(run), metric, title)
    best_epoch = run.metrics.get("best_epoch") if run.metrics_path.exists() else None
    return draw_curves(
        run.validated.history, metric, None if best_epoch is None else int(best_epoch), title
    )


def _draw_confusion_matrix(run: RunFolder) -> Figure:
    table = run.confusion
    return draw_confusion_matrix(
        table.to_numpy(), list(table.columns), f"{run.title} · confusion matrix, {_rows(run)} rows"
    )


def _draw_labels(run: RunFolder) -> Figure:
    table = run.report[:-N_MEANS]
    try:
        f1, support = table["f1"].to_numpy(float), table["support"].to_numpy(int)
    except ValueError as error:
        raise RunError(f"{run.report_path}: damaged: {error}") from error
    title = f"{run.title} · F1 of each label, {_rows(run)} rows"
    return draw_label_scores(list(table["class"]), f1, support, title)


def _draw_residuals(run: RunFolder) -> Figure:
    table, rows = run.predictions, _rows(run)
    shown = table[table["split"] == rows]
    truth, predicted = shown["truth"].to_numpy(), shown["prediction"].to_numpy()
    return draw_residuals(truth, predicted, f"{run.title} · {rows} rows")


def _rows(run: RunFolder) -> str:
    """Those that the tables of classes are of."""
    return "validation" if run.is_untested else "test"
