"""textclf's command line in a process of its own, forked from one that has imported TensorFlow.

The import is most of what a small training takes. Tests of the import itself, of the environment
that it reads and of limits that a shell sets start `python -m textclf` instead.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from textclf.sweep.children import process_context


class Textclf:
    """What the tests use of `subprocess.Popen`; its output is read while it runs.

    Args:
        arguments: of the command line.
        cwd: the folder it runs in, by default that of this process.
        env: its environment, by default that of this process.
    """

    def __init__(
        self, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        context = process_context()
        pipes = [context.Pipe(duplex=False) for _ in ("stdout", "stderr")]
        self._process = context.Process(
            target=_run,
            args=(
                ["textclf", *map(str, arguments)],
                str(cwd or Path.cwd()),
                dict(os.environ if env is None else env),
                [theirs for _, theirs in pipes],
            ),
        )
        self._process.start()
        self._outputs = [Output(ours) for ours, _ in pipes]
        for _, theirs in pipes:
            theirs.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Minus the number of the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("textclf", timeout or 0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it, and whatever it started, wrote to standard output and standard error."""
        self.wait(timeout)
        output, errors = (stream.text() for stream in self._outputs)
        return output, errors

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Output(threading.Thread):
    """Reads a pipe to its end."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._content = b""
        self.start()

    def run(self) -> None:
        with os.fdopen(os.dup(self._pipe.fileno()), "rb") as file:
            self._pipe.close()
            self._content = file.read()

    def text(self) -> str:
        self.join()
        return self._content.decode()


def textclf(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end, in a process of its own."""
    process = Textclf(*arguments)
    output, errors = process.communicate()
    return subprocess.CompletedProcess(["textclf", *arguments], process.wait(), output, errors)


def _run(
    arguments: list[str], cwd: str, env: dict[str, str], outputs: list[Connection]
) -> NoReturn:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for stream, pipe in enumerate(outputs, start=1):
        os.dup2(pipe.fileno(), stream)
        pipe.close()
    sys.argv = arguments
    from textclf.__main__ import run

    run()
