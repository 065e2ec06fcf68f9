"""Train a config, resume a run, reproduce it, and train on growing shares of the rows."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.config.conflicts import check_conflicts
from textclf.config.settings import Config
from textclf.data.tokens import Tokens
from textclf.errors import RunError
from textclf.results.reproduction import Reproduction, compare_runs
from textclf.runs import (
    REPRODUCTION,
    CurveFolder,
    RunFolder,
    SeriesFolder,
    create_run,
    locked,
    record_warnings,
    recording,
    restart,
)
from textclf.runs.environment import describe_environment
from textclf.runs.folder import now
from textclf.sweep.parts import refuse_workers, side_by_side
from textclf.training.device_choice import device_again
from textclf.training.engine import backend
from textclf.training.reporter import LineReporter, Reporter, Warnings
from textclf.training.resumption import (
    refuse_failed,
    refuse_other_data,
    refuse_other_vectors,
    warn_of_changes,
    with_epochs,
)
from textclf.training.scores import refuse_missing
from textclf.training.series import curve_of, seeds_from, series_locked
from textclf.workflow.fitting import beginning, new_trainer, train_run, warn_of_traps
from textclf.workflow.opened import Curve, Run, public
from textclf.workflow.parts import train_part

if TYPE_CHECKING:
    import keras


def train(
    config: Config,
    runs_dir: str | Path = "runs",
    name: str | None = None,
    *,
    seeds: int | None = None,
    recipe: str = "run",
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    tensorboard: bool = False,
    expected: Sequence[str] = (),
    workers: int = 1,
) -> Run:
    """Train a config's model, score the kept model, draw the plots, all into a new folder.

    Args:
        name: the folder's name; by default `<recipe>-<n>`.
        seeds: how many models to train, 2 to 100, with the config's seed and the numbers after it,
            each a run of its own in `seed-1/`, `seed-2/`, ...; the scores are their means.
        device: 'auto', 'cpu', 'gpu' or 'gpu:N'.
        reporter: gets the progress and warnings; by default each epoch is a line on standard
            error, each warning a TextclfWarning; `textclf.training.reporter.Reporter()` is silent.
        callbacks: your own Keras callbacks, called before textclf's.
        tensorboard: whether each fit's folder gets TensorBoard's logs; `resume` continues them.
        expected: scores that metrics.json must have in the end, such as 'val_roc_auc'.
        workers: how many seeds or folds are trained at a time, each in a process of its own with
            its share of the processors; 1: one after the other, in this process.

    Raises:
        UsageError: before any training, an expected score is not one of these data.
        ConfigError, DataError, RunError, ResourceError: see textclf.errors.
    """
    check_conflicts(config)
    refuse_workers(config, workers, seeds is not None, bool(callbacks))
    series = {"seeds": seeds_from(config, seeds)} if seeds is not None else {}
    logs = {"tensorboard": True} if tensorboard else {}
    apart = {"workers": workers} if workers > 1 else {}
    about = describe_environment(Tokens.of(config.preprocessing).packages)
    record = {**about, **series, **logs, **apart}
    run = create_run(config, recipe, Path(runs_dir), name, record)
    with (
        beginning(run, reporter or LineReporter()) as warnings,
        side_by_side(run, workers, train_part, warnings, data_dir, device) as parts,
    ):
        trainer = new_trainer(
            config, data_dir, device, warnings, callbacks, tensorboard, parts, seeds or 1
        )
        refuse_missing(expected, config, trainer.data, is_series=seeds is not None)
        warn_of_traps(trainer, run, warnings)
        train_run(trainer, run, parts)
    return public(run)


def learning_curve(
    config: Config,
    runs_dir: str | Path = "runs",
    name: str | None = None,
    *,
    shares: Sequence[float],
    seeds: int = 1,
    recipe: str = "run",
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Curve:
    """Train a config on growing shares of its training rows, all into a new folder.

    Validation and test rows stay the same; the rows of a share are part of those of a larger one.

    Args:
        shares: of the training rows, 2 to 20 numbers above 0 and at most 1.
        seeds: how many models to train for each share, with the config's seed and the next ones.
        name, device, reporter: as for `train`; by default the folder is `<recipe>-curve-<n>`.

    Raises:
        ConfigError, DataError, RunError, ResourceError: see textclf.errors.
    """
    check_conflicts(config)
    about = {"curve": curve_of(config, shares, seeds)}
    record = describe_environment(Tokens.of(config.preprocessing).packages) | about
    run = create_run(config, f"{recipe}-curve", Path(runs_dir), name, record)
    with beginning(run, reporter or LineReporter()) as warnings:
        trainings = len(shares) * seeds
        trainer = new_trainer(config, data_dir, device, warnings, trainings=trainings)
        warn_of_traps(trainer, run, warnings)
        train_run(trainer, run)
    return Curve(run.path)


def resume(
    run: RunFolder,
    epochs: int | None = None,
    *,
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    expected: Sequence[str] = (),
    workers: int | None = None,
) -> Run:
    """Resume an interrupted run, to the same end, or add epochs to a finished one.

    Args:
        epochs: the total number, in place of the config's.
        callbacks, expected: as for `train`.
        workers: as for `train`; None: as before.

    Raises:
        UsageError: before any training, an expected score is not one of these data.
        RunError: the run failed, is in use, or has files that are damaged; or it is one of a series
            of seeds, and was to be lengthened alone.
        ConfigError, DataError, ResourceError: see textclf.errors.
    """
    if epochs is not None and run.title != run.name:
        raise RunError(
            f"{run.path}: one of a series; lengthen all of it: textclf resume "
            f"{shlex.quote(str(run.path.parent))} --set training.epochs={epochs}"
        )
    warnings = Warnings(reporter or LineReporter())
    with series_locked(run), locked(run):
        record, config = run.record, with_epochs(run, epochs)
        refuse_failed(run)
        if record.get("status") == "finished" and config == run.config:
            return public(run)
        workers = record.get("workers", 1) if workers is None else workers
        device = device_again(device, record)
        refuse_workers(config, workers, isinstance(run, SeriesFolder), bool(callbacks))
        with (
            backend.computing(run.log_path),
            side_by_side(run, workers, train_part, warnings, data_dir, device) as parts,
        ):
            # Before the run is touched: with other data it stays what it is.
            logs = record.get("tensorboard", False)
            trainer = new_trainer(config, data_dir, device, warnings, callbacks, logs, parts)
            refuse_missing(expected, config, trainer.data, isinstance(run, SeriesFolder))
            if "data" in record:  # a run that was killed early has none
                refuse_other_data(run, trainer.data)
            again = describe_environment(Tokens.of(config.preprocessing).packages)
            device_now = {"device": vars(trainer.device)} if "device" in record else {}
            warn_of_changes(record, {**again, **device_now}, warnings)
            resumed = [*record.get("resumed", []), {"command": again["command"], "at": now()}]
            restart(run, config, resumed)
            with recording(run, is_new=False):
                warnings.keep_in(partial(record_warnings, run))
                run.update(workers=workers if parts else None)
                train_run(trainer, run, parts)
    return public(run)


def reproduce(
    run: RunFolder,
    runs_dir: str | Path = "runs",
    *,
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Reproduction:
    """Train a run's config again, in a folder of its own, and compare the results.

    Raises:
        RunError: the run is not finished, or damaged.
        DataError: the file of word vectors is missing, or not the one that the run began with.
    """
    if isinstance(run, CurveFolder):
        run.refuse()
    if run.status != "finished":
        raise RunError(f"{run.path}: {run.status}; only a finished run can be reproduced")
    refuse_other_vectors(run)
    device = device_again(device, run.record)
    other = train(
        run.config,
        runs_dir,
        seeds=len(run.seed_values) if isinstance(run, SeriesFolder) else None,
        workers=run.record.get("workers", 1),
        recipe=f"{run.title.replace('/', '-')}{REPRODUCTION}",
        data_dir=data_dir,
        device=device,
        reporter=reporter,
    )
    return compare_runs(run, other)
