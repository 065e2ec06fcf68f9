"""Converted arrays are kept, damaged ones made anew, and an unwritable cache is done without."""

from pathlib import Path

import numpy as np
import pytest

from textclf.data.cache import Arrays, cache_dir, cached

VALUES = np.arange(1_000, dtype=np.int32)


class Builder:
    """Counts how often the arrays are built."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self) -> Arrays:
        self.built += 1
        return {"values": VALUES, "labels": VALUES[:3]}


def load(build: Builder, key: str = "ab" * 32) -> np.ndarray:
    arrays = cached("numbers", key, ("values", "labels"), build)
    assert list(arrays) == ["values", "labels"]
    return arrays["values"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTCLF_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_built_once_per_key(folder: Path) -> None:
    build = Builder()
    for _ in range(3):
        values = load(build)
        np.testing.assert_array_equal(values, VALUES)
        assert values.dtype == np.int32
    assert build.built == 1
    load(build, key="cd" * 32)
    assert build.built == 2
    assert sorted(path.name for path in folder.iterdir()) == [
        "numbers-abababababababab-v2.npz",
        "numbers-cdcdcdcdcdcdcdcd-v2.npz",
    ]


def flip_a_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES = {
    "cut": lambda content: content[:2_000],
    "empty": lambda _content: b"",
    "garbage": lambda _content: b"garbage" * 100,
    "bit flipped": flip_a_bit,
    "empty archive": lambda _content: b"PK\5\6" + bytes(18),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_cache_is_built_anew(folder: Path, damage: object) -> None:
    build = Builder()
    load(build)
    (path,) = folder.iterdir()
    genuine = path.read_bytes()
    path.write_bytes(damage(genuine))
    np.testing.assert_array_equal(load(build), VALUES)
    assert build.built == 2
    np.testing.assert_array_equal(load(build), VALUES)
    assert build.built == 2


def test_cache_never_unpickles(folder: Path) -> None:
    folder.mkdir()
    pickled = np.array([{}], dtype=object)
    np.savez(folder / "numbers-abababababababab-v2.npz", values=pickled, labels=pickled)
    build = Builder()
    np.testing.assert_array_equal(load(build), VALUES)
    assert build.built == 1


def test_unwritable_cache_is_done_without(folder: Path) -> None:
    folder.touch()  # a file in the folder's place
    build = Builder()
    for _ in range(2):
        np.testing.assert_array_equal(load(build), VALUES)
    assert build.built == 2
    assert folder.read_bytes() == b""


def test_interrupted_writing_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: object, **_arrays: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load(Builder())
    assert list(folder.iterdir()) == []


def test_default_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTCLF_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert "textclf" in cache_dir().parts
