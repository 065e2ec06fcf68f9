"""`textclf runs`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from textclf.cli import options
from textclf.cli.cells import (
    FOOTNOTE,
    describe_duration,
    describe_epochs,
    describe_fits,
    describe_score,
    describe_start,
    marked,
    narrow_setting,
    print_csv,
)
from textclf.cli.completers import complete_condition, complete_key, known_settings
from textclf.cli.output import print_json, say
from textclf.cli.tables import Column, print_table
from textclf.wording import several, short_titles, some_of

if TYPE_CHECKING:
    from textclf.runs import Summary

COLORS = {"running": "cyan", "interrupted": "yellow", "failed": "red", "damaged": "red"}
TITLES = ("run", "status", "fits", "epochs", "metric", "val", "test", "tags", "started", "time")
MOST_SETTINGS = 6  # columns of settings, however wide the lines are


@click.command()
@options.runs_dir_option
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="CONDITION",
    shell_complete=complete_condition,
    help="List only these runs, such as model.type=lstm, 'val_accuracy>=0.8', tag=baseline.",
)
@click.option(
    "--sort",
    metavar="KEY",
    shell_complete=complete_key,
    help="Order by a score, the best first, or by a setting or column.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print every setting and score as CSV.")
@options.json_option
def runs(
    runs_dir: Path, conditions: tuple[str, ...], sort: str | None, as_csv: bool, as_json: bool
) -> None:
    """List the runs, the newest last.

    Scores are those of the kept model, or the mean and standard deviation over seeds or folds; for
    an unfinished run, the best validation score so far. The time is that of all epochs. The
    settings that differ have a column each. Columns that do not fit the terminal are left out.

    A CONDITION compares (=, !=, <, <=, >, >=) a setting, a score of metrics.json, or one of run,
    status, recipe, metric, tag, started, epochs, time (in seconds).
    """
    if as_csv and as_json:
        raise click.UsageError("Choose one of --csv and --json.")
    every, summaries = _select(runs_dir, conditions, sort)
    if as_json:
        print_json({"runs": [_as_json(summary) for summary in summaries]})
    elif as_csv:
        _print_csv(summaries)
    elif summaries:
        _print(summaries, sort)
    elif every:
        what = several(len(every), "run")
        say(f"{runs_dir}: contains {what}, but none that meets every --where", err=True)
    else:
        say(f"{runs_dir}: contains no runs; train one: textclf train CONFIG", err=True)
    if not as_json:
        for problem in filter(None, (summary.problem for summary in summaries)):
            say(f"textclf: {problem}", err=True)


def _select(
    runs_dir: Path, conditions: Sequence[str], sort: str | None
) -> tuple[list["Summary"], list["Summary"]]:
    """All runs, and those that meet the conditions, in order."""
    from textclf.runs import summarize_runs

    every = summarize_runs(runs_dir)
    if not conditions and sort is None:
        return every, every
    from textclf.runs.conditions import ordered, parse_condition, refuse_unknown

    parsed = [parse_condition(text) for text in conditions]
    for text, condition in zip(conditions, parsed, strict=True):
        if condition is None:
            raise click.UsageError(f"--where {text!r} is not of the form model.type=lstm.")
    wanted = [condition for condition in parsed if condition]
    keys = [*(condition.key for condition in wanted), *([sort] if sort else [])]
    refuse_unknown(keys, every, known_settings())
    chosen = [run for run in every if all(condition.holds(run) for condition in wanted)]
    return every, ordered(chosen, sort) if sort else chosen


def _print(summaries: Sequence["Summary"], sort: str | None) -> None:
    settings = _differing_settings(summaries)
    shown = settings[:MOST_SETTINGS]
    left_out = print_table(*_table(summaries, shown, sort))
    titles = dict(zip(short_titles(shown, TITLES), shown, strict=True))
    missing = [titles[title] for title in left_out if title in titles] + settings[MOST_SETTINGS:]
    if missing:
        say("", f"also different: {some_of(missing, 2)}", err=True)
        say("every setting: textclf runs --csv", err=True)
    if any(summary.validated_on_test for summary in summaries):
        say("", FOOTNOTE, err=True)


def _differing_settings(summaries: Sequence["Summary"]) -> list[str]:
    """The paths of the settings that differ, the most interesting first."""
    from textclf.results.comparison import by_interest, differing

    by_run = {str(place): run.settings for place, run in enumerate(summaries) if run.settings}
    return by_interest(differing(by_run)) if len(by_run) > 1 else []


def _table(
    summaries: Sequence["Summary"], settings: Sequence[str], sort: str | None
) -> tuple[list[Column], list[list[tuple[str, str | None]]]]:
    """Columns, and a row of cells for each run. The higher the rank, the sooner it is left out."""
    metrics = {summary.metric for summary in summaries}
    columns = [
        (Column("run"), [summary.name for summary in summaries]),
        (Column("status"), [summary.status for summary in summaries]),
        (Column("fits", rank=2), list(map(describe_fits, summaries))),
        (Column("epochs", is_number=True), list(map(describe_epochs, summaries))),
        (
            Column("metric", rank=9 if len(metrics) == 1 else 1),
            [summary.metric or "" for summary in summaries],
        ),
        (Column("val", is_number=True), _scores(summaries, "val")),
        (Column("test", rank=1, is_number=True), _scores(summaries, "test")),
        *_sorted_by(summaries, sort),
        *_settings(summaries, settings),
        (Column("tags", rank=3), [narrow_setting(", ".join(s.notes.tags)) for s in summaries]),
        (Column("notes", rank=4), [_last_note(summary) for summary in summaries]),
        (Column("started", rank=8), list(map(describe_start, summaries))),
        (Column("time", rank=7, is_number=True), list(map(_time, summaries))),
    ]
    titles = [column for column, _ in columns]
    rows = zip(*(cells for _, cells in columns), strict=True)
    return titles, [_colored(row) for row in rows]


def _colored(row: Sequence[str]) -> list[tuple[str, str | None]]:
    name, status, *others = row
    return [(name, None), (status, COLORS.get(status)), *((text, None) for text in others)]


def _scores(summaries: Sequence["Summary"], split: str) -> list[str]:
    texts = [describe_score(one.scores or {}, f"{split}_{one.metric}") for one in summaries]
    return marked(texts, (summary.validated_on_test for summary in summaries))


def _sorted_by(
    summaries: Sequence["Summary"], key: str | None
) -> Iterator[tuple[Column, list[str]]]:
    """The score that the runs are ordered by, where it has no column yet."""
    known = {f"{split}_{summary.metric}" for summary in summaries for split in ("val", "test")}
    if key and key not in known and any(key in summary.metrics for summary in summaries):
        yield (
            Column(key, is_number=True),
            [describe_score(dict(summary.metrics), key) for summary in summaries],
        )


def _settings(
    summaries: Sequence["Summary"], settings: Sequence[str]
) -> Iterator[tuple[Column, list[str]]]:
    titles = short_titles(settings, TITLES)
    for place, (path, title) in enumerate(zip(settings, titles, strict=True)):
        values = [one.settings[path] for one in summaries if path in one.settings]
        are_numbers = all(type(value) in (int, float) for value in values)
        cells = [
            narrow_setting(one.settings[path]) if path in one.settings else "" for one in summaries
        ]
        yield Column(title, rank=6 if place < 2 else 10 + place, is_number=are_numbers), cells


def _last_note(summary: "Summary") -> str:
    return narrow_setting(summary.notes.texts[-1]) if summary.notes.texts else ""


def _time(summary: "Summary") -> str:
    return describe_duration(summary.seconds) if summary.seconds else ""


def _print_csv(summaries: Sequence["Summary"]) -> None:
    """Every run with every setting and score that some run has."""
    settings = dict.fromkeys(path for summary in summaries for path in summary.settings)
    scores = dict.fromkeys(
        name for run in summaries for name in (*(run.scores or {}), *run.metrics)
    )
    facts = [_facts(summary) for summary in summaries]
    titles = list(facts[0]) if facts else ["run"]
    print_csv(
        [*titles, *scores, *settings],
        (
            [
                *fact.values(),
                *({**(run.scores or {}), **run.metrics}.get(name) for name in scores),
                *(_csv_setting(run, path) for path in settings),
            ]
            for fact, run in zip(facts, summaries, strict=True)
        ),
    )


def _facts(summary: "Summary") -> dict[str, Any]:
    return {
        "run": summary.name,
        "path": summary.path,
        "status": summary.status,
        "recipe": summary.recipe,
        "tags": " ".join(summary.notes.tags),
        "notes": " / ".join(summary.notes.texts),
        "started": summary.started,
        "time": summary.seconds,
        "fits": describe_fits(summary),
        "epochs": describe_epochs(summary),
        "validated_on_test": summary.validated_on_test,
    }


def _csv_setting(summary: "Summary", path: str) -> Any:
    if path not in summary.settings:
        return None
    value = summary.settings[path]
    return "null" if value is None else value


def _as_json(summary: "Summary") -> dict[str, Any]:
    return {
        **vars(summary),
        "path": str(summary.path),
        "epochs": dict(zip(("fewest", "most"), summary.epochs, strict=True)),
        "scores": summary.scores or {},
        "validated_on_test": summary.validated_on_test,
        "tags": list(summary.notes.tags),
        "notes": list(summary.notes.texts),
    }
