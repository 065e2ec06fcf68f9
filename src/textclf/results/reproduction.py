"""Whether two runs of one config gave the same result, and if not, what else differs."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textclf.errors import RunError
from textclf.runs import FitFolder, RunFolder
from textclf.runs.environment import differences


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
    for name in before | after:
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
    before, after = _read_arrays(one), _read_arrays(other)
    if before.keys() != after.keys():
        return "the layers differ"
    gaps = [
        np.abs(after[name].astype(np.float64) - before[name]).max(initial=0.0)
        for name in before
        if before[name].tobytes() != after[name].tobytes()
    ]
    return (
        f"{len(gaps)} of {len(before)} arrays differ, by {max(gaps):.2g} at most" if gaps else None
    )


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The weights in a .keras file by their paths; nothing else in it is read."""
    import h5py

    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            content = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(content, "r") as file:
            file.visititems(lambda name, item: _collect(name, item, arrays))
    except FileNotFoundError as error:
        raise RunError(f"{path}: missing; the run is not complete") from error
    except Exception as error:  # h5py and zipfile raise any exception on a damaged file
        raise RunError(f"{path}: damaged: {error}") from error
    return arrays


def _collect(name: str, item: object, arrays: dict[str, np.ndarray]) -> None:
    import h5py

    if isinstance(item, h5py.Dataset):
        arrays[name] = np.asarray(item)
