"""The two tests of noise, against values worked out by hand, and by SciPy."""

from math import comb

import numpy as np
import pytest
import scipy.stats

from textclf.results.significance import (
    DRAWN_PERMUTATIONS,
    holm,
    mcnemar_test,
    permutation_test,
)


def test_five_seeds_apart_from_five_are_the_two_extremes_of_252():
    test = permutation_test([0.71, 0.72, 0.73, 0.74, 0.75], [0.81, 0.82, 0.83, 0.84, 0.85])
    assert test.test == "exact Fisher-Pitman permutation test of the means"
    assert (test.p, test.smallest_p) == (2 / 252, 2 / 252)
    assert (test.n, test.permutations) == ((5, 5), 252)


def test_a_small_case_by_hand():
    # {1, 4} and {2, 6}: means 2.5 and 4, 1.5 apart. The six pairs have sums 3, 5, 7, 6, 8, 10 of
    # 13, so means apart by 3.5, 1.5, 0.5, 0.5, 1.5, 3.5: four are as far.
    assert permutation_test([1, 4], [2, 6]).p == pytest.approx(4 / 6)


def test_samples_of_different_size_by_hand():
    # One of 1, 2, 3, 10 against the other three: 13/3, 3, 5/3 and 8 apart.
    test = permutation_test([1], [2, 3, 10])
    assert (test.p, test.smallest_p) == (2 / 4, 1 / 4)
    assert permutation_test([10], [1, 2, 3]).p == 1 / 4


def test_the_order_of_samples_and_scores_does_not_matter():
    one, other = [0.1, 0.2, 0.3], [0.4, 0.15, 0.35, 0.25]
    p = permutation_test(one, other).p
    assert permutation_test(other, one).p == permutation_test(one[::-1], other[::-1]).p == p


@pytest.mark.parametrize("score", [0.1, 0.0, -3e5])
def test_equal_scores_differ_by_nothing_but_rounding(score):
    assert permutation_test([score] * 3, [score] * 4).p == 1.0
    assert permutation_test([0.1 + 0.2, 0.3, 0.5], [0.3, 0.5, 0.1 + 0.2]).p == 1.0


def test_too_many_permutations_are_drawn_the_same_each_time():
    one, other = [i / 100 for i in range(12)], [i / 100 + 0.02 for i in range(12)]
    test = permutation_test(one, other)
    assert test.test.startswith("sampled")
    assert test.permutations == DRAWN_PERMUTATIONS + 1 and test == permutation_test(one, other)
    exact = permutation_test(one[1:-1], other[1:-1])
    assert exact.permutations == comb(20, 10)
    assert test.p == pytest.approx(0.19, abs=0.03)
    apart = permutation_test(one, [score + 9 for score in other])
    assert apart.p == apart.smallest_p == 1 / (DRAWN_PERMUTATIONS + 1)  # never 0


@pytest.mark.parametrize(
    ("only_one", "only_other", "p"),
    [
        (0, 5, 2 / 32),
        (10, 2, 2 * (1 + 12 + 66) / 2**12),
        (2, 10, 2 * (1 + 12 + 66) / 2**12),
        (7, 7, 1.0),
        (0, 0, 1.0),
        (1, 0, 1.0),
    ],
)
def test_mcnemar_is_a_fair_coin_on_the_examples_that_one_alone_has_right(only_one, only_other, p):
    assert mcnemar_test(only_one, only_other).p == pytest.approx(p)


def test_mcnemar_on_many_examples():
    assert mcnemar_test(1000, 1100).p == pytest.approx(0.0307207, abs=1e-7)
    assert 0 < mcnemar_test(0, 50_000).p < 1e-300  # never 0


@pytest.mark.parametrize(("n", "m"), [(3, 5), (5, 5), (8, 6)])
def test_permutations_are_those_of_scipy(n, m):
    rng = np.random.default_rng(n)
    one, other = rng.normal(0.8, 0.01, n), rng.normal(0.81, 0.01, m)
    theirs = scipy.stats.permutation_test(
        (one, other),
        lambda one, other, axis: np.abs(one.mean(axis) - other.mean(axis)),
        alternative="greater",
        n_resamples=np.inf,
        vectorized=True,
    )
    ours = permutation_test(one.tolist(), other.tolist())
    assert ours.permutations == len(theirs.null_distribution)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-12)


@pytest.mark.parametrize(("only_one", "only_other"), [(0, 5), (10, 2), (7, 7), (130, 171)])
def test_mcnemar_is_the_binomial_test_of_scipy(only_one, only_other):
    theirs = scipy.stats.binomtest(only_one, only_one + only_other)
    assert mcnemar_test(only_one, only_other).p == pytest.approx(theirs.pvalue, rel=1e-12)


def test_holm_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.5: times 4, 3, 2, 1, and never smaller than the one before.
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([0.04]) == [0.04] and holm([]) == []
