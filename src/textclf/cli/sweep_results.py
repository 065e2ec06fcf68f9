"""What a sweep found, on standard output: its best trials and its winner, or one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from textclf.cli.cells import describe_duration
from textclf.cli.expectations import Expectation, find_unmet
from textclf.cli.output import print_json, print_scores, say
from textclf.cli.tables import Cell, Column, print_table
from textclf.config.scores import bare, is_detail
from textclf.errors import ExpectationError
from textclf.results.sweep.final import final_name
from textclf.results.sweep.table import in_short, is_ranked
from textclf.wording import several, short_titles

if TYPE_CHECKING:
    from textclf.results.sweep.page import SweepContents
    from textclf.results.sweep.winner import Verdict
    from textclf.runs.sweep import SweepFolder
    from textclf.runs.trials import Trial

MOST_ROWS = 10


def finish_sweep(
    sweep: SweepFolder,
    contents: SweepContents,
    expectations: Sequence[Expectation],
    as_json: bool,
) -> None:
    """Print what a sweep found.

    Raises:
        ExpectationError: a score of the winner falls short; its JSON has the scores, too.
    """
    metrics = dict(contents.verdict.scores) if contents.verdict else {}
    unmet = find_unmet(expectations, metrics)
    result = as_object(sweep, contents)
    if not as_json:
        _print_trials(sweep, contents)
        _print_winner(contents, metrics, [bare(one.score) for one in expectations])
        files = (sweep.best_path, sweep.results_path, sweep.report_path)
        say(*(path for path in files if path.exists()))
    if unmet:
        raise ExpectationError(*unmet, result=result)
    if as_json:
        print_json(result)


def _print_trials(sweep: SweepFolder, contents: SweepContents) -> None:
    """A line for each of the best trials."""
    table, score = contents.table, contents.table.score
    shown = table.best_first[:MOST_ROWS]
    columns = [
        *(Column("", is_number=True), Column("trial"), Column(score, is_number=True)),
        Column("status"),
        *(Column(title, rank=n) for n, title in enumerate(short_titles(list(table.space)), 1)),
        Column("time", is_number=True),
    ]
    rows = [_row(contents, rank, trial) for rank, trial in enumerate(shown, start=1)]
    left_out = print_table(columns, rows)
    more = len(table.trials) - len(shown)
    if more or left_out:
        what = [several(more, "more trial")] if more else []
        say(f"{', '.join([*what, *left_out])}: {sweep.results_path}")


def _row(contents: SweepContents, rank: int, trial: Trial) -> list[Cell]:
    deviation = trial.scores.get(f"{contents.table.score}_sd")
    spread = "" if deviation is None else f" ± {deviation:.4f}"
    texts = [
        str(rank) if is_ranked(trial) else "",
        f"trial-{trial.number}",
        "" if trial.value is None else f"{trial.value:.4f}{spread}",
        _status(trial),
        *(
            in_short(trial.values[path]) if path in trial.values else ""
            for path in contents.table.space
        ),
        describe_duration(trial.seconds),
    ]
    return [(text, "green" if rank == 1 and is_ranked(trial) else None) for text in texts]


def _status(trial: Trial) -> str:
    if trial.same_as is not None:
        return f"same as {trial.name}"
    return "" if is_ranked(trial) else trial.status


def _print_winner(contents: SweepContents, metrics: dict[str, float], asked: Sequence[str]) -> None:
    verdict = contents.verdict
    if verdict is None:
        return
    click.echo()
    print_scores({key: value for key, value in metrics.items() if not is_detail(key, asked)})
    say(*verdict.lines())


def as_object(sweep: SweepFolder, contents: SweepContents) -> dict[str, Any]:
    """What `--json` prints."""
    verdict = contents.verdict
    return {
        "sweep": str(sweep.path),
        "status": contents.status,
        "score": contents.table.score,
        "metrics": dict(verdict.scores) if verdict else {},
        "winner": verdict and _winner_as_object(sweep, verdict.winner),
        "verdict": verdict and _verdict_as_object(verdict),
        "importance": dict(contents.importance),
        "trials": [_trial_as_object(sweep, trial) for trial in contents.table.best_first],
        "files": [
            str(path)
            for path in (sweep.best_path, sweep.results_path, sweep.report_path)
            if path.exists()
        ],
        "warnings": list(sweep.record.get("warnings", [])),
    }


def _winner_as_object(sweep: SweepFolder, trial: Trial) -> dict[str, Any]:
    """With the folder of its runs with fresh seeds, once there is one."""
    final = sweep.path / final_name(trial)
    return _trial_as_object(sweep, trial) | ({"final": str(final)} if final.is_dir() else {})


def _trial_as_object(sweep: SweepFolder, trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "run": str(sweep.path / trial.name),
        "status": trial.status,
        "value": trial.value,
        "scores": dict(trial.scores),
        "settings": dict(trial.values),
        "seconds": trial.seconds,
        **({"message": trial.message} if trial.message else {}),
    }


def _verdict_as_object(verdict: Verdict) -> dict[str, Any]:
    test = verdict.test
    return {
        "words": verdict.in_words(),
        "runner_up": verdict.runner_up and verdict.runner_up.number,
        "beyond_seed_noise": verdict.is_beyond_seed_noise,
        "gain": verdict.gain if test else None,
        "n_compared": verdict.n_compared,
        "p": test and test.p,
        "corrected_p": verdict.corrected_p,
        "test": test and vars(test),
        "fresh": {"winner": list(verdict.fresh[0]), "runner_up": list(verdict.fresh[1])},
    }
