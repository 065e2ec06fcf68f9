"""`textclf evaluate`."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.default_run import find_run
from textclf.cli.expectations import Expectation
from textclf.cli.output import finish, kept_warnings, say, warn
from textclf.cli.tables import Column, print_table
from textclf.config.scores import UNCALIBRATED, scores_by_epoch
from textclf.wording import several

if TYPE_CHECKING:
    from textclf.results.thresholds import Chosen


def _parse_criterion(_context: Any, _parameter: Any, text: str | None) -> Any:
    from textclf.results.thresholds import BOUNDED, MAXIMIZED, parse_criterion

    if text is None:
        return None
    if criterion := parse_criterion(text):
        return criterion
    alone = ""
    if text in BOUNDED:
        alone = f"; {text} alone is highest at one end, so set a minimum, such as {text}>=0.9"
    raise click.BadParameter(
        f"{text!r} is not one of {', '.join(MAXIMIZED)}, recall>=0.9, precision>=0.9{alone}."
    )


@click.command()
@click.argument("run", required=False, shell_complete=complete_run)
@click.option(
    "--choose-threshold",
    "criterion",
    metavar="SCORE",
    callback=_parse_criterion,
    help="Choose a threshold for two classes on the validation rows: f1, macro_f1, accuracy, "
    "balanced_accuracy, 'recall>=0.9' or 'precision>=0.9'.",
)
@options.positive_option
@options.runs_dir_option
@options.device_option
@options.data_dir_option
@options.expect_option
@options.json_option
def evaluate(
    run: str | None,
    criterion: Any,
    positive: str | None,
    runs_dir: Path,
    device: str,
    data_dir: Path | None,
    expectations: tuple[Expectation, ...],
    as_json: bool,
) -> None:
    """Score RUN's kept model on validation and test rows.

    RUN is a folder, or a name under --runs-dir; left out, the newest finished run. Nothing is
    written into the run.

    Of two classes, the second is predicted where its probability is above 0.5. Where one is rare,
    or one mistake worse than the other, --choose-threshold finds a better threshold on the
    validation rows, and prints the scores at it; predict takes it as --threshold.
    """
    if positive is not None and criterion is None:
        raise click.UsageError("--positive needs --choose-threshold.")
    from textclf import workflow
    from textclf.cli.progress import show_progress
    from textclf.results.thresholds import choose_threshold

    opened = find_run(run, runs_dir)
    chosen = choose_threshold(opened, criterion, positive) if criterion else None
    with show_progress(quiet=True) as reporter:
        metrics = workflow.evaluate(opened, data_dir=data_dir, device=device, reporter=reporter)
    if chosen and getattr(opened.config.training.validation, "split", None) == "test":
        warn("the test rows validated and chose the threshold: their score is not independent")
    if chosen and not as_json:
        _print_threshold(chosen, str(opened.path))
    more = {"threshold": asdict(chosen)} if chosen else {}
    if not (opened.config.training.is_calibrated or as_json):
        say(UNCALIBRATED)
    warnings = kept_warnings()
    finish(
        str(opened.path),
        opened.status,
        metrics,
        warnings,
        expectations,
        as_json,
        more,
        details=scores_by_epoch(opened.config),
    )


def _print_threshold(chosen: "Chosen", run: str) -> None:
    """The scores at 0.5 and at the threshold, and how to use it."""
    from textclf.results.thresholds import DEFAULT, SHOWN, SPLITS

    say(
        f"threshold {chosen.value} of {chosen.positive!r}: {chosen.criterion} on "
        f"{several(chosen.n_rows, 'validation row')}, {chosen.n_positive:,} of them "
        f"{chosen.positive!r}"
    )
    splits = {name: split for name, split in SPLITS.items() if f"{name}_f1" in chosen.scores}
    values = {DEFAULT: chosen.scores_at_default, chosen.value: chosen.scores}
    columns = [
        Column("score"),
        *(Column(f"{split} {value}", 0, True) for split in splits.values() for value in values),
    ]
    rows = [
        [
            (score, None),
            *((f"{of[f'{name}_{score}']:.4f}", None) for name in splits for of in values.values()),
        ]
        for score in SHOWN
    ]
    print_table(columns, rows)
    positive = "" if chosen.is_default_class else f" --positive {shlex.quote(chosen.positive)}"
    say(f"use it: textclf predict --run {shlex.quote(run)} --threshold {chosen.value}{positive}")
    click.echo()
