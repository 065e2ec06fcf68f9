"""A series of seeds: which seeds, and the run of each while it is trained."""

import contextlib
import shlex
from collections.abc import Iterator

from textclf.config.settings import MAX_SEED, Config
from textclf.data.tokens import Tokens
from textclf.errors import ConfigError, RunError
from textclf.runs import RunFolder, create_run, locked, recording, restart
from textclf.runs.environment import describe_environment
from textclf.runs.series import MAX_SEEDS, MIN_SEEDS, SeriesFolder

INHERITED = ("tensorboard",)  # fields of the series' run.json that each of its runs takes over


def seeds_from(config: Config, n_seeds: int) -> list[int]:
    """The config's seed and the numbers after it.

    Raises:
        ConfigError: there are too few or too many, or the config trains k folds.
    """
    if not MIN_SEEDS <= n_seeds <= MAX_SEEDS:
        raise ConfigError(f"seeds: {n_seeds} is not in the range {MIN_SEEDS} to {MAX_SEEDS}")
    if getattr(config.training.validation, "split", None) == "k_fold":
        raise ConfigError(
            "training.validation: k_fold trains a model for each fold; several seeds need one of "
            "the other splits, such as --set 'training.validation={split: shuffled}'"
        )
    if config.seed + n_seeds - 1 > MAX_SEED:
        raise ConfigError(f"seed: {n_seeds} seeds from {config.seed} exceed {MAX_SEED}")
    return list(range(config.seed, config.seed + n_seeds))


@contextlib.contextmanager
def training_seed(series: SeriesFolder, number: int) -> Iterator[RunFolder | None]:
    """The run of a seed, made or restarted, locked and recorded; None if it is finished.

    Args:
        number: of the seed in the series, from 1.
    """
    config = series.config.model_copy(update={"seed": series.seed_values[number - 1]})
    record, run = series.record, series.seed(number)
    is_new = not run.record_path.exists()
    if is_new:
        inherited = {key: record[key] for key in INHERITED if key in record}
        packages = Tokens.of(config.preprocessing).packages
        about = describe_environment(packages) | inherited
        run = create_run(config, str(record.get("recipe", "run")), series.path, run.name, about)
    elif run.status == "finished" and run.config == config:
        yield None
        return
    with locked(run):
        if not is_new:
            restart(run, config, record.get("resumed", []))
        with recording(run, is_new, is_part=True):
            yield run


def require_finished(series: SeriesFolder) -> None:
    """Raise a RunError unless all seeds are trained."""
    if series.status != "finished":
        raise RunError(
            f"{series.path}: {series.status}; a series of seeds is scored once all of them are "
            f"trained; resume with: textclf resume {shlex.quote(str(series.path))}"
        )


@contextlib.contextmanager
def series_locked(run: RunFolder) -> Iterator[None]:
    """Hold the lock of the series that a seed's run belongs to, so that only one is resumed."""
    if run.title == run.name:
        yield
    else:
        with locked(RunFolder(run.path.resolve().parent)):
            yield
