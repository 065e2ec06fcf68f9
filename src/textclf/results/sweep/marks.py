"""Trials in a sweep's pictures: which are shown, where they stand, how dark they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from textclf.config.space import Range
from textclf.plots.canvas import number
from textclf.results.report.charts import Tick, evenly, ticks
from textclf.results.sweep.importance import place, span
from textclf.results.sweep.table import Table, in_short
from textclf.runs.trials import PRUNED, Trial

SHADES = 7  # of lines and dots: d1 to d7 in style.css
MOST_TRIALS = 1000  # that a picture shows
ROOM = 0.12  # of an axis, between two of its labels

Scale = Callable[[np.ndarray], np.ndarray]


class Mark(NamedTuple):
    """A trial in a picture.

    Args:
        shade: 1 to 7, the better the higher; 0: it did not finish.
        path: a line of SVG; '' for a dot.
        at: the place of the dot, or of the line's end.
        title: what a reader's pointer shows.
    """

    number: int
    shade: int
    is_best: bool
    path: str
    at: tuple[float, float]
    title: str


def shown_trials(table: Table) -> list[Trial]:
    """The trials that have a score, the best last, so that they are drawn above the others."""
    scored = [
        trial
        for trial in table.best_first
        if trial.value is not None and math.isfinite(trial.value) and trial.same_as is None
    ]
    return [scored[n] for n in evenly(len(scored), MOST_TRIALS)][::-1] if scored else []


def values_of(trials: Sequence[Trial]) -> np.ndarray:
    """Their scores, float64 (trials,)."""
    return np.array([trial.value for trial in trials], float)


def score_scale(table: Table, bottom: float, top: float) -> tuple[Scale, list[Tick]]:
    """The scores' axis; what is far worse than most stands at its end."""
    low, high = span(table)
    room = max(high - low, 0.002 * abs(high), 1e-6) * 0.06
    low, high = low - room, high + room

    def scale(numbers: Any) -> Any:
        shares = (np.clip(np.asarray(numbers, float), low, high) - low) / (high - low)
        return bottom + (top - bottom) * shares

    return scale, ticks(scale, low, high)


def range_ticks(axis: Range) -> list[tuple[float, str]]:
    """Both ends of a range, and round numbers between them that leave room: place and label."""
    low, high = float(axis.low), float(axis.high)
    if axis.is_log:
        exponents = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        inner = [10.0**exponent for exponent in exponents]
    else:
        inner = np.linspace(low, high, 5).tolist()
    values = [low, *(v for v in inner if ROOM < place(axis, {"": v}, "") < 1 - ROOM), high]
    return [(place(axis, {"": value}, ""), short(value)) for value in values]


def short(value: float) -> str:
    """'0.001', '1e-4', '64', '1,024'."""
    if value and abs(value) < 0.001:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def marks_of(
    table: Table,
    trials: Sequence[Trial],
    at: Sequence[tuple[float, float]],
    paths: Sequence[str] | None = None,
) -> list[Mark]:
    """A mark for each trial.

    Args:
        at: the place of each.
        paths: the line of each; None for dots.
    """
    shades, ranked = _shades(table), table.ranked
    best = ranked[0].number if ranked else None
    return [
        Mark(
            number=trial.number,
            shade=shades.get(trial.number, 0),
            is_best=trial.number == best,
            path=path,
            at=(round(x, 1), round(y, 1)),
            title=describe(table, trial),
        )
        for trial, (x, y), path in zip(trials, at, paths or [""] * len(trials), strict=True)
    ]


def _shades(table: Table) -> dict[int, int]:
    """1 to 7 by rank, for each trial that may win."""
    ranked = table.ranked
    steps = max(1, len(ranked) - 1)
    return {
        trial.number: SHADES - round((SHADES - 1) * rank / steps)
        for rank, trial in enumerate(ranked)
    }


def describe(table: Table, trial: Trial) -> str:
    """'trial-7: val_accuracy 0.838, model.units 16, ...'."""
    pruned = "pruned at " if trial.status == PRUNED else ""
    score = "" if trial.value is None else f"{pruned}{table.score} {number(trial.value)}"
    values = (f"{path} {in_short(value)}" for path, value in trial.values.items())
    return f"{trial.name}: {', '.join(filter(None, (score, *values)))}"


def describe_all(table: Table, trials: Sequence[Trial]) -> str:
    """A picture's content for readers who cannot see it."""
    best = f" The best is {describe(table, table.ranked[0])}." if table.ranked else ""
    return f"{table.score} of {len(trials)} trials and their settings.{best}"
