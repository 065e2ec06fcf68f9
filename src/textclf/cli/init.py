"""`textclf init`."""

import shlex
from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_dataset, complete_model
from textclf.cli.output import print_json
from textclf.recipes import SCHEMA_FILE


@click.command()
@click.option(
    "--dataset",
    metavar="NAME",
    default="docstrings",
    show_default=True,
    shell_complete=complete_dataset,
    help="imdb, reuters, boston, or docstrings, which needs no download.",
)
@click.option(
    "--model",
    metavar="TYPE",
    default="dense",
    show_default=True,
    shell_complete=complete_model,
    help="dense, simple_rnn, lstm or cnn_lstm.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it here.  [default: <dataset>_<model>.yaml]",
)
@click.option(
    "--schema",
    "with_schema",
    is_flag=True,
    help=f"Write {SCHEMA_FILE} beside it, by which editors complete and check it.",
)
@options.json_option
def init(dataset: str, model: str, output: Path | None, with_schema: bool, as_json: bool) -> None:
    """Write a starter config, each setting with its meaning.

    A file that is there already is left alone.
    """
    path = output or Path(f"{dataset}_{model}.yaml")
    if path.exists():
        raise click.UsageError(f"{path} is there already; name another file with -o.")

    from textclf.atomic import write_text
    from textclf.schema import config_schema, dump_schema
    from textclf.starter import starter_config

    schema = path.with_name(SCHEMA_FILE) if with_schema else None
    text = starter_config({"name": dataset}, model, str(path), schema.name if schema else None)
    if schema:
        write_text(schema, dump_schema(config_schema()))
    write_text(path, text)
    if as_json:
        print_json({"files": [str(file) for file in (path, schema) if file]})
    else:
        click.echo(path)
        click.echo(f"textclf: train it with: textclf train {shlex.quote(str(path))}", err=True)
