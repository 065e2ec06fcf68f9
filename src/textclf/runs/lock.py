"""A run's lock: held by the one process that writes the run, and released when it ends."""

from __future__ import annotations

import contextlib
import errno
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.disk.atomic import cannot_write
from textclf.errors import RunError

if TYPE_CHECKING:
    from filelock import BaseFileLock


class RunLock:
    """An advisory lock on a file in a run's folder; that the file exists means nothing.

    Args:
        run: the run's folder.
        file: another for what is written independently of the rest.
    """

    def __init__(self, run: Path, file: str = ".lock") -> None:
        self.run = run
        self.file = file
        self._held: BaseFileLock | None = None
        self._blocks = 0  # that hold the lock, one inside the other

    @property
    def is_held(self) -> bool:
        """Whether it is held through this object."""
        return self._held is not None

    def acquire(self) -> None:
        """Take the lock, at once or not at all.

        Raises:
            RunError: another process holds it.
            ResourceError: the folder cannot be written.
        """
        from filelock import FileLock, Timeout

        path = self.run / self.file
        lock = FileLock(path, thread_local=False)
        try:
            _refuse_others_file(path)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"{self.run}: in use: another process is writing this run; try again when it has "
                "ended"
            ) from error
        except OSError as error:
            raise cannot_write(path, error) from error
        self._held = lock

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock, acquired already or not; the outermost block releases it.

        Raises:
            RunError: another process holds it.
            ResourceError: the folder cannot be written.
        """
        if not self.is_held:
            self.acquire()
        self._blocks += 1
        try:
            yield
        finally:
            self._blocks -= 1
            if not self._blocks:
                self.release()

    def release(self) -> None:
        if self._held is not None:
            self._held.release(force=True)
            self._held = None

    def is_free(self) -> bool:
        """Whether no process holds it; False where that cannot be found out."""
        if self.is_held:
            return False
        if not (self.run / self.file).exists():
            return True
        probe = RunLock(self.run, self.file)
        try:
            probe.acquire()
        except Exception:
            return False
        probe.release()
        return True


def _refuse_others_file(path: Path) -> None:
    """Refuse a lock file that may be another file, too: taking the lock may empty it."""
    with contextlib.suppress(FileNotFoundError):
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_nlink > 1:
            raise OSError(errno.EINVAL, "a link, or not a file, is in its place; remove it")
