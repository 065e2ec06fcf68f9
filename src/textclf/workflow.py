"""What the commands do, step by step; TensorFlow is imported once a run needs it."""

import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textclf import backend
from textclf.atomic import write_json, write_text
from textclf.config import Config
from textclf.conflicts import check_conflicts
from textclf.data import Dataset, load_dataset
from textclf.errors import RunError
from textclf.reporter import Reporter
from textclf.runs import FitFolder, RunFolder, create_run, find_run, now
from textclf.splits import Split, make_splits

if TYPE_CHECKING:
    import keras

    from textclf.training import Fit, Trainer


class Run(RunFolder):
    """A run, for notebooks: `history`, `metrics`, `predictions`, `config`, `load_model()`."""

    def load_model(self, fold: str = "") -> "keras.Model":
        """The kept model; of a k-fold run the final one, or that of `fold` ('fold-1').

        The layers are built from the run's config and only weights are read from the file, so
        that nothing in it can run.
        """
        backend.import_tensorflow()
        from textclf.training import load_kept_model

        return load_kept_model(self.config, self.fit_folder(fold))


def open_run(run: str | Path | None = None, runs_dir: str | Path = "runs") -> Run:
    """The run in a folder, or of a name under `runs_dir`; None: the newest finished one.

    Raises:
        RunError: there is no such run.
    """
    return Run(find_run(None if run is None else str(run), Path(runs_dir)).path)


def train(
    config: Config,
    runs_dir: str | Path = "runs",
    name: str | None = None,
    *,
    recipe: str = "run",
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
) -> Run:
    """Train a config's model, score the kept model, draw the plots; all in a new folder.

    Args:
        name: the folder's name; by default `<recipe>-<n>`.
        device: 'auto', 'cpu', 'gpu' or 'gpu:N'.
        reporter: is told how the fits go on.
        callbacks: Keras callbacks of one's own, called before textclf's.

    Raises:
        ConfigError, DataError, RunError, ResourceError: see textclf.errors.
    """
    check_conflicts(config)
    run = create_run(config, recipe, Path(runs_dir), name, _record())
    with run.recording(), backend.native_output_to(run.log_path):
        trainer = _new_trainer(config, data_dir, device, reporter, callbacks)
        run.update(data=dict(trainer.data.files), device=vars(trainer.device))
        metrics = _over_fits(trainer, run, _fit_and_score)
        write_json(run.metrics_path, metrics)
        run.update(engine=vars(trainer.choice))
        plot_run(run)
    return Run(run.path)


def evaluate(
    run: RunFolder, *, data_dir: str | Path | None = None, device: str = "auto"
) -> dict[str, float]:
    """Score a run's kept models, read back from disk, as its metrics.json does.

    Writes nothing into the run.

    Raises:
        RunError: a model is missing or damaged.
    """
    with backend.native_output_to(None):
        trainer = _new_trainer(run.config, data_dir, device)
        return _over_fits(trainer, run, _score_kept)


def _new_trainer(
    config: Config,
    data_dir: str | Path | None,
    device: str,
    reporter: Reporter | None = None,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
) -> "Trainer":
    data = load_dataset(config.dataset, Path(data_dir) if data_dir else None)
    chosen = backend.start(device)
    from textclf.training import Trainer

    return Trainer(config, data, chosen, reporter or Reporter(), callbacks)


def _over_fits(trainer: "Trainer", run: RunFolder, step: Step) -> Scores:
    """The scores of the one fit; or the folds' mean and deviation beside the final model's own."""
    config, data = trainer.config, trainer.data
    splits = make_splits(config.training.validation, data)
    if len(splits) == 1:
        return step(trainer, Fit(splits[0], config.seed, config.training.epochs, run))
    folds = [
        step(trainer, Fit(split, config.seed, config.training.epochs, run.fold(number)))
        for number, split in enumerate(splits, start=1)
    ]
    everything = Split(data.train_rows, data.test_rows[:0])
    final = step(trainer, Fit(everything, config.seed, _final_epochs(config, folds), run))
    return {**mean_and_sd(folds), **final}


def _final_epochs(config: Config, folds: list[Scores]) -> int:
    """As many epochs as the folds' kept models had on average."""
    if config.training.checkpoint.keep == "last":
        return config.training.epochs
    return round(sum(fold["best_epoch"] for fold in folds) / len(folds))
