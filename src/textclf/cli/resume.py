"""`textclf resume`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.expectations import Expectation
from textclf.cli.output import finish
from textclf.config.scores import scores_by_epoch


@click.command()
@click.argument("run", shell_complete=complete_run)
@options.epochs_option
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Train N seeds or folds at a time.  [default: as before]",
)
@options.runs_dir_option
@options.device_option
@options.data_dir_option
@options.expect_option
@options.quiet_option
@options.json_option
def resume(
    run: str,
    epochs: int | None,
    workers: int | None,
    runs_dir: Path,
    device: str,
    data_dir: Path | None,
    expectations: tuple[Expectation, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Resume RUN where it was interrupted.

    The result is the same, to the bit, as without the interruption. RUN is a folder, or a name
    under --runs-dir. For a finished run, print the scores, or train more epochs with
    --set training.epochs=N.
    """
    from textclf import workflow
    from textclf.cli.progress import show_progress

    opened = workflow.open_run(run, runs_dir)
    with show_progress(quiet) as reporter:
        ended = workflow.resume(
            opened,
            epochs,
            data_dir=data_dir,
            device=device,
            reporter=reporter,
            expected=[expectation.score for expectation in expectations],
            workers=workers,
        )
    finish(
        str(ended.path),
        ended.status,
        ended.metrics,
        ended.warnings,
        expectations,
        as_json,
        baseline=ended.baseline,
        details=scores_by_epoch(ended.config),
    )
