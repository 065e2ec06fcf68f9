"""`textclf learning-curve`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.output import print_json, say
from textclf.cli.tables import Column, print_table

if TYPE_CHECKING:
    from textclf.results.learning_curve import Verdict
    from textclf.runs import CurveFolder

SPLITS = ("train", "val", "test")
METRICS = ("accuracy", "mae", "loss")


def _parse_shares(_context: Any, _parameter: Any, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not of the form 0.1,0.25,0.5,1.") from None


@click.command("learning-curve")
@options.config_argument
@options.set_option
@click.option(
    "--shares",
    metavar="SHARES",
    default="0.1,0.25,0.5,1",
    show_default=True,
    callback=_parse_shares,
    help="The shares of the training rows to train on.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    metavar="N",
    default=1,
    show_default=True,
    help="Train N models for each share, with the config's seed and the next ones.",
)
@options.runs_dir_option
@options.name_option
@options.device_option
@options.data_dir_option
@options.quiet_option
@options.json_option
def learning_curve(
    config: str,
    overrides: tuple[str, ...],
    shares: tuple[float, ...],
    seeds: int,
    runs_dir: Path,
    name: str | None,
    device: str,
    data_dir: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train on growing shares of the data: would more help?

    CONFIG is trained on each share of its training rows, and scored on the same validation and test
    rows. The folder has a run for each share, or with --seeds a series of runs, learning_curve.csv
    and a plot. Interrupted, it is resumed with textclf resume; finished runs are kept.
    """
    from textclf.config.file import load_config
    from textclf.config.recipes import recipe_name

    settings = load_config(config, overrides)

    from textclf import workflow
    from textclf.cli.progress import show_progress
    from textclf.results.learning_curve import judge

    with show_progress(quiet) as reporter:
        curve = workflow.learning_curve(
            settings,
            runs_dir,
            name,
            shares=shares,
            seeds=seeds,
            recipe=recipe_name(config),
            data_dir=data_dir,
            device=device,
            reporter=reporter,
        )
    verdict = judge(curve)
    if as_json:
        print_json(_as_json(curve, verdict))
    else:
        _print_points(curve.table.to_dict("records"))
        say("", *verdict.in_words(), curve.path)


def _print_points(points: Sequence[dict[str, Any]]) -> None:
    """A line for each share, deviations beside its scores."""
    names = [f"{split}_{metric}" for split in SPLITS for metric in METRICS]
    shown = [name for name in names if name in points[0]]
    columns = [Column(name, is_number=True) for name in ("share", "rows", *shown)]
    rows = [
        [f"{point['share']:g}", f"{int(point['rows']):,}", *(_score(point, n) for n in shown)]
        for point in points
    ]
    print_table(columns, [[(text, None) for text in row] for row in rows])


def _score(point: dict[str, Any], name: str) -> str:
    deviation = point.get(f"{name}_sd")
    return f"{point[name]:.4f}" + ("" if deviation is None else f" ± {deviation:.4f}")


def _as_json(curve: CurveFolder, verdict: Verdict) -> dict[str, Any]:
    return {
        "run": str(curve.path),
        "status": curve.status,
        "metrics": curve.metrics,
        "points": curve.table.to_dict("records"),
        "verdict": {
            **vars(verdict),
            "helped": verdict.helped,
            "words": list(verdict.in_words()),
        },
        "warnings": curve.warnings,
    }
