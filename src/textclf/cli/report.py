"""`textclf report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.default_run import find_run
from textclf.cli.output import print_json, say, warn
from textclf.cli.steps import show_steps

if TYPE_CHECKING:
    from textclf.runs import RunFolder
    from textclf.runs.sweep import SweepFolder


def _check_ending(_context: Any, _parameter: Any, output: Path | None) -> Path | None:
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"{output} must end in .html.")
    return output


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@options.runs_dir_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=_check_ending,
    help="Where to write the page.  [default: <run>.html; comparison.html for several runs]",
)
@options.device_option
@options.data_dir_option
@options.quiet_option
@options.json_option
def report(
    runs: tuple[str, ...],
    runs_dir: Path,
    output: Path | None,
    device: str,
    data_dir: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write an HTML report of RUN: scores, curves, mistakes.

    The report is a single file. RUN is a folder, or a name under --runs-dir; left out, the newest
    finished run. Several runs are compared first: the best on top, in a table that can be sorted;
    of many, the curves and the mistakes' words of the best 8 are shown. Without a run's data the
    report leaves out the texts of its mistakes; of several runs, a damaged one is left out with a
    warning. Of a sweep, the report shows the winner, every trial, and which settings mattered.
    """
    if len(runs) == 1 and (sweep := _find_sweep(runs[0], runs_dir)):
        _report_sweep(sweep, output or Path(f"{sweep.name}.html"), as_json)
        return
    from textclf.results.report.write import write_report

    opened = _open(runs, runs_dir)
    name = opened[0].title.replace("/", "-") if len(opened) == 1 else "comparison"
    file = output or Path(f"{name}.html")
    with show_steps(quiet) as progress:
        warnings = write_report(opened, file, data_dir=data_dir, device=device, progress=progress)
    for warning in warnings:
        warn(warning)
    if as_json:
        print_json({"file": str(file), "warnings": warnings})
    else:
        say(file)


def _open(runs: tuple[str, ...], runs_dir: Path) -> "list[RunFolder]":
    from textclf.runs import find_runs

    if not runs:
        return [find_run(None, runs_dir)]
    opened, problems = find_runs(runs, runs_dir)
    for problem in problems:
        warn(f"left out: {problem}")
    return opened


def _find_sweep(name: str, runs_dir: Path) -> "SweepFolder | None":
    from textclf.runs.sweep import find_sweep

    return find_sweep(name, runs_dir)


def _report_sweep(sweep: "SweepFolder", file: Path, as_json: bool) -> None:
    from textclf.results.sweep.write import write_sweep_report

    write_sweep_report(sweep, file)
    if as_json:
        print_json({"file": str(file), "warnings": []})
    else:
        say(file)
