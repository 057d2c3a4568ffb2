"""How sure a mean over correlated slices is."""

import numpy as np
import pytest
from scipy import ndimage

from photopeak_analyzers.numerics.slice_scatter import correlated_excess, scatter_of_mean

MASK = np.ones((20, 20), dtype=bool)


def noise(seed, sigma, slices=16):
    made = np.random.default_rng(seed).standard_normal((slices + 20, 20, 20))
    if sigma:
        made = ndimage.gaussian_filter1d(made, sigma, axis=0, mode="wrap")
    return made[10:-10]


def test_independent_slices_have_no_excess():
    found = [correlated_excess(noise(seed, 0.0), MASK) for seed in range(20)]

    assert np.mean(found) == pytest.approx(1.0, abs=0.05)


def test_the_excess_is_that_of_the_correlation():
    # Smoothed by a Gaussian, rho_k = exp(-(k / 2 sigma)**2).
    steps = np.arange(1, 16)
    wanted = 1.0 + 2.0 * np.sum((1.0 - steps / 16.0) * np.exp(-np.square(steps / 2.0)))
    found = [correlated_excess(noise(seed, 1.0), MASK) for seed in range(20)]

    assert np.mean(found) == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize("sigma", [0.0, 0.8, 1.5])
def test_the_uncertainty_is_the_spread_of_the_means(sigma):
    means, stated = [], []
    for seed in range(300):
        slices = noise(seed, sigma)
        each = slices[:, MASK].mean(axis=1)
        means.append(each.mean())
        stated.append(scatter_of_mean(each, correlated_excess(slices, MASK)))

    # 300 draws tell a spread to 4 %.
    assert np.std(means, ddof=1) == pytest.approx(np.mean(stated), rel=0.2)


def test_activity_that_settles_is_no_noise_of_the_voxels():
    slices = noise(3, 0.0)
    settled = slices + np.linspace(0.0, 5.0, len(slices))[:, None, None]

    assert correlated_excess(settled, MASK) == pytest.approx(correlated_excess(slices, MASK))


def test_equal_slices_have_no_scatter():
    slices = np.ones((4, 20, 20))

    assert scatter_of_mean(slices[:, MASK].mean(axis=1), correlated_excess(slices, MASK)) == 0.0


def test_no_excess_is_more_than_the_slices_can_tell():
    assert np.isfinite(scatter_of_mean(np.array([1.0, 2.0]), 7.0))
