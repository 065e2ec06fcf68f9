"""The page about a sweep: complete, without scripts, and every text of a user escaped."""

import re
from dataclasses import replace

import pytest

from made_up_run import ATTACK
from made_up_sweep import make_sweep
from textclf.config.space import Choices
from textclf.results.sweep.page import SweepContents, render_sweep
from textclf.results.sweep.table import Table
from textclf.results.sweep.winner import judge
from textclf.runs.trials import Trial


@pytest.fixture(scope="module")
def sweep() -> SweepContents:
    return make_sweep()


@pytest.fixture(scope="module")
def page(sweep) -> str:
    return render_sweep(sweep)


def test_it_says_who_won_how_sure_that_is_and_how_to_use_it(page, sweep):
    assert sweep.verdict is not None
    winner = sweep.verdict.winner
    assert f"{sweep.verdict.in_words()}." in page
    assert f">{winner.name} <span" in page
    assert "accuracy on test rows" in page
    assert "textclf train runs/quickstart-sweep-1/best.yaml" in page


def test_every_trial_is_in_the_table_and_every_scored_one_in_the_pictures(page, sweep):
    for trial in sweep.table.trials:
        assert f"> trial-{trial.number}" in page or f" trial-{trial.number}" in page
    scored = sum(trial.value is not None for trial in sweep.table.trials)
    assert page.count('class="way') == scored
    assert len(re.findall(r"<figure class=.chart.>", page)) == len(sweep.table.space) + 2


def test_it_loads_nothing_and_runs_no_script(page):
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "default-src &#39;none&#39;" in page


def test_texts_of_users_are_escaped(sweep):
    space = {"dataset.text": Choices((ATTACK, "b"))}
    trials = [
        Trial(1, {"dataset.text": ATTACK}, "finished", value=0.7, scores={"val_accuracy": 0.7}),
        Trial(2, {"dataset.text": "b"}, "failed", message=ATTACK),
    ]
    table = Table("val_accuracy", space, trials)
    hostile = replace(
        sweep, name=ATTACK, path=ATTACK, notes=[ATTACK], table=table, histories=[],
        verdict=judge(table, ([], []), {}), importance={}, record={"command": ATTACK},
    )  # fmt: skip
    page = render_sweep(hostile)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 6


def test_a_sweep_without_a_finished_trial_has_a_page(sweep):
    table = Table("val_accuracy", sweep.table.space, [])
    empty = replace(sweep, table=table, verdict=None, histories=[], importance={}, wanted=5)
    page = render_sweep(empty)
    assert "No trial has a score yet." in page
    assert "0 of 5" in page


def test_too_few_trials_say_nothing_of_what_mattered(sweep):
    assert "several together" in render_sweep(sweep)
    page = render_sweep(replace(sweep, importance={}))
    assert "several together" not in page
    assert "<h2>When it was found</h2>" in page


def test_a_thousand_trials_are_a_page_of_bounded_size(sweep):
    page = render_sweep(replace(make_sweep(1000), histories=sweep.histories))
    assert len(page) < 3_000_000
    assert "The best 500 of 1000 trials; results.csv has all of them" in page
