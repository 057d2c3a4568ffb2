"""Tail probabilities against scipy, which is no part of the service."""

import math

import pytest
from scipy import special, stats

from photopeak.trends.distributions import (
    f_two_sided,
    incomplete_beta,
    normal_cdf,
    normal_two_sided,
    t_quantile,
    t_two_sided,
)


@pytest.mark.parametrize("a", [0.5, 1.0, 2.5, 40.0, 1500.0])
@pytest.mark.parametrize("b", [0.5, 3.0, 800.0])
@pytest.mark.parametrize("x", [0.0, 1e-9, 0.03, 0.4, 0.77, 1.0])
def test_the_incomplete_beta_function_is_that_of_scipy(a: float, b: float, x: float) -> None:
    assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("z", [0.0, 0.5, -1.96, 3.0, 8.0])
def test_the_normal_tails_are_those_of_scipy(z: float) -> None:
    assert normal_two_sided(z) == pytest.approx(2.0 * stats.norm.sf(abs(z)), rel=1e-12)
    assert normal_cdf(z) == pytest.approx(stats.norm.cdf(z), rel=1e-12)


@pytest.mark.parametrize("freedom", [1.0, 4.0, 7.3, 30.0, 3000.0])
@pytest.mark.parametrize("t", [0.0, 0.1, -2.2, 15.0])
def test_the_tails_of_t_are_those_of_scipy(t: float, freedom: float) -> None:
    assert t_two_sided(t, freedom) == pytest.approx(2.0 * stats.t.sf(abs(t), freedom), rel=1e-9)


@pytest.mark.parametrize("freedom", [1.0, 4.0, 9.0, 200.0])
@pytest.mark.parametrize("probability", [0.5, 0.9, 0.975, 0.99865])
def test_the_quantiles_of_t_are_those_of_scipy(probability: float, freedom: float) -> None:
    expected = stats.t.ppf(probability, freedom)

    assert t_quantile(probability, freedom) == pytest.approx(expected, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("probability", [0.4, 1.0, math.nan])
def test_a_quantile_that_is_none_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="has no quantile here"):
        t_quantile(probability, 5.0)


@pytest.mark.parametrize(("first", "second"), [(9, 9), (4, 30), (200, 3)])
@pytest.mark.parametrize("f", [0.02, 0.8, 1.0, 3.7, 40.0])
def test_the_tails_of_f_are_those_of_scipy(f: float, first: int, second: int) -> None:
    tail = min(stats.f.sf(f, first, second), stats.f.cdf(f, first, second))

    assert f_two_sided(f, first, second) == pytest.approx(min(1.0, 2.0 * tail), rel=1e-9)
