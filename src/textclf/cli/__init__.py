"""The command line: a command parses, makes one call, prints."""

import click

from textclf.cli.check import check
from textclf.cli.compare import compare
from textclf.cli.completion import completion
from textclf.cli.data import data
from textclf.cli.evaluate import evaluate
from textclf.cli.export import export
from textclf.cli.group import CatchingGroup
from textclf.cli.init import init
from textclf.cli.learning_curve import learning_curve
from textclf.cli.note import note
from textclf.cli.plot import plot
from textclf.cli.predict import predict
from textclf.cli.recipes import recipes
from textclf.cli.report import report
from textclf.cli.reproduce import reproduce
from textclf.cli.resume import resume
from textclf.cli.rm import rm
from textclf.cli.runs import runs
from textclf.cli.schema import schema
from textclf.cli.sweep import sweep
from textclf.cli.train import train

__all__ = ["main"]


@click.group(cls=CatchingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="textclf", message="%(prog)s %(version)s")
def main() -> None:
    """Textbook Keras experiments as one-command, trustworthy runs.

    A YAML file describes the dataset, the preprocessing, the model and the training;
    `textclf train` turns it into a folder that holds everything about the run.
    """


COMMANDS = (
    recipes,
    init,
    check,
    data,
    train,
    resume,
    reproduce,
    evaluate,
    predict,
    report,
    plot,
    runs,
    note,
    rm,
    compare,
    learning_curve,
    sweep,
    export,
    schema,
    completion,
)
for command in COMMANDS:
    main.add_command(command)
