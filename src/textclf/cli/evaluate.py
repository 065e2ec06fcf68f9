"""`textclf evaluate`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.expectations import Expectation
from textclf.cli.output import finish, kept_warnings


@click.command()
@click.argument("run", required=False, shell_complete=complete_run)
@options.runs_dir_option
@options.device_option
@options.data_dir_option
@options.expect_option
@options.json_option
def evaluate(
    run: str | None,
    runs_dir: Path,
    device: str,
    data_dir: Path | None,
    expectations: tuple[Expectation, ...],
    as_json: bool,
) -> None:
    """Score the kept model of RUN on its validation and test rows.

    RUN is a folder, or a name under --runs-dir; left out, the newest finished run. Nothing is
    written into the run.
    """
    from textclf import workflow
    from textclf.cli.progress import show_progress

    opened = workflow.open_run(run, runs_dir)
    with show_progress(quiet=True) as reporter:
        metrics = workflow.evaluate(opened, data_dir=data_dir, device=device, reporter=reporter)
    warnings = kept_warnings()
    finish(str(opened.path), opened.status, metrics, warnings, expectations, as_json)
