"""`textclf train`."""

from pathlib import Path

import click

from textclf.cli import options
from textclf.cli.expectations import Expectation, find_impossible
from textclf.cli.output import finish
from textclf.config.scores import possible_scores, scores_by_epoch


@click.command()
@options.config_argument
@options.set_option
@options.runs_dir_option
@options.name_option
@click.option(
    "--seeds",
    type=click.IntRange(2, 100),
    metavar="N",
    help="Train N models, with the config's seed and the next ones.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    default=1,
    help="Train N seeds or folds at a time, each in a process of its own.  [default: 1]",
)
@options.device_option
@options.data_dir_option
@click.option("--tensorboard", is_flag=True, help="Write TensorBoard logs into the run.")
@options.expect_option
@options.quiet_option
@options.json_option
def train(
    config: str,
    overrides: tuple[str, ...],
    runs_dir: Path,
    name: str | None,
    seeds: int | None,
    workers: int,
    device: str,
    data_dir: Path | None,
    tensorboard: bool,
    expectations: tuple[Expectation, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Train the model of CONFIG, and write a run folder.

    CONFIG is a YAML file, or the name of a shipped recipe such as imdb_lstm. The run folder
    contains history, scores, predictions, plots and the trained model. With --seeds it contains a
    run for each seed (seed-1, seed-2, …) and their mean scores with the standard deviation.
    """
    from textclf.config.file import load_config
    from textclf.config.recipes import recipe_name

    settings = load_config(config, overrides)
    if impossible := find_impossible(expectations, possible_scores(settings.dataset)):
        raise click.BadParameter("; ".join(impossible), param_hint="--expect")

    from textclf import workflow
    from textclf.cli.progress import show_progress

    with show_progress(quiet) as reporter:
        run = workflow.train(
            settings,
            runs_dir,
            name,
            seeds=seeds,
            recipe=recipe_name(config),
            data_dir=data_dir,
            device=device,
            reporter=reporter,
            tensorboard=tensorboard,
            workers=workers,
            expected=[expectation.score for expectation in expectations],
        )
    finish(
        str(run.path),
        run.status,
        run.metrics,
        run.warnings,
        expectations,
        as_json,
        baseline=run.baseline,
        details=scores_by_epoch(run.config),
    )
