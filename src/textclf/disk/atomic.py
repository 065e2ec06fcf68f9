"""Files that are either as before or complete, never in between."""

import contextlib
import errno
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from secrets import token_hex
from typing import Any

from textclf.errors import ResourceError

try:
    import fcntl
except ImportError:  # Windows, where leftovers stay
    fcntl = None  # type: ignore[assignment]

TEMPORARY = re.compile(r"\.(tmp-[0-9a-f]{16}|\d+)-.+", re.DOTALL)  # earlier versions: a process id
DRAFTS = (".new-", ".export-")  # folders of drafts
LEFTOVER = re.compile(r"\.tmp-[0-9a-f]{16}-.+|\.(new|export)-[a-z0-9_]{8}", re.DOTALL)
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
    temporary, owner = None, None
    try:
        _refuse_special(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        temporary, owner = _new_file_beside(path)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        if owner is not None:
            os.close(owner)


def _refuse_special(path: Path) -> None:
    """Refuse to replace a device or pipe, such as /dev/null, or what leads to one."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OSError(errno.EINVAL, "not a file")


def _new_file_beside(path: Path) -> tuple[Path, int]:
    """An empty file of its own, and what holds it until it is closed."""
    while True:
        # A prefix rather than a suffix: Keras, NumPy and Matplotlib choose a format by the suffix.
        temporary = path.with_name(f".tmp-{token_hex(8)}-{path.name}")
        with contextlib.suppress(FileExistsError):
            owner = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            if _hold(owner):
                return temporary, owner
            os.close(owner)  # it was swept before it was held


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
        sweep(path.parent)
        with new_folder(path.parent, ".export-") as folder:
            yield folder
    except OSError as error:
        raise cannot_write(path, error) from error


@contextlib.contextmanager
def new_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder of a name that cannot be predicted, removed unless it was renamed.

    Args:
        prefix: one of DRAFTS, by which `sweep` finds it if this process is killed.

    Raises:
        OSError: it cannot be made.
    """
    folder, owner = _new_held_folder(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if owner is not None:
            os.close(owner)


def _new_held_folder(parent: Path, prefix: str) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        if fcntl is None:
            return folder, None
        with contextlib.suppress(FileNotFoundError):  # it was swept before it was held
            owner = os.open(folder, os.O_RDONLY)
            if _hold(owner):
                return folder, owner
            os.close(owner)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left in a folder: half a file, a folder of drafts.

    Whatever a living process writes is held by it, and stays.
    """
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if LEFTOVER.fullmatch(path.name)]:
            _remove_if_left(path)


def _remove_if_left(path: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | OWN_FILE_ONLY)
        try:
            if not _hold(handle, if_unknown=False):
                return
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        finally:
            os.close(handle)


def _hold(descriptor: int, if_unknown: bool = True) -> bool:
    """Hold a file or folder until it is closed, or the process dies; False: another does.

    Args:
        if_unknown: the answer on a file system without locks, where nothing is ever swept.
    """
    if fcntl is None:
        return if_unknown
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return if_unknown
    return os.fstat(descriptor).st_nlink > 0


def cannot_write(path: Path, error: OSError) -> ResourceError:
    """The error for a file or folder that the system refuses to write."""
    reason = (error.strerror or str(error)).lower()
    return ResourceError(f"{path}: cannot be written: {reason}; make room or choose another folder")


def append_line(path: Path, line: str, is_synced: bool = False) -> None:
    """Add a line, in one write: a process that is killed leaves the whole line or none.

    Args:
        is_synced: whether the line is on the disk, not only on its way, when this returns.

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
            if is_synced:
                os.fsync(file.fileno())
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
