"""The picture of a dataset: the lengths of its texts and what maxlen cuts, or its features."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.inspection.description import Description, Lengths, histogram
from textclf.plots.canvas import (
    BLUE,
    INK,
    ORANGE,
    fit_canvas,
    name_ticks,
    new_axes,
    styled,
)
from textclf.wording import short_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 7.0, 3.2  # inches between the axes' ends
BARS = 50  # of the lengths, about
CELL_WIDTH, CELL_HEIGHT = 1.45, 0.95  # inches of a feature's histogram
GAP_WIDTH, GAP_HEIGHT = 0.3, 0.75  # inches between two histograms
COLUMNS = 5
MOST_FEATURES = 29  # that are drawn; with the target, six rows


@styled
def draw_dataset(description: Description, name: str) -> Figure:
    """Draw the lengths of the training texts, or a histogram of each feature and the target.

    Args:
        name: of the dataset or the config, for the title.
    """
    if description.lengths is not None:
        return _draw_lengths(description.text_lengths, description.lengths, name)
    return _draw_features(description, name)


# --- texts -----------------------------------------------------------------------------------


def _draw_lengths(values: np.ndarray, lengths: Lengths, name: str) -> Figure:
    axes = new_axes()
    bars = histogram(values, lengths.maxlen, BARS)
    *edges, end = bars.edges
    *counts, beyond = bars.counts
    cut = [lengths.maxlen is not None and edge >= lengths.maxlen for edge in edges]
    colors = [ORANGE if is_cut else BLUE for is_cut in cut]
    looks: dict[str, Any] = {"color": colors, "edgecolor": "white", "linewidth": 0.6}
    # A bar counts whole numbers, edge + 1 to the next edge: its sides are between two of them.
    places = np.array(edges) + 0.5
    axes.bar(places, counts, end / len(edges), align="edge", **looks)
    axes.set_xlim(0.5, end + 0.5)
    axes.set(xlabel="words in a text, as maxlen counts them", ylabel="training texts")
    if lengths.maxlen is not None:
        _mark_maxlen(axes, lengths, lengths.maxlen)
    _rule(axes)
    middle = lengths.spread.percentiles["50"]
    subtitle = f"{len(values):,} texts · median {middle:,.0f} · mean {lengths.spread.mean:,.0f}"
    if beyond:
        subtitle += f" · {beyond:,} longer than {end:,} are left out"
    return fit_canvas(axes, WIDTH, HEIGHT, f"{name} · lengths of the training texts", subtitle)


def _mark_maxlen(axes: Axes, lengths: Lengths, maxlen: int) -> None:
    """Draw a line; its label is above the axes, where there are no bars."""
    along = maxlen / (axes.get_xlim()[1] - 0.5)
    axes.axvline(maxlen + 0.5, color=INK, linewidth=1.6, linestyle="--", clip_on=False)
    cut = f"cuts {lengths.texts_cut:.0%} of the texts, {lengths.tokens_cut:.0%} of all words"
    axes.annotate(
        f"maxlen {maxlen:,} {cut}",
        xy=(along, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        ha="left" if along < 0.3 else "right" if along > 0.7 else "center",
        weight="bold",
    )


def _rule(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10], integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], integer=True))
    for axis in (axes.xaxis, axes.yaxis):
        name_ticks(axis)
    axes.grid(axis="y")
    axes.tick_params(length=0, pad=5)


# --- features --------------------------------------------------------------------------------


def _draw_features(description: Description, name: str) -> Figure:
    """Draw small histograms side by side, the target's last and in another colour."""
    data = description.data
    shown = data.x[: data.n_train, :MOST_FEATURES].T
    names = [feature.name for feature in description.features]
    columns = [(label, values, BLUE) for label, values in zip(names, shown, strict=False)]
    if not data.task.is_classification:
        columns.append(("target", data.y[: data.n_train], ORANGE))
    rows, per_row = math.ceil(len(columns) / COLUMNS), min(COLUMNS, len(columns))
    width = per_row * (CELL_WIDTH + GAP_WIDTH) - GAP_WIDTH
    height = rows * (CELL_HEIGHT + GAP_HEIGHT) - GAP_HEIGHT
    axes = new_axes()
    axes.set_axis_off()
    for place, column in enumerate(columns):
        left = place % COLUMNS * (CELL_WIDTH + GAP_WIDTH)
        top = height - place // COLUMNS * (CELL_HEIGHT + GAP_HEIGHT)
        bounds = (left / width, (top - CELL_HEIGHT) / height)
        size = (CELL_WIDTH / width, CELL_HEIGHT / height)
        _draw_column(axes.inset_axes((*bounds, *size)), *column)
    subtitle = f"{data.n_train:,} training rows"
    if len(names) > MOST_FEATURES:
        subtitle += f" · the first {MOST_FEATURES} of {len(names):,} features"
    return fit_canvas(axes, width, height, f"{name} · features", subtitle)


def _draw_column(axes: Axes, name: str, values: np.ndarray, color: str) -> None:
    there = values[np.isfinite(values)]
    axes.hist(there, bins=24, color=color)
    axes.set_title(short_line(name, 17), size=9.5, weight="bold", loc="left", pad=3)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    if len(there):
        ends = (float(there.min()), float(there.max()))
        axes.set_xticks(ends, labels=[f"{end:,.3g}" for end in ends], size=8.5)
        first, last = axes.get_xticklabels()
        first.set_horizontalalignment("left")
        last.set_horizontalalignment("right")
        if ends[0] < ends[1]:
            axes.set_xlim(*ends)
    axes.tick_params(length=0, pad=2)
