"""The state of a fit: written and read back to the bit, and refused when damaged."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from textclf.errors import RunError
from textclf.training.state import FitState, Kept, read_state, write_state

STATE = FitState(
    epoch=3,
    network=[np.float32([[1.5, -np.inf]]), np.uint32([7, 9])],
    optimizer=[np.int64(12), np.float32(0.1)],
    kept=Kept(2, -0.1 - 0.2, [np.float32([[0.1, 0.2]])]),
    early_stopping={"wait": 1, "best": 1 / 3, "best_epoch": 1, "stopped_epoch": 0},
    stopped=False,
    history="epoch,loss\n1,0.5\n",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_state(tmp_path / "checkpoints" / "state.npz", STATE)
    return tmp_path / "checkpoints" / "state.npz"


def test_a_state_is_read_as_it_was_written(path: Path) -> None:
    state = read_state(path)
    assert state is not None
    for group in ("network", "optimizer"):
        for one, other in zip(getattr(state, group), getattr(STATE, group), strict=True):
            assert one.dtype == np.asarray(other).dtype
            np.testing.assert_array_equal(one, other)
    assert (state.kept.epoch, state.kept.value) == (2, -0.1 - 0.2)
    np.testing.assert_array_equal(state.kept.weights[0], STATE.kept.weights[0])
    for name in ("epoch", "early_stopping", "stopped", "history"):
        assert getattr(state, name) == getattr(STATE, name)
    assert [file.name for file in path.parent.iterdir()] == ["state.npz"]


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path / "state.npz") is None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"\x00\x00\xc0\x3f")] ^= 1  # of the first weight, 1.5
    path.write_bytes(content)


def compress(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("rest.npy", bytes(10_000_000))


def pickle(path: Path) -> None:
    np.savez(path, rest=np.array([{"epoch": 1}], dtype=object))


def forget(path: Path) -> None:
    np.savez(path, rest=np.frombuffer(b'{"epoch": 1}', np.uint8))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, compress, pickle, forget, empty])
def test_a_damaged_state_is_refused(path: Path, damage) -> None:
    damage(path)
    with pytest.raises(
        RunError, match=r"damaged: .*; without this file, training starts"
    ) as caught:
        read_state(path)
    assert caught.value.messages[0].startswith(str(path))
