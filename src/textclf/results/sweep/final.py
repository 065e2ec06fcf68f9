"""The final of a sweep: the best two trials again, with fresh seeds, and what came out."""

from __future__ import annotations

from dataclasses import dataclass

from textclf.config.settings import Config
from textclf.errors import RunError
from textclf.results.sweep.table import Table
from textclf.results.sweep.winner import (
    NOT_TESTED,
    Verdict,
    enough_fresh_seeds,
    first_fresh_seed,
    judge,
    n_compared,
)
from textclf.runs import RunFolder, open_folder
from textclf.runs.series import SeriesFolder
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import FINISHED, Trial

OF_FOLDS = "k folds differ by their rows, not by their seeds alone"
FAILED_AGAIN = "with fresh seeds, its training failed"


def read_table(sweep: SweepFolder) -> Table:
    """All trials of a sweep so far.

    Raises:
        RunError: sweep.json or trials.jsonl is damaged.
    """
    return Table(sweep.score, sweep.space, sweep.trials)


@dataclass(frozen=True)
class Finalist:
    """One of the best two, to be trained again.

    Args:
        name: of the folder.
        seeds: how many models to train.
        is_winner: whether its test rows are scored; those of no other trial are.
    """

    name: str
    config: Config
    seeds: int
    is_winner: bool


def finalists(sweep: SweepFolder, fresh: int | None) -> list[Finalist]:
    """What is trained once all trials have ended.

    Args:
        fresh: number of fresh seeds for each of the two, or 0: then the winner alone is trained,
            as it was in the search; None: enough for the test.

    Raises:
        RunError: a trial's config is damaged.
        ConfigError: no seeds are left.
    """
    table = read_table(sweep)
    fresh = enough_fresh_seeds(n_compared(table)) if fresh is None else fresh
    best = table.ranked[: 2 if fresh else 1]
    again = [_again(sweep, table, trial, fresh) for trial in best]
    return [
        Finalist(final_name(trial), config, seeds, trial is best[0])
        for trial, (config, seeds) in zip(best, again, strict=True)
        if trial is best[0] or not has_folds(config)
    ]


def final_name(trial: Trial) -> str:
    """'trial-7-final': the folder of a finalist's runs."""
    return f"{trial.name}-final"


def _again(sweep: SweepFolder, table: Table, trial: Trial, fresh: int) -> tuple[Config, int]:
    """The config to train again, and with how many seeds; as before if it was begun already."""
    folder = sweep.path / final_name(trial)
    if folder.is_dir():
        run = open_folder(folder)
        return run.config, len(run.seed_values) if isinstance(run, SeriesFolder) else 1
    config, n_used = sweep.run(trial.name).config, int(sweep.record["seeds"])
    if not fresh:
        return config, n_used
    fresh = 1 if has_folds(config) else fresh
    used = {config.seed, *(t.values["seed"] for t in table.trials if "seed" in t.values)}
    first = first_fresh_seed((seed + more for seed in used for more in range(n_used)), fresh)
    return config.model_copy(update={"seed": first}), fresh


def has_folds(config: Config) -> bool:
    return getattr(config.training.validation, "split", None) == "k_fold"


# --- what came out ---------------------------------------------------------------------------


def read_verdict(sweep: SweepFolder, table: Table) -> Verdict | None:
    """What is known about the winner so far; None if no trial may win.

    Raises:
        RunError: a file of the final's runs is damaged.
    """
    runs = [_finished(sweep, trial) for trial in table.ranked[:2]]
    winner, runner_up = (*runs, None, None)[:2]
    if winner is None:
        began = bool(table.ranked) and (sweep.path / final_name(table.ranked[0])).is_dir()
        return judge(table, ([], []), {}, FAILED_AGAIN if began else NOT_TESTED)
    scores = winner.metrics
    if runner_up is None:
        return judge(table, ([], []), scores, OF_FOLDS if has_folds(winner.config) else NOT_TESTED)
    return judge(table, (_by_seed(winner, table.score), _by_seed(runner_up, table.score)), scores)


def _finished(sweep: SweepFolder, trial: Trial) -> RunFolder | None:
    """A finalist's run with fresh seeds, once it is finished."""
    path = sweep.path / final_name(trial)
    run = open_folder(path) if path.is_dir() else None
    return run if run is not None and run.status == FINISHED else None


def _by_seed(run: RunFolder, score: str) -> list[float]:
    """The score of each seed.

    Raises:
        RunError: one of them lacks it.
    """
    values = [part.metrics.get(score) for part in [*run.seeds.values()] or [run]]
    if None in values:
        raise RunError(f"{run.path}: damaged: not all seeds have {score}")
    return [float(value) for value in values if value is not None]
