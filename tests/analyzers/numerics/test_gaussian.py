"""Fitted Gaussians: values, covariance against repeated noise, and what is refused."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.numerics.gaussian import Background, fit_gaussian
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA

X = np.linspace(100.0, 180.0, 161)


def peak(height=1000.0, centre=140.5, sigma=6.0, floor=0.0, slope=0.0):
    return height * np.exp(-0.5 * ((X - centre) / sigma) ** 2) + floor + slope * (X - 140.0)


@pytest.mark.parametrize(
    ("background", "floor", "slope"),
    [(Background.NONE, 0, 0), (Background.CONSTANT, 50, 0), (Background.LINEAR, 50, -0.4)],
)
def test_a_gaussian_without_noise_is_found_exactly(background, floor, slope):
    found = fit_gaussian(X, peak(floor=floor, slope=slope), background=background)

    assert found.centre.value == pytest.approx(140.5, abs=1e-6)
    assert found.height.value == pytest.approx(1000.0, rel=1e-6)
    assert found.fwhm.value == pytest.approx(6.0 * FWHM_PER_SIGMA, rel=1e-6)
    assert found.area.value == pytest.approx(1000.0 * 6.0 * math.sqrt(2.0 * math.pi), rel=1e-6)
    assert found.at(X) == pytest.approx(peak(floor=floor, slope=slope), abs=1e-3)
    assert np.abs(found.residuals).max() < 1e-3


def test_uncertainties_are_the_spread_of_repeated_counts():
    rng, expected = np.random.default_rng(8), peak(height=400.0, floor=20.0)
    fits = []
    for _ in range(300):
        counts = rng.poisson(expected)
        fits.append(fit_gaussian(X, counts, np.sqrt(np.maximum(expected, 1.0))))

    for name in ("centre", "sigma", "height", "area"):
        found = [getattr(fit, name) for fit in fits]
        spread = np.std([each.value for each in found])
        # 300 draws tell a spread to 4 %, three times; scaling by chi square adds about 4 %.
        assert spread == pytest.approx(np.mean([e.uncertainty for e in found]), rel=0.16), name
    assert np.mean([fit.reduced_chi_square for fit in fits]) == pytest.approx(1.0, abs=0.03)


def test_the_centre_of_n_counts_is_known_to_sigma_over_root_n():
    rng = np.random.default_rng(9)
    expected = peak(height=1000.0)
    counts = rng.poisson(expected)

    found = fit_gaussian(X, counts, np.sqrt(np.maximum(expected, 1e-3)), background=Background.NONE)

    assert found.centre.uncertainty == pytest.approx(6.0 / math.sqrt(expected.sum()), rel=0.15)
    assert found.centre.value == pytest.approx(140.5, abs=4.0 * found.centre.uncertainty)


def test_scale_and_direction_do_not_matter():
    counts = np.random.default_rng(10).poisson(peak(floor=10.0)).astype(float)
    found = fit_gaussian(X, counts)
    scaled = fit_gaussian(X, 1e-3 * counts)
    mirrored = fit_gaussian(-X[::-1], counts[::-1])

    assert scaled.fwhm.value == pytest.approx(found.fwhm.value, rel=1e-6)
    assert scaled.fwhm.uncertainty == pytest.approx(found.fwhm.uncertainty, rel=1e-4)
    assert mirrored.centre.value == pytest.approx(-found.centre.value, abs=1e-4)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:3], peak()[:3], "a Gaussian is fitted to 3 points, needs 4"),
        (X, np.full(X.size, 7.0), "there is no peak"),
        (X[::-1], peak(), "not in the order of x"),
        (X, np.where(X == 120.0, math.nan, peak()), "are no numbers"),
        (X, peak()[:-1], "161 x, 160 y"),
    ],
)
def test_what_is_no_peak_is_refused(x, y, message):
    with pytest.raises(FitError, match=message):
        fit_gaussian(x, y)


def test_a_peak_beyond_the_points_is_refused():
    with pytest.raises(FitError, match=r"did not settle|do not determine"):
        fit_gaussian(X, np.exp((X - 100.0) / 20.0), background=Background.NONE)
