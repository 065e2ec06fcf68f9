"""Dots: the score of each trial by one setting, or by the trial's number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from textclf.config.space import Axis, Choices
from textclf.results.report.charts import Tick, evenly
from textclf.results.sweep.importance import place
from textclf.results.sweep.marks import (
    Mark,
    Scale,
    describe_all,
    marks_of,
    range_ticks,
    score_scale,
    shown_trials,
    values_of,
)
from textclf.results.sweep.table import Table, in_short, is_ranked
from textclf.runs.trials import Trial
from textclf.wording import shortened

APART = 8.0  # between the middles of two dots
MOST_TICKS = 8


class Frame(NamedTuple):
    """The size of a picture, and the room for dots in it."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


SMALL = Frame(330, 230, 52, 318, 14, 196)
LARGE = Frame(480, 300, 52, 466, 14, 262)


@dataclass(frozen=True)
class Panel:
    """What the template draws.

    Args:
        path: the setting's; '' for the history.
        share: of the scores' variation that it explains; None if unknown.
        line: the mean of each choice or, of the history, the best so far, as a path.
    """

    path: str
    share: float | None
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    dots: list[Mark]
    line: str
    description: str
    frame: Frame


def draw_panels(table: Table, shares: Mapping[str, float]) -> list[Panel]:
    """The score of each trial by each setting, those that matter most first."""
    trials = shown_trials(table)
    paths = sorted(table.space, key=lambda path: -shares.get(path, 0.0))
    return [_panel(table, trials, path, shares.get(path)) for path in paths] if trials else []


def _panel(table: Table, trials: Sequence[Trial], path: str, share: float | None) -> Panel:
    axis = table.space[path]
    trials = [trial for trial in trials if path in trial.values]
    places = np.array([place(axis, trial.values, path) for trial in trials])
    y_of, y_ticks = score_scale(table, SMALL.bottom, SMALL.top)
    ys = y_of(values_of(trials))
    step = (SMALL.right - SMALL.left) / len(axis.values) if isinstance(axis, Choices) else 0.0
    xs = _across(places, step) + _aside(places, ys, step)
    return Panel(
        path=path,
        share=share,
        x_ticks=_x_ticks(axis, step),
        y_ticks=y_ticks,
        dots=marks_of(table, trials, list(zip(xs.tolist(), ys.tolist(), strict=True))),
        line=_means(trials, places, step, y_of) if step else "",
        description=f"{table.score} of {len(trials)} trials by {path}.",
        frame=SMALL,
    )


def _across(places: np.ndarray, step: float) -> np.ndarray:
    """Where places on an axis stand: of choices `step` apart, of a range from end to end."""
    if step:
        return SMALL.left + (places + 0.5) * step
    return SMALL.left + 10 + places * (SMALL.right - SMALL.left - 24)


def _x_ticks(axis: Axis, step: float) -> list[Tick]:
    if isinstance(axis, Choices):
        most = max(3, int(step / 8))  # characters that fit
        found = [
            (float(n), shortened(in_short(axis.values[n]), most))
            for n in evenly(len(axis.values), MOST_TICKS).tolist()
        ]
    else:
        found = range_ticks(axis)
    xs = _across(np.array([at for at, _ in found]), step)
    return [Tick(float(x), label) for x, (_, label) in zip(xs, found, strict=True)]


def _aside(places: np.ndarray, ys: np.ndarray, step: float) -> np.ndarray:
    """How far each dot of a choice stands beside the middle, so that none hides another."""
    aside, room = np.zeros(len(places)), 0.36 * step
    for choice in set(places.tolist()) if step else ():
        taken: list[tuple[float, float]] = []
        for dot in np.flatnonzero(places == choice):
            aside[dot] = _free_offset(float(ys[dot]), taken, room)
            taken.append((float(aside[dot]), float(ys[dot])))
    return aside


def _free_offset(y: float, taken: Sequence[tuple[float, float]], room: float) -> float:
    """The smallest one that is far enough from all dots; 0 if there is none."""
    near = [(x2, y2) for x2, y2 in taken if abs(y2 - y) < APART]
    steps = np.arange(0.0, room, APART / 2).tolist()
    offsets = (sign * offset for offset in steps for sign in (1, -1))
    free = (x for x in offsets if all(math.hypot(x - x2, y - y2) >= APART for x2, y2 in near))
    return next(free, 0.0)


def _means(trials: Sequence[Trial], places: np.ndarray, step: float, y_of: Scale) -> str:
    """A dash at the mean of each choice that has two finished trials or more."""
    is_finished = np.array([is_ranked(trial) for trial in trials], bool)
    values, places = values_of(trials)[is_finished], places[is_finished]
    dashes, half = [], min(0.36 * step, 30)
    for choice in sorted(set(places.tolist())):
        same = values[places == choice]
        if len(same) > 1:
            x, y = float(_across(np.array(choice), step)), float(y_of(same.mean()))
            dashes.append(f"M{x - half:.1f} {y:.1f}H{x + half:.1f}")
    return "".join(dashes)


def draw_history(table: Table) -> Panel | None:
    """The score of each trial by its number, and the best so far; None without scores."""
    trials = sorted(shown_trials(table), key=lambda trial: trial.number)
    if not trials:
        return None
    last = max(trial.number for trial in table.trials)
    left, room = LARGE.left + 8, LARGE.right - LARGE.left - 8
    y_of, y_ticks = score_scale(table, LARGE.bottom, LARGE.top)

    def x_of(number: int) -> float:
        return left + room * (number - 1) / max(1, last - 1)

    ys = y_of(values_of(trials)).tolist()
    at = [(x_of(trial.number), y) for trial, y in zip(trials, ys, strict=True)]
    return Panel(
        path="",
        share=None,
        x_ticks=[Tick(x_of(n), f"{n:,}") for n in _round_numbers(last)],
        y_ticks=y_ticks,
        dots=marks_of(table, trials, at),
        line=_best_so_far(table, trials, at),
        description=describe_all(table, trials),
        frame=LARGE,
    )


def _round_numbers(last: int) -> list[int]:
    """1, and round numbers up to the last."""
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(5, integer=True).tick_values(1, max(2, last))
    return [1, *(int(at) for at in places if 1 + last / 12 < at <= last)]


def _best_so_far(table: Table, trials: Sequence[Trial], at: Sequence[tuple[float, float]]) -> str:
    best, text = -math.inf, ""
    for trial, (x, y) in zip(trials, at, strict=True):
        if is_ranked(trial) and table.sign * float(trial.value or 0.0) > best:
            best = table.sign * float(trial.value or 0.0)
            text += f"H{x:.1f}V{y:.1f}" if text else f"M{x:.1f} {y:.1f}"
    return f"{text}H{LARGE.right}" if text else ""
