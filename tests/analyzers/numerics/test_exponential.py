"""A constant plus a falling exponential."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.exponential import fit_exponential

X = np.array([10.0, 20.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0])


def curve(c0, c1, c2, x=X):
    return c0 + c1 * np.exp(-c2 * x)


@pytest.mark.parametrize(
    "values", [(2000.0, 300.0, 0.004), (60.0, 30.0, 0.006), (5.0, 100.0, 0.02), (1e4, 1e3, 0.001)]
)
def test_the_numbers_of_a_curve_without_noise_come_back(values):
    fit = fit_exponential(X, curve(*values), np.ones(10))

    assert fit.values == pytest.approx(values, rel=1e-6)
    assert fit.r_squared == pytest.approx(1.0)
    assert fit.chi_square == pytest.approx(0.0, abs=1e-8)
    assert fit.at(X) == pytest.approx(curve(*values))


def test_the_share_at_100_of_the_reference_case_is_9_1362_percent():
    share = fit_exponential(X, curve(2000.0, 300.0, 0.004), np.ones(10)).share(100.0)

    assert 100.0 * share.value == pytest.approx(9.1362, abs=1e-4)


def test_the_uncertainties_are_the_spread_of_repeated_fits():
    rng = np.random.default_rng(5)
    truth, sigma = curve(2000.0, 900.0, 0.01), np.full(10, 4.0)
    fits = [fit_exponential(X, rng.normal(truth, sigma), sigma) for _ in range(300)]
    values = np.array([fit.values for fit in fits])
    shares = np.array([fit.share(100.0).value for fit in fits])
    exact = fit_exponential(X, truth, sigma)

    # 300 draws tell a spread to 4 %; three times that, and a little for the bend of the model.
    for index in range(3):
        stated = exact.estimate(index).uncertainty
        assert np.std(values[:, index]) == pytest.approx(stated, rel=0.15)
    assert np.std(shares) == pytest.approx(exact.share(100.0).uncertainty, rel=0.15)
    assert np.mean([fit.chi_square for fit in fits]) == pytest.approx(7.0, rel=0.15)


def test_a_constant_has_no_exponential():
    rng = np.random.default_rng(2)
    sigma = np.full(10, 1.0)
    fits = [fit_exponential(X, rng.normal(100.0, sigma), sigma) for _ in range(100)]

    # A c1 of more than three of its standard uncertainties is not told from chance alone.
    significant = [f for f in fits if f.estimate(1).value > 3.0 * f.estimate(1).uncertainty]
    assert len(significant) <= 3
    exactly = fit_exponential(X, np.full(10, 100.0), sigma)
    assert math.isinf(exactly.estimate(1).uncertainty)
    with pytest.raises(FitError, match="the points determine no exponential"):
        exactly.share(100.0)


def test_a_straight_fall_does_not_determine_an_exponential():
    fit = fit_exponential(X, 1000.0 - 0.02 * X, np.full(10, 0.8))

    assert fit.estimate(1).value < 3.0 * fit.estimate(1).uncertainty
    assert fit.chi_square_constant - fit.chi_square > 14.0


def test_a_rise_is_fitted_by_a_constant():
    fit = fit_exponential(X, 100.0 + X, np.ones(10))

    assert fit.values[1] == 0.0
    assert fit.values[0] == pytest.approx(100.0 + X.mean())


def test_the_order_and_the_scale_do_not_matter():
    rng = np.random.default_rng(7)
    y, sigma = rng.normal(curve(60.0, 30.0, 0.006), 0.1), np.full(10, 0.1)
    one = fit_exponential(X, y, sigma)
    turned = fit_exponential(X[::-1], y[::-1], sigma)
    scaled = fit_exponential(X / 10.0, 7.0 * y, 7.0 * sigma)

    assert turned.values == pytest.approx(one.values, rel=1e-6)
    assert scaled.values == pytest.approx(one.values * np.array([7.0, 7.0, 10.0]), rel=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "sigma", "message"),
    [
        (X[:3], X[:3], X[:3], "3 different x are given, needs at least 4"),
        ([1.0] * 9 + [2.0], X, X, "2 different x are given"),
        (X, X[:4], X, "10 x, 4 y and 10 uncertainties"),
        (X, X, np.zeros(10), "uncertainties more than 0"),
        (X, np.full(10, math.nan), X, "finite numbers"),
    ],
)
def test_points_that_cannot_be_fitted_are_refused(x, y, sigma, message):
    with pytest.raises(FitError, match=message):
        fit_exponential(x, y, sigma)
