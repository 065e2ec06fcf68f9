"""Options that several commands share, each with its check."""

import os
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import click

from textclf.cli import completers
from textclf.cli.expectations import (
    FILE_SCORES,
    SCORES,
    Expectation,
    parse_expectation,
)

Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)

config_argument = click.argument("config", shell_complete=completers.complete_config)

set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=completers.complete_override,
    help="Override a field by its dotted path, such as training.epochs=3.",
)


def _check_epochs(context: Any, parameter: Any, overrides: tuple[str, ...]) -> int | None:
    epochs = None
    for override in overrides:
        key, _, value = override.partition("=")
        if key.strip() != "training.epochs" or not re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
            raise click.BadParameter(
                f"{override!r}: only training.epochs=N can be changed in an existing run.",
                context,
                parameter,
            )
        epochs = int(value)
    return epochs


epochs_option = click.option(
    "--set",
    "epochs",
    multiple=True,
    metavar="training.epochs=N",
    callback=_check_epochs,
    shell_complete=completers.complete_epochs,
    help="Train N epochs in total.",
)
runs_dir_option = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("runs"),
    shell_complete=completers.complete_folder,
    show_default=True,
    help="The folder that holds the runs.",
)


def _check_format(_context: Any, _parameter: Any, output: Path | None) -> Path | None:
    from textclf.plots import FORMATS

    if output is not None and output.suffix.removeprefix(".").lower() not in FORMATS:
        raise click.BadParameter(f"{output} must end in {', '.join(f'.{f}' for f in FORMATS)}.")
    return output


def picture_option(meaning: str) -> Callable[[Command], Command]:
    """`-o FILE`, whose name must end like a picture's."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_check_format,
        help=meaning,
    )


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    shell_complete=completers.complete_folder,
    help="The folder where data files are looked for first.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one JSON object on standard output."
)
threshold_option = click.option(
    "--threshold",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="P",
    help="Of two classes, predict the positive one where its probability is above P.",
)
positive_option = click.option(
    "--positive", metavar="CLASS", help="The positive class.  [default: the second of the two]"
)
quiet_option = click.option("--quiet", is_flag=True, help="Do not show progress.")


def _check_device(_context: Any, _parameter: Any, device: str) -> str:
    if not re.fullmatch(r"auto|cpu|gpu(:\d{1,3})?", device):
        raise click.BadParameter(f"{device!r} is not one of auto, cpu, gpu, gpu:N.")
    return device


device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="DEVICE",
    callback=_check_device,
    shell_complete=completers.complete_device,
    help="The device to compute on: auto (the faster one), cpu, gpu or gpu:N.",
)


def _check_name(_context: Any, _parameter: Any, name: str | None) -> str | None:
    if name is None:
        return None
    if not re.fullmatch(r"[^./\\:][^/\\:]*", name) or not _is_plain(name):
        raise click.BadParameter(
            f"{name!r} cannot be a folder's name: a name is one path component of at most 200 "
            "bytes that does not start with a dot."
        )
    return name


def _is_plain(name: str) -> bool:
    return name.isprintable() and bool(name.strip()) and len(os.fsencode(name)) <= 200


name_option = click.option(
    "--name",
    metavar="NAME",
    callback=_check_name,
    help="The run's folder under --runs-dir.  [default: <recipe>-<n>]",
)


class ExpectationType(click.ParamType):  # type: ignore[type-arg]  # since click 8.4
    """'val_accuracy>=0.77'."""

    name = "SCORE>=VALUE"

    def __init__(self, scores: Sequence[str] = SCORES) -> None:
        self.scores = scores

    def convert(self, value: Any, parameter: Any, context: Any) -> Expectation:
        if isinstance(value, Expectation):
            return value
        expectation = parse_expectation(value)
        if expectation is None:
            example = f"{self.scores[1]}>=0.77"
            self.fail(f"{value!r} is not of the form {example}.", parameter, context)
        if expectation.score not in self.scores:
            close = get_close_matches(expectation.score, self.scores, n=1)
            names = ", ".join(score for score in self.scores if not score.endswith("_sd"))
            hint = f"did you mean {close[0]}?" if close else f"the scores are {names}."
            self.fail(f"there is no score {expectation.score!r}; {hint}", parameter, context)
        return expectation


expect_option = click.option(
    "--expect",
    "expectations",
    multiple=True,
    type=ExpectationType(),
    help="Exit with 7 unless a score in metrics.json meets this, such as 'val_accuracy>=0.77'.",
)
predict_expect_option = click.option(
    "--expect",
    "expectations",
    multiple=True,
    type=ExpectationType(FILE_SCORES),
    help="Exit with 7 unless a score of the file's rows meets this, such as 'accuracy>=0.77'.",
)
