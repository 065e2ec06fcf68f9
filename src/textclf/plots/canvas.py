"""The visual language of every picture: colours, type, a canvas that fits, atomic saving."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import lru_cache, wraps
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from textclf.disk.atomic import writing
from textclf.errors import TextclfWarning
from textclf.plots.fonts import USUAL, describe_missing, find_families, quiet_fonts, unusual_signs
from textclf.wording import one_line, shortened_inside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

INK, GREY, GRID = "#1f2933", "#66727f", "#e3e7eb"
BLUE, ORANGE, SKY = "#0072b2", "#e69f00", "#56b4e9"
# Okabe and Ito's colours without their yellow, which a projector loses, then Tol's muted ones.
PALETTE = (
    *(BLUE, "#d55e00", "#009e73", "#cc79a7", ORANGE, SKY),
    *("#332288", "#882255", "#999933", "#000000", "#117733", "#8a8a8a"),
)
STYLE = {
    "font.family": USUAL,
    "font.size": 10.5,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,  # a class called "$5" is not a formula
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.color": GRID,
    "grid.linewidth": 0.9,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.solid_capstyle": "round",
    "savefig.bbox": None,
    "svg.hashsalt": "textclf",
}
DPI = 150
PADDING = 0.22  # inches around everything
TITLE_HEIGHT = 0.68  # inches for the title and its subtitle

# The formats of a picture, each with the metadata to leave out: the time of drawing.
FORMATS: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def styled(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Run a function under STYLE, whatever a user's matplotlibrc says."""

    @wraps(function)
    def in_style(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        from matplotlib import rc_context

        with rc_context(STYLE), quiet_fonts():
            return function(*args, **kwargs)

    return in_style


def new_axes() -> Axes:
    """Empty axes on a new figure, which needs neither pyplot nor a display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure.add_axes((0.1, 0.1, 0.8, 0.8))


def fit_canvas(axes: Axes, width: float, height: float, title: str, subtitle: str) -> Figure:
    """Size the figure so that every label around axes of a given size (inches) fits."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    words = _write_title(figure, title, subtitle)
    _choose_fonts(figure)
    _place(axes, width, height, (1.0, 1.0, 1.0, 1.0))
    left, bottom, right, top = (margin + PADDING for margin in _margins(axes))
    widest = max(word.get_window_extent().width / figure.dpi for word in words)
    wanted = min(widest, 9.0) + 2 * PADDING  # a narrow matrix still has room for its title
    right += max(0.0, wanted - left - width - right)
    _place(axes, width, height, (left, bottom, right, top + TITLE_HEIGHT))
    figure_width, figure_height = figure.get_size_inches()
    for word, inches_down in zip(words, (PADDING, PADDING + 0.36), strict=True):
        word.set_position((PADDING / figure_width, 1 - inches_down / figure_height))
        _shorten_to(word, (figure_width - 2 * PADDING) * figure.dpi)
    return figure


def _choose_fonts(figure: Figure) -> None:
    """Add fonts for the signs that the usual one lacks; warn of those that none has."""
    from matplotlib.text import Text

    texts = figure.findobj(Text)
    signs = unusual_signs(text.get_text() for text in texts)
    if not signs:
        return
    families, missing = find_families(signs)
    for text in texts:
        text.set_fontfamily([USUAL, *families])
    if missing:
        _warn_once(describe_missing(missing))


@lru_cache
def _warn_once(message: str) -> None:
    warnings.warn(message, TextclfWarning, stacklevel=4)


def _place(
    axes: Axes, width: float, height: float, margins: tuple[float, float, float, float]
) -> None:
    left, bottom, right, top = margins
    full_width, full_height = left + width + right, bottom + height + top
    axes.figure.set_size_inches(full_width, full_height)  # type: ignore[union-attr]
    axes.set_position(
        (left / full_width, bottom / full_height, width / full_width, height / full_height)
    )


def _margins(axes: Axes) -> tuple[float, float, float, float]:
    """How far labels extend beyond the axes at the left, bottom, right and top, in inches."""
    figure = axes.figure
    outer = axes.get_tightbbox(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    inner = axes.get_window_extent()
    assert outer is not None
    sides = (inner.x0 - outer.x0, inner.y0 - outer.y0, outer.x1 - inner.x1, outer.y1 - inner.y1)
    left, bottom, right, top = (max(0.0, side) / figure.dpi for side in sides)
    return left, bottom, right, top


def _write_title(figure: Figure, title: str, subtitle: str) -> tuple[Text, Text]:
    return (
        figure.text(0, 1, one_line(title), va="top", size=15, weight="bold"),
        figure.text(0, 1, one_line(subtitle), va="top", size=10, color=GREY),
    )


def _shorten_to(word: Text, pixels: float) -> None:
    length = len(word.get_text())
    while length > 8 and word.get_window_extent().width > pixels:
        length -= 1
        word.set_text(shortened_inside(word.get_text(), length))


def number(value: float) -> str:
    """A score for people to read: 0.785, 12.346, 1,234."""
    if 0.001 <= abs(value) < 1000 or value == 0:
        return f"{value:.3f}"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.2e}"


def name_ticks(axis: Axis) -> None:
    """Label the ticks of a linear axis with commas, and the decimals that their step needs."""
    ticks = axis.get_majorticklocs()
    step = min(abs(b - a) for a, b in pairwise(ticks)) if len(ticks) > 1 else 1.0
    decimals = next((d for d in range(7) if math.isclose(round(step, d), step)), 7)
    is_huge = max(map(abs, ticks), default=0) >= 1e7
    axis.set_major_formatter(
        lambda value, _: f"{value:,.{decimals}f}" if not is_huge else f"{value:.3g}"
    )


@styled
def save_figure(figure: Figure, path: Path) -> None:
    """Write the picture completely or not at all; the same picture always gives the same bytes.

    Args:
        figure: what a draw function has returned.
        path: a file with a suffix of FORMATS (none: png); its folder is created.
    """
    file_format = path.suffix[1:].lower() or "png"
    with writing(path) as unfinished:
        figure.savefig(unfinished, format=file_format, metadata=FORMATS[file_format])
