"""Runs and sweeps removed: whole ones, none that is in use, and nothing outside their folders."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from textclf.disk.atomic import cannot_write, new_folder
from textclf.errors import RunError
from textclf.runs.creation import FORMAT
from textclf.runs.folder import RunFolder
from textclf.runs.search import find_run
from textclf.runs.sweep import SweepFolder, find_sweep

Removable = RunFolder | SweepFolder


def find_removable(name: str, runs_dir: Path) -> Removable:
    """The run or the sweep in a folder, or with a name under `runs_dir`.

    Raises:
        RunError: there is none.
    """
    return find_sweep(name, runs_dir) or find_run(name, runs_dir)


def check_removable(run: Removable) -> None:
    """Refuse what is not the folder of a whole run or sweep.

    Raises:
        RunError: it is a link, a part of a run, damaged, or holds other runs.
    """
    path = run.path
    if path.is_symlink():
        raise RunError(f"{path}: a symbolic link, not a run; remove the link itself")
    whole = path.resolve().parent
    if (whole / "run.json").is_file():
        raise RunError(f"{path}: a part of the run {whole}; remove the whole run")
    if (whole / "sweep.json").is_file():
        raise RunError(f"{path}: a part of the sweep {whole}, which would train it again")
    if run.record.get("format") != FORMAT:
        raise RunError(f"{run.record_path}: not of a run of textclf; remove the folder yourself")
    others = {record.parent for record in path.glob("*/run.json")} - set(_parts(run))
    if others:
        raise RunError(f"{path}: holds other runs, such as {min(others)}; move them first")


def _parts(run: Removable) -> list[Path]:
    patterns = ["trial-*"] if isinstance(run, SweepFolder) else ["seed-*", "share-*", "fold-*"]
    return [path for pattern in patterns for path in run.path.glob(pattern)]


@contextlib.contextmanager
def unused(run: Removable) -> Iterator[None]:
    """Hold the locks of a run and of its parts; of a sweep, that of its coordinator.

    Raises:
        RunError: another process is writing the run.
        ResourceError: the folder cannot be written.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(run.lock.held())
        for part in () if isinstance(run, SweepFolder) else run.parts.values():
            held.enter_context(unused(part))
        yield


def remove_run(run: Removable) -> None:
    """Remove the folder of a run or a sweep; links in it are removed, what they point to stays.

    The run disappears at once: a process that is killed leaves no half of it.

    Raises:
        RunError: it is not the folder of a whole run or sweep, or another process is writing it.
        ResourceError: the folder cannot be removed.
    """
    check_removable(run)
    path = run.path.resolve()
    try:
        with unused(run), new_folder(path.parent, ".new-") as bin_:
            path.rename(bin_ / "run")
    except OSError as error:
        raise cannot_write(run.path, error) from error


def size_of(run: Removable) -> tuple[int, int]:
    """The number of a run's files, and their bytes."""
    walk = os.walk(run.path)
    files = [Path(folder, name) for folder, _, names in walk for name in names]
    return len(files), sum(file.lstat().st_size for file in files)
