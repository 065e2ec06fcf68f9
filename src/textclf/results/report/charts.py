"""The geometry of small line and dot charts; the page's template draws them as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textclf.data.tasks import is_better_higher
from textclf.plots.canvas import number
from textclf.plots.curves import epoch_ticks, spread

if TYPE_CHECKING:
    from pandas import DataFrame

WIDTH, HEIGHT = 480, 300  # of the picture, in its own units; text is 16 high
LEFT, RIGHT, TOP, BOTTOM = 50, 388, 30, 262  # of the room for the lines
LABEL_GAP = 19
MOST_DOTS = 4000  # of a scatter plot
MOST_POINTS = 400  # of a curve
COLOURS = 8  # of lines
MOST_LABELS = 9


class Tick(NamedTuple):
    """A place on an axis, and its label."""

    at: float
    label: str


class Line(NamedTuple):
    """A curve: `style` is 'training', 'validation', 'thin', 'mean', 'run' or 'diagonal'."""

    label: str
    style: str
    colour: int
    path: str  # of SVG
    end: tuple[float, float]
    label_y: float
    is_point: bool = False


class Mark(NamedTuple):
    """A point with a ring and a label."""

    x: float
    y: float
    label: str
    anchor: str


@dataclass(frozen=True)
class Chart:
    """What the template draws.

    Args:
        title: what it shows.
        description: the same for readers who cannot see it.
        dots: a path of points; empty for curves.
        y_label: above the upright axis; then the other's label is below its numbers.
        right: the end of the lines' room; `width` and `height` are the whole picture's.
    """

    title: str
    description: str
    x_label: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    lines: list[Line] = field(default_factory=list)
    mark: Mark | None = None
    dots: str = ""
    y_label: str = ""
    right: float = RIGHT
    width: float = WIDTH
    height: float = HEIGHT


class Curve(NamedTuple):
    """Values to draw by epoch."""

    label: str
    style: str
    colour: int
    epochs: np.ndarray
    values: np.ndarray


def chart_of_fit(history: DataFrame, metric: str, kept_epoch: float | None) -> Chart | None:
    """Training and validation, the kept epoch marked; None if there is nothing to draw."""
    curves = [
        curve
        for column, style in ((metric, "training"), (f"val_{metric}", "validation"))
        if (curve := _curve(history, column, style, style, 0))
    ]
    return _chart(curves, metric, metric, kept_epoch)


def chart_of_fits(histories: Mapping[str, DataFrame], metric: str) -> Chart | None:
    """The validation (or else training) curve of each fold or seed, thin, and their mean."""
    for column, words in ((f"val_{metric}", f"validation {metric}"), (metric, metric)):
        curves = [
            curve
            for place, (name, history) in enumerate(histories.items())
            if (curve := _curve(history, column, name, "thin", place % COLOURS))
        ]
        if len(curves) >= MOST_LABELS:  # without labels, colours would repeat and mean nothing
            curves = [curve._replace(style="thin quiet") for curve in curves]
        if curves:
            return _chart([*curves, *_mean(curves)], metric, f"{words} of {_count(len(curves))}")
    return None


def chart_of_runs(runs: Sequence[Sequence[DataFrame]], metric: str, first: int = 1) -> Chart | None:
    """A curve for each run, numbered: validation if there is any, else training.

    Args:
        runs: the histories of each run's fits; the mean of several fits is drawn.
        first: the number of the first run.
    """
    curves = []
    for place, fits in enumerate(runs):
        column = f"val_{metric}" if all(f"val_{metric}" in fit for fit in fits) else metric
        label, colour = str(place + first), place % COLOURS
        own = [c for fit in fits if (c := _curve(fit, column, label, "run", colour))]
        means = [mean._replace(label=label, style="run", colour=colour) for mean in _mean(own)]
        curves += means or own[:1]
    all_validate = all(f"val_{metric}" in fit for fits in runs for fit in fits)
    some = "" if all_validate else ", of training where there is no validation"
    return _chart(curves, metric, f"validation {metric}{some}")


def _count(fits: int) -> str:
    return f"{fits} fits" if fits > 1 else "one fit"


def _curve(history: DataFrame, column: str, label: str, style: str, colour: int) -> Curve | None:
    if column not in history:
        return None
    values = history[column].to_numpy(float)
    finite = np.isfinite(values)
    if not finite.any():
        return None
    return Curve(label, style, colour, history["epoch"].to_numpy()[finite], values[finite])


def _mean(curves: list[Curve]) -> list[Curve]:
    """Their mean, of the epochs that all of them have."""
    if len(curves) < 2:
        return []
    shared = set.intersection(*(set(curve.epochs.tolist()) for curve in curves))
    if not shared:
        return []
    epochs = np.array(sorted(shared))
    values = [curve.values[np.isin(curve.epochs, epochs)] for curve in curves]
    return [Curve("mean", "mean", 0, epochs, np.mean(values, axis=0))]


def _chart(
    curves: list[Curve], metric: str, title: str, kept_epoch: float | None = None
) -> Chart | None:
    if not curves:
        return None
    last = int(max(curve.epochs.max() for curve in curves))
    x_of = _scale(1, max(last, 2), LEFT + 8, RIGHT - 8)
    values = np.concatenate([curve.values for curve in curves])
    y_of, y_ticks = _value_axis(values, most=1.0 if is_better_higher(metric) else np.inf)
    better = "higher" if is_better_higher(metric) else "lower"
    return Chart(
        title=f"{title} ({better} is better)",
        description=f"{title} by epoch. " + " ".join(map(_in_words, curves)),
        x_label="epoch",
        x_ticks=[Tick(float(x_of(e)), f"{e:,}") for e in epoch_ticks(last * 3 // 2) if e <= last],
        y_ticks=y_ticks,
        lines=_lines(curves, x_of, y_of),
        mark=_mark(curves[-1], kept_epoch, x_of, y_of),
    )


def _in_words(curve: Curve) -> str:
    first, last = number(curve.values[0]), number(curve.values[-1])
    return (
        f"{curve.label}: from {first} in epoch {curve.epochs[0]} to {last} in {curve.epochs[-1]}."
    )


Scale = Callable[[np.ndarray | float], np.ndarray]


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (np.asarray(value) - low) / (high - low) * (end - start)


def _value_axis(values: np.ndarray, most: float = np.inf) -> tuple[Scale, list[Tick]]:
    """Room above and below; a logarithmic scale where one outlier would flatten the rest."""
    low, high = float(values.min()), float(values.max())
    if low > 0 and high > 100 * np.median(values):
        inner = _scale(np.log10(low), np.log10(high), BOTTOM - 6, TOP + 6)
        powers = 10.0 ** np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1)
        return lambda v: inner(np.log10(v)), [
            Tick(float(inner(np.log10(p))), f"{p:g}") for p in powers
        ]
    # A span of at least a fiftieth: noise in a flat curve should look like noise.
    room = max(high - low, 0.02 * abs(high), 1e-6) * 0.57
    low, high = (low + high) / 2 - room, (low + high) / 2 + room
    scale = _scale(low, high, BOTTOM, TOP)
    return scale, ticks(scale, low, min(high, most + 1e-9))


def ticks(scale: Scale, low: float, high: float) -> list[Tick]:
    """Round numbers from low to high, all with the decimals that the longest needs."""
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    places = [place for place in places if low <= place <= high]
    words = [f"{place:.6g}" for place in places]
    decimals = max((len(word.partition(".")[2]) for word in words if "e" not in word), default=0)
    return [
        Tick(float(scale(p)), word if "e" in word else f"{p:,.{decimals}f}")
        for p, word in zip(places, words, strict=True)
    ]


def _lines(curves: list[Curve], x_of: Scale, y_of: Scale) -> list[Line]:
    points = [np.stack([x_of(c.epochs), y_of(c.values)], axis=1).round(1) for c in curves]
    points = [line[evenly(len(line), MOST_POINTS)] for line in points]
    few = len(curves) <= MOST_LABELS
    named = [place for place, curve in enumerate(curves) if few or curve.style == "mean"]
    ends = [BOTTOM - float(points[place][-1, 1]) for place in named]
    lowest = 8  # above the axis's own label
    places = spread([end - lowest for end in ends], LABEL_GAP, BOTTOM - TOP - lowest)
    heights = {name: place + lowest for name, place in zip(named, places, strict=True)}
    return [
        Line(
            curve.label if place in heights else "",
            curve.style,
            curve.colour,
            path(line),
            (float(line[-1, 0]), float(line[-1, 1])),
            BOTTOM - heights.get(place, 0.0),
            is_point=len(line) == 1,
        )
        for place, (curve, line) in enumerate(zip(curves, points, strict=True))
    ]


def evenly(count: int, most: int) -> np.ndarray:
    """At most `most` of the places 0 to count - 1, the first and the last included."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def path(points: np.ndarray) -> str:
    """A line through the points, float (points, 2); a point alone is a dot."""
    pairs = [f"{x:g} {y:g}" for x, y in points]
    return "M" + "L".join(pairs if len(pairs) > 1 else pairs * 2)


