"""The progress of a command that works through several runs, on standard error."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from textclf.cli.output import say
from textclf.wording import one_line

FEW = 3  # runs that need no progress


@contextlib.contextmanager
def show_steps(verb: str, steps: int, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yields what is to be called with the name of each run before it is worked on.

    A live line if standard error is a terminal, a line for each run if not.
    """
    if quiet or steps <= FEW:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _live(verb, steps) as step:
            yield step
    else:
        done = iter(range(1, steps + 1))
        yield lambda name: say(f"{verb} {next(done, steps)}/{steps}  {name}", err=True)


@contextlib.contextmanager
def _live(verb: str, steps: int) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn(verb),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=steps)
        started = iter(range(steps))
        yield lambda name: progress.update(
            task, description=one_line(name), completed=next(started, steps)
        )
