"""What each command does, step by step; TensorFlow is imported when a step needs it."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf.config.conflicts import check_conflicts
from textclf.config.settings import Config
from textclf.data.loaders import load_dataset
from textclf.data.splits import make_splits
from textclf.data.tokens import Tokens
from textclf.disk.atomic import write_json, write_text
from textclf.errors import RunError
from textclf.inspection.check import find_traps_before_training
from textclf.plots.run import plot_run
from textclf.results.learning_curve import table_of_curve
from textclf.results.prediction import Predictor, read_encoder
from textclf.results.reproduction import Reproduction, compare_runs
from textclf.results.sweep.final import Finalist, finalists
from textclf.results.sweep.write import keeping_results, write_outcome, write_trials
from textclf.results.thresholds import Threshold
from textclf.runs import (
    REPRODUCTION,
    CurveFolder,
    RunFolder,
    SeriesFolder,
    create_run,
    find_run,
    locked,
    open_folder,
    record_warnings,
    recording,
    restart,
)
from textclf.runs.environment import describe_environment
from textclf.runs.folder import now
from textclf.runs.summary import describe_state
from textclf.runs.sweep import SweepFolder
from textclf.sweep.cluster import ClusterSlots
from textclf.sweep.coordinator import Coordinator, Where, closing
from textclf.sweep.dask import import_distributed
from textclf.sweep.desk import Listening
from textclf.sweep.final import drop_models, train_final
from textclf.sweep.machine import default_slots
from textclf.sweep.opening import is_over, open_sweep, sweeping
from textclf.sweep.orders import Link, Order, Outcome
from textclf.sweep.parts import FINAL, Parts, attempt_part, refuse_workers, side_by_side
from textclf.sweep.plan import Plan
from textclf.sweep.trial import attempt, begins_first_fit, ended_before
from textclf.sweep.watcher import Watcher
from textclf.training.baseline import write_baseline
from textclf.training.engine import backend
from textclf.training.engine.last_words import witness
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
from textclf.training.reporter import KeptWarnings, LineReporter, Reporter, Warnings
from textclf.training.resumption import (
    record_vectors,
    refuse_failed,
    refuse_other_data,
    refuse_other_vectors,
    warn_of_changes,
    with_epochs,
)
from textclf.training.scores import Scores, refuse_missing
from textclf.training.series import (
    curve_of,
    require_finished,
    seeds_from,
    series_locked,
    training_seed,
    training_share,
)
from textclf.wording import several

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from textclf.training.trainer import Trainer

MOST_TRAPS = 3  # shown on the screen when a training begins


class Run(RunFolder):
    """A run, for notebooks: `name`, `history`, `metrics`, `load_model()`, `predict()`, ..."""

    def __repr__(self) -> str:
        """Run('runs/imdb_lstm-1', finished, val_accuracy=0.776)"""
        return f"Run({str(self.path)!r}, {', '.join(describe_state(self))})"

    def load_model(self, fold: int | None = None) -> keras.Model:
        """The kept model; of a k-fold run the final one, or that of a fold, from 1.

        A series of seeds has one in each of its runs: `run.seed(2).load_model()`. The layers are
        built from the run's config and only weights are read from the file, so that nothing in it
        can run.
        """
        with backend.computing(None):
            backend.import_tensorflow()
            from textclf.training.network import load_kept_model

            return load_kept_model(self.config, self if fold is None else self.fold(fold))

    def predict(
        self,
        texts: Sequence[str],
        device: str = "auto",
        *,
        threshold: float | None = None,
        positive: str | None = None,
    ) -> pd.DataFrame:
        """The classes of new texts, a row each: prediction, probability, of more than two classes
        second and third, the number of words that the model knows, and each class's probability.

        Args:
            threshold: of two classes, the positive one is predicted where its probability is above
                this, such as what `textclf evaluate --choose-threshold` suggests; None: 0.5.
            positive: the positive class; None: the second of the two.

        Raises:
            RunError: the run is not one on texts and classes, has not the threshold's classes, or
                is damaged.
        """
        import pandas as pd

        chosen = None if threshold is None else Threshold(threshold, positive)
        predictor = load_predictor(self, device=device, each_class=True, threshold=chosen)
        return pd.DataFrame(predictor.predict(list(texts)), columns=predictor.columns)


class Series(SeriesFolder, Run):
    """A series of seeds, for notebooks: its scores are means; `seed(2)` is one of its runs."""

    def seed(self, number: int) -> Run:
        """The run of a seed, from 1."""
        return Run(super().seed(number).path)


class Curve(CurveFolder, Run):
    """A learning curve, for notebooks: `table` has a row for each share of the training rows."""


def open_run(run: str | Path | None = None, runs_dir: str | Path = "runs") -> Run:
    """The run in a folder, or of a name under `runs_dir`; None: the newest finished one.

    Raises:
        RunError: there is no such run.
    """
    return _public(find_run(None if run is None else str(run), Path(runs_dir)))


def _public(run: RunFolder) -> Run:
    kind = Series if isinstance(run, SeriesFolder) else Run
    return (Curve if isinstance(run, CurveFolder) else kind)(run.path)


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
    warnings = Warnings(reporter or LineReporter())
    with (
        locked(run),
        recording(run),
        backend.computing(run.log_path),
        side_by_side(run, workers, train_part, warnings, data_dir, device) as parts,
    ):
        warnings.keep_in(partial(record_warnings, run))
        trainer = _new_trainer(config, data_dir, device, warnings, callbacks, tensorboard, parts)
        refuse_missing(expected, config, trainer.data, is_series=seeds is not None)
        _warn_of_traps(trainer, run, warnings)
        _train_run(trainer, run, parts)
    return _public(run)


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
    warnings = Warnings(reporter or LineReporter())
    with locked(run), recording(run), backend.computing(run.log_path):
        warnings.keep_in(partial(record_warnings, run))
        trainer = _new_trainer(config, data_dir, device, warnings)
        _warn_of_traps(trainer, run, warnings)
        _train_run(trainer, run)
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
            return _public(run)
        workers = record.get("workers", 1) if workers is None else workers
        refuse_workers(config, workers, isinstance(run, SeriesFolder), bool(callbacks))
        with (
            backend.computing(run.log_path),
            side_by_side(run, workers, train_part, warnings, data_dir, device) as parts,
        ):
            # Before the run is touched: with other data it stays what it is.
            logs = record.get("tensorboard", False)
            trainer = _new_trainer(config, data_dir, device, warnings, callbacks, logs, parts)
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
                _train_run(trainer, run, parts)
    return _public(run)


def _warn_of_traps(trainer: Trainer, run: RunFolder, warnings: Warnings) -> None:
    """Show the gravest traps that the config falls into, and keep all of them in the run."""
    traps = find_traps_before_training(trainer.config, trainer.data, trainer.device.name)
    for line in traps[:MOST_TRAPS]:
        warnings.warn(line)
    for line in traps[MOST_TRAPS:]:
        warnings.keep(line)
    if len(traps) > MOST_TRAPS:
        config = shlex.quote(str(run.config_path))
        warnings.note(f"{len(traps) - MOST_TRAPS} more: textclf check {config}")


def _train_run(trainer: Trainer, run: RunFolder, parts: Parts | None = None) -> None:
    """Train what is left to train of a run, and write everything that belongs to it."""
    data = trainer.data
    run.update(
        data=dict(data.files), device=vars(trainer.device), constant_answer=data.constant_answer
    )
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
                    _train_run(trainer, run)
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
                _train_run(trainer.with_config(run.config, reporter), run)
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
        before = [_fit_and_score(trainer, fit) for fit in fits_before(run, trainer.data)]
        final = _fit_and_score(trainer, final_fit(run, trainer.data, before))
        engine = trainer.engine_record
    write_json(run.metrics_path, {**_together(before), **final})
    run.update(engine=engine)


def _train_fits_apart(
    trainer: Trainer, run: RunFolder, parts: Parts
) -> tuple[list[Scores], Scores, dict[str, Any] | None]:
    """The scores of the folds and of the final fit, and the record of the first one's engine."""
    folds = [fit.folder.path.name for fit in fits_before(run, trainer.data)]
    before = parts.train(folds, _shown_score(trainer.config))
    (final,) = parts.train([FINAL], "loss")
    return [dict(one.scores) for one in before], dict(final.scores), before[0].facts["engine"]


