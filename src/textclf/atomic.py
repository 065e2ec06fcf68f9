"""Files that are either as before or complete, never in between."""

import contextlib
import errno
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from secrets import token_hex
from typing import Any

from textclf.errors import ResourceError

TEMPORARY = re.compile(r"\.(tmp-[0-9a-f]{16}|\d+)-.+", re.DOTALL)  # earlier versions: a process id
# A planted link is not followed; opening a FIFO does not wait. Windows has neither.
OWN_FILE_ONLY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """An empty file beside `path` to write to, which replaces `path` once the block is done.

    Its name cannot be predicted, so that nobody can plant a link in its place. A link in `path`'s
    own place is replaced too; what it points to stays as it is.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written.
    """
    temporary = None
    try:
        _refuse_special(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _new_file_beside(path)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _refuse_special(path: Path) -> None:
    """Refuse to replace a device or pipe, such as /dev/null, or what leads to one."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OSError(errno.EINVAL, "not a file")


def _new_file_beside(path: Path) -> Path:
    while True:
        # A prefix rather than a suffix: Keras, NumPy and Matplotlib choose a format by the suffix.
        temporary = path.with_name(f".tmp-{token_hex(8)}-{path.name}")
        with contextlib.suppress(FileExistsError):
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            return temporary


def is_temporary(path: Path) -> bool:
    """Whether a file is one that `writing` was writing to when its process was killed."""
    return TEMPORARY.fullmatch(path.name) is not None


@contextlib.contextmanager
def drafting(path: Path) -> Iterator[Path]:
    """A folder beside `path` for several files; it vanishes with whatever was not moved out.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> ResourceError:
    """The error for a file or folder that the system refuses to write."""
    reason = (error.strerror or str(error)).lower()
    return ResourceError(f"{path}: cannot be written: {reason}; make room or choose another folder")


def append_line(path: Path, line: str) -> None:
    """Add a line, in one write: a process that is killed leaves the whole line or none.

    Raises:
        ResourceError: the disk is full, and what was written of the line is removed again; and as
            `open_to_append`.
    """
    content = line.encode("utf-8")
    with open_to_append(path) as file:
        before = file.seek(0, os.SEEK_END)
        try:
            if file.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            file.truncate(before)
            raise cannot_write(path, error) from error


def open_to_append(path: Path) -> FileIO:
    """Open a file to add to its end, unbuffered.

    A file with other names (hard links) is replaced by a copy first: they stay as they are.

    Raises:
        ResourceError: it cannot be written; or a symbolic link, or something other than a file, is
            in the file's place.
    """
    try:
        _give_a_copy_of_its_own(path)
        return open(path, "ab", buffering=0, opener=_open_own_file)
    except OSError as error:
        raise cannot_write(path, error) from error


def _give_a_copy_of_its_own(path: Path) -> None:
    try:
        state = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(state.st_mode):
        raise OSError(errno.ELOOP, "a symbolic link is in its place")
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "not a file")
    if state.st_nlink > 1:
        with writing(path) as temporary:
            temporary.write_bytes(path.read_bytes())


def _open_own_file(path: str, flags: int) -> int:
    """As `open` does, but of a link planted since the check nothing is opened."""
    return os.open(path, flags | OWN_FILE_ONLY, 0o666)


def write_text(path: Path, text: str) -> None:
    with writing(path) as temporary:
        # backslashreplace: a file's name can hold bytes that are not text.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def write_json(path: Path, content: dict[str, Any]) -> None:
    # allow_nan=False: NaN is not JSON, and other programs would not read it.
    write_text(path, json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | OWN_FILE_ONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
