"""An epoch of every experiment of the catalogue, on some rows of the real data."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textclf import load_config, train
from textclf.config.file import list_recipes
from textclf.config.recipes import is_best
from textclf.data.dataset import Dataset
from textclf.data.loaders import LOADERS

CATALOGUE = sorted(name for name in list_recipes() if name != "quickstart" and not is_best(name))
N_TRAIN, N_TEST, N_FIRST = 400, 100, 80  # rows; N_FIRST validate where a recipe counts rows


def first_rows(data: Dataset) -> Dataset:
    rows = np.concatenate([data.train_rows[:N_TRAIN], data.test_rows[:N_TEST]])
    x = data.x[rows] if isinstance(data.x, np.ndarray) else data.x.take(rows)
    return replace(data, x=x, y=data.y[rows], n_train=min(N_TRAIN, data.n_train))


@pytest.fixture
def small_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The datasets have 500 rows at most."""

    def small(load: Callable[..., Dataset]) -> Callable[..., Dataset]:
        return lambda *arguments: first_rows(load(*arguments))

    for name, load in LOADERS.items():
        monkeypatch.setitem(LOADERS, name, small(load))


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE)
def test_an_epoch(small_data: None, name: str, tmp_path: Path, data_dir: Path) -> None:
    overrides = ["training.epochs=1"]
    validation: Any = load_config(name).training.validation
    if validation.split == "first":
        overrides.append(f"training.validation.rows={N_FIRST}")
    run = train(load_config(name, overrides), tmp_path, name, data_dir=data_dir)
    assert run.status == "finished"
    assert {path.stem for path in run.plots_path.iterdir()} > {"loss"}
    for fit in run.folds.values() or [run]:
        row = fit.history.iloc[0]
        kept = {key: value for key, value in fit.metrics.items() if key in row}
        assert {"val_loss"} < set(kept)
        assert kept == pytest.approx({key: row[key] for key in kept}, rel=1e-6)


def test_the_catalogue_has_eleven_experiments() -> None:
    assert len(CATALOGUE) == 11
