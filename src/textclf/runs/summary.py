"""A run in one line of a table, read from its small files without pandas."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from textclf.config.scores import bare
from textclf.config.settings import flatten
from textclf.data.tasks import is_better_higher
from textclf.errors import RunError
from textclf.runs.curve import CurveFolder
from textclf.runs.folder import FitFolder, RunFolder
from textclf.runs.notes import Notes, read_notes
from textclf.runs.opening import open_folder
from textclf.runs.reading import read_text
from textclf.runs.search import list_runs
from textclf.runs.series import SeriesFolder

METRICS = ("accuracy", "mae", "loss")
MOST_SECONDS = 1e9  # 30 years


@dataclass(frozen=True)
class Summary:
    """A run in a line.

    Args:
        status: 'running', 'finished', 'interrupted', 'failed' or 'damaged'.
        parts: what several fits are: 'seeds', 'folds' or, of a learning curve, 'shares'.
        n_parts: how many of them have finished an epoch.
        epochs: finished by each fit, the fewest and the most; of k folds by the final one.
        planned: the config's epochs, where the run has not finished.
        scores: `val_<metric>`, `test_<metric>` and their `_sd`; without a kept model's scores the
            best validation so far.
        started: UTC, ISO 8601.
        seconds: that the epochs of all fits took.
        metrics: everything that metrics.json contains.
        settings: of the config, by their dotted paths.
        notes: and tags, that people wrote about the run.
        problem: what is damaged.
    """

    name: str
    path: Path
    status: str
    recipe: str = ""
    parts: str | None = None
    n_parts: int = 0
    n_planned_parts: int | None = None
    epochs: tuple[int, int] = (0, 0)
    planned: int | None = None
    metric: str | None = None
    scores: dict[str, float] | None = None
    started: str = ""
    seconds: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    problem: str | None = None

    @property
    def validated_on_test(self) -> bool:
        """Whether test rows chose the kept epoch, so that the test score is too optimistic."""
        return self.settings.get("training.validation.split") == "test"

    @property
    def scores_by_epoch(self) -> list[str]:
        """The scores that the config asks for after each epoch, such as 'macro_f1'."""
        sections = ("checkpoint", "early_stopping", "reduce_on_plateau")
        keys = [f"training.{section}.monitor" for section in sections]
        monitored = [bare(str(self.settings[key])) for key in keys if key in self.settings]
        return [*monitored, *self.settings.get("training.metrics", ())]


def summarize_runs(runs_dir: Path) -> list[Summary]:
    """A summary of each run under a folder, the newest last; a damaged one as such."""
    summaries = [_summarize_or_note(path) for path in list_runs(runs_dir)]
    return sorted(summaries, key=lambda summary: (summary.started, summary.name))


def _summarize_or_note(path: Path) -> Summary:
    try:
        return summarize(open_folder(path))
    except RunError as error:
        return Summary(path.name, path, "damaged", problem=error.messages[0])
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        # Whatever a folder holds, it must not hide the other runs.
        return Summary(path.name, path, "damaged", problem=f"{path}: damaged: {error}")


def summarize(run: RunFolder) -> Summary:
    """A run in a line.

    Raises:
        RunError: a file of it is damaged.
    """
    if isinstance(run, CurveFolder):
        return _summarize_curve(run)
    record, status, seeds, folds = run.record, run.status, run.seeds, run.folds
    fits: dict[str, FitFolder] = {**folds, **seeds} or {run.name: run}
    histories = [_read_history(fit) for fit in fits.values() if fit.history_path.exists()]
    final = [_read_history(run)] if folds and run.history_path.exists() else []
    parts = "folds" if folds and not run.is_refit else None
    lengths = [len(history) for history in final or histories] or [0]
    metric = _metric(histories)
    settings, notes, problem = _settings_and_notes(run)
    kept = run.metrics if run.metrics_path.exists() else None
    return Summary(
        name=run.name,
        path=run.path,
        status=status,
        recipe=str(record.get("recipe", "")),
        parts="seeds" if isinstance(run, SeriesFolder) else parts,
        n_parts=len(histories) if seeds or parts else 0,
        n_planned_parts=len(run.seed_values) if isinstance(run, SeriesFolder) else None,
        epochs=(min(lengths), max(lengths)),
        planned=None if status == "finished" else settings.get("training.epochs"),
        metric=metric,
        scores=_scores(kept, metric, histories),
        started=str(record.get("started", "")),
        seconds=sum(row.get("seconds", 0.0) for rows in [*histories, *final] for row in rows),
        metrics=kept or {},
        settings=settings,
        notes=notes,
        problem=problem,
    )


def _summarize_curve(curve: CurveFolder) -> Summary:
    """With the scores of the largest share."""
    shares = [summarize(part) for part in curve.parts.values()]
    status, (settings, notes, problem) = curve.status, _settings_and_notes(curve)
    metric = next((share.metric for share in shares if share.metric), None)
    kept = curve.metrics if curve.metrics_path.exists() else None
    return Summary(
        name=curve.name,
        path=curve.path,
        status=status,
        recipe=str(curve.record.get("recipe", "")),
        parts="shares",
        n_parts=sum(share.status == "finished" for share in shares),
        n_planned_parts=len(curve.shares),
        epochs=(
            min((share.epochs[0] for share in shares), default=0),
            max((share.epochs[1] for share in shares), default=0),
        ),
        planned=None if status == "finished" else settings.get("training.epochs"),
        metric=metric,
        scores=_scores(kept, metric, []),
        started=str(curve.record.get("started", "")),
        seconds=sum(share.seconds for share in shares),
        metrics=kept or {},
        settings=settings,
        notes=notes,
        problem=problem,
    )


def _settings_and_notes(run: RunFolder) -> tuple[dict[str, Any], Notes, str | None]:
    """And what is damaged in them: without them the scores still say something."""
    settings, notes, problem = {}, Notes(), None
    try:
        settings = flatten(run.config.model_dump())
        notes = read_notes(run)
    except RunError as error:
        problem = error.messages[0]
    return settings, notes, problem


def describe_state(run: RunFolder) -> list[str]:
    """'finished' and, where there is one, the validation score: 'val_accuracy=0.776'."""
    try:
        scores = run.metrics if run.metrics_path.exists() else {}
        names = [f"val_{metric}" for metric in METRICS if f"val_{metric}" in scores][:1]
        return [run.status, *(f"{name}={scores[name]:.3f}" for name in names)]
    except RunError:
        return ["damaged"]


def _read_history(fit: FitFolder) -> list[dict[str, float]]:
    """The rows of history.csv.

    Raises:
        RunError: it is damaged.
    """
    text = read_text(fit.history_path)
    try:
        return [_numbers(row) for row in csv.DictReader(io.StringIO(text), strict=True)]
    except (ValueError, csv.Error) as error:
        raise RunError(f"{fit.history_path}: damaged: {error}") from error


def _numbers(row: dict[Any, Any]) -> dict[str, float]:
    if None in row or None in row.values():
        raise ValueError("a row has another number of columns than the first line")
    numbers = {name: float(value) for name, value in row.items()}
    seconds = numbers.get("seconds", 0.0)
    if not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(f"an epoch of {seconds:g} seconds")
    return numbers


def _metric(histories: list[list[dict[str, float]]]) -> str | None:
    names = {name for rows in histories for name in (rows[0] if rows else ())}
    return next((metric for metric in METRICS if metric in names), None)


def _scores(
    kept: dict[str, float] | None, metric: str | None, histories: list[list[dict[str, float]]]
) -> dict[str, float]:
    if kept is not None:
        names = (f"{split}_{metric}{sd}" for split in ("val", "test") for sd in ("", "_sd"))
        return {name: kept[name] for name in names if name in kept}
    seen = list(_seen(f"val_{metric}", histories))
    best = max if is_better_higher(str(metric)) else min
    return {f"val_{metric}": best(seen)} if seen else {}


def _seen(column: str, histories: list[list[dict[str, float]]]) -> Iterator[float]:
    for rows in histories:
        yield from (row[column] for row in rows if isfinite(row.get(column, float("nan"))))
