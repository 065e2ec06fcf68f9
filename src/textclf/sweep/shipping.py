"""Run folders on their way from the machine that trained them to the coordinator's."""

import io
import zipfile
from pathlib import Path

from textclf.disk.atomic import cannot_write, is_temporary, new_folder

LOCK = ".lock"


def pack(folder: Path) -> bytes:
    """A run's files in one piece; '' if there is no such folder."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:  # models hardly shrink: stored as they are
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != LOCK and not is_temporary(path):
                archive.write(path, path.relative_to(folder))
    return content.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Put a run's files in a folder, complete when it appears, in place of what was there.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written.
    """
    try:
        with new_folder(folder.parent, ".new-") as draft, new_folder(folder.parent, ".new-") as old:
            draft.chmod(0o755)
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(draft)  # which no name in it leads out of
            if folder.exists():
                folder.rename(old / folder.name)
            draft.rename(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
