"""A picture of scores by the number of training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textclf.data.tasks import is_better_higher
from textclf.plots.canvas import BLUE, GREY, ORANGE, fit_canvas, new_axes, styled
from textclf.plots.curves import HEIGHT, WIDTH, Curve, label_ends, set_value_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame, Series

SOURCES = {
    "train": ("training", ORANGE, 1.8),
    "val": ("validation", BLUE, 2.6),
    "test": ("test", GREY, 1.8),
}
FAR = 4  # times the fewest rows: then each doubling is a step of the same length


@styled
def draw_learning_curve(table: DataFrame, metric: str, title: str) -> Figure:
    """Draw training, validation and test scores by training rows, with a band of ± 1 deviation.

    Args:
        table: one row a share: `rows`, `<split>_<metric>` and perhaps `<split>_<metric>_sd`.
        metric: 'accuracy', 'mae' or 'loss'.
        title: what the picture shows, such as 'reviews-curve-1 · accuracy by training rows'.
    """
    axes = new_axes()
    axes.set_xlabel("training rows")
    axes.set_ylabel(metric)
    by_rows = table.set_index("rows")
    curves, limits = [], []
    for split, (name, color, width) in SOURCES.items():
        if f"{split}_{metric}" in by_rows:
            curve = Curve(name, by_rows[f"{split}_{metric}"], color, width)
            deviations = by_rows.get(f"{split}_{metric}_sd", 0.0)
            band = [curve.values - deviations, curve.values + deviations]
            _draw(axes, curve, *band)
            curves.append(curve)
            limits += [curve._replace(values=values) for values in band]
    _set_rows_axis(axes, [int(rows) for rows in by_rows.index])
    set_value_axis(axes, limits)
    label_ends(axes, curves, HEIGHT)
    direction = "higher" if is_better_higher(metric) else "lower"
    seeds = int(table["seeds"].iloc[0])
    spread = [f"mean ± standard deviation of {seeds} seeds"] if seeds > 1 else []
    subtitle = [f"{direction} is better", *spread, "numbers at the right: the largest share"]
    return fit_canvas(axes, WIDTH, HEIGHT, title, " · ".join(subtitle))


def _draw(axes: Axes, curve: Curve, low: Series, high: Series) -> None:
    rows, color = curve.values.index, curve.color
    axes.plot(rows, curve.values, color=color, linewidth=curve.width, marker="o", markersize=5)
    axes.fill_between(rows, low, high, color=color, alpha=0.15, linewidth=0)


def _set_rows_axis(axes: Axes, rows: list[int]) -> None:
    """A tick for each share; a logarithmic axis where a linear one would crowd the small ones."""
    if rows[-1] >= FAR * rows[0]:
        axes.set_xscale("log")
        axes.minorticks_off()
        room = (rows[-1] / rows[0]) ** 0.03
        axes.set_xlim(rows[0] / room, rows[-1] * room)
    else:
        room = max(0.03 * (rows[-1] - rows[0]), 0.5)
        axes.set_xlim(rows[0] - room, rows[-1] + room)
    axes.set_xticks(rows, labels=[f"{number:,}" for number in rows])
