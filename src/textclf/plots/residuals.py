"""The picture of how far a regression's predictions are from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.plots.canvas import BLUE, INK, fit_canvas, name_ticks, new_axes, number, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 3.6  # inches


@styled
def draw_residuals(y_true: np.ndarray, y_pred: np.ndarray, title: str, unit: str = "") -> Figure:
    """Draw predicted against true targets, beside the distribution of predicted minus true.

    Args:
        y_true, y_pred: float (examples,) or (examples, 1), in the unit of the targets.
        title: what the picture shows.
        unit: the unit's name, such as 'thousand dollars'.
    """
    truth, predicted = np.ravel(y_true).astype(float), np.ravel(y_pred).astype(float)
    finite = np.isfinite(truth) & np.isfinite(predicted)
    truth, predicted = truth[finite], predicted[finite]
    axes = new_axes()
    histogram = axes.inset_axes((1.3, 0, 1, 1))
    in_unit = f" ({unit})" if unit else ""
    axes.set(xlabel=f"true{in_unit}", ylabel=f"predicted{in_unit}")
    histogram.set(xlabel=f"residual: predicted minus true{in_unit}", ylabel="examples")
    subtitle = f"{truth.size:,} {'example' if truth.size == 1 else 'examples'}"
    if truth.size:
        _draw_pairs(axes, truth, predicted)
        _draw_distribution(histogram, predicted - truth)
        error = number(float(np.abs(predicted - truth).mean()))
        subtitle = f"MAE {error}{' ' + unit if unit else ''} · {subtitle}"
    if not finite.all():
        subtitle += f" · {np.sum(~finite):,} not finite, left out"
    return fit_canvas(axes, SIDE, SIDE, title, subtitle)


def _draw_pairs(axes: Axes, truth: np.ndarray, predicted: np.ndarray) -> None:
    low = min(truth.min(), predicted.min())
    high = max(truth.max(), predicted.max())
    room = 0.05 * (high - low) or 1.0
    limits = (low - room, high + room)
    axes.plot(limits, limits, color=INK, linewidth=1.2, linestyle="--")
    opacity = float(np.clip(60 / truth.size**0.75, 0.05, 0.6))
    dots: dict[str, Any] = {
        "marker": "o",
        "markersize": 6 if truth.size < 1000 else 3,
        "markeredgewidth": 0,
        "linestyle": "none",
    }
    axes.plot(truth, predicted, color=BLUE, alpha=opacity, **dots)
    axes.set(xlim=limits, ylim=limits)
    _rule(axes, "both")


def _draw_distribution(axes: Axes, residuals: np.ndarray) -> None:
    bins = int(np.clip(2 * residuals.size ** (1 / 3), 5, 60))
    axes.hist(residuals, bins=bins, color=BLUE, edgecolor="white", linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=1.2, linestyle="--")
    _rule(axes, "y")


def _rule(axes: Axes, which: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        is_count = axis.get_label_text() == "examples"
        most = 4 if axis is axes.xaxis else 5  # long numbers need room
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=is_count))
        name_ticks(axis)
    axes.grid(axis=which)  # type: ignore[arg-type]
    axes.tick_params(length=0, pad=7)
