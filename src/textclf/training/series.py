"""Runs that consist of runs: which seeds or shares, and each part while it is trained."""

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from textclf.config.settings import Config
from textclf.config.settings.section import MAX_SEED
from textclf.data.tokens import Tokens
from textclf.errors import ConfigError, RunError
from textclf.runs import RunFolder, create_run, locked, recording, restart
from textclf.runs.curve import MAX_SHARES, CurveFolder
from textclf.runs.environment import describe_environment
from textclf.runs.series import MAX_SEEDS, MIN_SEEDS, SeriesFolder

# Fields of the whole's run.json that each of its parts takes over.
INHERITED = ("tensorboard", "untested")


def seeds_from(config: Config, n_seeds: int) -> list[int]:
    """The config's seed and the numbers after it.

    Raises:
        ConfigError: there are too few or too many, or the config trains k folds.
    """
    if not MIN_SEEDS <= n_seeds <= MAX_SEEDS:
        raise ConfigError(f"seeds: {n_seeds} is not in the range {MIN_SEEDS} to {MAX_SEEDS}")
    _refuse_folds(config, "several seeds need")
    if config.seed + n_seeds - 1 > MAX_SEED:
        raise ConfigError(f"seed: {n_seeds} seeds from {config.seed} exceed {MAX_SEED}")
    return list(range(config.seed, config.seed + n_seeds))


def curve_of(config: Config, shares: Sequence[float], n_seeds: int) -> dict[str, Any]:
    """What run.json says about a learning curve: its shares, ascending, and its number of seeds.

    Raises:
        ConfigError: there are too few or too many, or the config trains k folds, or a share itself.
    """
    ascending = sorted(float(f"{share:g}") for share in shares)
    if not (2 <= len(ascending) <= MAX_SHARES and all(0 < share <= 1 for share in ascending)):
        raise ConfigError(
            f"shares: give 2 to {MAX_SHARES} numbers above 0 and at most 1, such as 0.25, 0.5, 1"
        )
    if len(set(ascending)) < len(ascending):
        raise ConfigError("shares: each can be given once")
    if config.training.train_share != 1:
        raise ConfigError("training.train_share: a learning curve sets it for each of its runs")
    _refuse_folds(config, "a learning curve needs")
    if n_seeds > 1:
        seeds_from(config, n_seeds)
    return {"shares": ascending, "seeds": n_seeds}


def _refuse_folds(config: Config, who_needs: str) -> None:
    if getattr(config.training.validation, "split", None) == "k_fold":
        raise ConfigError(
            f"training.validation: k_fold trains a model for each fold; {who_needs} one of "
            "the other splits, such as --set 'training.validation={split: shuffled}'"
        )


@contextlib.contextmanager
def training_seed(series: SeriesFolder, number: int) -> Iterator[RunFolder | None]:
    """The run of a seed, made or restarted, locked and recorded; None if it is finished.

    Args:
        number: of the seed in the series, from 1.
    """
    config = series.config.model_copy(update={"seed": series.seed_values[number - 1]})
    with _training_part(series, series.seed(number), config, {}) as run:
        yield run


@contextlib.contextmanager
def training_share(curve: CurveFolder, share: float) -> Iterator[RunFolder | None]:
    """The run of a share, or its series of seeds, in the same way."""
    training = curve.config.training.model_copy(update={"train_share": share})
    config = curve.config.model_copy(update={"training": training})
    seeds = {"seeds": seeds_from(config, curve.n_seeds)} if curve.n_seeds > 1 else {}
    with _training_part(curve, curve.share(share), config, seeds) as run:
        yield run


@contextlib.contextmanager
def _training_part(
    whole: RunFolder, run: RunFolder, config: Config, more: dict[str, Any]
) -> Iterator[RunFolder | None]:
    record = whole.record
    is_new = not run.record_path.exists()
    if is_new:
        inherited = {key: record[key] for key in INHERITED if key in record}
        packages = Tokens.of(config.preprocessing).packages
        about = describe_environment(packages) | inherited | more
        run = create_run(config, str(record.get("recipe", "run")), whole.path, run.name, about)
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
    """Hold the locks of what a run is a part of, so that only one part is resumed."""
    with contextlib.ExitStack() as held:
        for whole in run.wholes:
            held.enter_context(locked(whole))
        yield
