"""The state of a fit after an epoch: everything needed to resume as if it had never stopped."""

import json
import os
import zipfile
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from textclf.disk.atomic import writing
from textclf.disk.regular import open_regular
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
        early_stopping: the attributes of Keras's EarlyStopping that change while it waits; none
            without one.
        stopped: whether training ended here, before its last epoch.
        history: the text of history.csv.
        plateau: the attributes of Keras's ReduceLROnPlateau that change; none without one.
    """

    epoch: int
    network: Arrays
    optimizer: Arrays
    kept: Kept
    early_stopping: dict[str, float | None]
    stopped: bool
    history: str
    plateau: dict[str, float | None] = field(default_factory=dict)


MOST_BYTES = 100 * 10**9
MAX_EPOCHS = 100_000  # those that a config may ask for
GROUPS = ("network", "optimizer", "kept")
Types = dict[str, tuple[type, ...]]
# What Keras's EarlyStopping and ReduceLROnPlateau remember, and the types.
REMEMBERED: Types = {
    "wait": (int,),
    "best": (float, int, type(None)),
    "best_epoch": (int,),
    "stopped_epoch": (int,),
}
PLATEAU: Types = {
    "wait": (int,),
    "best": (float, int, type(None)),
    "cooldown_counter": (int,),
}


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
        "reduce_on_plateau": state.plateau,
    }
    text = np.frombuffer(json.dumps(rest).encode(), np.uint8)
    with writing(path) as temporary:
        np.savez(temporary, rest=text, **arrays)  # type: ignore[arg-type]


def read_state(path: Path, largest: int = MOST_BYTES) -> FitState | None:
    """The state in a file; None if there is no file.

    Args:
        largest: bytes that it may have.

    Raises:
        RunError: it is damaged.
    """
    if not os.path.lexists(path):
        return None
    try:
        with open_regular(path, largest) as stored:
            _refuse_compressed(stored)
            with np.load(stored, allow_pickle=False) as file:
                return _state(json.loads(file["rest"].tobytes()), dict(file))
    except Exception as error:  # NumPy, zipfile and json raise what they like on a damaged file
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise damaged(path, reason or type(error).__name__) from error


def damaged(path: Path, reason: str) -> RunError:
    """The error for a state that cannot be resumed from."""
    return RunError(
        f"{path}: damaged: {reason}; without this file, training starts from its beginning"
    )


def _state(rest: dict[str, Any], arrays: dict[str, np.ndarray]) -> FitState:
    network, optimizer, kept = (_group(group, arrays) for group in GROUPS)
    epoch = _whole(rest, "epoch", 1)
    return FitState(
        epoch=epoch,
        network=network,
        optimizer=optimizer,
        kept=Kept(_whole(rest, "kept_epoch", 1, epoch), _kept_value(rest["kept_value"]), kept),
        early_stopping=_remembered(rest, "early_stopping", REMEMBERED, epoch),
        stopped=_of_type(rest, "stopped", bool),
        history=_history(_of_type(rest, "history", str), epoch),
        plateau=_remembered({"reduce_on_plateau": {}} | rest, "reduce_on_plateau", PLATEAU, epoch),
    )


def _group(name: str, arrays: dict[str, np.ndarray]) -> Arrays:
    places = range(sum(key.startswith(f"{name}-") for key in arrays))
    return [arrays[f"{name}-{place}"] for place in places]


def _of_type(values: dict[str, Any], name: str, *kinds: type) -> Any:
    if type(values[name]) not in kinds:  # no subclass: True is not a number
        raise ValueError(f"{name} is {values[name]!r:.50}")
    return values[name]


def _whole(values: dict[str, Any], name: str, least: int, most: int = MAX_EPOCHS) -> int:
    number: int = _of_type(values, name, int)
    if not least <= number <= most:
        raise ValueError(f"{name} is {number!s:.50}")
    return number


def _kept_value(value: Any) -> float:
    if type(value) not in (int, float) or not float(value) < np.inf:  # nor nan
        raise ValueError(f"kept_value is {value!r:.50}")
    return float(value)


def _remembered(
    rest: dict[str, Any], who: str, types: Types, epoch: int
) -> dict[str, float | None]:
    """The memory of a callback: its own names only, with their own types."""
    values = rest[who]
    if values == {}:
        return {}
    if type(values) is not dict or values.keys() != types.keys():
        raise ValueError(f"{who} has other names")
    for name, kinds in types.items():
        if _of_type(values, name, *kinds) is not None and not np.isfinite(values[name]):
            raise ValueError(f"{who}'s {name} is {values[name]}")
        if kinds == (int,):
            _whole(values, name, 0, epoch)
    return values


def _history(text: str, epoch: int) -> str:
    """The text of history.csv, of numbers, a row for each epoch."""
    header, *rows = [line.split(",") for line in text.splitlines()] or [[]]
    numbers = [[float(cell) for cell in row] for row in rows]
    if header[:2] != ["epoch", "loss"] or any(len(row) != len(header) for row in numbers):
        raise ValueError("history is not a table of epochs")
    if [row[0] for row in numbers] != list(range(1, epoch + 1)):
        raise ValueError(f"history does not hold the epochs 1 to {epoch}")
    return text


def _refuse_compressed(file: BufferedReader) -> None:
    """A state is stored uncompressed; a small file that unpacks to a large one is not a state."""
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > os.fstat(file.fileno()).st_size:
        raise ValueError("it is compressed")
    file.seek(0)
