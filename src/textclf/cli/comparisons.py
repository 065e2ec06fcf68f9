"""A comparison of runs on the screen: few beside each other, many below each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from textclf.cli.cells import (
    FOOTNOTE,
    describe_duration,
    describe_epochs,
    describe_fits,
    describe_setting,
    marked,
    narrow_setting,
    print_csv,
)
from textclf.cli.output import say
from textclf.cli.tables import Cell, Column, print_table, print_wide_table
from textclf.config.scores import is_detail
from textclf.wording import listed, short_titles, some_of

if TYPE_CHECKING:
    from textclf.results.comparison import Comparison, Difference
    from textclf.results.significance import Significance
    from textclf.runs import Summary

MOST_SETTINGS = 6  # columns of settings, however wide the lines are


def print_comparison(comparison: Comparison) -> None:
    """Print settings, scores and how they differ; first of all, whether they may be compared."""
    from textclf.results.comparison import FEW

    if comparison.other_data:
        say(_say_other_data(comparison), "")
    if len(comparison.runs) > FEW:
        _print_many(comparison)
    else:
        _print_few(comparison)
    if any(summary.validated_on_test for summary in comparison.runs.values()):
        say("", FOOTNOTE)


def _say_other_data(comparison: Comparison) -> str:
    others = listed(comparison.other_data, most=3)
    return f"no verdict: {others} and {comparison.baseline} have different data"


def _metrics(comparison: Comparison) -> list[str]:
    """The scores that are tested."""
    return list(dict.fromkeys(difference.score for difference in comparison.differences))


def _score(scores: Mapping[str, float], name: str) -> str:
    if name not in scores:
        return ""
    value, deviation = scores[name], scores.get(f"{name}_sd")
    text = str(value) if isinstance(value, int) else f"{value:.4f}"
    return text if deviation is None else f"{text} ± {deviation:.4f}"


# --- few runs: a column for each -------------------------------------------------------------


def _print_few(comparison: Comparison) -> None:
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
        key: [describe_setting(values[name]) if name in values else "" for name in names]
        for key, values in by_key.items()
    }


def _score_rows(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    summaries = comparison.runs.values()
    scores = comparison.scores.values()
    marks = [summary.validated_on_test for summary in summaries]
    if any(summary.status != "finished" for summary in summaries):
        yield "status", [summary.status for summary in summaries]
    if any(summary.parts for summary in summaries):
        yield "fits", [describe_fits(summary) or "1" for summary in summaries]
    for name in _names_of(comparison):
        yield name, marked([_score(one, name) for one in scores], marks)
    yield "epochs", [describe_epochs(summary) for summary in summaries]
    yield "time", [describe_duration(summary.seconds) for summary in summaries]


def _names_of(comparison: Comparison) -> list[str]:
    names = dict.fromkeys(name for one in comparison.scores.values() for name in one)
    asked = {name for one in comparison.runs.values() for name in one.scores_by_epoch}
    return [name for name in names if not (name.endswith("_sd") or is_detail(name, asked))]


def _print_by_run(title: str, names: Sequence[str], rows: dict[str, list[str]]) -> None:
    columns = [Column(title), *(Column(name, is_number=True) for name in names)]
    print_wide_table(columns, [[(text, None) for text in (key, *row)] for key, row in rows.items()])


def describe(differences: Sequence[Difference]) -> list[str]:
    """How two runs' scores differ, in words: by how much, whether that is noise, by which test."""
    one, other = differences[0].runs
    width = max(len(difference.score) for difference in differences)
    notes = [note for difference in differences for note in _notes(difference)]
    return [
        f"{other} against {one}",
        *(f"  {d.score:<{width}}  {_size(d)}{_verdict(d)}" for d in differences),
        *(f"  {note}" for note in dict.fromkeys(notes)),
    ]


def _size(difference: Difference) -> str:
    direction = "higher" if difference.value > 0 else "lower"
    if not difference.is_fair:
        return f"{abs(difference.value):.4f} {direction}: not comparable"
    if difference.better is None:
        return "the same"
    worth = "better" if difference.better == difference.runs[1] else "worse"
    return f"{abs(difference.value):.4f} {direction}, which is {worth}"


