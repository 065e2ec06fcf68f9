"""`textclf note`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json, say

if TYPE_CHECKING:
    from textclf.runs.notes import Notes

LONGEST = 10_000  # characters of a note


def _check_tags(_context: Any, _parameter: Any, tags: tuple[str, ...]) -> tuple[str, ...]:
    for tag in tags:
        if not re.fullmatch(r"[\w.+-]{1,50}", tag):
            raise click.BadParameter(
                f"{tag!r} is not a tag: a tag is one word of at most 50 letters, digits, '-', '_', "
                "'.' and '+'."
            )
    return tags


def _check_text(_context: Any, _parameter: Any, text: str | None) -> str | None:
    if text is not None and not 0 < len(text.strip()) <= LONGEST:
        raise click.BadParameter(f"a note has 1 to {LONGEST:,} characters.")
    return text


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.argument("text", required=False, callback=_check_text)
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", callback=_check_tags, help="Add a tag."
)
@click.option("--untag", multiple=True, metavar="TAG", help="Remove a tag.")
@click.option("--clear", is_flag=True, help="Remove the notes that the run has.")
@options.runs_dir_option
@options.json_option
def note(
    run: str,
    text: str | None,
    tags: tuple[str, ...],
    untag: tuple[str, ...],
    clear: bool,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Add a note or tags to RUN, or print those it has.

    They are kept in the run's notes.json; no other file of the run is changed. `textclf runs` and
    `textclf report` show them, and `textclf runs --where tag=TAG` lists the runs with a tag.
    """
    from textclf.runs import find_run
    from textclf.runs.notes import read_notes, write_notes

    found = find_run(run, runs_dir)
    is_change = text is not None or tags or untag or clear
    notes = write_notes(found, text, tags, untag, clear) if is_change else read_notes(found)
    if as_json:
        print_json({"run": str(found.path), "tags": notes.tags, "notes": _as_json(notes)})
    else:
        say(*_lines(notes))


def _as_json(notes: "Notes") -> list[dict[str, str]]:
    pairs = zip(notes.times, notes.texts, strict=True)
    return [{"time": time, "text": text} for time, text in pairs]


def _lines(notes: "Notes") -> list[str]:
    tags = [f"tags: {', '.join(notes.tags)}"] if notes.tags else []
    pairs = zip(notes.times, notes.texts, strict=True)
    return [*tags, *(f"{time[:10]}  {text}" for time, text in pairs)] or ["no notes, no tags"]
