"""`textclf rm`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json, say
from textclf.wording import printable, several

if TYPE_CHECKING:
    from textclf.runs.removal import Removable


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_run)
@options.runs_dir_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.json_option
def rm(runs: tuple[str, ...], runs_dir: Path, yes: bool, as_json: bool) -> None:
    """Remove runs and sweeps after asking.

    RUN is a folder, or a name under --runs-dir. A run that another process is writing, a part of a
    run or sweep and a folder that is neither stay; then nothing is removed.
    """
    if not yes and not _can_ask():
        raise click.UsageError("rm asks before it removes, which needs a terminal; or add --yes.")
    from textclf.runs.removal import check_removable, find_removable, remove_run, unused

    found = (find_removable(run, runs_dir) for run in runs)
    opened = list({run.path.resolve(): run for run in found}.values())
    for run in opened:
        check_removable(run)
        with unused(run):
            pass
    if not yes and not _confirm(opened):
        opened = []
    for run in opened:
        remove_run(run)
    if as_json:
        print_json({"removed": [str(run.path) for run in opened]})
    else:
        say(*([f"removed {run.path}" for run in opened] or ["nothing is removed"]))


def _can_ask() -> bool:
    return sys.stdin.isatty()


def _confirm(runs: list["Removable"]) -> bool:
    for run in runs:
        say(_describe(run), err=True)
    return click.confirm(f"Remove {several(len(runs), 'run')}?", err=True)


def _describe(run: "Removable") -> str:
    from textclf.runs.removal import size_of

    files, size = size_of(run)
    return printable(f"{run.path}  {run.status}, {several(files, 'file')}, {size / 1e6:,.1f} MB")
