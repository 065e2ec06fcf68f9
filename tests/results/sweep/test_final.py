"""The final: which two are trained again and how, and what is read from their folders."""

import pytest

from made_up_sweep import make_final, make_folder
from textclf.results.sweep.final import finalists, read_table, read_verdict
from textclf.runs.sweep import SweepFolder

MAES = [3.0, 2.0, 2.5, 4.0]


@pytest.fixture
def sweep(tmp_path) -> SweepFolder:
    return make_folder(tmp_path, MAES)


def test_the_best_two_are_trained_again_with_seeds_that_no_trial_used(sweep):
    winner, runner_up = finalists(sweep, None)
    assert (winner.name, runner_up.name) == ("trial-2-final", "trial-3-final")
    assert winner.config == sweep.run("trial-2").config.model_copy(update={"seed": 43})
    assert runner_up.config == sweep.run("trial-3").config.model_copy(update={"seed": 43})
    assert winner.seeds == runner_up.seeds == 5


def test_the_test_rows_are_scored_for_the_winner_alone(sweep):
    assert [one.is_winner for one in finalists(sweep, 5)] == [True, False]


def test_seeds_that_the_search_used_are_left_out(tmp_path):
    sweep = make_folder(tmp_path, MAES, seeds=3)
    assert [one.config.seed for one in finalists(sweep, 4)] == [45, 45]


def test_without_fresh_seeds_the_winner_alone_is_trained_as_before(sweep):
    (winner,) = finalists(sweep, 0)
    assert (winner.name, winner.seeds, winner.is_winner) == ("trial-2-final", 1, True)
    assert winner.config == sweep.run("trial-2").config


def test_what_was_begun_is_trained_as_it_began(sweep):
    make_final(sweep, [2.0, 2.1, 2.2], [2.6, 2.7, 2.8])
    winner, runner_up = finalists(sweep, 5)
    assert winner.seeds == runner_up.seeds == 3
    assert winner.config == sweep.run("trial-2-final").config


def test_without_a_ranked_trial_there_is_no_final(tmp_path):
    assert finalists(make_folder(tmp_path, []), None) == []


def test_what_came_out_is_read_from_the_folders(sweep):
    table = read_table(sweep)
    before = read_verdict(sweep, table)
    assert before is not None
    assert before.test is None
    make_final(sweep, [2.0, 2.1, 2.2, 2.0, 2.1], [2.6, 2.7, 2.8, 2.6, 2.7])
    verdict = read_verdict(sweep, table)
    assert verdict is not None
    assert verdict.winner.number == 2
    assert verdict.is_beyond_seed_noise
    assert verdict.gain == pytest.approx(0.6)
    assert verdict.scores["test_mae"] == pytest.approx(3.08)
