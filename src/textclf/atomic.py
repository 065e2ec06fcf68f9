"""Files that are either as before or complete, never in between."""

import contextlib
import errno
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textclf.errors import ResourceError


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to, which takes `path`'s place once the block is done.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written.
    """
    # A prefix rather than a suffix: Keras, NumPy and Matplotlib choose a format by the suffix.
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def is_temporary(path: Path) -> bool:
    """Whether a file is one that `writing` was writing to when its process was killed."""
    return re.fullmatch(r"\.\d+-.+", path.name) is not None


def cannot_write(path: Path, error: OSError) -> ResourceError:
    """The error for a file or folder that the system refuses to write."""
    reason = (error.strerror or str(error)).lower()
    return ResourceError(f"{path}: cannot be written: {reason}; make room or choose another folder")


def append_line(path: Path, line: str) -> None:
    """Add a line, in one write: a process that is killed leaves the whole line or none.

    Raises:
        ResourceError: the disk is full; what was written of the line is taken back.
    """
    content = line.encode("utf-8")
    try:
        with path.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                if file.write(content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise cannot_write(path, error) from error


def write_text(path: Path, text: str) -> None:
    with writing(path) as temporary:
        # backslashreplace: a file's name can hold bytes that are no text.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def write_json(path: Path, content: dict[str, Any]) -> None:
    # allow_nan=False: NaN is no JSON, and no other program would read it.
    write_text(path, json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
