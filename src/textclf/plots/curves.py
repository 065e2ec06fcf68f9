"""Pictures of a metric by epoch: of one fit, of the folds of a run, of several runs."""

from __future__ import annotations

from itertools import cycle, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from textclf.data.tasks import is_better_higher
from textclf.plots.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PALETTE,
    SKY,
    fit_canvas,
    name_ticks,
    new_axes,
    number,
    styled,
)
from textclf.wording import short_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series

WIDTH, HEIGHT = 6.2, 3.2  # inches between the axes' ends
LABEL_GAP = 0.2  # inches from one curve's label to the next
THIN = 1.5  # points; a thinner line has no markers
MOST_MARKERS = 25  # epochs; with more, the line has no markers
MARKS = ("", "s", "^", "D", "v", "X", "P", "<", ">")  # no two runs look alike, up to 108
MARKED = 8  # epochs of a curve that get its mark
MOST_LABELS = 12  # folds or seeds; with more, only their mean is named


class Curve(NamedTuple):
    """One line of a picture."""

    name: str
    values: Series  # float, indexed by epoch; at least one is finite
    color: str
    width: float = 2.4
    style: str = "-"
    opacity: float = 1.0
    is_labelled: bool = True
    mark: str = ""  # beside the colour, where runs are more than colours


@styled
def draw_curves(history: DataFrame, metric: str, best_epoch: int | None, title: str) -> Figure:
    """Draw one fit's training and validation curves, the kept epoch ringed.

    Args:
        history: one row per epoch: `epoch` from 1, `<metric>` and perhaps `val_<metric>`.
        metric: 'loss', 'accuracy', 'mae', 'macro_f1', ...
        best_epoch: the epoch whose model was kept; None to mark nothing.
        title: what the picture shows, such as 'imdb_lstm-1 · accuracy'.
    """
    sources = (("training", metric, ORANGE, 1.8), ("validation", f"val_{metric}", BLUE, 2.6))
    curves = [
        Curve(name, values, color, width)
        for name, column, color, width in sources
        if (values := _values(history, column)) is not None
    ]
    return _picture(curves, metric, title, kept=best_epoch, notes=_gaps(history, metric))


@styled
def draw_fold_curves(histories: dict[str, DataFrame], metric: str, title: str) -> Figure:
    """Draw the validation curve of each fit of one run (thin) and their mean (thick).

    Args:
        histories: the histories of folds or seeds by name; they may differ in length.
        metric, title: as for `draw_curves`.
    """
    has_validation = any(
        _values(history, f"val_{metric}") is not None for history in histories.values()
    )
    column = f"val_{metric}" if has_validation else metric
    fits = {name: _values(history, column) for name, history in histories.items()}
    colors = cycle(PALETTE if len(fits) <= MOST_LABELS else [SKY])
    curves = [
        Curve(name, values, color, 1.3, "-", 0.8, is_labelled=len(fits) <= MOST_LABELS)
        for (name, values), color in zip(fits.items(), colors, strict=False)
        if values is not None
    ]
    notes = [f"{'validation' if has_validation else 'training'} of {len(curves)} fits"]
    mean = _mean([curve.values for curve in curves])
    if mean is not None:
        if len(mean) < max(len(curve.values) for curve in curves):
            notes.append("mean: of the epochs that all reached")
        curves.append(Curve("mean", mean, INK, 2.8))
    return _picture(curves, metric, title, notes=notes)


@styled
def draw_comparison(
    histories: dict[str, DataFrame | list[DataFrame]], metric: str, title: str
) -> Figure:
    """Draw the curves of several runs: a colour for each, validation solid, training dashed.

    Args:
        histories: the runs' histories by name; folds or seeds are drawn as thin lines, with their
            mean. A run without the metric is left out, and the subtitle says so. With more runs
            than colours, some have marks, and only validation is drawn.
        metric, title: as for `draw_curves`.
    """
    curves, missing, has_fits = [], [], False
    looks = cycle(product(MARKS, PALETTE))
    for (name, history), (mark, color) in zip(histories.items(), looks, strict=False):
        fits = history if isinstance(history, list) else [history]
        of_run = _curves_of_fits if len(fits) > 1 else _curves_of_run
        has_fits = has_fits or len(fits) > 1
        of_name = [
            curve._replace(mark=mark if curve.is_labelled else "")
            for curve in of_run(name, fits, metric, color)
            if curve.is_labelled or len(fits) > 1 or len(histories) <= len(PALETTE)
        ]
        curves += of_name
        if not of_name:
            missing.append(short_line(name, 24))
    has_training = any(curve.style == "--" for curve in curves)
    notes = [f"solid: validation{', dashed: training' if has_training else ''}"]
    if has_fits:
        notes.append("thin: folds or seeds")
    if missing:
        notes.append(f"no {metric}: {', '.join(missing)}")
    return _picture(curves, metric, title, notes=notes)


