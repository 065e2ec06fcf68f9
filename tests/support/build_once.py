"""Folders that are built once for all processes of pytest-xdist."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def build_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]
) -> Path:
    """The folder `name`, to be read only; filled by the process that asks for it first."""
    root = tmp_path_factory.getbasetemp()
    if root.name.startswith("popen-"):  # a process of pytest-xdist; the others' stand beside it
        root = root.parent
    folder, built = root / name, root / f"{name}.built"
    with FileLock(root / f"{name}.lock"):
        if not built.exists():
            build(folder)
            built.touch()
    return folder
