"""`textclf schema`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.output import print_json, print_object, say


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it.  [default: standard output]",
)
@options.json_option
def schema(output: Path | None, as_json: bool) -> None:
    """Print the JSON Schema of configs, for editors.

    With it, an editor completes and checks a config and shows the meaning of its keys. Editors with
    the YAML language server, such as VS Code, find it by a comment at the top of the config:

    \b
    # yaml-language-server: $schema=textclf.schema.json
    """
    from textclf.config.json_schema import config_schema, dump_schema
    from textclf.disk.atomic import write_text

    content = config_schema()
    if output:
        write_text(output, dump_schema(content))
    if as_json:
        print_json({"files": [str(output)]}) if output else print_object(content)
    elif output:
        say(output)
    else:
        click.echo(dump_schema(content), nl=False)