def _mark(curve: Curve, epoch: float | None, x_of: Scale, y_of: Scale) -> Mark | None:
    at = np.flatnonzero(curve.epochs == epoch)
    if not len(at):
        return None
    value = curve.values[at[0]]
    x, y = float(x_of(curve.epochs[at[0]])), float(y_of(value))
    anchor = "start" if x < LEFT + 90 else "end" if x > RIGHT - 90 else "middle"
    return Mark(round(x, 1), round(y, 1), f"kept: epoch {epoch:,.0f}, {number(value)}", anchor)


def chart_of_pairs(truth: np.ndarray, predicted: np.ndarray) -> Chart | None:
    """Predicted against true numbers, float (examples,) each; on the diagonal both agree."""
    finite = np.isfinite(truth) & np.isfinite(predicted)
    truth, predicted = truth[finite], predicted[finite]
    if not len(truth):
        return None
    chosen = evenly(len(truth), MOST_DOTS)
    both = np.concatenate([truth, predicted])
    low, high = float(both.min()), float(both.max())
    room = 0.05 * (high - low) or 1.0
    low, high = low - room, high + room
    x_of, y_of = _scale(low, high, LEFT, RIGHT), _scale(low, high, BOTTOM, TOP)
    pairs = zip(x_of(truth[chosen]), y_of(predicted[chosen]), strict=True)
    some = "" if len(chosen) == len(truth) else f", {len(chosen):,} of {len(truth):,} rows"
    return Chart(
        title=f"predicted and true{some}",
        description=f"Predicted against true numbers of {len(chosen):,} rows, and their diagonal.",
        x_label="true",
        x_ticks=ticks(x_of, low, high),
        y_ticks=ticks(y_of, low, high),
        lines=[Line("", "diagonal", 0, f"M{LEFT} {BOTTOM}L{RIGHT} {TOP}", (RIGHT, TOP), TOP)],
        dots="".join(f"M{x:.1f} {y:.1f}h0" for x, y in pairs),
    )
