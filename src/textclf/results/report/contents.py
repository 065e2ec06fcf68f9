"""What a page says about a run, read from its folder as far as it is complete."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textclf.config.scores import UNCALIBRATED, is_detail, scores_by_epoch
from textclf.config.settings import Config
from textclf.results.report.charts import Chart, chart_of_fit, chart_of_fits
from textclf.results.report.mistakes import Explanation
from textclf.results.report.outcome import Outcome, read_outcome
from textclf.runs import CurveFolder, FitFolder, RunFolder
from textclf.runs.notes import Notes, read_notes
from textclf.runs.reading import number_of

if TYPE_CHECKING:
    from pandas import DataFrame

METRICS = ("accuracy", "mae")


@dataclass(frozen=True)
class Contents:
    """A run, as the page presents it.

    Args:
        metric: 'accuracy' or 'mae'; 'loss' if the run has neither yet.
        metrics: the scores; empty if the run has none yet.
        parts: the scores of each fold or seed by its name; empty for a single fit.
        histories: of each fit.
        outcome: None if there are no predictions yet.
        outcome_of: the seed whose outcome is shown; empty if it is the run's own.
        explanations: for each of the outcome's mistakes; empty if they are not available.
        parameters: of the model, if it was opened.
        notes: what readers must know, and why something is missing.
        remarks: notes and tags that people wrote.
        linear: the name of a linear model and its scores, if the run has them.
    """

    name: str
    path: str
    status: str
    config: Config
    record: Mapping[str, Any]
    metric: str
    metrics: Mapping[str, float]
    parts: Mapping[str, Mapping[str, float]]
    histories: Sequence[DataFrame]
    charts: Sequence[Chart]
    outcome: Outcome | None = None
    outcome_of: str = ""
    explanations: Sequence[Explanation] = ()
    parameters: int | None = None
    notes: Sequence[str] = ()
    remarks: Notes = field(default_factory=Notes)
    linear: Mapping[str, Any] | None = None

    @property
    def validated_on_test(self) -> bool:
        """Whether test rows chose the kept epoch."""
        return getattr(self.config.training.validation, "split", None) == "test"


def read_contents(run: RunFolder) -> Contents:
    """Everything that a run's tables contain.

    Raises:
        RunError: a file is damaged.
    """
    if isinstance(run, CurveFolder):
        run.refuse()
    parts = parts_of(run)
    fits = {name: fit.validated for name, fit in (parts or {"": run}).items()}
    histories = {name: fit.history for name, fit in fits.items() if fit.history_path.exists()}
    metrics = _metrics(run)
    metric = _metric(list(histories.values()))
    asked = scores_by_epoch(run.config)
    shown = shown_fit(run)
    has_outcome = shown.predictions_path.exists()
    is_classification = not run.config.dataset.is_regression
    return Contents(
        name=run.name,
        path=str(run.path),
        status=run.status,
        config=run.config,
        record=run.record,
        metric=metric,
        metrics=metrics,
        parts={name: _shown(_metrics(part), run.config) for name, part in parts.items()},
        histories=list(histories.values()),
        charts=_charts(histories, [metric, "loss", *asked], metrics, bool(parts)),
        outcome=(
            read_outcome(
                shown,
                is_classification,
                run.record.get("constant_answer"),
                run.config.dataset.separator,
            )
            if has_outcome
            else None
        ),
        outcome_of=shown.path.name if has_outcome and shown is not run else "",
        notes=_notes(run),
        remarks=read_notes(run),
        linear=run.baseline,
    )


def parts_of(run: RunFolder) -> dict[str, FitFolder]:
    """The folders of a run's folds or seeds by name, in order; empty for a single fit."""
    folders = (path for path in run.path.glob("seed-*") if path.is_dir() and number_of(path))
    seeds = sorted(folders, key=number_of)
    return {} if run.is_refit else run.folds or {path.name: FitFolder(path) for path in seeds}


def shown_fit(run: RunFolder) -> FitFolder:
    """The fit whose predictions are shown: the run's own, or that of the first seed."""
    seeds = [part for name, part in parts_of(run).items() if name.startswith("seed-")]
    return seeds[0] if seeds and not run.predictions_path.exists() else run


def _metrics(fit: FitFolder) -> dict[str, float]:
    return fit.metrics if fit.metrics_path.exists() else {}


def _shown(metrics: Mapping[str, float], config: Config) -> dict[str, float]:
    asked = scores_by_epoch(config)
    return {key: value for key, value in metrics.items() if not is_detail(key, asked)}


def _metric(histories: Sequence[DataFrame]) -> str:
    columns = {column for history in histories for column in history.columns}
    return next((metric for metric in METRICS if metric in columns), "loss")


def _charts(
    histories: dict[str, DataFrame],
    scores: Sequence[str],
    metrics: Mapping[str, float],
    has_parts: bool,
) -> list[Chart]:
    names = dict.fromkeys(scores)
    if has_parts:
        charts = [chart_of_fits(histories, name) for name in names]
    else:
        kept = metrics.get("best_epoch")
        charts = [chart_of_fit(h, name, kept) for h in histories.values() for name in names]
    return [chart for chart in charts if chart is not None]


def _notes(run: RunFolder) -> list[str]:
    notes = []
    if run.status == "running":
        notes.append("The run has not finished: this page shows what it had so far.")
    if run.status == "interrupted":
        notes.append(
            "The run was interrupted: this page shows what it has so far. Resume it: "
            f"textclf resume {shlex.quote(str(run.path))}"
        )
    if run.status == "failed":
        reasons = " ".join(map(str, run.record.get("error") or ["the reason was not recorded."]))
        notes.append(f"The run failed: {reasons}")
    if getattr(run.config.training.validation, "split", None) == "test":
        notes.append(
            "The test rows were also used for validation: they chose the epoch that was kept, so "
            "the test score is too optimistic."
        )
    if not run.config.training.is_calibrated:
        notes.append(UNCALIBRATED)
    if run.is_refit:
        notes.append(
            "The model was fitted again on all training rows. The curves and the validation scores "
            "are those of the fit before, which chose the number of epochs."
        )
    return notes
