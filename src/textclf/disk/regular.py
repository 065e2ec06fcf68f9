"""Regular files of bounded size: nothing else is opened, and no opening or reading waits."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)  # Windows has neither
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_regular(path: Path, largest: int, follow_links: bool = False) -> BufferedReader:
    """Open a file to read its bytes.

    Args:
        largest: bytes that it may have.
        follow_links: whether a symbolic link to a file will do, as for a user's data; a run's
            own files are not links.

    Raises:
        OSError: there is no such file, it is of another kind, too large or unreadable; its
            `strerror` says which.
        ValueError: the path holds a null character.
    """
    look = os.stat if follow_links else os.lstat
    _refuse_kind(look(path).st_mode, path)  # before opening: some devices act on it
    flags = NO_WAITING | (0 if follow_links else NO_LINK)
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | flags))  # noqa: SIM115
    try:
        state = os.fstat(file.fileno())
        _refuse_kind(state.st_mode, path)
        if state.st_size > largest:
            raise _too_large(path, largest)
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: Path, largest: int, follow_links: bool = False) -> bytes:
    """The content of a file; for arguments and errors see `open_regular`."""
    with open_regular(path, largest, follow_links) as file:
        content = file.read(largest + 1)  # some files, such as those in /proc, hide their size
    if len(content) > largest:
        raise _too_large(path, largest)
    return content


def _refuse_kind(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"{kind}, not a file", str(path))


def _too_large(path: Path, largest: int) -> OSError:
    return OSError(errno.EFBIG, f"larger than {largest:,} bytes", str(path))
