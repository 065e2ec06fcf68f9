"""`textclf data fetch|verify|show|cache`."""

import shlex
from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_dataset
from textclf.cli.data_show import show
from textclf.cli.output import print_json, say
from textclf.errors import DataError
from textclf.wording import several


@click.group()
def data() -> None:
    """Download, check and show data."""


data.add_command(show)


@data.command()
@click.argument("name", shell_complete=complete_dataset)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to put them.  [default: Keras's own folder]",
)
@options.quiet_option
@options.json_option
def fetch(name: str, data_dir: Path | None, quiet: bool, as_json: bool) -> None:
    """Download the files of the dataset NAME: imdb, reuters or boston.

    Files that are already there and correct are kept.
    """
    from textclf.data.files import fetch_dataset

    paths = fetch_dataset(name, data_dir, None if quiet else _Percentages().show)
    if as_json:
        print_json({"files": [str(path) for path in paths]})
    elif paths:
        say(*paths)
    else:
        _say_no_files(name)


@data.command()
@click.argument("name", shell_complete=complete_dataset)
@options.data_dir_option
@options.json_option
def verify(name: str, data_dir: Path | None, as_json: bool) -> None:
    """Check the files of the dataset NAME by their SHA-256."""
    from textclf.data.files import verify_dataset

    files = verify_dataset(name, data_dir)
    bad = [f"{file.name}: {file.status}" for file in files if file.status != "ok"]
    if bad:
        place = f" --data-dir {shlex.quote(str(data_dir))}" if data_dir else ""
        bad.append(f"repair it with: textclf data fetch {name}{place}")
    result = {"files": [{**vars(file), "path": str(file.path)} for file in files]}
    if not as_json:
        for file in files:
            say(f"{file.status:<8} {file.path}")
        if not files:
            _say_no_files(name)
    if bad:
        raise DataError(*bad, result=result)
    if as_json:
        print_json(result)


@data.command()
@click.option("--clear", is_flag=True, help="Remove it; it is built again when it is needed.")
@options.json_option
def cache(clear: bool, as_json: bool) -> None:
    """Show what the cache of converted data holds.

    It is a folder of textclf's own: $TEXTCLF_CACHE_DIR, or one in the user's cache folder. The
    downloaded files themselves are in Keras's folder, and stay.
    """
    from textclf.data.cache import cache_dir, clear_cache, list_cache

    files = clear_cache() if clear else list_cache()
    total = sum(file.n_bytes for file in files)
    if as_json:
        listed = [
            {"path": str(f.path), "bytes": f.n_bytes, "complete": f.is_complete} for f in files
        ]
        result = {"folder": str(cache_dir()), "files": listed, "bytes": total, "cleared": clear}
        print_json(result)
        return
    for file in files:
        note = "" if file.is_complete else "  unfinished"
        say(f"{file.n_bytes / 1e6:>9,.1f} MB  {file.path.name}{note}")
    verb = "removed from" if clear else "in"
    files_in = f"{several(len(files), 'file')} {verb} {cache_dir()}"
    say(f"{total / 1e6:>9,.1f} MB  {files_in}")


def _say_no_files(name: str) -> None:
    click.echo(f"textclf: {name} has no files: it is read from the installed libraries", err=True)


class _Percentages:
    """A line for each tenth of a file."""

    def __init__(self) -> None:
        self.shown: dict[str, int] = {}

    def show(self, file: str, done: int, total: int | None) -> None:
        tenth = 10 * done // total if total else 0
        if self.shown.get(file) != tenth:
            self.shown[file] = tenth
            click.echo(f"{file}  {10 * tenth} %", err=True)