def _together(fits: list[Scores]) -> Scores:
    """The scores of k folds, with their deviations, or of the only fit before a refit."""
    return fits[0] if len(fits) == 1 else mean_and_sd(fits)


def _fit_and_score(trainer: Trainer, fit: Fit) -> Scores:
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
    scores = {**_score_splits(trainer, scored), "best_epoch": kept_epoch}
    write_results(fit.folder, trainer.data, scored, scores)
    if fit.has_baseline:
        write_baseline(fit.folder, trainer.config, prepared.data, prepared.encoder, fit.split)
    return scores


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


def evaluate(
    run: RunFolder,
    *,
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Scores:
    """Score a run's kept models, read back from disk, as `train` did; writes nothing into the run.

    Returns:
        The scores; of a series of seeds their means and, beside them, their deviations.

    Raises:
        RunError: a model is missing or damaged.
    """
    if isinstance(run, CurveFolder):
        run.refuse()
    with backend.computing(None):
        trainer = _new_trainer(run.config, data_dir, device, reporter or LineReporter())
        refuse_other_data(run, trainer.data)
        if not isinstance(run, SeriesFolder):
            return _evaluate_fits(trainer, run)
        require_finished(run)
        return mean_and_sd([_evaluate_fits(trainer, seed) for seed in run.seeds.values()])


def _evaluate_fits(trainer: Trainer, run: RunFolder) -> Scores:
    before = [_score_again(trainer, fit) for fit in fits_before(run, trainer.data)]
    final = _score_again(trainer, final_fit(run, trainer.data, before))
    return {**_together(before), **final}


def _score_again(trainer: Trainer, fit: Fit) -> Scores:
    scores = _score_splits(trainer, trainer.prepare(fit).predict_kept())
    if not fit.folder.metrics_path.exists():  # an interrupted fit
        return scores
    return {**scores, "best_epoch": fit.folder.best_epoch}


def _score_splits(trainer: Trainer, scored: list[Scored]) -> Scores:
    return {key: value for part in scored for key, value in score(trainer.data, part).items()}


def load_predictor(
    run: RunFolder,
    *,
    device: str = "auto",
    each_class: bool = False,
    threshold: Threshold | None = None,
    reporter: Reporter | None = None,
) -> Predictor:
    """Load a run's kept model to predict the classes or numbers of new examples.

    Args:
        each_class: whether to predict every class's probability, too.
        threshold: from which probability one of two classes is predicted; by default 0.5.

    Raises:
        RunError: the run has not the threshold's classes, keeps no model yet, or is damaged.
    """
    encoder, class_names = read_encoder(run)
    above = (threshold.place(class_names, run), threshold.value) if threshold else None
    if run.status != "finished":
        shown = reporter or LineReporter()
        shown.warn(f"{run.path}: not finished; its best model so far predicts")
    with backend.computing(None):
        backend.start(device)
        from textclf.training.network import load_kept_model

        network = load_kept_model(run.config, run)
        try:
            separator = run.config.dataset.separator
            return Predictor(network, encoder, class_names, each_class, above, separator)
        except (ValueError, TypeError, IndexError) as error:  # it predicts a first text
            raise RunError(f"{run.preprocessing_path}: damaged: {error}") from error


@memory_errors_reported()
def _new_trainer(
    config: Config,
    data_dir: str | Path | None,
    device: str,
    reporter: Reporter,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    tensorboard: bool = False,
    parts: Parts | None = None,
) -> Trainer:
    tokens = Tokens.of(config.preprocessing)
    data = load_dataset(config.dataset, Path(data_dir) if data_dir else None, tokens)
    for warning in data.warnings:
        reporter.warn(warning)
    chosen = backend.start(device)
    if parts:  # which compute, and this process does not
        chosen = replace(chosen, threads=parts.threads)
    from textclf.training.trainer import Trainer

    return Trainer(config, data, chosen, reporter, callbacks, tensorboard)


def sweep(
    plan: Plan,
    runs_dir: str | Path = "runs",
    name: str | None = None,
    *,
    recipe: str = "run",
    seconds: float | None = None,
    data_dir: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    listen: tuple[str, int] | None = None,
    key: str | Path | None = None,
    watcher: Watcher | None = None,
) -> SweepFolder:
    """Run a sweep's trials, or those that are left of one that was interrupted.

    In the end, the best two trials are trained again with fresh seeds; of the best, the test rows
    are scored.

    Args:
        name: the folder's name; by default that of the unfinished sweep of the same plan, or a new
            one, `<recipe>-sweep-<n>`.
        seconds: after which no trial begins.
        data_dir, device: as for `train`.
        workers: how many trials this machine trains at a time, 0 with `listen`: none; by default
            one for each GPU, or each processor as far as memory reaches.
        listen: host and port where workers of other machines join; None: they cannot.
        key: the file with the key that lets them in; by default key.pem in the sweep's folder.

    Raises:
        ConfigError, DataError, RunError, ResourceError: see textclf.errors.
    """
    folder = open_sweep(plan, recipe, Path(runs_dir), name)
    if is_over(folder, plan):
        if not folder.report_path.exists():  # there was no room for it
            write_outcome(folder)
        return folder
    import_distributed()
    deadline = None if seconds is None else time.monotonic() + seconds
    where = Where(Path(data_dir).absolute() if data_dir else None, device)
    workers = default_slots(device) if workers is None else workers
    watcher = watcher or Watcher()
    with (
        sweeping(folder, plan),
        keeping_results(folder),
        closing(ClusterSlots(train_trial, workers, _listening(folder, listen, key))) as slots,
    ):
        publish = partial(write_trials, folder)
        Coordinator(folder, plan, slots, watcher, where, deadline, publish).run()
        again = [_order(folder, one, where) for one in finalists(folder, plan.fresh_seeds)]
        train_final(again, slots, watcher)
        if plan.keep == "best":
            drop_models(again)
    write_outcome(folder)
    return folder


def _order(sweep: SweepFolder, finalist: Finalist, where: Where) -> Order:
    return Order(
        name=finalist.name,
        attempt=1,
        config=finalist.config.model_dump(),
        folder=sweep.path.absolute() / finalist.name,
        recipe=str(sweep.record.get("recipe", "run")),
        seeds=finalist.seeds,
        score=sweep.score,
        tests=finalist.is_winner,
        data_dir=where.data_dir,
        device=where.device,
    )


def _listening(
    folder: SweepFolder, listen: tuple[str, int] | None, key: str | Path | None
) -> Listening | None:
    if listen is None:
        return None
    return Listening(*listen, Path(key) if key else folder.key_path, folder.address_path)


def train_trial(order: Order, link: Link) -> Outcome:
    """Train a trial in its folder, or resume it there; in a process of its own.

    It is what `train` does with the same config and seeds, but for the test rows: unless the order
    says so, they are not scored.
    """
    witness.is_silent = True  # the coordinator says how a process ended
    return attempt(order, partial(_train_ordered, order, link))


def _train_ordered(order: Order, link: Link) -> None:
    if ended_before(order):
        return
    callbacks = _pruning(order, link)
    if order.folder.exists():
        run = open_folder(order.folder)
        resume(
            run,
            data_dir=order.data_dir,
            device=order.device,
            reporter=Reporter(),
            callbacks=callbacks,
        )
        return
    config = Config.model_validate(dict(order.config))
    series = {"seeds": seeds_from(config, order.seeds)} if order.seeds > 1 else {}
    environment = describe_environment(Tokens.of(config.preprocessing).packages)
    record = environment | series | ({} if order.tests else {"untested": True})
    run = create_run(config, order.recipe, order.folder.parent, order.name, record)
    warnings = Warnings(Reporter())
    with locked(run), recording(run, is_new=False), backend.computing(run.log_path):
        warnings.keep_in(partial(record_warnings, run))
        trainer = _new_trainer(config, order.data_dir, order.device, warnings, callbacks)
        _warn_of_traps(trainer, run, warnings)
        _train_run(trainer, run)


def _pruning(order: Order, link: Link) -> list[keras.callbacks.Callback]:
    if not begins_first_fit(order.folder):
        return []
    with backend.computing(None):
        backend.import_tensorflow()
        from textclf.training.pruning import Pruning

        return [Pruning(order.score, link.report, link.is_pruned)]


def train_part(order: Order, link: Link) -> Outcome:
    """Train a seed or a fold of the run that it is a part of; in a process of its own."""
    witness.is_silent = True  # the coordinator says how a process ended
    return attempt_part(order, link, _train_part)


def _train_part(order: Order, reporter: Reporter) -> tuple[Scores, dict[str, Any] | None]:
    whole = open_folder(order.folder.parent)
    with backend.computing(whole.log_path):
        if isinstance(whole, SeriesFolder):
            return _train_seed(whole, order, reporter), None
        trainer = _new_trainer(whole.config, order.data_dir, order.device, reporter)
        scores = _fit_and_score(trainer, _fit_of(whole, order, trainer))
        return scores, trainer.engine_record


def _train_seed(series: SeriesFolder, order: Order, reporter: Reporter) -> Scores:
    names = [series.seed(number).name for number in range(1, len(series.seed_values) + 1)]
    with training_seed(series, names.index(order.name) + 1) as run:
        if run is not None:  # a finished one stays as it is
            _train_run(_new_trainer(run.config, order.data_dir, order.device, reporter), run)
    return RunFolder(order.folder).metrics


def _fit_of(run: RunFolder, order: Order, trainer: Trainer) -> Fit:
    before = fits_before(run, trainer.data)
    if order.name == FINAL:
        return final_fit(run, trainer.data, [fit.folder.metrics for fit in before])
    return next(fit for fit in before if fit.folder.path.name == order.name)
