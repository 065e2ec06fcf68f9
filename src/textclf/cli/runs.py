"""`textclf runs`."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.output import print_json, say
from textclf.cli.tables import Cell, Column, print_table

if TYPE_CHECKING:
    from textclf.runs import Summary

COLORS = {"running": "cyan", "interrupted": "yellow", "failed": "red", "damaged": "red"}


@click.command()
@options.runs_dir_option
@options.json_option
def runs(runs_dir: Path, as_json: bool) -> None:
    """List the runs, the newest last.

    Scores are those of the kept model, or the mean and standard deviation over seeds or folds; for
    an unfinished run, the best validation score so far. The time is that of all epochs. Columns
    that do not fit the terminal are left out.
    """
    from textclf.runs import summarize_runs

    summaries = summarize_runs(runs_dir)
    if as_json:
        print_json({"runs": [_as_json(summary) for summary in summaries]})
    elif summaries:
        print_table(COLUMNS, [_cells(summary) for summary in summaries])
    else:
        say(f"{runs_dir}: contains no runs; train one: textclf train CONFIG", err=True)
    if not as_json:
        for problem in filter(None, (summary.problem for summary in summaries)):
            say(f"textclf: {problem}", err=True)


# The higher the rank, the sooner a column is left out.
COLUMNS = (
    Column("run"),
    Column("status"),
    Column("fits", rank=2),
    Column("epochs", is_number=True),
    Column("metric", rank=5),
    Column("val", is_number=True),
    Column("test", rank=1, is_number=True),
    Column("started", rank=4),
    Column("time", rank=3, is_number=True),
)


def _cells(summary: "Summary") -> list[Cell]:
    """The text and colour of each column."""
    texts = (
        *(describe_fits(summary), describe_epochs(summary), summary.metric or ""),
        *(describe_score(summary.scores or {}, f"{s}_{summary.metric}") for s in ("val", "test")),
        *(_local(summary.started), describe_duration(summary.seconds) if summary.seconds else ""),
    )
    status = (summary.status, COLORS.get(summary.status))
    return [(summary.name, None), status, *((text, None) for text in texts)]


def describe_fits(summary: "Summary") -> str:
    planned = summary.n_planned_parts
    if summary.parts is None:
        return ""
    of = f" of {planned}" if planned and planned != summary.n_parts else ""
    return f"{summary.n_parts}{of} {summary.parts}"


def describe_epochs(summary: "Summary") -> str:
    if summary.status == "damaged":
        return ""
    fewest, most = summary.epochs
    done = str(most) if fewest == most else f"{fewest}-{most}"
    return done if summary.planned is None else f"{done}/{summary.planned}"


def describe_score(scores: dict[str, float], name: str) -> str:
    """'0.776', '0.776 ± 0.004', or nothing."""
    if name not in scores:
        return ""
    deviation = scores.get(f"{name}_sd")
    return number(scores[name]) + (f" ± {number(deviation)}" if deviation is not None else "")


def number(value: float) -> str:
    """Three decimals, or an exponent for very small and very large numbers."""
    return f"{value:.3f}" if value == 0 or 0.001 <= abs(value) < 1e5 else f"{value:.1e}"


def _local(started: str) -> str:
    try:
        return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""


def describe_duration(seconds: float) -> str:
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02}"


def _as_json(summary: "Summary") -> dict[str, Any]:
    return {
        **vars(summary),
        "path": str(summary.path),
        "epochs": dict(zip(("fewest", "most"), summary.epochs, strict=True)),
        "scores": summary.scores or {},
    }