def _curves_of_run(name: str, fits: list[DataFrame], metric: str, color: str) -> list[Curve]:
    curves = []
    training, validation = _values(fits[0], metric), _values(fits[0], f"val_{metric}")
    if validation is not None:
        curves.append(Curve(name, validation, color))
    if training is not None:
        is_alone = validation is None
        curves.append(Curve(name, training, color, 1.3, "--", 0.6, is_labelled=is_alone))
    return curves


def _curves_of_fits(name: str, fits: list[DataFrame], metric: str, color: str) -> list[Curve]:
    """Each fit's validation curve, thin, and their mean; of training where nothing validated."""
    for column, style in ((f"val_{metric}", "-"), (metric, "--")):
        known = [values for fit in fits if (values := _values(fit, column)) is not None]
        mean = _mean(known)
        if mean is not None:
            thin = [Curve(name, fit, color, 1.0, style, 0.3, is_labelled=False) for fit in known]
            return [*thin, Curve(name, mean, color, style=style)]
    return []


def _values(history: DataFrame, column: str) -> Series | None:
    """A column by epoch, infinite values as gaps; None if no number is left."""
    if column not in history:
        return None
    values = history.set_index("epoch")[column].astype(float)
    values = values.where(np.isfinite(values))
    return values if values.notna().any() else None


def _gaps(history: DataFrame, metric: str) -> list[str]:
    columns = [column for column in (metric, f"val_{metric}") if column in history]
    count = int((~np.isfinite(history[columns].astype(float))).to_numpy().sum())
    return [f"not finite, left out: {count}"] if count else []


def _mean(fits: list[Series]) -> Series | None:
    """The fits' mean at each epoch that all of them have; at others it would jump."""
    if len(fits) < 2:
        return None
    total: Series = sum(fits[1:], start=fits[0])
    mean = (total / len(fits)).dropna()
    return mean if len(mean) else None


def _picture(
    curves: list[Curve], metric: str, title: str, notes: list[str], kept: int | None = None
) -> Figure:
    """Draw the curves on axes that fit them, each named at its end outside the axes."""
    axes = new_axes()
    axes.set_xlabel("epoch")
    axes.set_ylabel(metric)
    labelled = [curve for curve in curves if curve.is_labelled]
    height = max(HEIGHT, LABEL_GAP * len(labelled))
    if curves:
        for curve in curves:
            _draw_line(axes, curve)
        _set_epoch_axis(axes, curves)
        set_value_axis(axes, curves)
        label_ends(axes, labelled, height)
        if kept is not None:
            _mark_kept(axes, curves[-1], kept)
    else:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "nothing to draw yet", color=GREY, ha="center", va="center")
    direction = "higher" if is_better_higher(metric) else "lower"
    subtitle = [f"{direction} is better", *notes, "numbers at the right: last epoch"]
    if axes.get_yscale() == "log":
        subtitle.append("logarithmic scale")
    return fit_canvas(axes, WIDTH, height, title, " · ".join(subtitle))


def _draw_line(axes: Axes, curve: Curve) -> None:
    few = 1 if curve.width < THIN else MOST_MARKERS
    plain = "o" if len(curve.values) <= few else ""
    axes.plot(
        curve.values.index,
        curve.values,
        color=curve.color,
        linewidth=curve.width,
        linestyle=curve.style,
        alpha=curve.opacity,
        marker=curve.mark or plain,
        markersize=(4 if curve.mark else 2) + 1.2 * curve.width,
        markevery=-(-len(curve.values) // MARKED) if curve.mark else None,
    )


def _set_epoch_axis(axes: Axes, curves: list[Curve]) -> None:
    last = max(int(curve.values.index.max()) for curve in curves)
    room = max(0.025 * (last - 1), 0.12) if last > 1 else 0.5
    axes.set_xlim(1 - room, last + room)
    ticks = epoch_ticks(last)
    axes.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])


