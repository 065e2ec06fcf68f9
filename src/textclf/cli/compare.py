"""`textclf compare`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json, say, warn
from textclf.cli.steps import show_steps
from textclf.errors import RunError

if TYPE_CHECKING:
    from textclf.results.comparison import Comparison
    from textclf.runs import RunFolder

MOST_CURVES = 8  # that one picture can show


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...", shell_complete=complete_run)
@options.runs_dir_option
@click.option(
    "--baseline",
    metavar="RUN",
    shell_complete=complete_run,
    help="The run that the others are compared with.  [default: the first]",
)
@options.picture_option("Save the picture here.  [default: comparison.png]")
@click.option("--csv", "as_csv", is_flag=True, help="Print a line of CSV for each run.")
@options.quiet_option
@options.json_option
def compare(
    runs: tuple[str, ...],
    runs_dir: Path,
    baseline: str | None,
    output: Path | None,
    as_csv: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Compare runs: settings, data, scores, curves, noise.

    All curves are drawn in one picture; of many runs, those of the best. A test on the scores of
    several seeds says whether a run differs from the baseline by more than seed noise: train both
    with --seeds 5. RUN is a folder, or a name under --runs-dir. Of three runs and more, a damaged
    one is left out with a warning, unless it is the --baseline.
    """
    if as_csv and as_json:
        raise click.UsageError("Choose one of --csv and --json.")
    if len(runs) + (baseline is not None) < 2:
        raise click.UsageError("Name at least two runs.")
    from textclf.cli.comparisons import print_comparison, print_comparison_csv
    from textclf.plots.run import find_drawable, plot_comparison
    from textclf.results.comparison import compare as compare_runs

    opened, problems = _open(runs, baseline, runs_dir)
    with show_steps(quiet) as progress:
        comparison = compare_runs(opened, progress)
    problems += comparison.left_out.values()
    if baseline is not None and opened[0].path != comparison.runs[comparison.baseline].path:
        raise RunError(*problems)
    for problem in problems:
        warn(f"left out: {problem}")
    by_path = {run.path: run for run in opened}
    by_name = {name: by_path[summary.path] for name, summary in comparison.runs.items()}
    drawn, problems = find_drawable([by_name[name] for name in _drawn(comparison)])
    for problem in problems:
        warn(f"no curves: {problem}")
    files = plot_comparison(drawn, output or Path("comparison.png"))
    if as_json:
        print_json({**_as_json(comparison), "files": list(map(str, files))})
    elif as_csv:
        print_comparison_csv(comparison)
    else:
        print_comparison(comparison)
        some = f" (the best {len(drawn)} of {len(opened)} runs)" if len(drawn) < len(opened) else ""
        say("", *(f"{file}{some}" for file in files))


def _open(
    runs: Sequence[str], baseline: str | None, runs_dir: Path
) -> "tuple[list[RunFolder], list[str]]":
    """The baseline first, whether it is among the others or not; a line for each damaged run.

    Raises:
        RunError: a run does not exist, or the baseline is damaged.
    """
    from textclf.runs import find_run, find_runs

    opened, problems = find_runs(runs, runs_dir)
    if baseline is None:
        return opened, problems
    first = find_run(baseline, runs_dir)
    others = [run for run in opened if run.path.resolve() != first.path.resolve()]
    return [first, *others], problems


def _drawn(comparison: "Comparison") -> list[str]:
    """The names of the runs whose curves are drawn: all if they are few, else the best."""
    names = list(comparison.runs)
    return names if len(names) <= MOST_CURVES else comparison.ranking[:MOST_CURVES]


def _as_json(comparison: "Comparison") -> dict[str, Any]:
    return {
        "runs": {name: str(summary.path) for name, summary in comparison.runs.items()},
        "baseline": comparison.baseline,
        "ranking": comparison.ranking,
        "other_data": comparison.other_data,
        "validated_on_test": [n for n, one in comparison.runs.items() if one.validated_on_test],
        "settings": comparison.settings,
        "made_with": comparison.made_with,
        "scores": comparison.scores,
        "differences": [
            {
                **vars(difference),
                "better": difference.better,
                "beyond_seed_noise": difference.is_beyond_seed_noise,
                **{
                    name: test and vars(test)
                    for name, test in (
                        ("by_seed", difference.by_seed),
                        ("by_example", difference.by_example),
                    )
                },
            }
            for difference in comparison.differences
        ],
    }
