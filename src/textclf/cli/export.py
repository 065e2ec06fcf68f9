"""`textclf export`."""

from pathlib import Path
from typing import Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json, say
from textclf.results.export.formats import FORMATS


def _check_suffix(context: Any, _parameter: Any, output: Path) -> Path:
    suffix = FORMATS[context.params["format_name"]].suffix
    if output.suffix != suffix and suffix:
        raise click.BadParameter(f"{output} must end in {suffix}.")
    return output


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    required=True,
    is_eager=True,  # the path is checked against it
    help="The format to write.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    required=True,
    callback=_check_suffix,
    help="Where to write it: a .keras, .onnx or .tflite file, or a folder for a SavedModel.",
)
@options.runs_dir_option
@options.json_option
def export(run: str, format_name: str, output: Path, runs_dir: Path, as_json: bool) -> None:
    """Write RUN's kept model for other programs, with a card.

    The card, PATH.json beside the model, describes the input, how to make it, the output, and has
    a program that does it. With tokens: keras, a SavedModel takes raw texts; else it takes ids, as
    the other formats do, whose vocabulary is in the card. The written model is read back and its
    outputs are compared with the run's.
    RUN is a folder, or a name under --runs-dir.
    """
    from textclf import workflow
    from textclf.results.export.writing import export_run

    card = export_run(workflow.open_run(run, runs_dir), format_name, output)
    if as_json:
        print_json({"path": str(output), "format": format_name, "card": str(card)})
    else:
        say(output, card)
