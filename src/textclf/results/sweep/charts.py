"""The geometry of a sweep's pictures; the page's templates draw them as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from textclf.config.space import Axis, Choices, Range
from textclf.plots.canvas import number
from textclf.results.report.charts import Tick, evenly, ticks
from textclf.results.sweep.importance import MISSING, place
from textclf.results.sweep.table import Table, in_short, is_ranked
from textclf.runs.trials import PRUNED, Trial
from textclf.wording import short_titles, shortened

SHADES = 7  # of lines and dots, the best trials darkest: h1 to h7 in style.css
MOST_TRIALS = 1000  # that a picture shows
MOST_AXES = 8
NOT_THERE = "–"  # the label of a setting that a model does not have
LONGEST = 15  # characters of an axis's title, 11 of a tick's label


class Mark(NamedTuple):
    """A trial in a picture.

    Args:
        shade: 1 to 7, the better the higher; 0: it was not finished.
        shape: a path of SVG, or of a dot its place.
        title: what a reader's pointer shows.
    """

    number: int
    shade: int
    is_best: bool
    path: str
    at: tuple[float, float]
    title: str


class Axle(NamedTuple):
    """An upright axis: where it stands, its title and its ticks."""

    x: float
    title: str
    path: str
    ticks: list[Tick]


@dataclass(frozen=True)
class Parallel:
    """Each trial a line through its settings to its score.

    Args:
        left_out: settings that found no room.
    """

    axes: list[Axle]
    lines: list[Mark]
    left_out: list[str]
    description: str
    width: float
    height: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Panel:
    """Dots: the score of each trial by one setting, or by its number.

    Args:
        means: of each choice, as a path.
        path: the setting's; '' for the history.
        share: of the scores' variation that it explains; None if unknown.
    """

    title: str
    path: str
    share: float | None
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    dots: list[Mark]
    means: str
    description: str
    width: float
    height: float
    left: float
    bottom: float


# --- each trial a line -----------------------------------------------------------------------

WIDTH, HEIGHT, TOP, BOTTOM = 1016, 400, 56, 372
SIDE = 74  # room for the labels of the first and the last axis


def draw_parallel(table: Table, shares: Mapping[str, float]) -> Parallel | None:
    """The more a setting matters, the nearer it stands to the score; None without scores.

    Args:
        shares: the importance of settings by path, as far as it is known.
    """
    trials = _shown(table)
    if not trials or not table.space:
        return None
    paths = sorted(table.space, key=lambda path: shares.get(path, 0.0))[-MOST_AXES:]
    xs = np.linspace(SIDE, WIDTH - SIDE, len(paths) + 1)
    y_of, score_ticks = _score_scale(table, BOTTOM, TOP)
    titles = short_titles(list(table.space))
    title_of = dict(zip(table.space, titles, strict=True))
    columns = [_column(table.space[path], path, trials) for path in paths]
    axes = [
        Axle(float(x), shortened(title_of[path], LONGEST), path, column.ticks)
        for x, path, column in zip(xs, paths, columns, strict=False)
    ]
    axes.append(Axle(float(xs[-1]), table.score, table.score, score_ticks))
    ends = y_of(np.array([trial.value for trial in trials], float))
    heights = np.stack([*(column.heights for column in columns), ends], axis=1)
    lines = [_curve(xs, row) for row in heights]
    return Parallel(
        axes=axes,
        lines=_marks(table, trials, lines, [(float(xs[-1]), float(end)) for end in ends]),
        left_out=[path for path in table.space if path not in paths],
        description=_in_words(table, trials),
        **dict(width=WIDTH, height=HEIGHT, top=TOP, bottom=BOTTOM),
    )


class _Column(NamedTuple):
    ticks: list[Tick]
    heights: np.ndarray  # float64 (trials,)


def _column(axis: Axis, path: str, trials: Sequence[Trial]) -> _Column:
    """An axis's ticks, and each trial's place on it; trials of one choice beside each other."""
    places = np.array([place(axis, trial.values, path) for trial in trials])
    bottom = BOTTOM - 34 if (places == MISSING).any() else BOTTOM
    ticks, y_of, step = _upright(axis, bottom)
    heights = np.where(places == MISSING, BOTTOM, y_of(places))
    if (places == MISSING).any():
        ticks.append(Tick(BOTTOM, NOT_THERE))
    for value in set(places.tolist()):
        same = np.flatnonzero(places == value)
        is_spread = isinstance(axis, Choices) or value == MISSING
        if is_spread and len(same) > 1:
            room = min(0.3 * step, 2.0 * len(same), 16.0)
            heights[same] += np.linspace(-room, room, len(same))  # the best, which come last, low
    return _Column(ticks, heights)


Scale = Callable[[np.ndarray], np.ndarray]


def _upright(axis: Axis, bottom: float) -> tuple[list[Tick], Scale, float]:
    """Its ticks, its scale, and the distance of two choices."""
    if isinstance(axis, Choices):
        count = len(axis.values)
        step = (bottom - TOP - 16) / max(1, count - 1)
        middle = (TOP + bottom) / 2

        def of_choice(places: np.ndarray) -> np.ndarray:
            return bottom - 8 - step * places if count > 1 else np.full(len(places), middle)

        shown = evenly(count, 12)
        labels = [shortened(in_short(axis.values[n]), 11) for n in shown]
        heights = of_choice(shown.astype(float))
        return [Tick(float(y), t) for y, t in zip(heights, labels, strict=True)], of_choice, step

    def of_share(places: np.ndarray) -> np.ndarray:
        return bottom + (TOP - bottom) * places

    values = range_ticks(axis)
    heights = of_share(np.array([place(axis, {"": value}, "") for value in values]))
    return [Tick(float(y), _short(v)) for y, v in zip(heights, values, strict=True)], of_share, 0.0


def range_ticks(axis: Range) -> list[float]:
    """Both ends, and round numbers between them that leave room."""
    low, high = float(axis.low), float(axis.high)
    if axis.is_log:
        exponents = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        inner = [10.0**exponent for exponent in exponents]
        inner = inner if len(inner) > 1 else [*inner, math.sqrt(low * high)]
    else:
        inner = np.linspace(low, high, 5).tolist()
    apart = [place(axis, {"": value}, "") for value in inner]
    kept = [value for value, at in zip(inner, apart, strict=True) if 0.12 < at < 0.88]
    return [low, *kept, high]


def _short(value: float) -> str:
    """'0.001', '1e-4', '64', '1,024'."""
    if value and abs(value) < 0.001:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _curve(xs: np.ndarray, ys: np.ndarray) -> str:
    """A line that crosses each axis at a right angle."""
    text = f"M{xs[0]:.0f} {ys[0]:.1f}"
    for x, y, x2, y2 in zip(xs[:-1], ys[:-1], xs[1:], ys[1:], strict=True):
        third = (x2 - x) / 2.6
        text += f"C{x + third:.0f} {y:.1f} {x2 - third:.0f} {y2:.1f} {x2:.0f} {y2:.1f}"
    return text


# --- each trial a dot ------------------------------------------------------------------------

PANEL_WIDTH, PANEL_HEIGHT, PANEL_LEFT, PANEL_TOP, PANEL_BOTTOM = 330, 230, 52, 14, 196
PANEL_RIGHT = PANEL_WIDTH - 12


def draw_panels(table: Table, shares: Mapping[str, float]) -> list[Panel]:
    """The score of each trial by each setting, those that matter most first."""
    trials = _shown(table)
    paths = sorted(table.space, key=lambda path: -shares.get(path, 0.0))
    return [_panel(table, trials, path, shares.get(path)) for path in paths] if trials else []


def _panel(table: Table, trials: list[Trial], path: str, share: float | None) -> Panel:
    axis = table.space[path]
    trials = [trial for trial in trials if path in trial.values]
    places = np.array([place(axis, trial.values, path) for trial in trials])
    values = np.array([trial.value for trial in trials], float)
    if isinstance(axis, Choices):
        count = len(axis.values)
        step = (PANEL_RIGHT - PANEL_LEFT) / count
        xs = PANEL_LEFT + (places + 0.5) * step
        labels = {n: shortened(in_short(axis.values[n]), max(3, int(step / 8))) for n in
                  evenly(count, 8).tolist()}  # fmt: skip
        x_ticks = [Tick(PANEL_LEFT + (n + 0.5) * step, label) for n, label in labels.items()]
    else:
        step, inner = 0.0, (PANEL_LEFT + 10, PANEL_RIGHT - 14)
        xs = inner[0] + places * (inner[1] - inner[0])
        x_ticks = [
            Tick(inner[0] + place(axis, {"": v}, "") * (inner[1] - inner[0]), _short(v))
            for v in range_ticks(axis)
        ]
    y_of, y_ticks = _score_scale(table, PANEL_BOTTOM, PANEL_TOP)
    ys = y_of(values)
    is_finished = np.array([is_ranked(trial) for trial in trials], bool)
    means = _means(places[is_finished], values[is_finished], step, y_of) if step else ""
    at = list(zip((xs + _aside(places, ys, step)).tolist(), ys.tolist(), strict=True))
    return Panel(
        title=path,
        path=path,
        share=share,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        dots=_marks(table, trials, [""] * len(trials), at),
        means=means,
        description=f"{table.score} of {len(trials)} trials by {path}.",
        **dict(width=PANEL_WIDTH, height=PANEL_HEIGHT, left=PANEL_LEFT, bottom=PANEL_BOTTOM),
    )


def draw_history(table: Table) -> Panel | None:
    """The score of each trial by its number, and the best so far."""
    trials = sorted(_shown(table), key=lambda trial: trial.number)
    if not trials:
        return None
    last = max(trial.number for trial in table.trials)
    left, right = HISTORY_LEFT + 8, HISTORY_RIGHT
    scale = (right - left) / max(1, last - 1)
    y_of, y_ticks = _score_scale(table, HISTORY_BOTTOM, HISTORY_TOP)
    ys = y_of(np.array([trial.value for trial in trials], float))
    xs = [left + (trial.number - 1) * scale for trial in trials]
    return Panel(
        title=f"{table.score} by trial; the line is the best so far",
        path="",
        share=None,
        x_ticks=[Tick(left + (n - 1) * scale, f"{n:,}") for n in _numbers(last)],
        y_ticks=y_ticks,
        dots=_marks(table, trials, [""] * len(trials), list(zip(xs, ys.tolist(), strict=True))),
        means=_steps(table, trials, xs, ys.tolist(), right),
        description=_in_words(table, trials),
        width=HISTORY_WIDTH,
        height=HISTORY_HEIGHT,
        left=HISTORY_LEFT,
        bottom=HISTORY_BOTTOM,
    )


HISTORY_WIDTH, HISTORY_HEIGHT, HISTORY_LEFT, HISTORY_TOP = 480, 300, 52, 14
HISTORY_RIGHT, HISTORY_BOTTOM = 466, 262


def _numbers(last: int) -> list[int]:
    """1 and round numbers up to the last."""
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(5, integer=True).tick_values(1, max(2, last))
    return sorted({1, *(int(at) for at in places if 1 + last / 12 < at <= last)})


def _steps(
    table: Table, trials: Sequence[Trial], xs: Sequence[float], ys: Sequence[float], right: float
) -> str:
    best, text = -math.inf, ""
    for trial, x, y in zip(trials, xs, ys, strict=True):
        if is_ranked(trial) and table.sign * float(trial.value or 0.0) > best:
            best = table.sign * float(trial.value or 0.0)
            text += f"H{x:.1f}V{y:.1f}" if text else f"M{x:.1f} {y:.1f}"
    return f"{text}H{right}" if text else ""


def _aside(places: np.ndarray, ys: np.ndarray, step: float) -> np.ndarray:
    """How far each dot of a choice stands beside the middle, so that none hides another."""
    aside, room = np.zeros(len(places)), 0.32 * step
    for value in set(places.tolist()):
        taken: list[tuple[float, float]] = []
        for dot in np.flatnonzero(places == value):
            offsets = (sign * 4.5 * k for k in range(40) for sign in (1, -1))
            free = (
                offset
                for offset in offsets
                if abs(offset) <= room
                and all(math.hypot(offset - x, ys[dot] - y) > 8 for x, y in taken)
            )
            aside[dot] = next(free, 0.0)
            taken.append((aside[dot], float(ys[dot])))
    return aside


def _means(places: np.ndarray, values: np.ndarray, step: float, y_of: Scale) -> str:
    """A dash at the mean of each choice that has two trials or more."""
    dashes = []
    for choice in sorted(set(places.tolist())):
        same = values[places == choice]
        if len(same) > 1:
            x, y = PANEL_LEFT + (choice + 0.5) * step, float(y_of(same.mean(keepdims=True))[0])
            half = min(0.36 * step, 30)
            dashes.append(f"M{x - half:.1f} {y:.1f}H{x + half:.1f}")
    return "".join(dashes)


# --- what they share -------------------------------------------------------------------------


def _shown(table: Table) -> list[Trial]:
    """The trials that have a score, the best last, so that they are drawn above the others."""
    scored = [
        trial
        for trial in table.best_first
        if trial.value is not None and math.isfinite(trial.value) and trial.same_as is None
    ]
    return [scored[n] for n in evenly(len(scored), MOST_TRIALS)][::-1] if scored else []


def _score_scale(table: Table, bottom: float, top: float) -> tuple[Scale, list[Tick]]:
    """The scores' axis; far worse ones than most stand at its end."""
    values = np.array([trial.value for trial in _shown(table)], float)
    low, high = float(values.min()), float(values.max())
    quarter, median = np.quantile(values, (0.25, 0.5) if table.sign > 0 else (0.75, 0.5))
    far = float(median - 4 * (median - quarter))
    if table.sign > 0 and quarter < median:
        low = max(low, far)
    elif table.sign < 0 and quarter > median:
        high = min(high, far)
    room = max(high - low, 0.002 * abs(high), 1e-6) * 0.06
    low, high = low - room, high + room

    def scale(numbers: Any) -> Any:
        shares = (np.clip(np.asarray(numbers, float), low, high) - low) / (high - low)
        return bottom + (top - bottom) * shares

    return scale, ticks(scale, low, high)


