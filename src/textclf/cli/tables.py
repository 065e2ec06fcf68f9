"""Tables on standard output: on a terminal no wider than its lines, elsewhere as wide as needed."""

import math
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import click

from textclf.wording import printable, shortened_inside

GAP = "  "
SHORTEST = 8  # characters that a shortened first cell keeps at least


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        rank: the highest is left out first where there is no room; 0: never.
    """

    title: str
    rank: int = 0
    is_number: bool = False


Cell = tuple[str, str | None]  # its text, and click's name of its colour


@dataclass(frozen=True)
class Filled:
    """A column with its cells, and the terminal's columns that they take."""

    column: Column
    cells: list[Cell]
    width: int

    def lines(self) -> Iterator[str]:
        """The title and each cell, all of the same width."""
        yield self._line(self.column.title, bold=True)
        for text, color in self.cells:
            yield self._line(text, color)

    def _line(self, text: str, color: str | None = None, bold: bool = False) -> str:
        text = shortened_inside(text, self.width, cell_width)
        space = " " * (self.width - cell_width(text))
        is_plain = not (color or bold) or "NO_COLOR" in os.environ
        styled = text if is_plain else click.style(text, fg=color, bold=bold or None)
        return space + styled if self.column.is_number else styled + space


def line_length() -> float:
    """Columns of the terminal that is printed to; infinite if it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Print a line for each row; columns that are all empty are left out.

    Where there is no room, columns are left out by their rank, then the first cells shortened.

    Returns:
        The titles of the columns that found no room.
    """
    return _print(_fill(columns, rows))


def print_wide_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table; columns that find no room continue in another table below it.

    Each has the first column.
    """
    first, *others = _fill(columns, rows)
    while others:
        fitting = (n for n in range(len(others), 1, -1) if _excess([first, *others[:n]]) <= 0)
        n = next(fitting, 1)
        _print([first, *others[:n]])
        others = others[n:]
        if others:
            click.echo()


def _fill(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[Filled]:
    """The columns that have a text in some row."""
    filled = []
    for column, *cells in zip(columns, *rows, strict=True):
        texts = [printable(text) for text, _ in cells]
        if any(texts):
            width = max(map(cell_width, (column.title, *texts)))
            colors = (color for _, color in cells)
            filled.append(Filled(column, list(zip(texts, colors, strict=True)), width))
    return filled


def _print(shown: list[Filled]) -> list[str]:
    left_out = []
    while (excess := _excess(shown)) > 0:
        last = max(shown, key=lambda filled: filled.column.rank)
        if last.column.rank == 0:
            shown[0] = replace(shown[0], width=int(max(SHORTEST, shown[0].width - excess)))
            break
        shown.remove(last)
        left_out.append(last.column.title)
    for cells in zip(*(filled.lines() for filled in shown), strict=True):
        click.echo(GAP.join(cells).rstrip())
    return left_out


def _excess(shown: Sequence[Filled]) -> float:
    """By how much lines are longer than there is room."""
    length = sum(filled.width for filled in shown) + len(GAP) * (len(shown) - 1)
    return length - line_length()


def cell_width(text: str) -> int:
    """Columns that a text takes on a terminal; a Chinese character takes two."""
    from rich.cells import cell_len  # late: 7 ms

    return cell_len(text)
