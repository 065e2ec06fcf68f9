"""What commands print: results on standard output, everything else on standard error."""

import json
from collections.abc import Sequence
from typing import Any

import click

from textclf.cli.expectations import Expectation, find_unmet
from textclf.errors import ExpectationError


def print_json(content: dict[str, Any]) -> None:
    # All in ASCII: right in any locale, and with file names that are no text.
    click.echo(json.dumps(content, allow_nan=False))


def finish(
    run: str,
    status: str,
    metrics: dict[str, float],
    expectations: Sequence[Expectation],
    as_json: bool,
) -> None:
    """Print a run's scores.

    Raises:
        ExpectationError: a score falls short; in JSON the object tells it too.
    """
    unmet = find_unmet(expectations, metrics)
    if as_json:
        result = {"run": run, "status": status, "metrics": metrics}
        if unmet:
            result["error"] = {"code": ExpectationError.exit_code, "messages": unmet}
        print_json(result)
        if unmet:
            raise click.exceptions.Exit(ExpectationError.exit_code)
    else:
        print_scores(metrics)
        click.echo(run)
    if unmet:
        raise ExpectationError(*unmet)


def print_scores(metrics: dict[str, float]) -> None:
    """A line for each score, its deviation beside it."""
    width = max(map(len, metrics), default=0)
    for name, value in metrics.items():
        if name.endswith("_sd"):
            continue
        text = f"{value}" if isinstance(value, int) else f"{value:.4f}"
        deviation = f" ± {metrics[f'{name}_sd']:.4f}" if f"{name}_sd" in metrics else ""
        click.echo(f"{name:<{width}}  {text}{deviation}")
