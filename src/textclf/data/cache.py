"""textclf's own cache of converted data: flat arrays without pickles, read in milliseconds."""

import contextlib
import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textclf.data.files import MOST_BYTES
from textclf.disk.atomic import is_temporary, sweep, writing
from textclf.disk.regular import open_regular
from textclf.errors import ResourceError

FORMAT = 2  # part of each file's name: raise it whenever what is written changes
OWN_NAME = re.compile(r"[a-z]+-[0-9a-f]{16}-v[0-9]+\.npz")

Arrays = dict[str, np.ndarray]


def cache_dir() -> Path:
    """`$TEXTCLF_CACHE_DIR`, else the user's cache folder."""
    named = os.environ.get("TEXTCLF_CACHE_DIR")
    if named:
        return Path(named)
    import platformdirs  # late: not needed by commands that read no data

    return platformdirs.user_cache_path("textclf", appauthor=False)


def cached(name: str, key: str, fields: Sequence[str], build: Callable[[], Arrays]) -> Arrays:
    """Arrays from the cache; if they are missing or damaged, built and, if possible, saved.

    Args:
        name: what is cached; first part of the file's name.
        key: identifies the source, in hexadecimal digits (its SHA-256).
        fields: the names of the arrays.
        build: makes the arrays from scratch.
    """
    path = cache_dir() / f"{name}-{key[:16]}-v{FORMAT}.npz"
    arrays = _read(path, fields)
    if arrays is None:
        arrays = build()
        _write(path, arrays)
    return arrays


def _read(path: Path, fields: Sequence[str]) -> Arrays | None:
    # Uncompressed, but not mapped into memory: reading checks the archive's CRC-32, so that a
    # damaged file is noticed, and still takes only 25 ms for the 47 MB of imdb.
    try:
        with open_regular(path, MOST_BYTES) as stored, np.load(stored, allow_pickle=False) as file:
            return {field: file[field] for field in fields}
    except Exception:  # missing or damaged in any way: build it again
        return None


def _write(path: Path, arrays: Arrays) -> None:
    # With a full disk or an unwritable folder, it is built again next time.
    with contextlib.suppress(ResourceError), writing(path) as part:
        np.savez(part, allow_pickle=False, **arrays)


@dataclass(frozen=True)
class CachedFile:
    """A file of the cache.

    Args:
        n_bytes: its size.
        is_complete: False for what a killed process left, or another is writing.
    """

    path: Path
    n_bytes: int
    is_complete: bool


def list_cache() -> list[CachedFile]:
    """What the cache holds, by name; files of other programs in its folder are left out.

    Raises:
        ResourceError: the folder cannot be read.
    """
    folder = cache_dir()
    try:
        entries = sorted(folder.iterdir())
        states = [(path, path.lstat()) for path in entries]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ResourceError(f"{folder}: cannot be read: {error.strerror}") from error
    return [
        CachedFile(path, state.st_size, not is_temporary(path))
        for path, state in states
        if stat.S_ISREG(state.st_mode) and (OWN_NAME.fullmatch(path.name) or _is_part(path))
    ]


def _is_part(path: Path) -> bool:
    return is_temporary(path) and path.suffix == ".npz"


def clear_cache() -> list[CachedFile]:
    """Remove what the cache holds, except what a living process is writing.

    Returns:
        The files that were removed.

    Raises:
        ResourceError: a file cannot be removed.
    """
    found = list_cache()
    sweep(cache_dir())
    for file in found:
        # Parts of earlier versions cannot be held by a process; sweeping removed the others.
        if not file.path.name.startswith(".tmp-"):
            try:
                file.path.unlink(missing_ok=True)
            except OSError as error:
                raise ResourceError(f"{file.path}: cannot be removed: {error.strerror}") from error
    kept = set(list_cache())
    return [file for file in found if file not in kept]
