"""Run the trials of a sweep, each in a process of its own."""

from __future__ import annotations

import shlex
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textclf.config.settings import Config
from textclf.data.tokens import Tokens
from textclf.results.sweep.final import Finalist, finalists
from textclf.results.sweep.write import keeping_results, write_outcome, write_trials
from textclf.runs import create_run, open_folder
from textclf.runs.environment import describe_environment
from textclf.runs.sweep import SweepFolder
from textclf.sweep.cluster import ClusterSlots
from textclf.sweep.coordinator import Coordinator, Where, closing
from textclf.sweep.desk import Listening
from textclf.sweep.final import drop_models, train_final
from textclf.sweep.machine import default_slots
from textclf.sweep.opening import is_over, open_sweep, sweeping
from textclf.sweep.orders import Link, Order, Outcome
from textclf.sweep.plan import Plan
from textclf.sweep.trial import attempt, begins_first_fit, ended_before
from textclf.sweep.watcher import Watcher
from textclf.training.engine import backend
from textclf.training.engine.last_words import witness
from textclf.training.reporter import Reporter
from textclf.training.series import seeds_from
from textclf.workflow.fitting import beginning, new_trainer, train_run, warn_of_traps
from textclf.workflow.training import resume

if TYPE_CHECKING:
    import keras


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
    deadline = None if seconds is None else time.monotonic() + seconds
    where = Where(Path(data_dir).absolute() if data_dir else None, device)
    workers = default_slots(device) if workers is None else workers
    watcher = watcher or Watcher()
    with (
        sweeping(folder, plan),
        keeping_results(folder),
        closing(ClusterSlots(train_trial, workers, _listening(folder, listen, key))) as slots,
    ):
        if listen:
            watcher.note(_invitation(folder, key))
        publish = partial(write_trials, folder)
        Coordinator(folder, plan, slots, watcher, where, deadline, publish).run()
        again = [_order(folder, one, where) for one in finalists(folder, plan.fresh_seeds)]
        # The page is there before its last line, and what it needs is imported.
        train_final(again, slots, watcher, partial(write_outcome, folder))
        if plan.keep == "best":
            drop_models(again)
        folder.report_path.unlink(missing_ok=True)  # its last version is missing until it is whole
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


def _invitation(folder: SweepFolder, key: str | Path | None) -> str:
    """How another machine joins; the address has the port that was free."""
    address = folder.address_path.read_text(encoding="utf-8").strip().rpartition("/")[2]
    return (
        f"other machines can join with: textclf sweep worker {address} --key "
        f"{shlex.quote(str(key or folder.key_path))}"
    )


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
    with beginning(run, Reporter(), is_new=False) as warnings:
        trainer = new_trainer(config, order.data_dir, order.device, warnings, callbacks)
        warn_of_traps(trainer, run, warnings)
        train_run(trainer, run)


def _pruning(order: Order, link: Link) -> list[keras.callbacks.Callback]:
    if not begins_first_fit(order.folder):
        return []
    with backend.computing(None):
        backend.import_tensorflow()
        from textclf.training.pruning import Pruning

        return [Pruning(order.score, link.report, link.is_pruned)]