def _verdict(difference: Difference) -> str:
    if difference.corrected_p is None:
        return ""
    p = _p_is(difference.corrected_p)
    if difference.by_example:
        return f" (on these examples: {p})"
    words = {
        True: "beyond seed noise",
        False: "within seed noise",
        None: "too few seeds to say",
    }
    return f": {words[difference.is_beyond_seed_noise]}, {p}"


def _notes(difference: Difference) -> Iterator[str]:
    if difference.obstacle:
        yield difference.obstacle
    if difference.by_example:
        test = difference.by_example
        yield f"p: {test.test}; it compares these two models, not their settings"
    if difference.by_seed:
        yield from _notes_on_seeds(difference, difference.by_seed)
    if difference.corrected_p is not None and difference.n_comparisons > 1:
        yield _note_on_correction(difference)


def _notes_on_seeds(difference: Difference, test: Significance) -> Iterator[str]:
    yield f"p: {test.test}; {test.n[0]} + {test.n[1]} seeds,"
    yield f"{test.permutations:,} permutations, the smallest possible p is {_p(test.smallest_p)}"
    if difference.is_beyond_seed_noise is None:
        yield "train more seeds of both, such as --seeds 5"


def _note_on_correction(difference: Difference) -> str:
    tests, baseline = difference.n_comparisons, difference.runs[0]
    return f"corrected by Holm's method for all {tests} tests against {baseline}"


def _p(p: float) -> str:
    """Never 0: a p is not."""
    return f"{p:.2g}" if p >= 0.0001 else "<0.0001"


def _p_is(p: float) -> str:
    """'p = 0.016', 'p < 0.0001'."""
    return f"p = {_p(p)}" if p >= 0.0001 else "p < 0.0001"


# --- many runs: a row for each, the best first -----------------------------------------------


def _print_many(comparison: Comparison) -> None:
    for score in _metrics(comparison):
        print_table(*_score_table(comparison, score))
        click.echo()
    left_out = _print_runs(comparison)
    notes = [note for difference in comparison.differences for note in _short_notes(difference)]
    say("", *dict.fromkeys(notes))
    if left_out:
        say(f"also different: {some_of(left_out, 2)}", "everything: textclf compare --csv")


def _score_table(comparison: Comparison, score: str) -> tuple[list[Column], list[list[Cell]]]:
    """The runs by rank: their score, its difference from the baseline, whether that is noise."""
    by_run = {one.runs[1]: one for one in comparison.differences if one.score == score}
    names = [name for name in comparison.ranking if score in comparison.scores[name]]
    summaries = [comparison.runs[name] for name in names]
    texts = marked(
        [_score(comparison.scores[name], score) for name in names],
        (summary.validated_on_test for summary in summaries),
    )
    columns = [
        *(Column("run"), Column(score, is_number=True), Column("difference", is_number=True)),
        *(Column("p", rank=2, is_number=True), Column("corrected", rank=1, is_number=True)),
        Column("verdict"),
    ]
    rows: list[list[Cell]] = [
        [(name, None), (text, None), *((cell, None) for cell in _difference(by_run.get(name)))]
        for name, text in zip(names, texts, strict=True)
    ]
    return columns, rows


def _difference(difference: Difference | None) -> list[str]:
    """The difference, its p, the corrected p, the verdict."""
    if difference is None:
        return ["baseline", "", "", ""]
    if not difference.is_fair:
        return ["", "", "", "other data" if "data" in str(difference.obstacle) else "other rows"]
    if difference.test is None or difference.corrected_p is None:
        return [f"{difference.value:+.4f}", "", "", ""]
    ps = [_p(difference.test.p), _p(difference.corrected_p)]
    return [f"{difference.value:+.4f}", *ps, _short_verdict(difference)]


