"""Standard streams that are closed, full, or no longer read."""

import contextlib
import os
import sys

NAMES = {"stdout": "standard output", "stderr": "standard error"}


def open_missing() -> None:
    """Open what was closed when the process began (`>&-`), so that no other file takes its place.

    What is written there is lost, as the user asked.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
    for name in NAMES:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def flush() -> None:
    """Write what is still in memory.

    Raises:
        OSError: a stream is full, or its reader is gone.
    """
    for name in NAMES:
        getattr(sys, name).flush()


def drop_unwritten() -> str | None:
    """Give up what a stream does not take, so that Python does not try again when it exits.

    Returns:
        The stream's name; None: both take everything.
    """
    dropped = None
    for name, words in NAMES.items():
        stream = getattr(sys, name)
        try:
            stream.flush()
        except OSError:
            dropped = dropped or words
            with contextlib.suppress(OSError):  # a stream without a descriptor, of a test
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return dropped
