"""The final of a sweep: the best two trials again, with fresh seeds, as orders and as scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from textclf.config.settings import Config
from textclf.errors import ResourceError, RunError
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
from textclf.sweep.coordinator import MOST_RESUMED, WAIT
from textclf.sweep.orders import DIED, LOST, OUT_OF_RESOURCES, Order, Outcome, Slots
from textclf.sweep.watcher import Watcher

OF_FOLDS = "k folds differ by their rows, not by their seeds alone"
FAILED_FRESH = "with fresh seeds, its training failed"


def read_table(sweep: SweepFolder) -> Table:
    """All trials of a sweep so far.

    Raises:
        RunError: sweep.json or trials.jsonl is damaged.
    """
    return Table(sweep.score, sweep.space, sweep.trials)


def final_orders(
    sweep: SweepFolder, fresh: int | None, data_dir: Path | None, device: str
) -> list[Order]:
    """What is trained once all trials have ended; the winner's test rows are scored, no others.

    Args:
        fresh: number of fresh seeds for each of the two, or 0: then the winner alone is trained,
            as it was in the search; None: enough for the test.

    Raises:
        RunError: a trial's config is damaged.
        ConfigError: no seeds are left.
    """
    table = read_table(sweep)
    fresh = enough_fresh_seeds(n_compared(table)) if fresh is None else fresh
    finalists = table.ranked[: 2 if fresh else 1]
    orders = []
    for trial in finalists:
        config, seeds = _again(sweep, table, trial, fresh)
        is_winner = trial is finalists[0]
        if is_winner or not has_folds(config):
            orders.append(
                Order(
                    name=fresh_name(trial),
                    attempt=1,
                    config=config.model_dump(),
                    folder=sweep.path.absolute() / fresh_name(trial),
                    recipe=str(sweep.record.get("recipe", "run")),
                    seeds=seeds,
                    score=sweep.score,
                    tests=is_winner,
                    data_dir=data_dir,
                    device=device,
                )
            )
    return orders


def fresh_name(trial: Trial) -> str:
    """'trial-7-fresh': the folder of a finalist's runs with fresh seeds."""
    return f"{trial.name}-fresh"


def _again(sweep: SweepFolder, table: Table, trial: Trial, fresh: int) -> tuple[Config, int]:
    """The config to train again, and with how many seeds; as before if it was begun already."""
    folder = sweep.path / fresh_name(trial)
    if folder.is_dir():
        run = open_folder(folder)
        return run.config, len(run.seed_values) if isinstance(run, SeriesFolder) else 1
    config, n_used = sweep.run(trial.name).config, int(sweep.record["seeds"])
    if has_folds(config):
        return config, 1
    if not fresh:
        return config, n_used
    used = {config.seed, *(t.values["seed"] for t in table.trials if "seed" in t.values)}
    first = first_fresh_seed((seed + more for seed in used for more in range(n_used)), fresh)
    return config.model_copy(update={"seed": first}), fresh


def has_folds(config: Config) -> bool:
    return getattr(config.training.validation, "split", None) == "k_fold"


def train_final(orders: Sequence[Order], slots: Slots, watcher: Watcher) -> None:
    """Train the final's orders; a process that dies is replaced, and resumes its run.

    Raises:
        ResourceError: disk or memory is full.
    """
    waiting = {order.name: order for order in orders}
    for order in orders:
        slots.submit(order)
    while waiting:
        event = slots.next_event(WAIT)
        if isinstance(event, Outcome) and event.name in waiting:
            again = _after(waiting.pop(event.name), event, watcher)
            if again is not None:
                waiting[again.name] = again
                slots.submit(again)


def _after(order: Order, outcome: Outcome, watcher: Watcher) -> Order | None:
    """The order again, or None if it has ended."""
    if outcome.status == OUT_OF_RESOURCES:
        raise ResourceError(outcome.message)
    if outcome.status == LOST:
        return order
    if outcome.status == DIED and order.attempt <= MOST_RESUMED:
        watcher.note(f"{order.name}: {outcome.message}; resumed")
        return replace(order, attempt=order.attempt + 1)
    if outcome.status != FINISHED:
        watcher.warn(f"{order.name}: with fresh seeds, it {outcome.status}: {outcome.message}")
    return None


# --- what came out ---------------------------------------------------------------------------


def read_verdict(sweep: SweepFolder, table: Table) -> Verdict | None:
    """What is known about the winner so far; None if no trial may win.

    Raises:
        RunError: a file of the final's runs is damaged.
    """
    runs = [_finished(sweep, trial) for trial in table.ranked[:2]]
    winner, runner_up = (*runs, None, None)[:2]
    if winner is None:
        began = bool(table.ranked) and (sweep.path / fresh_name(table.ranked[0])).is_dir()
        return judge(table, ([], []), {}, FAILED_FRESH if began else NOT_TESTED)
    scores = winner.metrics
    if runner_up is None:
        return judge(table, ([], []), scores, OF_FOLDS if has_folds(winner.config) else NOT_TESTED)
    return judge(table, (_by_seed(winner, table.score), _by_seed(runner_up, table.score)), scores)


def _finished(sweep: SweepFolder, trial: Trial) -> RunFolder | None:
    """A finalist's run with fresh seeds, once it is finished."""
    path = sweep.path / fresh_name(trial)
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
