"""The limits of containers on Linux: cgroups of version 1 and 2, nested ones too."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")
PERIOD = 100_000.0  # microseconds, in which a quota is used up, unless a file says another


def cgroups(controller: str) -> Iterator[tuple[Path, int]]:
    """The folder of this process's cgroup and of each above it, with the version: 1 or 2.

    Args:
        controller: 'memory' or 'cpu'.
    """
    for line in lines(OWN_CGROUPS):  # '0::/a/b' of version 2, '4:memory:/a/b' of version 1
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top, version = (CGROUP / controller, 1) if controllers else (CGROUP, 2)
        folder = top / path.lstrip("/")
        for place in (folder, *folder.parents):
            yield place, version
            if place == top:
                break


def granted_processors() -> float:
    """The processors whose time this process's cgroups grant, such as 1.5; infinite if all."""
    return min((_quota(*cgroup) for cgroup in cgroups("cpu")), default=math.inf)


def _quota(folder: Path, version: int) -> float:
    if version == 1:
        quota = number(folder / "cpu.cfs_quota_us", default=-1.0)  # -1: no limit
        period = number(folder / "cpu.cfs_period_us", default=PERIOD)
        return quota / period if quota > 0 and period > 0 else math.inf
    with contextlib.suppress(ValueError, IndexError, ZeroDivisionError):  # 'max 100000', no file
        words = lines(folder / "cpu.max")[0].split()
        return float(words[0]) / float(words[1])
    return math.inf


def number(path: Path, default: float) -> float:
    """The number in a file of the system, or the default: 'max', no such file."""
    with contextlib.suppress(ValueError, IndexError):
        return float(lines(path)[0])
    return default


def lines(path: Path) -> list[str]:
    """The lines of a file of the system; of one that cannot be read, none."""
    with contextlib.suppress(OSError, ValueError):
        return path.read_text(encoding="utf-8").splitlines()
    return []
