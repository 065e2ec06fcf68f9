"""The coordinator's own worker: a process that is started again whenever it dies."""

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

from textclf.errors import ResourceError
from textclf.sweep.children import PATIENCE
from textclf.sweep.post import Post
from textclf.wording import one_line

MOST_FAILURES = 3  # one after the other
USEFUL = 10.0  # seconds of a worker's life after which its start was not in vain
# The worker imports what the coordinator imports, whatever its working directory holds.
START = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # for all processes below, too
sys.path[:] = {path!r}
from textclf.sweep.children import start_forking
start_forking()
from textclf.sweep.worker import work_for_parent
work_for_parent()
"""


class OwnWorker:
    """A worker process on this machine, with its trials' processes below it.

    It imports what it needs at once, and works when it knows where.

    Args:
        fail: gets the error that ends the attempts to start it.
    """

    def __init__(self, fail: Callable[[Exception], None]) -> None:
        self.slots = 0
        self._fail = fail
        self._is_closing = False
        self._lock = threading.Lock()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        self._process = self._start()

    def begin(self, post: Post) -> None:
        """Have it work, and start it again whenever it dies."""
        self.slots = post.slots
        self._post = post
        self._send_post(self._process)
        threading.Thread(target=self._keep_alive, name="own worker", daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", START.format(path=sys.path)],
            stdin=subprocess.PIPE,  # its end is the worker's, too
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
        )

    def _send_post(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin:
            with contextlib.suppress(OSError):  # it has died already
                process.stdin.write(self._post.to_json().encode() + b"\n")
                process.stdin.flush()

    def _keep_alive(self) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            self._process.wait()
            self._end_input()
            failures = failures + 1 if time.monotonic() < started + USEFUL else 0
            with self._lock:
                if self._is_closing:
                    return
                if failures >= MOST_FAILURES:
                    break
                self._process = self._start()
                self._send_post(self._process)
        self._fail(ResourceError(f"the process that watches the trials dies: {self._last_words()}"))

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return one_line(next((line for line in reversed(lines) if line.strip()), "without a word"))

    def kill(self, process_id: int) -> None:
        """Make sure that a worker is dead which was given up: its trials are ordered again."""
        with self._lock:
            if self._process.pid == process_id and not self._is_closing:
                self._process.kill()

    def close(self) -> None:
        """End it; it ends its trials first."""
        with self._lock:
            self._is_closing = True
        self._end_input()
        try:
            self._process.wait(PATIENCE + 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _end_input(self) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
