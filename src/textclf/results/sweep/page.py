"""The page about a sweep: its winner, what mattered, every trial; it loads nothing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from textclf.config.settings import Config
from textclf.data.tasks import is_better_higher
from textclf.plots.canvas import number
from textclf.results.report import prose
from textclf.results.report.charts import COLOURS, Chart, chart_of_runs
from textclf.results.report.page import Bar, fill, score_name
from textclf.results.sweep.panels import draw_history, draw_panels
from textclf.results.sweep.parallel import draw_parallel
from textclf.results.sweep.table import NOT_THERE, Table, in_short, is_ranked
from textclf.results.sweep.winner import Verdict
from textclf.runs.trials import DIVERGED, FAILED, FINISHED, PRUNED, Trial
from textclf.wording import short_titles

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_ROWS = 500  # of the table of trials
MOST_FOLLOWED = 150  # trials that light up in all pictures when a reader points at one
MOST_COLUMNS = 8


@dataclass(frozen=True)
class SweepContents:
    """A sweep, as its page presents it.

    Args:
        name: of its folder.
        path: of its folder, as a reader would write it.
        status: 'running', 'finished', 'interrupted' or 'failed'.
        config: of the best trial or, before there is one, the sweep's.
        search, prune: such as 'tpe' and 'median'.
        seeds: models trained for each trial.
        wanted: trials asked for.
        verdict: None before a trial has finished.
        histories: of each of the best trials, in order: of each of its seeds.
        importance: of each setting, by path.
        seconds: from the sweep's start to its end; None if unknown.
        record: of sweep.json, for the last section.
        notes: what readers must know.
    """

    name: str
    path: str
    status: str
    config: Config
    search: str
    prune: str
    seeds: int
    wanted: int
    table: Table
    verdict: Verdict | None = None
    histories: Sequence[Sequence[DataFrame]] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    record: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()


def render_sweep(sweep: SweepContents) -> str:
    """One HTML document about a sweep."""
    rows = [
        _row(sweep.table, *ranked) for ranked in enumerate(sweep.table.best_first[:MOST_ROWS], 1)
    ]
    followed = [row.number for row in rows[:MOST_FOLLOWED]]
    return fill(
        "sweep.html",
        _following_style(followed),
        "textclf.results.sweep",
        sweep=sweep,
        rows=rows,
        columns=list(zip(_columns(sweep.table), short_titles(_columns(sweep.table)), strict=True)),
        facts=list(_facts(sweep)),
        bars=_bars(sweep.importance),
        scores=list(_scores(sweep.verdict)) if sweep.verdict else [],
        parallel=draw_parallel(sweep.table, sweep.importance),
        panels=draw_panels(sweep.table, sweep.importance),
        history=draw_history(sweep.table),
        curves=_curves(sweep),
        drawn=min(len(sweep.histories), COLOURS),
        followed=set(followed),
        better="higher" if is_better_higher(sweep.table.score) else "lower",
        won=[(path, in_short(value)) for path, value in _winning_values(sweep)],
        command=f"textclf train {shlex.quote(f'{sweep.path}/best.yaml')}",
    )


class Row(NamedTuple):
    """A trial in the table: its texts, the settings in the order of the columns."""

    rank: int | None
    number: int
    name: str
    note: str
    score: str
    deviation: str
    settings: list[str]
    time: str


def _row(table: Table, rank: int, trial: Trial) -> Row:
    deviation = trial.scores.get(f"{table.score}_sd")
    note = "" if trial.status == FINISHED else trial.status
    return Row(
        rank=rank if is_ranked(trial) else None,
        number=trial.number,
        name=f"trial-{trial.number}",
        note=note if trial.same_as is None else f"same as {trial.name}",
        score=NOT_THERE if trial.value is None else number(trial.value),
        deviation="" if deviation is None else f" ± {number(deviation)}",
        settings=[
            in_short(trial.values[path]) if path in trial.values else NOT_THERE
            for path in _columns(table)
        ],
        time=prose.seconds_in_words(trial.seconds),
    )


def _columns(table: Table) -> list[str]:
    return list(table.space)[:MOST_COLUMNS]


def _winning_values(sweep: SweepContents) -> list[tuple[str, Any]]:
    return list(sweep.verdict.winner.values.items()) if sweep.verdict else []


def _following_style(numbers: Sequence[int]) -> str:
    """CSS that lights up a trial in every picture and in the table: no script is needed."""
    return "".join(
        f"main:has(.t{n}:hover) svg .t{n}{{stroke:var(--ink);stroke-width:4;opacity:1}}"
        f"main:has(.t{n}:hover) svg circle.t{n}{{fill:var(--ink)}}"
        f"main:has(.t{n}:hover) tr.t{n}>*{{background:var(--faint)}}\n"
        for n in numbers
    )


def _facts(sweep: SweepContents) -> Iterator[tuple[str, str]]:
    """Names and values below the summary."""
    ended = sum(trial.has_ended for trial in sweep.table.trials)
    of = "" if ended == sweep.wanted else f" of {sweep.wanted:,}"
    lost = [
        f"{sweep.table.count(status):,} {status}"
        for status in (PRUNED, DIVERGED, FAILED)
        if sweep.table.count(status)
    ]
    yield "trials", f"{ended:,}{of}" + (f" ({', '.join(lost)})" if lost else "")
    yield "seeds of each", f"{sweep.seeds:,}"
    yield "search", sweep.search
    yield "pruning", sweep.prune
    if sweep.seconds is not None:
        yield "time", prose.seconds_in_words(sweep.seconds)


def _scores(verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    """Of the winner: what a score is, its mean and its deviation."""
    scores = verdict.scores or {verdict.score: float(verdict.winner.value or 0.0)}
    for name in (verdict.score.replace("val_", "test_", 1), verdict.score):
        if name in scores:
            deviation = f" ± {number(scores[f'{name}_sd'])}" if f"{name}_sd" in scores else ""
            yield _score_in_words(name), number(scores[name]), deviation


def _score_in_words(name: str) -> str:
    """'accuracy on test rows'."""
    split, _, score = name.partition("_")
    words = {"mae": "mean absolute error"}.get(score, score_name(score))
    return f"{words} on {'test' if split == 'test' else 'validation'} rows"


def _bars(importance: Mapping[str, float]) -> list[Bar]:
    """The settings, then what they explain only together; none of too few trials."""
    if not importance:
        return []
    rest = 1 - sum(importance.values())
    bars = [Bar(path, share, None, share, "test") for path, share in importance.items()]
    return [*bars, Bar("several together", rest, None, rest, "baseline")] if rest > 0.005 else bars


def _curves(sweep: SweepContents) -> Chart | None:
    metric = sweep.table.score.removeprefix("val_")
    histories = [list(fits) for fits in sweep.histories[:COLOURS]]
    return chart_of_runs(histories, metric) if histories else None
