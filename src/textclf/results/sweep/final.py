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
from textclf.runs.series import MAX_SEEDS, MIN_SEEDS
from textclf.runs.sweep import SweepFolder
from textclf.runs.trials import FINISHED, Trial
from textclf.sweep.coordinator import MOST_RESUMED, WAIT
from textclf.sweep.orders import DIED, LOST, OUT_OF_RESOURCES, Order, Outcome, Slots
from textclf.sweep.watcher import Watcher

WINNER, RUNNER_UP = "winner", "runner-up"  # the folders of the final's runs
OF_FOLDS = "k folds differ by their rows, not by their seeds alone"


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
    finalists = table.ranked[:2]
    if not finalists:
        return []
    if fresh is None:
        fresh = enough_fresh_seeds(n_compared(table))
    configs = [sweep.run(trial.name).config for trial in finalists]
    seeds = fresh if fresh >= MIN_SEEDS else int(sweep.record["seeds"])
    if fresh < MIN_SEEDS or has_folds(configs[0]):
        return [_order(sweep, WINNER, configs[0], seeds, data_dir, device)]
    used = _used_seeds(sweep, table.trials, configs)
    first = first_fresh_seed(used, min(fresh, MAX_SEEDS))
    return [
        _order(sweep, name, config.model_copy(update={"seed": first}), seeds, data_dir, device)
        for name, config in zip((WINNER, RUNNER_UP), configs, strict=False)
    ]


def has_folds(config: Config) -> bool:
    return getattr(config.training.validation, "split", None) == "k_fold"


def _order(
    sweep: SweepFolder,
    name: str,
    config: Config,
    seeds: int,
    data_dir: Path | None,
    device: str,
) -> Order:
    return Order(
        name=name,
        attempt=1,
        config=config.model_dump(),
        folder=sweep.path.resolve() / name,
        recipe=str(sweep.record.get("recipe", "run")),
        seeds=1 if has_folds(config) else seeds,
        score=sweep.score,
        tests=name == WINNER,
        data_dir=data_dir,
        device=device,
    )


def _used_seeds(
    sweep: SweepFolder, trials: Sequence[Trial], configs: Sequence[Config]
) -> list[int]:
    """The seeds of all trials: of the configs, and those that a sweep sets itself."""
    firsts = [config.seed for config in configs]
    firsts += [trial.values["seed"] for trial in trials if "seed" in trial.values]
    return [first + more for first in firsts for more in range(int(sweep.record["seeds"]))]


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
    winner, runner_up = (_finished(sweep, name) for name in (WINNER, RUNNER_UP))
    if winner is None:
        is_there = (sweep.path / WINNER).is_dir()
        why = "with fresh seeds its training failed" if is_there else NOT_TESTED
        return judge(table, ([], []), {}, why)
    scores = winner.metrics
    if runner_up is None:
        return judge(table, ([], []), scores, OF_FOLDS if has_folds(winner.config) else NOT_TESTED)
    return judge(table, (_by_seed(winner, table.score), _by_seed(runner_up, table.score)), scores)


def _finished(sweep: SweepFolder, name: str) -> RunFolder | None:
    if not (sweep.path / name).is_dir():
        return None
    run = open_folder(sweep.path / name)
    return run if run.status == FINISHED else None


def _by_seed(run: RunFolder, score: str) -> list[float]:
    """The score of each seed.

    Raises:
        RunError: one of them lacks it.
    """
    values = [part.metrics.get(score) for part in run.seeds.values()]
    if not values or None in values:
        raise RunError(f"{run.path}: damaged: not all seeds have {score}")
    return [float(value) for value in values if value is not None]
