"""Tables on standard output: on a terminal no wider than its lines, elsewhere as wide as needed."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from textclf.wording import printable

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


def line_length() -> int | None:
    """Columns of the terminal that is printed to; None if it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a line for each row; columns that are all empty are left out.

    Where there is no room, columns are left out by their rank, then the first cells shortened.
    """
    rows = [[(printable(text), color) for text, color in row] for row in rows]
    widths, shown = _measure(columns, rows)
    room = line_length()
    while room is not None and _total(widths, shown) > room:
        last = max(shown, key=lambda place: columns[place].rank)
        if columns[last].rank == 0:
            widths[0] = max(SHORTEST, widths[0] - (_total(widths, shown) - room))
            break
        shown.remove(last)
    click.echo(_line([(column.title, None) for column in columns], columns, widths, shown, True))
    for row in rows:
        click.echo(_line(row, columns, widths, shown))


def print_wide_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table whose columns go on in another below it, where there is no room for all.

    Each has the first column.
    """
    first = 1
    while first < len(columns):
        last = _last_that_fits(columns, rows, first)
        if first > 1:
            click.echo()
        print_table(*_part(columns, rows, first, last))
        first = last


def _last_that_fits(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], first: int) -> int:
    room = line_length()
    for last in range(len(columns), first + 1, -1):
        if room is None or _total(*_measure(*_part(columns, rows, first, last))) <= room:
            return last
    return first + 1


def _part(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], first: int, last: int
) -> tuple[list[Column], list[list[Cell]]]:
    """The first column, and those from `first` to before `last`."""
    cut = [[row[0], *row[first:last]] for row in rows]
    return [columns[0], *columns[first:last]], cut


def _measure(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> tuple[list[int], list[int]]:
    """The widths of all columns, and the places of those that are not empty."""
    widths = [max(cell_width(row[place][0]) for row in rows) for place in range(len(columns))]
    shown = [place for place, width in enumerate(widths) if width]
    titled = zip(widths, columns, strict=True)
    return [max(width, cell_width(column.title)) for width, column in titled], shown


def _total(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[place] for place in shown) + len(GAP) * (len(shown) - 1)


def _line(
    cells: Sequence[Cell],
    columns: Sequence[Column],
    widths: Sequence[int],
    shown: Sequence[int],
    is_title: bool = False,
) -> str:
    words = []
    for place in shown:
        text, color = cells[place]
        text = text if place else fitted(text, widths[0])
        space = " " * (widths[place] - cell_width(text))
        is_plain = (color is None and not is_title) or "NO_COLOR" in os.environ
        styled = text if is_plain else click.style(text, fg=color, bold=is_title)
        words.append(space + styled if columns[place].is_number else styled + space)
    return GAP.join(words).rstrip()


def cell_width(text: str) -> int:
    """Columns that a text takes on a terminal; a Chinese sign takes two."""
    from rich.cells import cell_len

    return cell_len(text)


def fitted(text: str, width: int) -> str:
    """The text with its middle left out, where it is wider than that."""
    if cell_width(text) <= width:
        return text
    head, tail = text, ""
    while cell_width(head) + cell_width(tail) + 1 > width:
        head, tail = head[:-1], text[-len(tail) - 1 :] if len(tail) < width // 3 else tail
    return f"{head}…{tail}"
