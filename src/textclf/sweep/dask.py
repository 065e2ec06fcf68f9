"""Dask `distributed`, set up for trials: quiet, encrypted, with nothing that is not needed."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from textclf.errors import ResourceError

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
    try:
        import cryptography  # noqa: F401
        import distributed
    except ImportError as error:
        raise ResourceError(
            f"textclf sweep needs further packages ({error}): pip install 'textclf[sweep]'"
        ) from error
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in SILENT:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return distributed


@contextlib.contextmanager
def settings() -> Iterator[None]:
    """Dask's settings are these in the block, whatever the user's files and environment say."""
    import dask

    with dask.config.set(SETTINGS):
        yield
