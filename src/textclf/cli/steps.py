"""The progress of a command that works through several runs, on standard error."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from textclf.cli.output import say
from textclf.wording import one_line

FEW = 3  # steps that need no progress

Progress = Callable[[int, int, str], None]  # steps done, of all, and what the next one does


@contextlib.contextmanager
def show_steps(quiet: bool) -> Iterator[Progress]:
    """A live line if standard error is a terminal, a line for each step if not."""
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _live() as show:
            yield show
    else:
        yield _print


def _print(done: int, total: int, what: str) -> None:
    if total > FEW:
        say(f"{done + 1}/{total}  {what}", err=True)


@contextlib.contextmanager
def _live() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )
    task = bar.add_task("", visible=False)

    def show(done: int, total: int, what: str) -> None:
        bar.update(
            task, completed=done, total=total, description=one_line(what), visible=total > FEW
        )

    with bar:
        yield show
