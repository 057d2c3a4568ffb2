"""Tests of order: against printed tables for few values, and against scipy for many."""

import random

import pytest
from scipy import stats

from photopeak.trends.ranks import mann_kendall, signed_ranks

# One-sided probabilities of S or more: M. Hollander and D. A. Wolfe, Nonparametric Statistical
# Methods, 1973, Table A.21, as in R. O. Gilbert, Statistical Methods for Environmental Pollution
# Monitoring, 1987, Table A18.
KENDALL = [
    (4, 4, 0.167), (4, 6, 0.042), (5, 8, 0.042), (5, 10, 0.0083), (6, 11, 0.028),
    (7, 13, 0.035), (8, 16, 0.031), (8, 20, 0.0071), (9, 18, 0.038), (10, 23, 0.023),
    (10, 27, 0.0083),
]  # fmt: skip

# Largest T with a two-sided probability of at most 0.05: F. Wilcoxon and R. A. Wilcox, Some Rapid
# Approximate Statistical Procedures, 1964.
WILCOXON = [(6, 0), (7, 2), (8, 3), (9, 5), (10, 8), (15, 25), (20, 52), (25, 89)]


def order_with(n: int, s: int) -> list[float]:
    """Return n different values whose Mann-Kendall statistic is s."""
    values = [float(i) for i in range(n)]
    inversions = (n * (n - 1) // 2 - s) // 2
    while inversions:
        for i in range(n - 1):
            if inversions and values[i] < values[i + 1]:
                values[i], values[i + 1] = values[i + 1], values[i]
                inversions -= 1
    return values


@pytest.mark.parametrize(("n", "s", "probability"), KENDALL)
def test_mann_kendall_has_the_probabilities_of_its_table(
    n: int, s: int, probability: float
) -> None:
    found, p_value = mann_kendall(order_with(n, s))

    assert found == s
    assert p_value / 2.0 == pytest.approx(probability, rel=0.02)


def test_a_falling_order_is_as_probable_as_a_rising_one() -> None:
    assert mann_kendall([5.0, 4.0, 3.0, 2.0, 1.0]) == (-10, mann_kendall([1, 2, 3, 4, 5])[1])


@pytest.mark.parametrize("n", [9, 30, 60])
def test_mann_kendall_with_ties_is_kendalls_tau_b(n: int) -> None:
    values = [round(0.02 * i + random.Random(n).random() + i % 3, 0) for i in range(n)]
    expected = stats.kendalltau(range(n), values, method="asymptotic")

    _, p_value = mann_kendall(values)

    # scipy has no correction for continuity: one in S.
    assert p_value == pytest.approx(expected.pvalue, abs=0.03)
    assert p_value >= expected.pvalue


@pytest.mark.parametrize("values", [[], [1.0], [2.0] * 12])
def test_what_never_differs_has_no_trend(values: list[float]) -> None:
    assert mann_kendall(values) == (0, 1.0)


@pytest.mark.parametrize(("n", "largest"), WILCOXON)
def test_signed_ranks_have_the_critical_values_of_their_table(n: int, largest: int) -> None:
    def p_of(statistic: int) -> float:
        negative, left = set(), statistic
        for rank in range(n, 0, -1):
            if rank <= left:
                negative.add(rank)
                left -= rank
        found, p_value = signed_ranks(
            [-float(r) if r in negative else float(r) for r in range(1, n + 1)]
        )
        assert found == statistic
        return p_value

    assert p_of(largest) <= 0.05 < p_of(largest + 1)


@pytest.mark.parametrize("n", [8, 20, 49, 80])
def test_signed_ranks_are_those_of_scipy(n: int) -> None:
    rng = random.Random(n)
    differences = [rng.gauss(0.3, 1.0) for _ in range(n)]
    method = "exact" if n <= 50 else "asymptotic"
    expected = stats.wilcoxon(differences, method=method, correction=False)

    statistic, p_value = signed_ranks(differences)

    assert statistic == pytest.approx(expected.statistic)
    assert p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_signed_ranks_with_ties_and_zeros_are_those_of_scipy() -> None:
    differences = [1.0, -1.0, 2.0, 2.0, 0.0, 3.0, -2.0, 4.0, 4.0, 5.0, 0.0, 1.0]
    expected = stats.wilcoxon(differences, zero_method="wilcox", method="asymptotic")

    assert signed_ranks(differences) == pytest.approx((expected.statistic, expected.pvalue))


def test_without_a_difference_there_is_nothing_to_rank() -> None:
    assert signed_ranks([0.0, 0.0]) == (0.0, 1.0)
