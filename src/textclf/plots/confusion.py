"""The picture of a confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.plots.canvas import GREY, GRID, INK, fit_canvas, new_axes, styled
from textclf.plots.fonts import columns
from textclf.wording import short_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

FEW = 10  # classes; with more, zeros are left out and small shares get more colour
LABEL_SPACE = 0.13  # inches that a class name needs to stand apart from the next
SMALLEST_COUNT = 4.5  # points; smaller digits are left out


@styled
def draw_confusion_matrix(matrix: np.ndarray, class_names: Sequence[str], title: str) -> Figure:
    """Draw a row for each true class, coloured by the share of it that each prediction gets.

    Args:
        matrix: counts, int (classes, classes); rows are true classes.
        class_names: a name for each class.
        title: what the picture shows.
    """
    matrix = np.asarray(matrix)
    support = matrix.sum(axis=1, keepdims=True)  # (classes, 1)
    shares = matrix / np.maximum(support, 1)
    cell = _cell_size(len(matrix))
    side = cell * len(matrix)
    axes = new_axes()
    image = axes.imshow(shares, cmap="Blues", norm=_norm(len(matrix)), aspect="auto")
    skipped = _name_classes(axes, class_names, support[:, 0], cell)
    _rule_cells(axes, len(matrix))
    _write_counts(axes, matrix, np.asarray(image.norm(shares)), cell)
    _add_colour_bar(axes, image, side)
    right = int(np.trace(matrix))
    subtitle = f"{right:,} of {int(support.sum()):,} correct · in brackets: examples of the class"
    return fit_canvas(axes, side, side, title, f"{subtitle}{skipped}")


def _cell_size(classes: int) -> float:
    """Inches: large for few classes, room for a name with dozens, limited with hundreds."""
    return min(1.4, max(4.4 / classes, 0.32), 10 / classes)


def _norm(classes: int) -> Normalize:
    """With many classes each wrong share is small; its square root is still visible."""
    from matplotlib.colors import PowerNorm

    return PowerNorm(1 if classes <= FEW else 0.5, vmin=0, vmax=1)


def _name_classes(axes: Axes, class_names: Sequence[str], support: np.ndarray, cell: float) -> str:
    """Write the names along both axes; a note where only some of them have room."""
    step = math.ceil(LABEL_SPACE / cell)
    size = min(10.5, max(6.5, cell * 72 * 0.6))
    places = range(0, len(class_names), step)
    names = [short_line(class_names[place], 30) for place in places]
    fits = max(map(columns, names)) * size * 0.65 / 72 < cell
    axes.set_xticks(places, labels=names, rotation=0 if fits else 90, size=size)
    counted = [f"{name} ({support[p]:,})" for name, p in zip(names, places, strict=True)]
    axes.set_yticks(places, labels=counted, size=size)
    axes.set_xlabel("predicted class", weight="bold", labelpad=8)
    axes.set_ylabel("true class", weight="bold", labelpad=8)
    axes.tick_params(length=0 if step == 1 else 2)
    return f" · one class in {step} is named" if step > 1 else ""


def _rule_cells(axes: Axes, classes: int) -> None:
    axes.spines[:].set_visible(False)
    if classes > 60:
        return
    borders = np.arange(classes + 1) - 0.5
    line: dict[str, Any] = {"color": GRID, "linewidth": min(1.5, 30 / classes)}
    axes.vlines(borders, -0.5, classes - 0.5, **line)
    axes.hlines(borders, -0.5, classes - 0.5, **line)


def _write_counts(axes: Axes, matrix: np.ndarray, darkness: np.ndarray, cell: float) -> None:
    """Write the counts if the longest fits its cell; with many classes, zeros are left out."""
    digits = len(f"{matrix.max():,}")
    size = min(13, cell * 72 / (0.72 * digits))
    if size < SMALLEST_COUNT:
        return
    for row, column in np.argwhere((matrix > 0) | (len(matrix) <= FEW)):
        count = matrix[row, column]
        words = f"{count:,}"
        if len(matrix) <= 5 and count:
            words += f"\n{count / matrix[row].sum():.0%}"
        color = "white" if darkness[row, column] > 0.55 else INK if count else GREY
        # Not in the layout: it is inside the axes, so that nothing need be measured.
        place: dict[str, Any] = {"ha": "center", "va": "center", "in_layout": False}
        axes.text(column, row, words, size=size, color=color, **place)


def _add_colour_bar(axes: Axes, image: AxesImage, side: float) -> None:
    bar = axes.inset_axes((1 + 0.25 / side, 0, 0.18 / side, 1))
    image.figure.colorbar(image, cax=bar, ticks=[0, 0.25, 0.5, 0.75, 1])
    bar.set_yticklabels(["0%", "25%", "50%", "75%", "100%"])
    bar.set_ylabel("share of the true class (row)")
    bar.tick_params(length=0)
    bar.spines[:].set_visible(False)
