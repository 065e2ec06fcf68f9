"""`textclf data fetch|verify`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.output import print_json
from textclf.errors import DataError


@click.group()
def data() -> None:
    """Download and check data."""


@data.command()
@click.argument("name")
@options.data_dir_option
@options.quiet_option
@options.json_option
def fetch(name: str, data_dir: Path | None, quiet: bool, as_json: bool) -> None:
    """Download the files of the dataset NAME: imdb, reuters or boston.

    They go where Keras keeps its own, or into --data-dir.
    """
    from textclf.data.files import fetch_dataset

    paths = fetch_dataset(name, data_dir, None if quiet else _Percentages().tell)
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    else:
        click.echo("\n".join(map(str, paths)))


@data.command()
@click.argument("name")
@options.data_dir_option
@options.json_option
def verify(name: str, data_dir: Path | None, as_json: bool) -> None:
    """Check the files of the dataset NAME by their SHA-256."""
    from textclf.data.files import verify_dataset

    files = verify_dataset(name, data_dir)
    if as_json:
        print_json({"files": [{**vars(file), "path": str(file.path)} for file in files]})
    else:
        for file in files:
            click.echo(f"{file.status:<8} {file.path or file.name}")
    bad = [file.name for file in files if file.status != "ok"]
    if bad and as_json:
        raise click.exceptions.Exit(DataError.exit_code)
    if bad:
        raise DataError(f"{', '.join(bad)}: mend with: textclf data fetch {name}")


class _Percentages:
    """A line for each tenth of a file."""

    def __init__(self) -> None:
        self.told: dict[str, int] = {}

    def tell(self, file: str, done: int, total: int | None) -> None:
        tenth = 10 * done // total if total else 0
        if self.told.get(file) != tenth:
            self.told[file] = tenth
            click.echo(f"{file}  {10 * tenth} %", err=True)
