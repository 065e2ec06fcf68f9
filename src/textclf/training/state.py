"""The state of a fit after an epoch: all it takes to go on as if it had never stopped."""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from textclf.atomic import writing
from textclf.errors import RunError

Arrays = list[np.ndarray]


@dataclass(frozen=True)
class Kept:
    """Which epoch's weights are the kept model's, and why.

    Args:
        epoch: from 1; 0 before the first.
        value: what that epoch reached; higher is better, whatever is monitored.
        weights: of the model, as `keras.Model.get_weights` gives them.
    """

    epoch: int = 0
    value: float = -np.inf
    weights: Arrays = field(default_factory=list)


@dataclass(frozen=True)
class FitState:
    """What is remembered at the end of an epoch. (The order of rows follows from seed and epoch.)

    Args:
        epoch: the epochs that are finished.
        network: values of `keras.Model.variables`: weights, and the seeds of dropout.
        optimizer: values of its variables: iterations, learning rate, moments.
        early_stopping: the attributes of Keras's EarlyStopping that change while it waits.
        stopped: whether training ended here, before its last epoch.
        history: the text of history.csv.
    """

    epoch: int
    network: Arrays
    optimizer: Arrays
    kept: Kept
    early_stopping: dict[str, float | None]
    stopped: bool
    history: str


GROUPS = ("network", "optimizer", "kept")


def write_state(path: Path, state: FitState) -> None:
    """Write a state as an npz file: arrays named by group and place, the rest as JSON.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written.
    """
    groups = (state.network, state.optimizer, state.kept.weights)
    arrays = {
        f"{group}-{place}": array
        for group, members in zip(GROUPS, groups, strict=True)
        for place, array in enumerate(members)
    }
    rest = {
        "epoch": state.epoch,
        "kept_epoch": state.kept.epoch,
        "kept_value": state.kept.value,
        "early_stopping": state.early_stopping,
        "stopped": state.stopped,
        "history": state.history,
    }
    text = np.frombuffer(json.dumps(rest).encode(), np.uint8)
    with writing(path) as temporary:
        np.savez(temporary, rest=text, **arrays)  # type: ignore[arg-type]


def read_state(path: Path) -> FitState | None:
    """The state in a file; None if there is no file.

    Raises:
        RunError: it is damaged.
    """
    if not path.exists():
        return None
    try:
        _refuse_compressed(path)
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return _state(json.loads(file["rest"].tobytes()), dict(file))
    except Exception as error:  # NumPy, zipfile and json raise what they like on a damaged file
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise RunError(
            f"{path}: damaged: {reason}; without this file, training starts from its beginning"
        ) from error


def _state(rest: dict[str, Any], arrays: dict[str, np.ndarray]) -> FitState:
    network, optimizer, kept = (_group(group, arrays) for group in GROUPS)
    return FitState(
        epoch=int(rest["epoch"]),
        network=network,
        optimizer=optimizer,
        kept=Kept(int(rest["kept_epoch"]), float(rest["kept_value"]), kept),
        early_stopping=dict(rest["early_stopping"]),
        stopped=bool(rest["stopped"]),
        history=str(rest["history"]),
    )


def _group(name: str, arrays: dict[str, np.ndarray]) -> Arrays:
    places = range(sum(key.startswith(f"{name}-") for key in arrays))
    return [arrays[f"{name}-{place}"] for place in places]


def _refuse_compressed(path: Path) -> None:
    """A state is stored as it is; a small file that unpacks to a large one is none of ours."""
    with zipfile.ZipFile(path) as file:
        if sum(member.file_size for member in file.infolist()) > path.stat().st_size:
            raise ValueError("it is compressed")
