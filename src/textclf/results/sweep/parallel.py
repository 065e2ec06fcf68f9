"""Parallel coordinates: each trial is a line through its settings to its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from textclf.config.space import Axis, Choices
from textclf.results.report.charts import Tick, evenly
from textclf.results.sweep.importance import MISSING, place
from textclf.results.sweep.marks import (
    Mark,
    describe_all,
    marks_of,
    range_ticks,
    score_scale,
    shown_trials,
    values_of,
)
from textclf.results.sweep.table import NOT_THERE, Table, in_short
from textclf.runs.trials import Trial
from textclf.wording import short_titles, shortened

WIDTH, HEIGHT, TOP, BOTTOM = 1016, 400, 56, 372  # of the picture; of its axes
SIDE = 74  # room for the labels of the first and the last axis
ABSENT = 34  # room below an axis for trials whose model does not have the setting
MOST_AXES, MOST_TICKS = 8, 12
TITLE, LABEL = 15, 11  # characters


class Axle(NamedTuple):
    """An upright axis: where it stands, its title, the setting's path, its ticks."""

    x: float
    title: str
    path: str
    ticks: list[Tick]


@dataclass(frozen=True)
class Parallel:
    """What the template draws.

    Args:
        left_out: settings that found no room.
    """

    axes: list[Axle]
    lines: list[Mark]
    left_out: list[str]
    description: str
    width: float = WIDTH
    height: float = HEIGHT
    top: float = TOP
    bottom: float = BOTTOM


class _Column(NamedTuple):
    ticks: list[Tick]
    heights: np.ndarray  # float64 (trials,)


def draw_parallel(table: Table, shares: Mapping[str, float]) -> Parallel | None:
    """The more a setting matters, the nearer it stands to the score; None without scores.

    Args:
        shares: the importance of settings by path, as far as it is known.
    """
    trials = shown_trials(table)
    if not trials or not table.space:
        return None
    paths = sorted(table.space, key=lambda path: shares.get(path, 0.0))[-MOST_AXES:]
    columns = {path: _column(table.space[path], path, trials) for path in paths}
    y_of, score_ticks = score_scale(table, BOTTOM, TOP)
    columns[table.score] = _Column(score_ticks, y_of(values_of(trials)))
    titles = dict(zip(table.space, short_titles(list(table.space)), strict=True))
    xs = np.linspace(SIDE, WIDTH - SIDE, len(columns))
    ends = [(float(xs[-1]), float(end)) for end in columns[table.score].heights]
    heights = np.stack([column.heights for column in columns.values()], axis=1)
    return Parallel(
        axes=[
            Axle(float(x), shortened(titles.get(path, path), TITLE), path, column.ticks)
            for x, (path, column) in zip(xs, columns.items(), strict=True)
        ],
        lines=marks_of(table, trials, ends, [_curve(xs, row) for row in heights]),
        left_out=[path for path in table.space if path not in paths],
        description=describe_all(table, trials),
    )


def _column(axis: Axis, path: str, trials: Sequence[Trial]) -> _Column:
    """An axis's ticks, and each trial's place on it; trials of one choice beside each other."""
    places = np.array([place(axis, trial.values, path) for trial in trials])
    is_missing = places == MISSING
    bottom = BOTTOM - ABSENT if is_missing.any() else BOTTOM
    absent = [Tick(BOTTOM, NOT_THERE)] if is_missing.any() else []
    if isinstance(axis, Choices):
        ticks, heights, step = _choices(axis, places, bottom)
    else:
        heights, step = bottom + (TOP - bottom) * places, ABSENT
        ticks = [Tick(bottom + (TOP - bottom) * at, label) for at, label in range_ticks(axis)]
    heights = np.where(is_missing, BOTTOM, heights)
    spread = set(places.tolist()) if isinstance(axis, Choices) else {MISSING}
    for value in spread:
        heights[places == value] += _spread(int((places == value).sum()), step)
    return _Column([*ticks, *absent], heights)


def _choices(
    axis: Choices, places: np.ndarray, bottom: float
) -> tuple[list[Tick], np.ndarray, float]:
    """The ticks of an axis, the height of each trial, and the distance of two choices."""
    count = len(axis.values)
    step = (bottom - TOP - 16) / max(1, count - 1)
    lowest = bottom - 8 if count > 1 else (TOP + bottom) / 2
    ticks = [
        Tick(lowest - step * n, shortened(in_short(axis.values[n]), LABEL))
        for n in evenly(count, MOST_TICKS).tolist()
    ]
    return ticks, lowest - step * places, step


def _spread(count: int, step: float) -> np.ndarray:
    """Distances from the middle of a choice; the best trials, which come last, lowest."""
    room = min(0.3 * step, 2.0 * count, 16.0)
    return np.linspace(-room, room, count) if count > 1 else np.zeros(count)


def _curve(xs: np.ndarray, ys: np.ndarray) -> str:
    """A line that crosses each axis at a right angle."""
    text = f"M{xs[0]:.0f} {ys[0]:.1f}"
    for x, y, x2, y2 in zip(xs[:-1], ys[:-1], xs[1:], ys[1:], strict=True):
        bend = (x2 - x) / 2.6
        text += f"C{x + bend:.0f} {y:.1f} {x2 - bend:.0f} {y2:.1f} {x2:.0f} {y2:.1f}"
    return text
