"""Whether two runs of one config gave the same result, and if not, what else differs."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf.errors import RunError
from textclf.runs import FitFolder, RunFolder
from textclf.runs.environment import differences
from textclf.runs.model_file import open_model_file

if TYPE_CHECKING:
    import h5py


@dataclass(frozen=True)
class Reproduction:
    """A run and the same config trained again.

    Args:
        again: the new run's folder.
        differences: a line for each result that is not the same to the bit; empty if all are.
        circumstances: a line for each version, data file or device that is not the same.
    """

    run: RunFolder
    again: RunFolder
    differences: list[str]
    circumstances: list[str]

    @property
    def is_same(self) -> bool:
        return not self.differences


def compare_runs(run: RunFolder, again: RunFolder) -> Reproduction:
    """Compare history (except seconds), scores, predictions and weights of every fit.

    Raises:
        RunError: a file of one of them is missing or damaged.
    """
    names: dict[str, FitFolder] = {**run.seeds} or {"": run, **run.folds}
    fits = [
        line
        for name, folder in names.items()
        for line in _compare_fits(name, folder, FitFolder(again.path / name))
    ]
    return Reproduction(run, again, fits, differences(run.record, again.record))


def _compare_fits(name: str, one: FitFolder, other: FitFolder) -> list[str]:
    parts = {
        "history.csv": _compare_histories(one, other),
        "metrics.json": _compare_scores(one, other),
        "predictions.csv": _compare_predictions(one, other),
        "checkpoints/best.keras": _compare_models(one.kept_model_path, other.kept_model_path),
        "checkpoints/last.keras": _compare_models(one.last_model_path, other.last_model_path),
    }
    return [f"{Path(name, part).as_posix()}: {what}" for part, what in parts.items() if what]


def _compare_histories(one: FitFolder, other: FitFolder) -> str | None:
    before, after = (fit.history.drop(columns="seconds") for fit in (one, other))
    if list(before) != list(after) or len(before) != len(after):
        return (
            f"{len(after)} epochs of {', '.join(after)}; was {len(before)} of {', '.join(before)}"
        )
    for (_, row), (_, row_after) in zip(before.iterrows(), after.iterrows(), strict=True):
        for column in before:
            if row[column] != row_after[column] and not (row.isna() & row_after.isna())[column]:
                return (
                    f"{column} of epoch {int(row['epoch'])} is {row_after[column]!r}, "
                    f"was {row[column]!r}"
                )
    return None


def _compare_scores(one: FitFolder, other: FitFolder) -> str | None:
    before, after = one.metrics, other.metrics
    for name in before:  # an older textclf may have computed fewer
        if before.get(name) != after.get(name):
            return f"{name} is {after.get(name)}, was {before.get(name)}"
    return None


def _compare_predictions(one: FitFolder, other: FitFolder) -> str | None:
    before, after = one.predictions, other.predictions
    if before.shape != after.shape:
        return f"{len(after):,} rows, were {len(before):,}"
    n_rows = int((before != after).any(axis=1).sum())
    return f"{n_rows:,} of {len(before):,} rows differ" if n_rows else None


def _compare_models(one: Path, other: Path) -> str | None:
    n_bytes = other.stat().st_size  # the new model says how large the old one may be
    with _weights(other, n_bytes) as after, _weights(one, n_bytes) as before:
        if _shapes(before) != _shapes(after):  # so that no array is read that may be huge
            return "the layers differ"
        differing = [
            (before[name][()], after[name][()])
            for name in after
            if before[name][()].tobytes() != after[name][()].tobytes()
        ]
        n_arrays = len(after)
    gaps = [np.abs(new.astype(np.float64) - old).max(initial=0.0) for old, new in differing]
    return f"{len(gaps)} of {n_arrays} arrays differ, by {max(gaps):.2g} at most" if gaps else None


@contextlib.contextmanager
def _weights(path: Path, n_bytes: int) -> Iterator[dict[str, h5py.Dataset]]:
    """The arrays in a .keras file by their paths, not yet read; nothing else in it is read.

    Args:
        n_bytes: about those of the model.

    Raises:
        RunError: the file is missing or damaged; also where reading the arrays shows that.
    """
    import h5py

    arrays: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise ValueError(f"{name} refers to another file")
            arrays[name] = item

    try:
        with open_model_file(path, n_bytes) as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(content, "r") as file:
            file.visititems(collect)
            yield arrays
    except FileNotFoundError as error:
        raise RunError(f"{path}: missing; the run is not complete") from error
    except Exception as error:  # h5py and zipfile raise any exception on a damaged file
        reason = getattr(error, "strerror", None) or error
        raise RunError(f"{path}: damaged: {reason}") from error


def _shapes(arrays: dict[str, h5py.Dataset]) -> dict[str, tuple[tuple[int, ...], Any]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}
