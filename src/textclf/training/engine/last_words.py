"""A line on the screen when native code or the system ends the process without one."""

import atexit
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

WITNESS = Path(__file__).with_name("witness.py")


class Witness:
    """A process beside this one; nothing inside can be sure to run when XLA leaves by `_exit`.

    Args:
        as_json: whether the command line's `--json` was given.
        is_silent: whether another process says why this one ended.
    """

    def __init__(self) -> None:
        self.as_json = False
        self.is_silent = False
        self.process: subprocess.Popen[bytes] | None = None
        self._tasks: list[dict[str, Any]] = []

    @contextlib.contextmanager
    def watching(self, log: Path, is_temporary: bool) -> Iterator[None]:
        """Print why, if the process dies inside the block.

        Args:
            log: where native code prints to meanwhile.
            is_temporary: whether it is to be removed after a death.
        """
        self._start()
        task = {
            "log": str(log.absolute()),
            "start": log.stat().st_size,
            "is_temporary": is_temporary,
            "as_json": self.as_json,
        }
        self._tasks.append(task)
        self._say(task)
        try:
            yield
        finally:
            self._tasks.pop()  # a block may lie in another
            self._say(self._tasks[-1] if self._tasks else None)

    def dismiss(self) -> None:
        """From here on, an end is one that is meant."""
        self._say(None)

    def _start(self) -> None:
        if self.process is not None or self.is_silent or not sys.executable:
            return
        import subprocess

        with contextlib.suppress(OSError):  # no memory or processes left: it must do without
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WITNESS)],
                stdin=subprocess.PIPE,
                stdout=None if self.as_json else subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is not for it
            )
            atexit.register(self._end)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self._forget)

    def _say(self, task: dict[str, Any] | None) -> None:
        if pipe := self._pipe:
            with contextlib.suppress(OSError):
                pipe.write(json.dumps(task).encode() + b"\n")
                pipe.flush()

    @property
    def _pipe(self) -> IO[bytes] | None:
        pipe = self.process.stdin if self.process else None
        return pipe if pipe and not pipe.closed else None

    def _end(self) -> None:
        if self.process is not None and self._pipe:
            self.process.communicate()

    def _forget(self) -> None:
        """In a forked process: it must not keep the pipe open whose end is the parent's death."""
        if pipe := self._pipe:
            pipe.close()


witness = Witness()
