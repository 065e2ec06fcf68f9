"""What the commands do, step by step; TensorFlow is imported once a step needs it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textclf import backend
from textclf.atomic import write_json
from textclf.config import Config
from textclf.config_file import load_config
from textclf.conflicts import check_conflicts
from textclf.data import load_dataset
from textclf.environment import describe_environment, differences
from textclf.errors import ConfigError, DataError, RunError
from textclf.evaluation import Scored, Scores, score
from textclf.fits import Fit, over_fits
from textclf.plots.run import plot_run
from textclf.reporter import Reporter
from textclf.reproduction import Reproduction, compare_runs
from textclf.results import write_results
from textclf.runs import RunFolder, create_run, find_run
from textclf.runs.folder import now

if TYPE_CHECKING:
    import keras

    from textclf.training import Trainer


class Run(RunFolder):
    """A run, for notebooks: `history`, `metrics`, `predictions`, `config`, `load_model()`."""

    def load_model(self, fold: int | None = None) -> "keras.Model":
        """The kept model; of a k-fold run the final one, or that of a fold, from 1.

        The layers are built from the run's config and only weights are read from the file, so
        that nothing in it can run.
        """
        backend.import_tensorflow()
        from textclf.training import load_kept_model

        return load_kept_model(self.config, self if fold is None else self.fold(fold))


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
    tensorboard: bool = False,
) -> Run:
    """Train a config's model, score the kept model, draw the plots; all in a new folder.

    Args:
        name: the folder's name; by default `<recipe>-<n>`.
        device: 'auto', 'cpu', 'gpu' or 'gpu:N'.
        reporter: is told how the fits go on.
        callbacks: Keras callbacks of one's own, called before textclf's.
        tensorboard: whether each fit's folder gets TensorBoard's logs; `resume` goes on with them.

    Raises:
        ConfigError, DataError, RunError, ResourceError: see textclf.errors.
    """
    check_conflicts(config)
    record = describe_environment() | ({"tensorboard": True} if tensorboard else {})
    run = create_run(config, recipe, Path(runs_dir), name, record)
    with run.locked(), run.recording():
        _carry_out(run, data_dir, device, reporter, callbacks)
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
        RunError: the run failed, is in use, or has files that are damaged.
        ConfigError, DataError, ResourceError: see textclf.errors.
    """
    with run.locked():
        record, config = run.record, _with_epochs(run, epochs)
        if record.get("status") == "failed":
            raise RunError(*_why_failed(run, record))
        if record.get("status") == "finished" and config == run.config:
            return Run(run.path)
        again = describe_environment()
        _warn_of_changes(record, again, reporter)
        resumed = [*record.get("resumed", []), {"command": again["command"], "at": now()}]
        run.restart(config, resumed)
        with run.recording(is_new=False):
            _carry_out(run, data_dir, device, reporter)
    return Run(run.path)


def _carry_out(
    run: RunFolder,
    data_dir: str | Path | None,
    device: str,
    reporter: Reporter | None,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
) -> None:
    """Train what is left to train of a run, and write all that belongs to it."""
    with backend.native_output_to(run.log_path):
        logs = run.record.get("tensorboard", False)
        trainer = _new_trainer(run.config, data_dir, device, reporter, callbacks, logs)
        _refuse_other_data(run, dict(trainer.data.files))
        if "device" in run.record:
            _warn_of_changes(run.record, {"device": vars(trainer.device)}, reporter)
        run.update(data=dict(trainer.data.files), device=vars(trainer.device))
        scores = over_fits(run.config, trainer.data, run, lambda fit: _fit_and_score(trainer, fit))
        write_json(run.metrics_path, scores)
        run.update(engine=vars(trainer.choice))
        plot_run(run)


def _with_epochs(run: RunFolder, epochs: int | None) -> Config:
    if epochs is None:
        return run.config
    if epochs < run.config.training.epochs:
        raise ConfigError(
            f"training.epochs: {epochs} is fewer than the run's {run.config.training.epochs}; a "
            "run can only be lengthened"
        )
    return load_config(run.config_path, [f"training.epochs={epochs}"])


def _warn_of_changes(
    record: dict[str, Any], today: dict[str, Any], reporter: Reporter | None
) -> None:
    for line in differences(record, {**record, **today}):
        (reporter or Reporter()).tell(f"warning: {line}: the rest may differ in the last digits")


def _why_failed(run: RunFolder, record: dict[str, Any]) -> list[str]:
    why = [str(line) for line in record.get("error") or ["the reason was not recorded"]]
    return [f"{run.path}: failed, and would fail again: {why[0]}", *why[1:]]


def _refuse_other_data(run: RunFolder, files: dict[str, str]) -> None:
    """A run goes on with the data it began with, to the bit."""
    before = run.record.get("data")
    for name, digest in (before or {}).items():
        if files.get(name) != digest:
            raise DataError(f"{name}: not the data that {run.path} began with; train a new run")


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
        recipe=f"{run.name}-again",
        data_dir=data_dir,
        device=device,
        reporter=reporter,
    )
    return compare_runs(run, other)


def evaluate(run: RunFolder, *, data_dir: str | Path | None = None, device: str = "auto") -> Scores:
    """Score a run's kept models, read back from disk, as `train` did; writes nothing into the run.

    Raises:
        RunError: a model is missing or damaged.
    """
    with backend.native_output_to(None):
        trainer = _new_trainer(run.config, data_dir, device)
        return over_fits(run.config, trainer.data, run, lambda fit: _score_again(trainer, fit))


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
    from textclf.training import Trainer

    return Trainer(config, data, chosen, reporter, callbacks, tensorboard)


def _fit_and_score(trainer: "Trainer", fit: Fit) -> Scores:
    kept_epoch = trainer.fit(fit)
    scored = trainer.predict_kept(fit)
    scores = {**_score_all(trainer, scored), "best_epoch": kept_epoch}
    write_results(fit.folder, trainer.data, trainer.encoder, scored, scores)
    return scores


def _score_again(trainer: "Trainer", fit: Fit) -> Scores:
    trainer.prepare(fit)
    scores = _score_all(trainer, trainer.predict_kept(fit))
    if not fit.folder.metrics_path.exists():  # an interrupted fit
        return scores
    return {**scores, "best_epoch": fit.folder.best_epoch}


def _score_all(trainer: "Trainer", scored: list[Scored]) -> Scores:
    return {key: value for part in scored for key, value in score(trainer.data, part).items()}
