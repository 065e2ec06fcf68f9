"""What the commands do, step by step; TensorFlow is imported once a step needs it."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.atomic import write_json
from textclf.config.conflicts import check_conflicts
from textclf.config.settings import Config
from textclf.data.loaders import load_dataset
from textclf.errors import RunError
from textclf.plots.run import plot_run
from textclf.results.prediction import Predictor, read_text_encoder
from textclf.results.reproduction import Reproduction, compare_runs
from textclf.runs import RunFolder, create_run, find_run
from textclf.runs.environment import describe_environment
from textclf.runs.folder import now
from textclf.runs.summary import describe_state
from textclf.training.engine import backend
from textclf.training.evaluation import Scored, Scores, mean_and_sd, score
from textclf.training.fits import Fit, over_fits
from textclf.training.reporter import LineReporter, Reporter
from textclf.training.results import write_results
from textclf.training.resumption import (
    refuse_failed,
    refuse_other_data,
    warn_of_changes,
    with_epochs,
)
from textclf.training.series import runs_with_models, seeds_from, series_locked, train_seeds

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from textclf.training.trainer import Trainer


class Run(RunFolder):
    """A run, for notebooks: `name`, `history`, `metrics`, `load_model()`, `predict()`, ..."""

    def __repr__(self) -> str:
        """Run('runs/imdb_lstm-1', finished, val_accuracy=0.776)"""
        return f"Run({str(self.path)!r}, {', '.join(describe_state(self))})"

    def load_model(self, fold: int | None = None) -> "keras.Model":
        """The kept model; of a k-fold run the final one, or that of a fold, from 1.

        A series of seeds has one in each of its runs: `run.seed(2).load_model()`. The layers are
        built from the run's config and only weights are read from the file, so that nothing in it
        can run.
        """
        backend.import_tensorflow()
        from textclf.training.trainer import load_kept_model

        return load_kept_model(self.config, self if fold is None else self.fold(fold))

    def predict(self, texts: "Sequence[str]", device: str = "auto") -> "pd.DataFrame":
        """The classes of new texts, a row each: prediction, probability, of more than two classes
        second and third, the number of words that the model knows, and each class's probability.

        Raises:
            RunError: the run is not one on texts and classes, or damaged.
        """
        import pandas as pd

        predictor = load_predictor(self, device=device, each_class=True)
        return pd.DataFrame(predictor.predict(list(texts)), columns=predictor.columns)


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
    seeds: int | None = None,
    recipe: str = "run",
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
    tensorboard: bool = False,
) -> Run:
    """Train a config's model, score the kept model, draw the plots; all in a new folder.

    Args:
        name: the folder's name; by default `<recipe>-<n>`.
        seeds: train as many models, 2 to 100, with the config's seed and those that follow it,
            each a run of its own in `seed-1/`, `seed-2/`, ...; the scores are their means.
        device: 'auto', 'cpu', 'gpu' or 'gpu:N'.
        reporter: gets the progress; by default a line for each epoch on standard error, with
            `textclf.training.reporter.Reporter()` nothing.
        callbacks: Keras callbacks of one's own, called before textclf's.
        tensorboard: whether each fit's folder gets TensorBoard's logs; `resume` goes on with them.

    Raises:
        ConfigError, DataError, RunError, ResourceError: see textclf.errors.
    """
    check_conflicts(config)
    series = {"seeds": seeds_from(config, seeds)} if seeds is not None else {}
    logs = {"tensorboard": True} if tensorboard else {}
    record = {**describe_environment(), **series, **logs}
    run = create_run(config, recipe, Path(runs_dir), name, record)
    with run.locked(), run.recording(), backend.native_output_to(run.log_path):
        shown = reporter or LineReporter()
        trainer = _new_trainer(config, data_dir, device, shown, callbacks, tensorboard)
        _carry_out(run, trainer)
    return Run(run.path)


def resume(
    run: RunFolder,
    epochs: int | None = None,
    *,
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Run:
    """Go on with a run that was interrupted, to the same end, or add epochs to a finished one.

    Args:
        epochs: as many in all, in place of the config's.

    Raises:
        RunError: the run failed, is in use, or has files that are damaged; or it is one of a series
            of seeds, and was to be lengthened alone.
        ConfigError, DataError, ResourceError: see textclf.errors.
    """
    if epochs is not None and run.title != run.name:
        raise RunError(
            f"{run.path}: one of a series; lengthen all of it: textclf resume "
            f"{shlex.quote(str(run.path.parent))} --set training.epochs={epochs}"
        )
    reporter = reporter or LineReporter()
    with series_locked(run), run.locked():
        record, config = run.record, with_epochs(run, epochs)
        refuse_failed(run)
        if record.get("status") == "finished" and config == run.config:
            return Run(run.path)
        with backend.native_output_to(run.log_path):
            # Before the run is touched: with other data it stays what it is.
            logs = record.get("tensorboard", False)
            trainer = _new_trainer(config, data_dir, device, reporter, tensorboard=logs)
            if "data" in record:  # a run that was killed early has none
                refuse_other_data(run, trainer.data)
            again = describe_environment()
            device_now = {"device": vars(trainer.device)} if "device" in record else {}
            warn_of_changes(record, {**again, **device_now}, reporter)
            resumed = [*record.get("resumed", []), {"command": again["command"], "at": now()}]
            run.restart(config, resumed)
            with run.recording(is_new=False):
                _carry_out(run, trainer)
    return Run(run.path)


def _carry_out(run: RunFolder, trainer: "Trainer") -> None:
    """Train what is left to train of a run, and write all that belongs to it."""
    if run.seed_values:
        run.update(data=dict(trainer.data.files), device=vars(trainer.device))
        train_seeds(run, lambda one: _train_one(trainer, one))
    else:
        _train_one(trainer, run)


def _train_one(trainer: "Trainer", run: RunFolder) -> Scores:
    run.update(data=dict(trainer.data.files), device=vars(trainer.device))
    scores = over_fits(run.config, trainer.data, run, lambda fit: _fit_and_score(trainer, fit))
    write_json(run.metrics_path, scores)
    run.update(engine=vars(trainer.choice))
    plot_run(run)
    return scores


def reproduce(
    run: RunFolder,
    runs_dir: str | Path = "runs",
    *,
    data_dir: str | Path | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Reproduction:
    """Train a run's config anew, in a folder of its own, and compare.

    Raises:
        RunError: the run is not finished, or damaged.
    """
    if run.status != "finished":
        raise RunError(f"{run.path}: {run.status}; only a finished run can be reproduced")
    other = train(
        run.config,
        runs_dir,
        seeds=len(run.seed_values) or None,
        recipe=f"{run.title.replace('/', '-')}-again",
        data_dir=data_dir,
        device=device,
        reporter=reporter,
    )
    return compare_runs(run, other)


def evaluate(run: RunFolder, *, data_dir: str | Path | None = None, device: str = "auto") -> Scores:
    """Score a run's kept models, read back from disk, as `train` did; writes nothing into the run.

    Of a series of seeds the means, and beside them the deviations.

    Raises:
        RunError: a model is missing or damaged.
    """
    with backend.native_output_to(None):
        trainer = _new_trainer(run.config, data_dir, device)
        refuse_other_data(run, trainer.data)
        scores = [
            over_fits(one.config, trainer.data, one, lambda fit: _score_again(trainer, fit))
            for one in runs_with_models(run)
        ]
        return mean_and_sd(scores) if run.seed_values else scores[0]


def load_predictor(
    run: RunFolder,
    *,
    device: str = "auto",
    each_class: bool = False,
    reporter: Reporter | None = None,
) -> Predictor:
    """What tells the classes of new texts with a run's kept model.

    Args:
        each_class: whether it tells every class's probability.

    Raises:
        RunError: the run is not one on texts and classes, keeps no model yet, or is damaged.
    """
    encoder, class_names = read_text_encoder(run)
    if run.status != "finished":
        told = f"warning: {run.path}: not finished; its best model so far predicts"
        (reporter or Reporter()).tell(told)
    with backend.native_output_to(None):
        backend.start(device)
        from textclf.training.trainer import load_kept_model

        network = load_kept_model(run.config, run)
        try:
            return Predictor(network, encoder, class_names, each_class)
        except (ValueError, TypeError, IndexError) as error:  # it predicts a first text
            raise RunError(f"{run.preprocessing_path}: damaged: {error}") from error


def _new_trainer(
    config: Config,
    data_dir: str | Path | None,
    device: str,
    reporter: Reporter | None = None,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
    tensorboard: bool = False,
) -> "Trainer":
    reporter = reporter or Reporter()
    data = load_dataset(config.dataset, Path(data_dir) if data_dir else None)
    for warning in data.warnings:
        reporter.tell(f"warning: {warning}")
    chosen = backend.start(device)
    from textclf.training.trainer import Trainer

    return Trainer(config, data, chosen, reporter, callbacks, tensorboard)


def _fit_and_score(trainer: "Trainer", fit: Fit) -> Scores:
    kept_epoch = trainer.fit(fit)
    scored = trainer.predict_kept(fit)
    scores = {**_score_all(trainer, scored), "best_epoch": kept_epoch}
    write_results(fit.folder, trainer.data, scored, scores)
    return scores


def _score_again(trainer: "Trainer", fit: Fit) -> Scores:
    trainer.prepare(fit)
    scores = _score_all(trainer, trainer.predict_kept(fit))
    if not fit.folder.metrics_path.exists():  # an interrupted fit
        return scores
    return {**scores, "best_epoch": fit.folder.best_epoch}


def _score_all(trainer: "Trainer", scored: list[Scored]) -> Scores:
    return {key: value for part in scored for key, value in score(trainer.data, part).items()}
