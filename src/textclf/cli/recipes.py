"""`textclf recipes`."""

import click

from textclf.cli import completers, options
from textclf.cli.output import print_json
from textclf.cli.tables import Column, print_table

COLUMNS = (
    Column("recipe"),
    Column("about", rank=2),
    Column("validation", rank=1),
    Column("test"),
)


@click.command()
@click.argument("name", required=False, shell_complete=completers.complete_recipe)
@options.json_option
def recipes(name: str | None, as_json: bool) -> None:
    """List the shipped recipes with their scores, or print one.

    The scores are those of textclf: accuracies, or the mean absolute error (MAE) of boston_dense.
    A recipe that is printed into a file is a config to change:

    \b
    textclf recipes imdb_lstm > my_lstm.yaml
    """
    from textclf.config.file import read_recipe
    from textclf.config.recipes import Figures, read_figures

    figures = read_figures()
    if name is not None:
        text = read_recipe(name)
        if as_json:
            print_json({"name": name, **vars(figures.get(name, Figures())), "text": text})
        else:
            click.echo(text, nl=False)
    elif as_json:
        print_json({"recipes": [{"name": each, **vars(figures[each])} for each in figures]})
    else:
        rows = [(each, one.about, one.validation, one.test) for each, one in figures.items()]
        print_table(COLUMNS, [[(text, None) for text in row] for row in rows])
