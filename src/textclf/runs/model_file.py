"""A run's .keras file, opened with suspicion: an archive that does not unpack to far more."""

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from textclf.disk.regular import open_regular


@contextlib.contextmanager
def open_model_file(path: Path, n_bytes: int) -> Iterator[zipfile.ZipFile]:
    """Open a .keras file.

    Args:
        n_bytes: of the model's weights.

    Raises:
        OSError: it is missing or not a file.
        ValueError, zipfile.BadZipFile: it is larger than weights, gradients' moments and a config,
            or not an archive.
    """
    most = 10 * n_bytes + 10_000_000
    with open_regular(path, most) as file, zipfile.ZipFile(file) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > most:
            raise ValueError(f"it unpacks to {unpacked:,} bytes, the model has {most:,} at most")
        yield archive
