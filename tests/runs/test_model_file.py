"""A .keras file that unpacks to far more than its model is refused before it is unpacked."""

import os
import zipfile
from pathlib import Path

import pytest

from textclf.runs.model_file import open_model_file


def test_a_model_of_fair_size_is_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as file:
        file.writestr("model.weights.h5", bytes(1000))
    with open_model_file(tmp_path / "a", 100) as archive:
        assert archive.read("model.weights.h5") == bytes(1000)


def pack(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.weights.h5", bytes(20_000_000))


def spread(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(20):
            file.writestr(f"{number}", bytes(1_000_000))


def stretch(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)


@pytest.mark.parametrize("make", [pack, spread, stretch, os.mkfifo, Path.mkdir, Path.touch])
def test_a_bomb_or_another_thing_is_refused(tmp_path: Path, make) -> None:
    make(tmp_path / "a")
    with (
        pytest.raises((OSError, ValueError, zipfile.BadZipFile)),
        open_model_file(tmp_path / "a", 100),
    ):
        pass