def _short_verdict(difference: Difference) -> str:
    if difference.by_seed is None:
        return ""
    if difference.is_beyond_seed_noise:
        return "better" if difference.better == difference.runs[1] else "worse"
    is_known = difference.is_beyond_seed_noise is not None
    return "within seed noise" if is_known else "too few seeds"


def _short_notes(difference: Difference) -> Iterator[str]:
    if difference.obstacle and difference.is_fair:
        yield difference.obstacle
    if difference.test:
        only = "; it compares models, not their settings" if difference.by_example else ""
        yield f"p: {difference.test.test}{only}"
    if difference.corrected_p is not None and difference.n_comparisons > 1:
        yield _note_on_correction(difference)


def _print_runs(comparison: Comparison) -> list[str]:
    """The cost of each run and its settings; returns the settings that found no room."""
    from textclf.results.comparison import by_interest

    names, tested = comparison.ranking, _metrics(comparison)
    summaries = [comparison.runs[name] for name in names]
    others = [s for s in _names_of(comparison) if s not in (*tested, "best_epoch")]
    differing = {**comparison.settings, **comparison.made_with}
    paths = [*by_interest(comparison.settings), *by_interest(comparison.made_with)]
    shown = paths[:MOST_SETTINGS]
    titles = short_titles(shown, ("run", "status", "fits", "epochs", "time", *others))
    columns = [
        (Column("run"), names),
        (Column("status", rank=1), _if_any_unfinished(summaries)),
        (Column("fits", rank=2), list(map(describe_fits, summaries))),
        (Column("epochs", rank=3, is_number=True), list(map(describe_epochs, summaries))),
        (Column("time", rank=4, is_number=True), [describe_duration(s.seconds) for s in summaries]),
        *(
            (Column(title, rank=10 + place), _cells(differing[path], names))
            for place, (title, path) in enumerate(zip(titles, shown, strict=True))
        ),
        *(
            (Column(score, rank=30, is_number=True), _column(comparison, score, names))
            for score in others
        ),
    ]
    rows = [[(text, None) for text in row] for row in zip(*(c for _, c in columns), strict=True)]
    left_out = print_table([column for column, _ in columns], rows)
    return [p for p, t in zip(shown, titles, strict=True) if t in left_out] + paths[MOST_SETTINGS:]


def _if_any_unfinished(summaries: Sequence[Summary]) -> list[str]:
    texts = [summary.status for summary in summaries]
    return texts if set(texts) != {"finished"} else [""] * len(texts)


def _cells(values: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [narrow_setting(values[name]) if name in values else "" for name in names]


def _column(comparison: Comparison, score: str, names: Sequence[str]) -> list[str]:
    return [_score(comparison.scores[name], score) for name in names]


# --- for programs ----------------------------------------------------------------------------


def print_comparison_csv(comparison: Comparison) -> None:
    """A line for each run, the best first, with everything that differs."""
    scores = dict.fromkeys(name for one in comparison.scores.values() for name in one)
    differing = {**comparison.settings, **comparison.made_with}
    found = {(one.runs[1], one.score): one for one in comparison.differences}
    tested = _metrics(comparison)
    columns = ("difference", "p", "corrected_p", "better")
    print_csv(
        [
            *("run", "path", "baseline", "status", "other_data", "validated_on_test", *scores),
            *(f"{score}_{column}" for score in tested for column in columns),
            *differing,
        ],
        (
            [
                *(name, summary.path, name == comparison.baseline, summary.status),
                *(name in comparison.other_data, summary.validated_on_test),
                *(comparison.scores[name].get(score) for score in scores),
                *(cell for score in tested for cell in _csv_cells(found.get((name, score)))),
                *(_csv_setting(values, name) for values in differing.values()),
            ]
            for name, summary in ((name, comparison.runs[name]) for name in comparison.ranking)
        ),
    )


def _csv_cells(difference: Difference | None) -> tuple[Any, ...]:
    if difference is None or not difference.is_fair:
        return (None,) * 4
    test = difference.test
    return difference.value, test and test.p, difference.corrected_p, difference.better


def _csv_setting(values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        return None
    return "null" if values[name] is None else values[name]
