"""Dask `distributed`, set up for trials: quiet, encrypted, with nothing that is not needed."""

import contextlib
import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textclf.disk.atomic import cannot_write, new_folder, sweep
from textclf.sweep.extra import import_extra, require

NEEDED = ("cryptography", "distributed")
SILENT = ("distributed", "tornado", "asyncio", "bokeh")
TTL = 30  # seconds without a sign of life after which a machine is given up
SETTINGS = {
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.tick.interval": "500ms",
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": f"{TTL}s",
    "distributed.diagnostics.nvml": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.allowed-failures": 0,  # the coordinator counts and orders again
    "distributed.scheduler.dashboard.status.task-stream-length": 0,
    "distributed.scheduler.dashboard.tasks.task-stream-length": 0,
    "distributed.scheduler.http.routes": [],
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-saturation": 1.0,  # an order waits here, not at a busy worker
    "distributed.scheduler.worker-ttl": f"{TTL}s",
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.use-file-locking": False,
}


def import_distributed() -> Any:
    """The package, silenced.

    Raises:
        ResourceError: it is not installed.
    """
    require(*NEEDED)
    distributed = import_extra("distributed")
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in SILENT:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return distributed


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder of this process's own, in which Dask's settings are these, whatever the user's say.

    It is gone after the block; what a killed process left is removed by the next.

    Raises:
        ResourceError: no folder can be written.
    """
    import dask

    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(new_folder(_parent(), ".new-"))
        except OSError as error:
            raise cannot_write(Path(tempfile.gettempdir()), error) from error
        stack.enter_context(dask.config.set({**SETTINGS, "temporary-directory": str(folder)}))
        yield folder


def _parent() -> Path:
    """In the user's cache folder, or where that cannot be written, among temporary files."""
    from platformdirs import user_cache_path

    parent = user_cache_path("textclf") / "sweeps"
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="textclf-"))
    sweep(parent)
    return parent


def without_web_server(kind: Any) -> Any:
    """A class of Dask's whose servers listen for each other alone, and import nothing new."""

    class Private(kind):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            paths = list(sys.path)
            super().__init__(*arguments, **keywords)
            sys.path[:] = paths  # Dask adds its folder of temporary files

        def start_http_server(self, *_arguments: Any, **_keywords: Any) -> None:
            """It would answer anybody."""

    return Private
