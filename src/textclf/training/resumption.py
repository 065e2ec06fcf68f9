"""Whether a run may be resumed, and with what: its data, its epochs, its environment."""

from typing import Any

from textclf.config.file import load_config
from textclf.config.settings import Config
from textclf.config.settings.training import CosineSchedule
from textclf.config.vector_source import vector_source
from textclf.data.dataset import Dataset
from textclf.data.files import hash_file
from textclf.errors import ConfigError, DataError, RunError
from textclf.runs import RunFolder
from textclf.runs.environment import differences
from textclf.training.reporter import Reporter

# On one core in place of two, an LSTM of 3 units on 60 texts went from 0.46 to 0.60.
CONSEQUENCE = (
    "the remaining epochs may differ, in the last digits at first, then in the scores themselves, "
    "by several points on small data"
)


def with_epochs(run: RunFolder, epochs: int | None) -> Config:
    """The run's config, with more epochs if any are asked for.

    Raises:
        ConfigError: they are fewer, or the learning rate has reached the end of its schedule.
    """
    if epochs is None:
        return run.config
    if epochs < run.config.training.epochs:
        raise ConfigError(
            f"training.epochs: {epochs} is fewer than the run's {run.config.training.epochs}; a "
            "run can only be lengthened"
        )
    rate = run.config.training.learning_rate
    is_longer = epochs > run.config.training.epochs
    if is_longer and isinstance(rate, CosineSchedule) and rate.decay_epochs is None:
        raise ConfigError(
            "training.epochs: the cosine schedule falls over all epochs, and more of them would be "
            "another schedule; train a new run, or one with learning_rate.decay_epochs"
        )
    return load_config(run.config_path, [f"training.epochs={epochs}"])


def warn_of_changes(record: dict[str, Any], today: dict[str, Any], reporter: Reporter) -> None:
    """Warn of each difference between today's environment and that of run.json."""
    for line in differences(record, {**record, **today}):
        reporter.warn(f"{line}: {CONSEQUENCE}")


def refuse_failed(run: RunFolder) -> None:
    """Raise a RunError if the run failed: it would fail again."""
    record = run.record
    if record.get("status") == "failed":
        why = [str(line) for line in record.get("error") or ["the reason was not recorded"]]
        raise RunError(f"{run.path}: failed, and would fail again: {why[0]}", *why[1:])


def record_vectors(run: RunFolder, config: Config, reporter: Reporter) -> None:
    """Record the SHA-256 of the file of word vectors; of a run that has it, compare.

    A run that is resumed needs the file for fits that have not begun.

    Raises:
        DataError: the file of a new run cannot be read.
    """
    source = vector_source(config.model)
    if source is None:
        return
    if "vectors" not in run.record:
        run.update(vectors={source.path.name: hash_file(source.path)})
    elif source.path.exists() and hash_file(source.path) not in run.record["vectors"].values():
        reporter.warn(
            f"{source.path}: not the vectors that {run.path} began with; only a fit that has not "
            "finished an epoch starts from these"
        )


def refuse_other_vectors(run: RunFolder) -> None:
    """A run is reproduced only with exactly the word vectors that it began with.

    Raises:
        DataError: the file is missing, or another one.
    """
    source = vector_source(run.config.model)
    if source and hash_file(source.path) not in run.record.get("vectors", {}).values():
        raise DataError(
            f"{source.path}: not the vectors that {run.path} began with; put that file there again"
        )


def refuse_other_data(run: RunFolder, data: Dataset) -> None:
    """A run is resumed, scored and explained only with exactly the data that it began with."""
    recorded = run.record.get("data", {})
    for name in sorted({*recorded, *data.files}):
        if data.files.get(name) != recorded.get(name):
            raise DataError(
                f"{name}: not the data that {run.path} began with; give it that file again, or "
                "train a new run"
            )
