"""`textclf reproduce`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json, say
from textclf.errors import ReproductionError

NOTHING_ELSE = (
    "versions, code, data, device, processors and environment variables are the same; what remains "
    "is the order in which threads add"
)


@click.command()
@click.argument("run", shell_complete=complete_run)
@options.runs_dir_option
@options.device_option
@options.data_dir_option
@options.quiet_option
@options.json_option
def reproduce(
    run: str,
    runs_dir: Path,
    device: str,
    data_dir: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train RUN's config again and compare the results.

    History, scores, predictions and weights are compared to the bit. If they differ, the exit code
    is 7, and the differences in versions, data, device, environment variables and textclf's own
    code are listed. RUN is a folder, or a name under --runs-dir, where the new run's folder goes,
    too.
    """
    from textclf import workflow
    from textclf.cli.progress import show_progress

    opened = workflow.open_run(run, runs_dir)
    with show_progress(quiet) as reporter:
        result = workflow.reproduce(
            opened, runs_dir, data_dir=data_dir, device=device, reporter=reporter
        )
    content = {
        "run": str(result.run.path),
        "reproduction": str(result.again.path),
        "same": result.is_same,
        "differences": result.differences,
        "circumstances": result.circumstances,
    }
    if not result.is_same:
        raise ReproductionError(
            f"{result.again.path} differs from {result.run.path}:",
            *result.differences,
            *(result.circumstances or [NOTHING_ELSE]),
            result=content,
        )
    if as_json:
        print_json(content)
        return
    for line in result.circumstances:
        say(f"textclf: although {line}", err=True)
    say("the same to the bit: history, scores, predictions, weights")
    say(result.again.path)
