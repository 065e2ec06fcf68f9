"""`textclf plot`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.default_run import find_run
from textclf.cli.output import print_json, say


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@options.runs_dir_option
@options.picture_option(
    "Where to save the picture.  [default: in the run; comparison.png for several runs]"
)
@options.json_option
def plot(runs: tuple[str, ...], runs_dir: Path, output: Path | None, as_json: bool) -> None:
    """Redraw the plots of RUN, or compare several runs in one picture.

    RUN is a folder, or a name under --runs-dir; left out, the newest finished run.
    """
    from textclf.plots.run import plot_comparison, plot_run

    opened = [find_run(run, runs_dir) for run in runs or [None]]
    if len(opened) == 1:
        paths = plot_run(opened[0], output)
    else:
        paths = plot_comparison(opened, output or Path("comparison.png"))
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    else:
        say(*paths)
