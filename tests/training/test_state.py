"""The state of a fit: written and read back to the bit, and refused when damaged."""

import json
import os
import zipfile
from collections.abc import Callable
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
    history="epoch,loss\n1,0.5\n2,0.4\n3,0.3\n",
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


# --- doctored states -------------------------------------------------------------------------

LEFT_OUT = object()  # the entry is left out


def with_rest(**changes: object) -> Callable[[Path], None]:
    """Doctor the part of a state that is JSON."""

    def doctor(path: Path) -> None:
        with np.load(path) as file:
            arrays = dict(file)
        rest = {**json.loads(arrays["rest"].tobytes()), **changes}
        kept = {name: value for name, value in rest.items() if value is not LEFT_OUT}
        arrays["rest"] = np.frombuffer(json.dumps(kept).encode(), np.uint8)
        np.savez(path, allow_pickle=False, **arrays)

    return doctor


def with_memory(**changes: object) -> Callable[[Path], None]:
    """Doctor what early stopping remembers."""
    memory = {**STATE.early_stopping, **changes}
    kept = {name: value for name, value in memory.items() if value is not LEFT_OUT}
    return with_rest(early_stopping=kept)


def with_json(text: bytes) -> Callable[[Path], None]:
    return lambda path: np.savez(path, rest=np.frombuffer(text, np.uint8))


DOCTORED: dict[str, Callable[[Path], None]] = {
    "a callback's method": with_memory(on_epoch_end=1),
    "a class": with_memory(__class__="x"),
    "a model": with_memory(model=None),
    "a monitor": with_memory(monitor_op="x"),
    "wait a text": with_memory(wait="1"),
    "wait negative": with_memory(wait=-1),
    "wait beyond": with_memory(wait=10**30),
    "wait true": with_memory(wait=True),
    "wait a fraction": with_memory(wait=0.5),
    "no wait": with_memory(wait=LEFT_OUT),
    "best a text": with_memory(best="high"),
    "best a list": with_memory(best=[1.0]),
    "best nan": with_memory(best=float("nan")),
    "best infinite": with_memory(best=float("inf")),
    "best_epoch none": with_memory(best_epoch=None),
    "stopped_epoch an object": with_memory(stopped_epoch={}),
    "memory a list": with_rest(early_stopping=[1]),
    "memory a text": with_rest(early_stopping="wait"),
    "memory none": with_rest(early_stopping=None),
    "epoch 0": with_rest(epoch=0),
    "epoch negative": with_rest(epoch=-3),
    "epoch huge": with_rest(epoch=10**40),
    "epoch a text": with_rest(epoch="3"),
    "epoch a fraction": with_rest(epoch=2.5),
    "epoch beyond the history": with_rest(epoch=4),
    "kept_epoch 0": with_rest(kept_epoch=0),
    "kept_epoch beyond": with_rest(kept_epoch=9),
    "kept_value nan": with_rest(kept_value=float("nan")),
    "kept_value a list": with_rest(kept_value=[]),
    "stopped a text": with_rest(stopped="no"),
    "history a number": with_rest(history=3),
    "history empty": with_rest(history=""),
    "history words": with_rest(history="epoch,loss\n1,a\n2,b\n3,c\n"),
    "history a formula": with_rest(history="epoch,loss\n=cmd|calc,1\n2,1\n3,1\n"),
    "history ragged": with_rest(history="epoch,loss\n1\n2\n3\n"),
    "no history": with_rest(history=LEFT_OUT),
    "a list": with_json(b"[]"),
    "a number": with_json(b"1"),
    "deep": with_json(b"[" * 100_000),
    "no JSON": with_json(b"\xff\xfe"),
}


@pytest.mark.parametrize("kind", DOCTORED)
def test_a_doctored_state_is_damaged(path: Path, kind: str) -> None:
    DOCTORED[kind](path)
    with pytest.raises(RunError, match=r"state\.npz: damaged: ") as caught:
        read_state(path)
    assert len(caught.value.messages[0]) < 500


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda p: p.symlink_to("/dev/zero")])
def test_what_is_not_a_file_is_damaged(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)
    with pytest.raises(RunError, match=r"state\.npz: damaged: .*, not a file"):
        read_state(path)


def test_a_state_is_bounded(path: Path) -> None:
    with pytest.raises(RunError, match="damaged: larger than 100 bytes"):
        read_state(path, 100)
