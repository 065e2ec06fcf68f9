"""Train the fits of a run, and write everything that belongs to them."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf.config.settings import Config
from textclf.data.loaders import load_dataset
from textclf.data.splits import make_splits
from textclf.data.tokens import Tokens
from textclf.disk.atomic import write_json, write_text
from textclf.inspection.check import find_traps_before_training
from textclf.plots.run import plot_run
from textclf.results.learning_curve import table_of_curve
from textclf.runs import CurveFolder, RunFolder, SeriesFolder, locked, record_warnings, recording
from textclf.sweep.parts import FINAL, Parts
from textclf.training.baseline import write_baseline
from textclf.training.device_choice import choose_device
from textclf.training.engine import backend
from textclf.training.evaluation import (
    Scored,
    mean_and_sd,
    name_undefined,
    score,
    warn_of_divergence,
    warn_of_unfound_classes,
    write_results,
)
from textclf.training.fits import Fit, final_fit, fits_before
from textclf.training.memory import memory_errors_reported
from textclf.training.reporter import KeptWarnings, Reporter, Warnings
from textclf.training.resumption import record_vectors
from textclf.training.scores import Scores
from textclf.training.series import training_seed, training_share
from textclf.wording import several

if TYPE_CHECKING:
    import keras
    import numpy as np

    from textclf.training.trainer import Trainer


MOST_TRAPS = 3  # shown on the screen when a training begins


@contextlib.contextmanager
def beginning(run: RunFolder, reporter: Reporter, is_new: bool = True) -> Iterator[Warnings]:
    """Lock and record a run that was just created, and have TensorFlow; its warnings are kept."""
    warnings = Warnings(reporter)
    with locked(run), recording(run, is_new), backend.computing(run.log_path):
        warnings.keep_in(partial(record_warnings, run))
        yield warnings


def warn_of_traps(trainer: Trainer, run: RunFolder, warnings: Warnings) -> None:
    """Show the gravest traps that the config falls into, and keep all of them in the run."""
    traps = find_traps_before_training(trainer.config, trainer.data, trainer.device.name)
    for line in traps[:MOST_TRAPS]:
        warnings.warn(line)
    for line in traps[MOST_TRAPS:]:
        warnings.keep(line)
    if len(traps) > MOST_TRAPS:
        config = shlex.quote(str(run.config_path))
        warnings.note(f"{len(traps) - MOST_TRAPS} more: textclf check {config}")


def train_run(trainer: Trainer, run: RunFolder, parts: Parts | None = None) -> None:
    """Train what is left to train of a run, and write everything that belongs to it."""
    data = trainer.data
    run.update(
        data=dict(data.files), device=vars(trainer.device), constant_answer=data.constant_answer
    )
    if trainer.why_device:
        run.update(device_choice=trainer.why_device)
    if isinstance(run, CurveFolder):
        _train_shares(trainer, run)
    elif isinstance(run, SeriesFolder):
        _train_seeds(trainer, run, parts)
    else:
        _train_fits(trainer, run, parts)
    plot_run(run)


def _train_seeds(trainer: Trainer, series: SeriesFolder, parts: Parts | None) -> None:
    numbers = range(1, len(series.seed_values) + 1)
    if parts:
        parts.train([series.seed(number).name for number in numbers], _shown_score(trainer.config))
    else:
        for number in numbers:
            with training_seed(series, number) as run:
                if run is not None:  # a finished one stays as it is
                    train_run(trainer, run)
    scores = [run.metrics for run in series.seeds.values()]
    write_json(series.metrics_path, mean_and_sd(scores))
    of_first = series.seed(1).record
    series.update(engine=of_first.get("engine"), vectors=of_first.get("vectors"))


def _train_shares(trainer: Trainer, curve: CurveFolder) -> None:
    largest = curve.shares[-1]
    rows = {share: len(_rows_of_share(trainer, share)) for share in curve.shares}
    for share in curve.shares:
        with training_share(curve, share) as run:
            if run is not None:  # a finished one stays as it is
                trainer.reporter.note(f"{run.name}: {several(rows[share], 'training row')}")
                # That few rows do not suffice is what a learning curve shows: no warning.
                silent = KeptWarnings(trainer.reporter)
                silent.keep_in(partial(record_warnings, run))
                reporter = trainer.reporter if share == largest else silent
                train_run(trainer.with_config(run.config, reporter), run)
    write_json(curve.metrics_path, curve.share(largest).metrics)
    write_text(curve.table_path, table_of_curve(curve, rows))


def _rows_of_share(trainer: Trainer, share: float) -> np.ndarray:
    return make_splits(trainer.config.training.validation, trainer.data, share)[0].train


def _shown_score(config: Config) -> str:
    """What is shown of an epoch where several models are trained at a time."""
    return config.training.checkpoint.monitor if config.training.validation else "loss"


def _train_fits(trainer: Trainer, run: RunFolder, parts: Parts | None) -> None:
    record_vectors(run, trainer.config, trainer.reporter)
    if parts:
        before, final, engine = _train_fits_apart(trainer, run, parts)
    else:
        before = [fit_and_score(trainer, fit) for fit in fits_before(run, trainer.data)]
        final = fit_and_score(trainer, final_fit(run, trainer.data, before))
        engine = trainer.engine_record
    write_json(run.metrics_path, {**together(before), **final})
    run.update(engine=engine)


def _train_fits_apart(
    trainer: Trainer, run: RunFolder, parts: Parts
) -> tuple[list[Scores], Scores, dict[str, Any] | None]:
    """The scores of the folds and of the final fit, and the record of the first one's engine."""
    folds = [fit.folder.path.name for fit in fits_before(run, trainer.data)]
    before = parts.train(folds, _shown_score(trainer.config))
    (final,) = parts.train([FINAL], "loss")
    return [dict(one.scores) for one in before], dict(final.scores), before[0].facts["engine"]


