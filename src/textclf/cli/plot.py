"""`textclf plot`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.default_run import find_run
from textclf.cli.output import print_json, say, warn


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@options.runs_dir_option
@options.picture_option(
    "Where to save the picture.  [default: in the run; comparison.png for several runs]"
)
@options.json_option
def plot(runs: tuple[str, ...], runs_dir: Path, output: Path | None, as_json: bool) -> None:
    """Redraw RUN's plots, or several runs in one picture.

    RUN is a folder, or a name under --runs-dir; left out, the newest finished run. Of several
    runs, a damaged one is left out with a warning.
    """
    from textclf.plots.run import find_drawable, plot_comparison, plot_run
    from textclf.runs import find_runs

    if len(runs) <= 1:
        paths = plot_run(find_run(next(iter(runs), None), runs_dir), output)
    else:
        opened, damaged = find_runs(runs, runs_dir)
        drawn, more = find_drawable(opened)
        for problem in (*damaged, *more):
            warn(f"left out: {problem}")
        paths = plot_comparison(drawn, output or Path("comparison.png"))
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    else:
        say(*paths)
