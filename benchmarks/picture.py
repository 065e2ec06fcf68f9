"""The benchmark's picture: the others' time relative to textclf's."""

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments import SIDES
from summary import TIMES, ratio, times_sign
from textclf.plots.canvas import DPI, GREY, GRID, INK, PALETTE, save_figure, styled

OTHERS = {"keras": PALETTE[0], "torch": PALETTE[1], "jax": PALETTE[2]}
PANELS = {"epoch": "Per epoch", "command": "Whole command"}
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
BAR = 0.26  # of the height of a recipe's row


@styled
def draw(results: dict[str, Any], path: Path) -> None:
    """Horizontal bars from 1, textclf's own time, on a logarithmic axis."""
    recipes = list(results["runs"])
    figure = Figure(figsize=(10.5, 1.7 + 0.7 * len(recipes)), dpi=DPI, layout="constrained")
    panels = figure.subplots(1, len(PANELS), sharex=True, sharey=True)
    for axes, (measure, title) in zip(panels, PANELS.items(), strict=True):
        _draw_panel(axes, results, recipes, measure, title)
    panels[0].set_yticks(range(len(recipes)), recipes, color=INK)
    panels[0].set_ylim(len(recipes) - 0.45, -0.55)
    _scale(panels[0], _all_ratios(results))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=max(1, len(handles)), frameon=False
    )
    figure.suptitle("Slowdown relative to textclf", weight="bold", size=15)
    save_figure(figure, path)


def _draw_panel(
    axes: Axes, results: dict[str, Any], recipes: list[str], measure: str, title: str
) -> None:
    for row, recipe in enumerate(recipes):
        known = {side: ratio(results, recipe, side, measure) for side in OTHERS}
        there = {side: times for side, times in known.items() if times is not None}
        for place, (side, times) in enumerate(there.items()):
            _draw_bar(axes, row + (place - (len(there) - 1) / 2) * BAR, times, OTHERS[side])
    for side in _sides(results):
        axes.barh([0], [0], color=OTHERS[side], label=SIDES[side])  # the legend
    _finish(axes, title)


def _sides(results: dict[str, Any]) -> list[str]:
    """The other sides that ran anywhere."""
    ran = {side for sides in results["runs"].values() for side, runs in sides.items() if runs}
    return [side for side in OTHERS if side in ran]


def _draw_bar(axes: Axes, y: float, times: float, colour: str) -> None:
    axes.barh(y, times - 1, BAR * 0.9, left=1, color=colour)
    right = max(times, 1.0)  # a bar to the left of 1 is labelled where there is room
    axes.annotate(
        times_sign(times), (right, y), (4, 0), textcoords="offset points", va="center", size=8.5
    )


def _all_ratios(results: dict[str, Any]) -> list[float]:
    every = [
        ratio(results, recipe, side, measure)
        for recipe in results["runs"]
        for side in OTHERS
        for measure in PANELS
    ]
    return [times for times in every if times is not None]


def _scale(axes: Axes, every: list[float]) -> None:
    left, right = min([0.8, *every]) / 1.5, max([2.0, *every]) * 2  # room for the labels
    axes.set_xscale("log")
    axes.set_xlim(left, right)
    ticks = [tick for tick in TICKS if left <= tick <= right]
    axes.set_xticks(ticks, [f"{tick:g}{TIMES}" for tick in ticks])
    axes.minorticks_off()


def _finish(axes: Axes, title: str) -> None:
    axes.grid(axis="x", color=GRID)
    axes.axvline(1, color=INK, linewidth=1.2)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title(title, loc="left", size=11.5)
    axes.set_xlabel("time relative to textclf's, which is 1", color=GREY)