def _marks(
    table: Table, trials: Sequence[Trial], paths: Sequence[str], at: Sequence[tuple[float, float]]
) -> list[Mark]:
    shades, ranked = _shades(table), table.ranked
    best = ranked[0].number if ranked else None
    return [
        Mark(
            trial.number,
            shades.get(trial.number, 0),
            trial.number == best,
            path,
            (round(point[0], 1), round(point[1], 1)),
            describe(table, trial),
        )
        for trial, path, point in zip(trials, paths, at, strict=True)
    ]


def _shades(table: Table) -> dict[int, int]:
    """1 to 7 by rank, for each trial that may win."""
    ranked = table.ranked
    steps = max(1, len(ranked) - 1)
    return {
        trial.number: SHADES - round((SHADES - 1) * place / steps)
        for place, trial in enumerate(ranked)
    }


def describe(table: Table, trial: Trial) -> str:
    """'trial-7: val_accuracy 0.838, model.units 16, ...'."""
    score = "" if trial.value is None else f"{table.score} {number(trial.value)}"
    pruned = "pruned at " if trial.status == PRUNED else ""
    values = (f"{path} {in_short(value)}" for path, value in trial.values.items())
    return f"{trial.name}: {', '.join(filter(None, (pruned + score, *values)))}"


def _in_words(table: Table, trials: Sequence[Trial]) -> str:
    ranked = table.ranked
    best = f" The best is {describe(table, ranked[0])}." if ranked else ""
    return f"{table.score} of {len(trials)} trials and their settings.{best}"
