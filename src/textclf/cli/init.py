"""`textclf init`."""

import shlex
from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.completers import complete_dataset, complete_model
from textclf.cli.output import print_json, say
from textclf.config.recipes import SCHEMA_FILE


@click.command()
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option(
    "--dataset",
    metavar="NAME",
    shell_complete=complete_dataset,
    help="imdb, reuters, boston, or docstrings (needs no download), instead of DATA.",
)
@click.option(
    "--model",
    metavar="TYPE",
    default="dense",
    show_default=True,
    shell_complete=complete_model,
    help="dense, simple_rnn, lstm, gru, cnn, cnn_lstm, layers, or ngrams: a linear model of them.",
)
@click.option(
    "--text",
    "texts",
    metavar="COLUMN",
    multiple=True,
    help="DATA's column of texts; repeat it to join several.  [default: guessed]",
)
@click.option("--label", metavar="COLUMN", help="DATA's column of classes.  [default: guessed]")
@click.option("--target", metavar="COLUMN", help="DATA's column of numbers to predict.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it; - is standard output.  [default: <data or dataset>_<model>.yaml]",
)
@click.option(
    "--schema",
    "with_schema",
    is_flag=True,
    help=f"Write {SCHEMA_FILE} beside it, so that editors complete and check it.",
)
@options.json_option
def init(
    data: Path | None,
    dataset: str | None,
    model: str,
    texts: tuple[str, ...],
    label: str | None,
    target: str | None,
    output: Path | None,
    with_schema: bool,
    as_json: bool,
) -> None:
    """Write a starter config that explains each setting.

    DATA is your own file, .csv, .tsv or .jsonl, plain or .gz, .xlsx or .parquet, or a folder with
    a folder of .txt files for each class. Its columns of texts or numbers and the column to
    predict are guessed from its content. An existing config is never overwritten.
    """
    if data is None and (texts or label or target):
        raise click.UsageError("--text, --label and --target need a DATA file.")
    if (dataset and data) or (label and target):
        raise click.UsageError("Give DATA or --dataset, and --label or --target, not both.")
    stem = data.absolute().name.partition(".")[0] if data else dataset or "docstrings"
    is_printed = str(output) == "-"
    if is_printed and (with_schema or as_json):
        raise click.UsageError("-o - prints the config alone; leave out --schema and --json.")
    path = Path(f"{stem}_{model}.yaml") if output is None or is_printed else output
    if path.exists() and not is_printed:
        raise click.UsageError(f"{path} already exists; choose another file with -o.")

    from textclf.config.json_schema import config_schema, dump_schema
    from textclf.disk.atomic import write_text
    from textclf.inspection.columns import dataset_section, look_into, training_part
    from textclf.inspection.starter import starter_config

    data = training_part(data) if data else None
    columns = look_into(data, texts, label, target) if data else None
    section = (
        dataset_section(columns, data, path.parent)
        if data and columns
        else {"name": dataset or "docstrings"}
    )
    schema = path.with_name(SCHEMA_FILE) if with_schema else None
    content = starter_config(section, model, str(path), schema.name if schema else None, columns)
    if schema:
        write_text(schema, dump_schema(config_schema()))
    if is_printed:
        click.echo(content, nl=False)
    else:
        write_text(path, content)
    if as_json:
        print_json({"files": [str(file) for file in (path, schema) if file]})
        return
    for line in columns.in_words() if columns else ():
        say(f"textclf: {data}: {line}", err=True)
    if "test_path" in section:
        say(f"textclf: {section['test_path']}: used for the test rows", err=True)
    if is_printed:
        return
    say(path)
    say(f"textclf: train it with: textclf train {shlex.quote(str(path))}", err=True)
