"""The run of a command line: the one that is named, or the newest one, whose name is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.cli.output import note

if TYPE_CHECKING:
    from textclf.runs import RunFolder


def find_run(
    run: str | None, runs_dir: Path, suits: Callable[[RunFolder], bool] = lambda _: True
) -> RunFolder:
    """Find a run; of one that nobody named, the screen shows the name.

    Raises:
        RunError: there is no such run.
    """
    from textclf import runs

    found = runs.find_run(run, runs_dir, suits)
    if run is None:
        note(f"{found.path}: the newest finished run")
    return found
