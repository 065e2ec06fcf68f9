"""A series of seeds: one config trained again and again, each time a run in the same folder."""

import contextlib
import shlex
from collections.abc import Callable, Iterator

from textclf.atomic import write_json
from textclf.config.settings import MAX_SEED, Config
from textclf.errors import ConfigError, RunError
from textclf.plots.run import plot_run
from textclf.runs import RunFolder, create_run
from textclf.runs.environment import describe_environment
from textclf.runs.folder import SEEDS
from textclf.training.evaluation import Scores, mean_and_sd

ASKED = ("tensorboard",)  # of the series, and so of each of its runs


def seeds_from(config: Config, n_seeds: int) -> list[int]:
    """The config's seed and those that follow it.

    Raises:
        ConfigError: there are too few or too many, or the folds are fits enough.
    """
    if not SEEDS[0] <= n_seeds <= SEEDS[1]:
        raise ConfigError(f"seeds: {n_seeds} is not in the range {SEEDS[0]} to {SEEDS[1]}")
    if getattr(config.training.validation, "split", None) == "k_fold":
        raise ConfigError(
            "training.validation: k_fold trains a model for each fold; several seeds need one of "
            "the other splits, such as --set 'training.validation={split: shuffled}'"
        )
    if config.seed + n_seeds - 1 > MAX_SEED:
        raise ConfigError(f"seed: {n_seeds} seeds from {config.seed} go beyond {MAX_SEED}")
    return list(range(config.seed, config.seed + n_seeds))


def train_seeds(series: RunFolder, train_one: Callable[[RunFolder], Scores]) -> None:
    """Train each seed as a run of its own; those that are finished stay as they are.

    Args:
        train_one: trains a run with the program that those before it have compiled.
    """
    scores = [
        _train_seed(series, number, seed, train_one)
        for number, seed in enumerate(series.seed_values, start=1)
    ]
    write_json(series.metrics_path, mean_and_sd(scores))
    series.update(engine=series.seed(1).record.get("engine"))
    plot_run(series)


def _train_seed(
    series: RunFolder, number: int, seed: int, train_one: Callable[[RunFolder], Scores]
) -> Scores:
    config = series.config.model_copy(update={"seed": seed})
    record, run = series.record, series.seed(number)
    is_new = not run.record_path.exists()
    if is_new:
        recipe = str(record.get("recipe", "run"))
        asked = {key: record[key] for key in ASKED if key in record}
        run = create_run(config, recipe, series.path, run.name, describe_environment() | asked)
    elif run.status == "finished" and run.config == config:
        return run.metrics
    with run.locked():
        if not is_new:
            run.restart(config, record.get("resumed", []))
        with run.recording(is_new, is_part=True):
            return train_one(run)


def runs_with_models(run: RunFolder) -> list[RunFolder]:
    """The runs of a finished series; of any other run itself.

    Raises:
        RunError: the series is not finished.
    """
    if not run.seed_values:
        return [run]
    if run.status != "finished":
        raise RunError(
            f"{run.path}: {run.status}; a series of seeds is scored once all of them are trained; "
            f"go on with: textclf resume {shlex.quote(str(run.path))}"
        )
    return list(run.seeds.values())


@contextlib.contextmanager
def series_locked(run: RunFolder) -> Iterator[None]:
    """Hold the lock of the series that a seed's run belongs to, so that both are not resumed."""
    if run.title == run.name:
        yield
    else:
        with RunFolder(run.path.resolve().parent).locked():
            yield
