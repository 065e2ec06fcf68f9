"""The picture of how well each label of several is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from textclf.plots.canvas import BLUE, GREY, GRID, fit_canvas, new_axes, styled
from textclf.wording import short_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 4.4  # inches
BAR = 0.3  # inches from one bar to the next
MOST = 60  # labels that are drawn


@styled
def draw_label_scores(
    names: Sequence[str], f1: np.ndarray, support: np.ndarray, title: str
) -> Figure:
    """Draw a bar of each label's F1, the most frequent labels first.

    Args:
        f1: float (labels,), from 0 to 1.
        support: examples of each label, int (labels,).
        title: what the picture shows.
    """
    order = np.argsort(-support, kind="stable")[:MOST]
    places = np.arange(len(order))
    axes = new_axes()
    axes.barh(places, np.ones(len(order)), height=0.62, color=GRID)
    axes.barh(places, f1[order], height=0.62, color=BLUE)
    for place, value in enumerate(f1[order].tolist()):
        axes.text(1.02, place, f"{value:.2f}", va="center", size=9.5)
    labels = [f"{short_line(names[label], 30)} ({support[label]:,})" for label in order]
    axes.set_yticks(places, labels=labels)
    axes.set(xlim=(0, 1), ylim=(len(order) - 0.5, -0.5), xlabel="F1")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    more = len(names) - len(order)
    subtitle = f"mean {f1.mean():.3f} · in brackets: examples of the label"
    left_out = f" · {more:,} rarer labels are left out" if more else ""
    return fit_canvas(axes, WIDTH, BAR * len(order), title, subtitle + left_out)
