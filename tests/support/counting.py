"""What a function does, counted: for tests of speed that do not look at the clock."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_LISTS: list[list[str]] = []  # open files are noted in each


def count_calls(function: Callable[[], Any]) -> int:
    """How many functions written in Python run, a generator's steps counted one by one."""
    calls = 0

    def note(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """The paths of the files that are opened, in their order."""
    paths: list[str] = []
    _LISTS.append(paths)
    try:
        yield paths
    finally:
        _LISTS.remove(paths)


def _note_open(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _LISTS:
        for paths in _LISTS:
            paths.append(str(arguments[0]))


sys.addaudithook(_note_open)
