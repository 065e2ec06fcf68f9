"""The winner of a sweep: tested against the runner-up with seeds that no trial has used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import comb
from statistics import fmean

from textclf.config.file import dump_config
from textclf.config.settings import Config
from textclf.config.settings.section import MAX_SEED
from textclf.errors import ConfigError
from textclf.results.comparison import ALPHA, EQUAL
from textclf.results.significance import Significance, permutation_test
from textclf.results.sweep.table import Table
from textclf.runs.trials import Trial
from textclf.wording import several

FEWEST, MOST = 5, 10  # fresh seeds, unless a user asks for another number


@dataclass(frozen=True)
class Verdict:
    """Whether the winner is better than the runner-up by more than seed noise.

    Search scores chose the two, the best of many by luck as well as by merit. So both are trained
    again with fresh seeds, and only those scores are tested.

    Args:
        score: that decides, such as 'val_accuracy'.
        winner, runner_up: the best two trials of the search; no runner-up of a single trial.
        fresh: the score of each fresh seed, of the winner and of the runner-up.
        n_compared: trials that the winner was compared with in the search.
        sign: 1 where a higher score is better, else -1.
        scores: the winner's with fresh seeds, those of the test rows included, as in metrics.json.
        obstacle: why there is no test; None if there is one.
    """

    score: str
    winner: Trial
    runner_up: Trial | None
    fresh: tuple[Sequence[float], Sequence[float]]
    n_compared: int
    sign: int
    scores: Mapping[str, float] = field(default_factory=dict)
    obstacle: str | None = None

    @cached_property
    def test(self) -> Significance | None:
        one, other = self.fresh
        return None if self.obstacle or not (one and other) else permutation_test(one, other)

    @property
    def corrected_p(self) -> float | None:
        """By Bonferroni's method, as if the winner had been tested against every other trial."""
        return None if self.test is None else min(1.0, self.n_compared * self.test.p)

    @property
    def gain(self) -> float:
        """By how much the winner's mean is better with fresh seeds; below 0: worse."""
        one, other = self.fresh
        return self.sign * (fmean(one) - fmean(other)) if one and other else 0.0

    @property
    def is_beyond_seed_noise(self) -> bool | None:
        """None if it is unknown."""
        if self.test is None or self.corrected_p is None:
            return None
        if self.corrected_p < ALPHA:
            return True
        return None if self.n_compared * self.test.smallest_p >= ALPHA else False

    def in_words(self) -> str:
        """'trial-7 is better than trial-3 beyond seed noise: ...'."""
        if self.runner_up is None or self.test is None or self.corrected_p is None:
            return f"{self.winner.name} is the best of the search; {self.obstacle or NOT_TESTED}"
        evidence = _evidence(self.score, self.fresh, self.corrected_p, self.n_compared)
        return f"{self._claim(self.winner.name, self.runner_up.name)}: {evidence}"

    def _claim(self, winner: str, runner_up: str) -> str:
        if not self.is_beyond_seed_noise:
            return f"{winner} and {runner_up} cannot be distinguished"
        if self.gain < 0:
            return f"{runner_up}, the runner-up, is better than {winner} beyond seed noise"
        return f"{winner} is better than {runner_up} beyond seed noise"


def _evidence(
    score: str, fresh: tuple[Sequence[float], Sequence[float]], p: float, n_compared: int
) -> str:
    """'val_accuracy 0.8629 and 0.8540 with 7 fresh seeds each, p = 0.033 corrected for ...'."""
    one, other = map(fmean, fresh)
    means = f"both {one:.4f}" if abs(one - other) < EQUAL else f"{one:.4f} and {other:.4f}"
    seeds = f"{len(fresh[0])} fresh seeds each"
    tests = several(n_compared, "comparison")
    return f"{score} {means} with {seeds}, p {p_in_words(p)} corrected for {tests}"


NOT_TESTED = "it was not tested with fresh seeds, and seed noise may be as large as its lead"


def p_in_words(p: float) -> str:
    """'= 0.016', '< 0.0001'; never 0."""
    return f"= {p:.2g}" if p >= 0.0001 else "< 0.0001"


def judge(
    table: Table,
    fresh: tuple[Sequence[float], Sequence[float]],
    scores: Mapping[str, float],
    obstacle: str | None = None,
) -> Verdict | None:
    """What is known about the winner; None if no trial may win.

    Args:
        fresh, scores, obstacle: see `Verdict`.
    """
    ranked = table.ranked
    if not ranked:
        return None
    if len(ranked) == 1:
        obstacle = "no other trial finished with a score"
    return Verdict(
        score=table.score,
        winner=ranked[0],
        runner_up=ranked[1] if len(ranked) > 1 else None,
        fresh=fresh,
        n_compared=n_compared(table),
        sign=table.sign,
        scores=scores,
        obstacle=obstacle,
    )


def n_compared(table: Table) -> int:
    """How many trials the winner was compared with."""
    return max(1, len(table.tried) - 1)


def enough_fresh_seeds(n_compared: int) -> int:
    """With how many of each the corrected test can find a difference at all: 5 to 10."""
    numbers = range(FEWEST, MOST)
    return next((n for n in numbers if n_compared * 2 / comb(2 * n, n) < ALPHA), MOST)


def first_fresh_seed(used: Iterable[int], n: int) -> int:
    """The first of n seeds in a row, none of them used.

    Raises:
        ConfigError: there is no room for them.
    """
    known = set(used)
    above, below = max(known, default=-1) + 1, min(known, default=0) - n
    if above + n - 1 <= MAX_SEED:
        return above
    if below >= 0:
        return below
    raise ConfigError(f"seed: no {n} numbers up to {MAX_SEED} are left for fresh seeds")


def best_yaml(config: Config, verdict: Verdict, sweep: str, command: str) -> str:
    """best.yaml: the winner's config, below what was measured.

    Args:
        sweep: its name.
        command: that trains the config.
    """
    n = len(verdict.fresh[0])
    again = f"the mean of {n} fresh seeds" if n else "trained again"
    source = again if verdict.scores else "in the search"
    lines = [
        f"{sweep}: the best of {several(verdict.n_compared + 1, 'trial')}, {verdict.winner.name}.",
        f"{_scores_in_words(verdict)}: {source}.",
        f"{verdict.in_words()}.",
        command,
    ]
    return "".join(f"# {line}\n" for line in lines) + dump_config(config)


def _scores_in_words(verdict: Verdict) -> str:
    """'val_accuracy 0.8382 ± 0.0029, test_accuracy 0.8351 ± 0.0023'."""
    scores = verdict.scores or {verdict.score: verdict.winner.value or 0.0}
    names = (verdict.score, verdict.score.replace("val_", "test_", 1))
    return ", ".join(score_in_words(scores, name) for name in names if name in scores)


def score_in_words(scores: Mapping[str, float], name: str) -> str:
    deviation = f" ± {scores[f'{name}_sd']:.4f}" if f"{name}_sd" in scores else ""
    return f"{name} {scores[name]:.4f}{deviation}"
