"""The files of a sweep that say what came out: results.csv, best.yaml, report.html."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.config.settings import Config
from textclf.disk.atomic import write_text
from textclf.errors import RunError, TextclfError
from textclf.results.report import prose
from textclf.results.report.charts import COLOURS
from textclf.results.sweep.final import read_table, read_verdict
from textclf.results.sweep.importance import importance
from textclf.results.sweep.page import SweepContents, render_sweep
from textclf.results.sweep.table import Table, results_csv
from textclf.results.sweep.winner import best_yaml
from textclf.runs import FitFolder, RunFolder
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import Trial

if TYPE_CHECKING:
    from pandas import DataFrame


def write_trials(sweep: SweepFolder) -> None:
    """Write results.csv.

    Raises:
        RunError: the sweep is damaged.
        ResourceError: it cannot be written.
    """
    write_text(sweep.results_path, results_csv(read_table(sweep)))


@contextlib.contextmanager
def keeping_results(sweep: SweepFolder) -> Iterator[None]:
    """Write results.csv however the block ends."""
    try:
        yield
    finally:
        with contextlib.suppress(TextclfError):  # the block's own error is the one to report
            write_trials(sweep)


def write_sweep_report(sweep: SweepFolder, output: Path) -> None:
    """Write the page of a sweep, of one that still runs, too.

    Raises:
        RunError: the sweep is damaged, or no trial has begun.
        ResourceError: it cannot be written.
    """
    write_text(output, render_sweep(read_contents(sweep)))


def write_outcome(sweep: SweepFolder) -> SweepContents:
    """Write results.csv, best.yaml and report.html, as far as there is something to write.

    Raises:
        RunError: the sweep is damaged.
        ResourceError: a file cannot be written.
    """
    write_trials(sweep)
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
    best = table.ranked[:COLOURS]
    histories = [_histories(sweep, trial) for trial in best]
    return SweepContents(
        name=sweep.name,
        path=str(sweep.path),
        status=sweep.status,
        config=_config(sweep, table),
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


def _config(sweep: SweepFolder, table: Table) -> Config:
    """Of the best trial, or of one that has begun."""
    for trial in table.best_first:
        if (sweep.path / trial.name / "config.yaml").is_file():
            return sweep.run(trial.name).config
    path = shlex.quote(str(sweep.path))
    raise RunError(f"{sweep.path}: no trial has begun; resume it with: textclf sweep {path}")


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
