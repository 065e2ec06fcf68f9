"""`textclf plot`."""

from pathlib import Path
from typing import Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json


def _check_format(_context: Any, _parameter: Any, output: Path | None) -> Path | None:
    from textclf.plots import FORMATS

    if output is not None and output.suffix.removeprefix(".").lower() not in FORMATS:
        raise click.BadParameter(f"{output} must end in {', '.join(f'.{f}' for f in FORMATS)}.")
    return output


def picture_option(default: str) -> Any:
    """`-o FILE`, whose ending is that of a picture."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_check_format,
        help=f"Save the picture here.  {default}",
    )


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@options.runs_dir_option
@picture_option("[default: into the run; of several runs, comparison.png]")
@options.json_option
def plot(runs: tuple[str, ...], runs_dir: Path, output: Path | None, as_json: bool) -> None:
    """Draw the pictures of RUN anew, or compare several runs in one.

    RUN is a folder, or a name under --runs-dir; left out, the newest finished run.
    """
    from textclf.plots.run import plot_comparison, plot_run
    from textclf.runs import find_run

    opened = [find_run(run, runs_dir) for run in runs or [None]]
    if len(opened) == 1:
        paths = plot_run(opened[0], output)
    else:
        paths = plot_comparison(opened, output or Path("comparison.png"))
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    else:
        click.echo("\n".join(map(str, paths)))
