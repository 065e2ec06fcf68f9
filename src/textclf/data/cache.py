"""textclf's own cache of converted data: flat arrays without pickles, read in milliseconds."""

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from textclf.atomic import writing
from textclf.data.files import MOST_BYTES
from textclf.errors import ResourceError
from textclf.regular import open_regular

FORMAT = 1  # part of each file's name: raise it whenever what is written changes

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
