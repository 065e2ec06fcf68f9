"""What commands print: results on standard output, everything else on standard error."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import click

from textclf.cli.expectations import Expectation, find_unmet
from textclf.config.scores import bare, is_detail
from textclf.errors import ExpectationError
from textclf.wording import printable

SHOWN = ("test_accuracy", "test_mae", "val_accuracy", "val_mae")  # of a baseline, the first there


def print_json(content: dict[str, Any]) -> None:
    """Print a result, with the warnings of the command unless it has its own."""
    print_object({"warnings": kept_warnings(), **content})


def print_object(content: dict[str, Any]) -> None:
    """Print JSON as it is."""
    # ASCII alone is right in any locale, and for file names that are not valid text.
    click.echo(json.dumps(content, allow_nan=False))


def warn(message: str) -> None:
    """Show a warning on standard error, and keep it for the command's JSON."""
    kept = kept_warnings()
    if message not in kept:
        kept.append(message)
    note(f"warning: {message}")


def kept_warnings() -> list[str]:
    """The warnings of the command that runs, to be added to."""
    context = click.get_current_context(silent=True)
    kept: list[str] | None = context.obj if context else None
    return [] if kept is None else kept


def note(line: str) -> None:
    """Print a line of textclf's own on standard error; where nobody can read it, that is fine."""
    with contextlib.suppress(OSError):
        say(f"textclf: {line}", err=True)


def say(*lines: object, err: bool = False) -> None:
    """Print a line each, such as of file names and keys, which may be made to rule a terminal."""
    for line in lines:
        click.echo(printable(str(line)), err=err)


def finish(
    run: str,
    status: str,
    metrics: dict[str, float],
    warnings: list[str],
    expectations: Sequence[Expectation],
    as_json: bool,
    more: dict[str, Any] | None = None,
    baseline: dict[str, Any] | None = None,
    details: Sequence[str] = (),
) -> None:
    """Print a run's scores.

    Args:
        details: scores to print besides the usual ones, such as 'roc_auc'.
        more: what the JSON has besides.
        baseline: a linear model's name and scores, if the run has them.

    Raises:
        ExpectationError: a score falls short; its JSON has the scores, too.
    """
    unmet = find_unmet(expectations, metrics)
    result = {"run": run, "status": status, "metrics": metrics, "warnings": warnings}
    result |= {**(more or {}), **({"baseline": baseline} if baseline else {})}
    if not as_json:
        asked = {*details, *(bare(expectation.score) for expectation in expectations)}
        shown = {key: value for key, value in metrics.items() if not is_detail(key, asked)}
        print_scores(shown)
        if baseline:
            print_baseline(baseline, shown)
        say(run)
    if unmet:
        raise ExpectationError(*unmet, result=result)
    if as_json:
        print_json(result)


def print_scores(metrics: dict[str, float]) -> None:
    """A line for each score, its deviation beside it."""
    width = max(map(len, metrics), default=0)
    for name, value in metrics.items():
        if name.endswith("_sd"):
            continue
        text = f"{value}" if isinstance(value, int) else f"{value:.4f}"
        deviation = f" ± {metrics[f'{name}_sd']:.4f}" if f"{name}_sd" in metrics else ""
        say(f"{name:<{width}}  {text}{deviation}")


def print_baseline(baseline: dict[str, Any], metrics: dict[str, float]) -> None:
    """A line for a linear model: its test score or, without one, its validation score."""
    scores, width = baseline["metrics"], max(map(len, metrics), default=0)
    for key in (key for key in SHOWN if key in scores):
        say(f"{'baseline':<{width}}  {scores[key]:.4f}  {key} of {baseline['model']}")
        return
