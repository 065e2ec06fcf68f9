"""`textclf compare`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.completers import complete_run
from textclf.cli.output import print_json, say
from textclf.cli.runs import describe_duration, describe_epochs, describe_fits
from textclf.cli.tables import Column, print_wide_table

if TYPE_CHECKING:
    from textclf.results.comparison import Comparison, Difference
    from textclf.results.significance import Significance


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...", shell_complete=complete_run)
@options.runs_dir_option
@options.picture_option("Save the picture here.  [default: comparison.png]")
@options.json_option
def compare(runs: tuple[str, ...], runs_dir: Path, output: Path | None, as_json: bool) -> None:
    """Compare runs: settings, data, scores, curves, noise.

    All curves are drawn in one picture. A test on the scores of several seeds says whether the
    first run differs from another by more than seed noise: train both with --seeds 5. RUN is a
    folder, or a name under --runs-dir.
    """
    if len(runs) < 2:
        raise click.UsageError("Name at least two runs.")
    from textclf.plots.run import plot_comparison
    from textclf.results.comparison import compare as compare_runs
    from textclf.runs import find_run

    opened = [find_run(run, runs_dir) for run in runs]
    comparison = compare_runs(opened)
    files = plot_comparison(opened, output or Path("comparison.png"))
    if as_json:
        print_json({**_as_json(comparison), "files": list(map(str, files))})
    else:
        _print(comparison)
        say("", *files)


def _print(comparison: "Comparison") -> None:
    names = list(comparison.runs)
    if comparison.settings:
        _print_by_run("setting", names, _texts(comparison.settings, names))
    else:
        click.echo("all settings are the same")
    if comparison.made_with:
        click.echo()
        _print_by_run("made with", names, _texts(comparison.made_with, names))
    click.echo()
    _print_by_run("score", names, dict(_score_rows(comparison)))
    for other in names[1:]:
        differences = [one for one in comparison.differences if one.runs[1] == other]
        lines = (
            describe(differences)
            if differences
            else [f"{other} against {names[0]}", "  no score in common"]
        )
        say("", *lines)


def _texts(by_key: dict[str, dict[str, Any]], names: Sequence[str]) -> dict[str, list[str]]:
    return {
        key: [_text(values[name]) if name in values else "" for name in names]
        for key, values in by_key.items()
    }


def _text(value: Any) -> str:
    """A setting as in YAML; a hash is shortened."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and " " not in text else text


def _score_rows(comparison: "Comparison") -> Iterator[tuple[str, list[str]]]:
    summaries = comparison.runs.values()
    scores = comparison.scores.values()
    if any(summary.status != "finished" for summary in summaries):
        yield "status", [summary.status for summary in summaries]
    if any(summary.parts for summary in summaries):
        yield "fits", [describe_fits(summary) or "1" for summary in summaries]
    names = {name: None for one in scores for name in one}
    for name in (name for name in names if not name.endswith("_sd")):
        yield name, [_score(one, name) for one in scores]
    yield "epochs", [describe_epochs(summary) for summary in summaries]
    yield "time", [describe_duration(summary.seconds) for summary in summaries]


def _score(scores: dict[str, float], name: str) -> str:
    if name not in scores:
        return ""
    value, deviation = scores[name], scores.get(f"{name}_sd")
    text = str(value) if isinstance(value, int) else f"{value:.4f}"
    return text if deviation is None else f"{text} ± {deviation:.4f}"


def _print_by_run(title: str, names: Sequence[str], rows: dict[str, list[str]]) -> None:
    columns = [Column(title), *(Column(name, is_number=True) for name in names)]
    print_wide_table(columns, [[(text, None) for text in (key, *row)] for key, row in rows.items()])


def describe(differences: Sequence["Difference"]) -> list[str]:
    """How two runs' scores differ, in words: by how much, whether that is noise, by which test."""
    one, other = differences[0].runs
    width = max(len(difference.score) for difference in differences)
    notes = [note for difference in differences for note in _notes(difference)]
    return [
        f"{other} against {one}",
        *(f"  {d.score:<{width}}  {_size(d)}{_verdict(d)}" for d in differences),
        *(f"  {note}" for note in dict.fromkeys(notes)),
    ]


def _size(difference: "Difference") -> str:
    if difference.better is None:
        return "the same"
    direction = "higher" if difference.value > 0 else "lower"
    worth = "better" if difference.better == difference.runs[1] else "worse"
    return f"{abs(difference.value):.4f} {direction}, which is {worth}"


def _verdict(difference: "Difference") -> str:
    if difference.by_example:
        return f" (on these examples: p = {_p(difference.by_example.p)})"
    if difference.by_seed is None:
        return ""
    words = {
        True: "beyond seed noise",
        False: "within seed noise",
        None: "too few seeds to say",
    }
    return f": {words[difference.is_beyond_seed_noise]}, p = {_p(difference.by_seed.p)}"


def _notes(difference: "Difference") -> Iterator[str]:
    if difference.obstacle:
        yield difference.obstacle
    if difference.by_example:
        test = difference.by_example
        yield f"p: {test.test}; it compares these two models, not their settings"
    if difference.by_seed:
        yield from _notes_on_seeds(difference, difference.by_seed)


def _notes_on_seeds(difference: "Difference", test: "Significance") -> Iterator[str]:
    yield f"p: {test.test}; {test.n[0]} + {test.n[1]} seeds,"
    yield f"{test.permutations:,} permutations, the smallest possible p is {_p(test.smallest_p)}"
    n_others = difference.n_comparisons
    if n_others > 1:
        yield f"of {n_others} comparisons each counts below p = {_p(difference.alpha)}"
    if difference.is_beyond_seed_noise is None:
        yield "train more seeds of both, such as --seeds 5"


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 0.0001 else f"{p:.0e}"


def _as_json(comparison: "Comparison") -> dict[str, Any]:
    return {
        "runs": {name: str(summary.path) for name, summary in comparison.runs.items()},
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