def epoch_ticks(last: int) -> list[int]:
    """Epochs to label on an axis from 1 to `last`: the first one and round ones."""
    power = 10 ** max(0, len(str(last)) - 2)
    steps = (1, *(factor * scale for scale in (power // 10 or 1, power) for factor in (5, 10, 20)))
    step = next(step for step in sorted(steps) if last <= 15 * step)
    return [1, *range(max(step, 2), last + 1, step)]


def set_value_axis(axes: Axes, curves: list[Curve]) -> None:
    """Leave room above and below; a logarithmic scale where an outlier would flatten the rest."""
    from matplotlib.ticker import MaxNLocator, NullFormatter

    values = np.concatenate([curve.values.dropna().to_numpy() for curve in curves])
    low, high = float(values.min()), float(values.max())
    if low > 0 and high > 100 * np.median(values):
        axes.set_yscale("log")
        axes.set_ylim(low / 1.5, high * 1.5)
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    else:
        # A span of at least a fiftieth: noise in a flat curve should look like noise.
        span = max(high - low, 0.02 * abs(high), 1e-6)
        middle = (low + high) / 2
        axes.set_ylim(middle - 0.57 * span, middle + 0.57 * span)
        most = 1.0 if is_better_higher(axes.get_ylabel()) else np.inf
        ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(*axes.get_ylim())
        bottom, top = axes.get_ylim()
        axes.set_yticks([t for t in ticks if max(bottom, 0) <= t <= min(top, most + 1e-9)])
        name_ticks(axes.yaxis)
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)


def label_ends(axes: Axes, curves: list[Curve], height: float) -> None:
    """Write each curve's name and last value in the margin, where there are no lines."""
    right = axes.get_xlim()[1]
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = [curve.values.dropna() for curve in curves]
    heights = [to_axes.transform((end.index[-1], end.iloc[-1]))[1] * height for end in ends]
    places = spread(heights, LABEL_GAP, height)
    for curve, end, here, there in zip(curves, ends, heights, places, strict=True):
        dots: dict[str, Any] = {
            "color": curve.color,
            "linewidth": 0.9,
            "linestyle": ":",
            "alpha": 0.7,
        }
        axes.plot([end.index[-1], right], [end.iloc[-1]] * 2, **dots)
        # A bent line to the label: a straight one would touch the labels between.
        x = 1 + np.array([0, 0.16, 0.34]) / WIDTH
        lead: dict[str, Any] = {
            "color": curve.color,
            "linewidth": max(1.8, curve.width),
            "clip_on": False,
            "marker": curve.mark,
            "markevery": [2],
        }
        axes.plot(x, np.array([here, there, there]) / height, transform=axes.transAxes, **lead)
        words = f"{short_line(curve.name, 34)}  {number(end.iloc[-1])}"
        place = (1 + 0.42 / WIDTH, there / height)
        axes.text(*place, words, transform=axes.transAxes, va="center_baseline")


def spread(wanted: list[float], gap: float, top: float) -> list[float]:
    """The places in 0..top nearest to the wanted ones, with a gap between neighbours."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    blocks: list[list[float]] = []  # neighbours that touch: [sum of wanted places, how many]
    for rank, index in enumerate(order):
        blocks.append([wanted[index] - rank * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    starts = [total / count for total, count in blocks for _ in range(int(count))]
    highest = top - (len(wanted) - 1) * gap
    places = [max(0.0, min(start, highest)) + rank * gap for rank, start in enumerate(starts)]
    return [place for _, place in sorted(zip(order, places, strict=True))]


def _mark_kept(axes: Axes, curve: Curve, epoch: int) -> None:
    """Draw a ring on the curve; its label is above the axes, connected by a thin line."""
    value = curve.values.get(epoch, np.nan)
    if not np.isfinite(value):
        return
    left, right = axes.get_xlim()
    along = (epoch - left) / (right - left)
    alignment = "left" if along < 0.2 else "right" if along > 0.8 else "center"
    axes.plot([epoch, epoch], [value, axes.get_ylim()[1]], color=GREY, linewidth=1, linestyle=":")
    ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 2}
    axes.plot([epoch], [value], marker="o", markersize=12, clip_on=False, zorder=5, **ring)
    axes.annotate(
        f"kept: epoch {epoch:,}, {number(value)}",
        xy=(epoch, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 5),
        textcoords="offset points",
        ha=alignment,
        weight="bold",
    )
