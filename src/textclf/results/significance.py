"""Whether a difference between scores is more than noise: two exact tests, and many of them.

- `permutation_test`: the two-sample permutation test of means; R. A. Fisher, The Design of
  Experiments (1935), chapter 3; E. J. G. Pitman, Significance tests which may be applied to samples
  from any populations, Supplement to the Journal of the Royal Statistical Society 4 (1937).
  Where permutations are drawn, p counts the observed one among them: B. Phipson and G. K. Smyth,
  Permutation p-values should never be zero, Statistical Applications in Genetics and Molecular
  Biology 9 (2010).
- `mcnemar_test`: Q. McNemar, Note on the sampling error of the difference between correlated
  proportions or percentages, Psychometrika 12 (1947), with the exact binomial distribution.
- `holm`: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
  Statistics 6 (1979).
"""

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, fsum

MOST_PERMUTATIONS = 200_000  # half a second; two series of ten seeds have 184,756
DRAWN_PERMUTATIONS = 20_000  # then the standard error of p = 0.05 is 0.0015
SEED = 0  # of the drawn permutations, so that the same scores always give the same p


@dataclass(frozen=True)
class Significance:
    """The outcome of a test.

    Args:
        test: the test's name.
        p: how often chance alone makes a difference this large, from 0 to 1; two-sided.
        n: number of scores, or of examples, on each side.
        smallest_p: the smallest p that the test could give for this number.
        permutations: number that was examined; None for a test without permutations.
    """

    test: str
    p: float
    n: tuple[int, int]
    smallest_p: float
    permutations: int | None = None


def permutation_test(one: Sequence[float], other: Sequence[float]) -> Significance:
    """Are the means of two samples farther apart than after permuting their scores?

    All permutations are examined, or a random sample if there are too many.

    Args:
        one, other: independent scores, at least one in each.
    """
    scores, n = [*one, *other], len(one)
    total, n_ways = fsum(scores), comb(len(scores), len(one))
    is_exact = n_ways <= MOST_PERMUTATIONS
    observed = _gap(fsum(one), total, n, len(scores))
    # A difference by rounding alone counts as equal.
    enough = observed - 1e-9 * max(map(abs, scores))
    sums = _all_sums(scores, n) if is_exact else _drawn_sums(scores, n)
    as_far = sum(_gap(part, total, n, len(scores)) >= enough for part in sums)
    looked_at = n_ways if is_exact else DRAWN_PERMUTATIONS + 1
    return Significance(
        test=f"{'exact' if is_exact else 'sampled'} Fisher-Pitman permutation test of the means",
        p=(as_far + (not is_exact)) / looked_at,
        n=(n, len(other)),
        smallest_p=(2 if is_exact and n == len(other) else 1) / looked_at,
        permutations=looked_at,
    )


def _gap(part: float, total: float, n: int, n_all: int) -> float:
    """The distance of the means if `n` of the scores have the sum `part`."""
    return abs(part / n - (total - part) / (n_all - n))


def _all_sums(scores: Sequence[float], n: int) -> Iterator[float]:
    return map(fsum, combinations(scores, n))


def _drawn_sums(scores: Sequence[float], n: int) -> Iterator[float]:
    draw = random.Random(SEED)
    return (fsum(draw.sample(scores, n)) for _ in range(DRAWN_PERMUTATIONS))


def mcnemar_test(only_one: int, only_other: int) -> Significance:
    """Is one of two classifiers right more often, on the same examples?

    Args:
        only_one, only_other: number of examples on which only that classifier was right.
    """
    n = only_one + only_other
    tail = ways = 1  # ways in which at most, and exactly, this many of n coins show heads
    for heads in range(1, min(only_one, only_other) + 1):
        ways = ways * (n - heads + 1) // heads
        tail += ways
    return Significance(
        test="McNemar's exact test",
        p=_not_zero(2 * tail, 2**n),
        n=(only_one, only_other),
        smallest_p=_not_zero(2, 2**n),
    )


def _not_zero(ways: int, all_ways: int) -> float:
    """A probability that is never 0, even where it is below the smallest number."""
    return min(1.0, max(ways / all_ways, sys.float_info.min))


def holm(ps: Sequence[float]) -> list[float]:
    """The p-values of several tests, corrected for their number.

    If no difference is real, the chance that any of them falls below 0.05 is at most 0.05.

    Args:
        ps: of all tests, in any order.

    Returns:
        In the same order, each at least as large as before and at most 1.
    """
    corrected, largest = [0.0] * len(ps), 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, (len(ps) - rank) * ps[place])
        corrected[place] = min(1.0, largest)
    return corrected
