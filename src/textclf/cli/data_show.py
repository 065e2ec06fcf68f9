"""`textclf data show`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_source
from textclf.cli.output import print_json


@click.command()
@click.argument("source", metavar="NAME|CONFIG", shell_complete=complete_source)
@click.option("--row", type=click.IntRange(min=0), help="Show this row before and after encoding.")
@click.option(
    "--split",
    "part",
    type=click.Choice(["train", "test"]),
    help="The rows that --row counts, from 0, as in predictions.csv.  [default: train]",
)
@options.set_option
@options.picture_option("Save a picture of the lengths, or the features, to this file.")
@options.data_dir_option
@options.json_option
def show(
    source: str,
    row: int | None,
    part: str | None,
    overrides: tuple[str, ...],
    output: Path | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Show what is in the data, in readable form.

    Print classes, lengths, words, duplicates and examples of the dataset NAME, such as imdb. For a
    CONFIG, a file or a recipe, also show the effect of its preprocessing. With --row, show one
    example before and after preprocessing.
    """
    if row is None and part is not None:
        raise click.UsageError("--split needs --row: it selects the rows that --row counts.")
    if row is not None and output is not None:
        raise click.UsageError("-o draws all rows; remove --row or -o.")
    from textclf.inspection.show import show_data, show_row

    if row is not None:
        shown = show_row(source, overrides, data_dir, part or "train", row)
    else:
        shown = show_data(source, overrides, data_dir, output)
    if as_json:
        print_json(shown)
        return
    from textclf.cli.data_screen import print_data, print_row

    print_data(shown) if row is None else print_row(shown)
