"""The winner against the runner-up: with fresh seeds, corrected, and in words."""

import random

import pytest

from textclf.config.file import load_config
from textclf.config.settings.section import MAX_SEED
from textclf.config.space import Choices
from textclf.errors import ConfigError
from textclf.results.sweep.table import Table
from textclf.results.sweep.winner import (
    Verdict,
    best_yaml,
    enough_fresh_seeds,
    first_fresh_seed,
    judge,
)
from textclf.runs.trials import Trial

LOW, HIGH = [0.70, 0.71, 0.72, 0.73, 0.74], [0.80, 0.81, 0.82, 0.83, 0.84]


def make_table(*values: float, score: str = "val_accuracy") -> Table:
    trials = [
        Trial(number, {"model.units": number}, "finished", value=value, scores={score: value})
        for number, value in enumerate(values, start=1)
    ]
    return Table(score, {"model.units": Choices(tuple(range(1, len(values) + 1)))}, trials)


def verdict_of(
    table: Table, *fresh: list[float], scores: dict[str, float] | None = None
) -> Verdict:
    verdict = judge(table, (fresh[0], fresh[1]), scores or {})
    assert verdict is not None
    return verdict


def test_a_clear_lead_is_beyond_seed_noise():
    verdict = verdict_of(make_table(0.8, 0.9, 0.7), HIGH, LOW)
    assert (verdict.winner.number, verdict.n_compared) == (2, 2)
    assert verdict.is_beyond_seed_noise
    assert verdict.corrected_p == pytest.approx(2 * 2 / 252)
    assert verdict.in_words() == (
        "trial-2 is better than trial-1 beyond seed noise: val_accuracy 0.8200 and 0.7200 with "
        "5 fresh seeds each, p = 0.016 corrected for 2 comparisons"
    )


def test_the_same_scores_among_many_trials_are_not():
    verdict = verdict_of(make_table(*(n / 100 for n in range(60, 80))), HIGH, LOW)
    assert verdict.n_compared == 19
    assert verdict.corrected_p == pytest.approx(19 * 2 / 252)
    assert verdict.is_beyond_seed_noise is None  # five seeds cannot show it
    assert "cannot be distinguished" in verdict.in_words()


def test_a_runner_up_that_does_better_with_fresh_seeds_is_named():
    verdict = verdict_of(make_table(0.8, 0.9), LOW, HIGH)
    assert verdict.gain == pytest.approx(-0.1)
    assert verdict.in_words().startswith("trial-1, the runner-up, is better than trial-2 beyond")


def test_of_errors_the_lower_is_better():
    verdict = verdict_of(make_table(3.0, 2.0, score="val_mae"), LOW, HIGH)
    assert verdict.winner.number == 2
    assert verdict.gain == pytest.approx(0.1)
    assert verdict.in_words().startswith("trial-2 is better than trial-1 beyond seed noise")


def test_without_a_test_the_words_say_why():
    one = judge(make_table(0.8), ([0.8, 0.8], []), {})
    assert one is not None
    assert one.in_words().endswith("no other trial finished with a score")
    untested = verdict_of(make_table(0.8, 0.9), [], [])
    assert "was not tested with fresh seeds" in untested.in_words()
    assert judge(make_table(), ([], []), {}) is None


@pytest.mark.parametrize("n", [1, 7, 24, 86, 322, 1216, 4600])
def test_fresh_seeds_are_enough_for_the_corrected_test(n):
    seeds = enough_fresh_seeds(n)
    worst, best = [float(k) for k in range(seeds)], [float(100 + k) for k in range(seeds)]
    values = [k / 10_000 for k in range(n + 1)]
    assert verdict_of(make_table(*values), best, worst).is_beyond_seed_noise
    assert 5 <= seeds <= 10


def test_of_equal_trials_a_winner_is_rarely_claimed():
    draw = random.Random(0)

    def scores(n: int) -> list[float]:
        return [draw.gauss(0, 1) for _ in range(n)]

    sweeps = [make_table(*scores(12)) for _ in range(200)]
    claims = [verdict_of(table, scores(6), scores(6)).is_beyond_seed_noise for table in sweeps]
    assert claims.count(True) <= 10  # at most one in twenty
    apart = [[5 + score for score in scores(6)] for _ in range(50)]
    found = [verdict_of(sweeps[0], one, scores(6)).is_beyond_seed_noise for one in apart]
    assert found.count(True) >= 45


def test_fresh_seeds_were_not_used():
    assert first_fresh_seed([42, 43, 44], 5) == 45
    assert first_fresh_seed([MAX_SEED - 1, 42], 5) == 37
    assert first_fresh_seed([], 5) == 0
    with pytest.raises(ConfigError, match="no 5 numbers"):
        first_fresh_seed([3, MAX_SEED - 1], 5)


def test_best_yaml_is_a_config_below_what_was_measured(tmp_path):
    config = load_config("boston_dense")
    scores = {"val_mae": 2.1, "val_mae_sd": 0.05, "test_mae": 2.3, "test_mae_sd": 0.1}
    verdict = verdict_of(make_table(3.0, 2.0, score="val_mae"), LOW, HIGH, scores=scores)
    text = best_yaml(config, verdict, "swept", "textclf train runs/swept/best.yaml")
    (tmp_path / "best.yaml").write_text(text, encoding="utf-8")
    assert load_config(tmp_path / "best.yaml") == config
    lines = text.splitlines()
    assert lines[0] == "# swept: the best of 2 trials, trial-2."
    assert lines[1] == (
        "# val_mae 2.1000 ± 0.0500, test_mae 2.3000 ± 0.1000: the mean of 5 fresh seeds."
    )
    assert lines[3] == "# textclf train runs/swept/best.yaml"
