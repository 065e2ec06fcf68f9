"""`textclf sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import completers, options
from textclf.cli.expectations import Expectation, find_impossible
from textclf.cli.group import Termination
from textclf.cli.sweep_worker import worker
from textclf.config.scores import scores_beside
from textclf.errors import Interrupted, Terminated, UsageError

if TYPE_CHECKING:
    from textclf.runs.sweep import SweepFolder
    from textclf.sweep.plan import Plan

FIXED = (
    "overrides",
    "search",
    "prune",
    "seeds",
    "fresh_seeds",
)  # options that an existing sweep has already


class WithWorker(click.Command):
    """A command with one below it, `worker`, beside its own arguments."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        if args[:1] == [worker.name]:
            return worker.make_context(f"{info_name} {worker.name}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


def _parse_address(_context: Any, _parameter: Any, text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"{text!r} is not HOST:PORT, such as 192.168.1.7:8786.")
    return host.strip("[]"), int(port)


@click.command(cls=WithWorker)
@click.argument(
    "configs",
    nargs=-1,
    required=True,
    metavar="CONFIG...|SWEEP",
    shell_complete=completers.complete_config_or_sweep,
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUES",
    shell_complete=completers.complete_override,
    help="Vary a field, such as model.units=8,16,32 or training.learning_rate=1e-4..1e-2; one "
    "value is for all trials.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help="Try N points.  [default: all of a grid, else 50]",
)
@click.option(
    "--search",
    type=click.Choice(["grid", "random", "tpe"]),
    help="How to search.  [default: grid if all fields have choices and there are trials enough]",
)
@click.option(
    "--prune",
    type=click.Choice(["none", "median", "asha"]),
    help="Stop hopeless trials early.  [default: none]",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Train each trial with N seeds; their mean decides.  [default: 1]",
)
@click.option(
    "--fresh-seeds",
    type=click.IntRange(0, 100),
    metavar="N",
    help="In the end, train the best two again with N seeds that no trial used, to see whether "
    "they differ by more than seed noise; 0: do not.  [default: enough to say so]",
)
@click.option(
    "--time", "limit", metavar="TIME", help="Begin no trial after TIME, such as 90m or 2h."
)
@click.option(
    "--keep", type=click.Choice(["best", "all"]), help="Whose models to keep.  [default: all]"
)
@click.option(
    "--workers",
    type=click.IntRange(0, 1024),
    metavar="N",
    help="Train N trials at a time on this machine.  [default: one per GPU, or per processor]",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    callback=_parse_address,
    help="Let other machines join: textclf sweep worker. HOST is what they know this machine by.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What lets them in; written if it is missing.  [default: key.pem in the sweep's folder]",
)
@options.runs_dir_option
@options.name_option
@options.device_option
@options.data_dir_option
@options.expect_option
@options.quiet_option
@options.json_option
def sweep(
    configs: tuple[str, ...],
    overrides: tuple[str, ...],
    limit: str | None,
    workers: int | None,
    listen: tuple[str, int] | None,
    key: Path | None,
    runs_dir: Path,
    name: str | None,
    device: str,
    data_dir: Path | None,
    expectations: tuple[Expectation, ...],
    quiet: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Try many settings, and find the best.

    CONFIG is a YAML file or the name of a shipped recipe, several of them compete. Trials are
    scored on validation rows alone. Interrupted, a sweep is resumed by the same command, or by its
    name: textclf sweep SWEEP. Other machines help with: textclf sweep worker.
    """
    from textclf.config.recipes import recipe_name
    from textclf.sweep.plan import seconds_in

    found, plan, recorded_limit = _plan(configs, overrides, runs_dir, asked)
    limit = limit or recorded_limit
    if impossible := find_impossible(expectations, scores_beside(plan.score)):
        raise click.BadParameter("; ".join(impossible), param_hint="--expect")

    from textclf.cli.sweep_results import finish_sweep
    from textclf.cli.sweep_screen import show_sweep
    from textclf.results.sweep.write import read_contents
    from textclf.workflow import sweeping

    if workers == 0 and listen is None:
        raise UsageError("--workers 0: nothing would be trained; add --listen HOST:PORT")
    folder = found.path if found else None
    try:
        with show_sweep(quiet) as watcher:
            ended = sweeping.sweep(
                plan,
                folder.parent if folder else runs_dir,
                folder.name if folder else name,
                recipe=recipe_name(configs[0]),
                seconds=seconds_in(limit) if limit else None,
                data_dir=data_dir,
                device=device,
                workers=workers,
                listen=listen,
                key=key,
                watcher=watcher,
            )
    except (KeyboardInterrupt, Termination) as error:
        stopped = Terminated if isinstance(error, Termination) else Interrupted
        raise stopped("; ".join(["interrupted", *getattr(error, "__notes__", [])])) from error
    finish_sweep(ended, read_contents(ended), expectations, as_json)


def _plan(
    configs: tuple[str, ...], overrides: tuple[str, ...], runs_dir: Path, asked: dict[str, Any]
) -> tuple[SweepFolder | None, Plan, str | None]:
    """The sweep if it was named, its plan, and the time that its config gives it."""
    from textclf.runs.sweep import find_sweep
    from textclf.sweep.plan import changed, make_plan, read_plan

    given = {key: value for key, value in asked.items() if value is not None}
    found = find_sweep(configs[0], runs_dir) if len(configs) == 1 else None
    if found is None:
        from textclf.config.sweep_file import load_sweep

        space, settings, score = load_sweep(configs, overrides)
        settings = settings.model_copy(update=given)
        return None, make_plan(space, settings, score), settings.time
    plan, fixed = read_plan(found), {**given, **({"overrides": overrides} if overrides else {})}
    for key in FIXED:
        if key in fixed and fixed[key] != getattr(plan, key, None):
            option = "set" if key == "overrides" else key.replace("_", "-")
            raise UsageError(
                f"--{option}: {found.path} has its own already; leave it out, or give the sweep of "
                "another --name the CONFIG"
            )
    return found, changed(plan, {k: v for k, v in given.items() if k not in FIXED}), None
