"""The files of a sweep that say what came out: results.csv, best.yaml, report.html."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textclf.disk.atomic import write_text
from textclf.errors import RunError
from textclf.results.report import prose
from textclf.results.report.charts import COLOURS
from textclf.results.sweep.final import read_table, read_verdict
from textclf.results.sweep.importance import importance
from textclf.results.sweep.page import SweepContents, render_sweep
from textclf.results.sweep.table import results_csv
from textclf.results.sweep.winner import best_yaml
from textclf.runs import FitFolder, RunFolder
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import Trial

if TYPE_CHECKING:
    from pandas import DataFrame


def write_results(sweep: SweepFolder) -> None:
    """Write results.csv.

    Raises:
        RunError: the sweep is damaged.
        ResourceError: it cannot be written.
    """
    write_text(sweep.results_path, results_csv(read_table(sweep)))


def write_outcome(sweep: SweepFolder) -> SweepContents:
    """Write results.csv, best.yaml and report.html, as far as there is something to write.

    Raises:
        RunError: the sweep is damaged.
        ResourceError: a file cannot be written.
    """
    write_results(sweep)
    contents = read_contents(sweep)
    if contents.verdict is not None:
        command = f"textclf train {shlex.quote(str(sweep.best_path))}"
        text = best_yaml(contents.config, contents.verdict, sweep.name, command)
        write_text(sweep.best_path, text)
    write_text(sweep.report_path, render_sweep(contents))
    return contents


def read_contents(sweep: SweepFolder) -> SweepContents:
    """Everything that a sweep's page and table contain.

    Raises:
        RunError: the sweep is damaged, or no trial has begun.
    """
    record, table = sweep.record, read_table(sweep)
    verdict = read_verdict(sweep, table)
    shown = verdict.winner if verdict else next(iter(table.best_first), None)
    if shown is None:
        raise RunError(
            f"{sweep.path}: no trial has begun; start it with: textclf sweep {sweep.path}"
        )
    best = table.ranked[:COLOURS]
    histories = [_histories(sweep, trial) for trial in best]
    return SweepContents(
        name=sweep.name,
        path=str(sweep.path),
        status=sweep.status,
        config=sweep.run(shown.name).config,
        search=str(record.get("search", "")),
        prune=str(record.get("prune", "")),
        seeds=int(record["seeds"]),
        wanted=int(record["trials"]),
        table=table,
        verdict=verdict,
        histories=histories if all(histories) else [],
        importance=importance(table),
        seconds=prose.time_of(record),
        record=record,
        notes=_notes(sweep),
    )


def _histories(sweep: SweepFolder, trial: Trial) -> list[DataFrame]:
    """Of each of its seeds, folds or of its only fit."""
    run = sweep.run(trial.name)
    fits: Sequence[FitFolder] = [*run.seeds.values()] or [*run.folds.values()] or [run]
    return [fit.history for fit in map(_validated, fits) if fit.history_path.exists()]


def _validated(fit: FitFolder) -> FitFolder:
    return fit.validated if isinstance(fit, RunFolder) else fit


def _notes(sweep: SweepFolder) -> list[str]:
    path = shlex.quote(str(sweep.path))
    if sweep.status == "running":
        return ["The sweep has not finished: this page shows what it had so far."]
    if sweep.status != "finished":
        return [f"The sweep was stopped: resume it with textclf sweep {path}"]
    return []