def together(fits: list[Scores]) -> Scores:
    """The scores of k folds, with their deviations, or of the only fit before a refit."""
    return fits[0] if len(fits) == 1 else mean_and_sd(fits)


def fit_and_score(trainer: Trainer, fit: Fit) -> Scores:
    prepared = trainer.prepare(fit)
    kept_epoch = prepared.train()
    scored = prepared.predict_kept()
    is_weighted = trainer.config.training.class_weight is not None
    for line in (
        *warn_of_divergence(trainer.data, fit.split.train, scored),
        *warn_of_unfound_classes(trainer.data, scored, is_weighted),
    ):
        trainer.reporter.warn(f"{fit.folder.path.name}: {line}")
    for line in name_undefined(trainer.data, scored):
        trainer.reporter.note(f"{fit.folder.path.name}: {line}")
    scores = {**score_splits(trainer, scored), "best_epoch": kept_epoch}
    write_results(fit.folder, trainer.data, scored, scores)
    if fit.has_baseline:
        write_baseline(fit.folder, trainer.config, prepared.data, prepared.encoder, fit.split)
    return scores


def score_splits(trainer: Trainer, scored: list[Scored]) -> Scores:
    return {key: value for part in scored for key, value in score(trainer.data, part).items()}


@memory_errors_reported()
def new_trainer(
    config: Config,
    data_dir: str | Path | None,
    device: str,
    reporter: Reporter,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    tensorboard: bool = False,
    parts: Parts | None = None,
    trainings: int = 1,
    trains: bool = True,
) -> Trainer:
    """The trainer of a config, with its data, on the device that `--device` names or leaves open.

    Args:
        trainings: how often the config is trained, such as with several seeds.
        trains: False: kept models are only scored.
    """
    tokens = Tokens.of(config.preprocessing)
    data = load_dataset(config.dataset, Path(data_dir) if data_dir else None, tokens)
    for warning in data.warnings:
        reporter.warn(warning)
    choice = choose_device(device, config, data, trainings, trains)
    if choice.reason:
        reporter.note(choice.reason)
    chosen = backend.start(choice.device)
    if parts:  # which compute, and this process does not
        chosen = replace(chosen, threads=parts.threads)
        parts.where = replace(parts.where, device=choice.device)
    from textclf.training.trainer import Trainer

    trainer = Trainer(config, data, chosen, reporter, callbacks, tensorboard)
    trainer.why_device = choice.reason
    return trainer
