"""A run's facts as cells of a table, and tables as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from textclf.wording import printable, short_line

if TYPE_CHECKING:
    from textclf.runs import Summary

MARK = "*"  # beside the scores of runs that validated on test rows
FOOTNOTE = f"{MARK} validated on test rows, which chose the kept epoch: too optimistic"
WIDEST_SETTING = 20  # columns of a terminal


def describe_fits(summary: Summary) -> str:
    planned = summary.n_planned_parts
    if summary.parts is None:
        return ""
    of = f" of {planned}" if planned and planned != summary.n_parts else ""
    return f"{summary.n_parts}{of} {summary.parts}"


def describe_epochs(summary: Summary) -> str:
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


def describe_start(summary: Summary) -> str:
    try:
        local = datetime.fromisoformat(summary.started).astimezone()
        return local.strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""


def describe_duration(seconds: float) -> str:
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02}"


def describe_setting(value: Any) -> str:
    """A setting as in YAML; a hash is shortened."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and " " not in text else text


def narrow_setting(value: Any) -> str:
    """The same for a column among others."""
    return short_line(describe_setting(value), WIDEST_SETTING)


def marked(texts: Sequence[str], marks: Iterable[bool]) -> list[str]:
    """Scores with a mark beside some; the others with a blank, so that digits stay aligned."""
    marks = list(marks)
    if not any(marks):
        return list(texts)
    return [
        text and text + (MARK if is_marked else " ")
        for text, is_marked in zip(texts, marks, strict=True)
    ]


def print_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table as RFC 4180 has it; control characters are escaped."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(titles)
    writer.writerows([printable(_csv_text(value)) for value in row] for row in rows)
    click.echo(text.getvalue().encode("utf-8"), nl=False)


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
