"""The noise of voxels that neighbours share."""

import numpy as np
import pytest
from scipy import ndimage

from photopeak_analyzers.numerics.voxel_noise import VoxelNoise, noise_of

SHAPE = (24, 40, 40)
EVERYWHERE = np.ones(SHAPE, dtype=bool)


def noise(seed, sigmas=(0.0, 0.0, 0.0), level=100.0):
    white = np.random.default_rng(seed).standard_normal(SHAPE)
    made = ndimage.gaussian_filter(white, sigmas, mode="wrap")
    return level + 5.0 * made / made.std()


def test_white_noise_is_that_of_independent_voxels():
    found = noise_of(noise(1), EVERYWHERE)

    assert found.sigmas == (0.0, 0.0, 0.0)
    assert found.excess == 1.0
    assert found.deviation == pytest.approx(5.0, rel=0.01)
    assert found.of_mean == pytest.approx(5.0 / EVERYWHERE.sum() ** 0.5, rel=0.01)


@pytest.mark.parametrize("sigmas", [(1.0, 1.0, 1.0), (0.0, 0.8, 1.6)])
def test_the_gaussians_behind_correlated_noise_are_found(sigmas):
    found = noise_of(noise(2, sigmas), EVERYWHERE)

    # A sampled Gaussian is as wide as it says from 0.8 voxels on.
    assert found.sigmas == pytest.approx(sigmas, abs=0.1)
    # (sum g)**2 / sum g**2 of a Gaussian is 2 sqrt(pi) sigma.
    wanted = np.prod([2.0 * np.pi**0.5 * s for s in sigmas if s])
    assert found.excess == pytest.approx(wanted, rel=0.15)


def test_only_the_voxels_that_are_looked_at_count():
    values, where = noise(3, (1.0, 1.0, 1.0)), np.zeros(SHAPE, dtype=bool)
    where[:, 5:30, 8:20] = True
    where[10:14, 12:16, 10:14] = False
    changed = np.where(where, values, 1e6)

    assert noise_of(changed, where) == noise_of(values, where)


@pytest.mark.parametrize("sigma", [0.0, 1.2])
def test_the_deviation_of_a_sum_is_its_spread(sigma):
    z, y, x = np.indices((9, 9, 9)) - 4
    ball = (z**2 + y**2 + x**2 <= 9).astype(float)
    sums, stated = [], []
    for seed in range(12):
        made = noise(seed, (sigma,) * 3)
        found = noise_of(made, EVERYWHERE)
        stated.append(found.of_sum(found.at(np.full(ball.shape, 100.0)) * ball))
        sums += list(ndimage.correlate(made, ball, mode="wrap")[::6, ::6, ::6].ravel())

    # Some 2000 places: what they tell is good to a few percent.
    assert np.std(sums) == pytest.approx(np.mean(stated), rel=0.1)


def test_drawn_noise_has_a_deviation_of_one_and_the_same_correlation():
    sigmas = (0.9, 1.1, 1.3)
    model = VoxelNoise(level=100.0, deviation=5.0, voxels=1000, sigmas=sigmas)
    drawn = model.draw(np.random.default_rng(4), SHAPE)

    assert drawn.std() == pytest.approx(1.0, rel=0.05)
    assert noise_of(drawn, EVERYWHERE).sigmas == pytest.approx(sigmas, abs=0.15)


def test_the_deviation_grows_with_the_root_of_the_value():
    model = VoxelNoise(level=100.0, deviation=5.0, voxels=10, sigmas=(0.0, 0.0, 0.0))

    assert model.at(np.array([0.0, 100.0, 400.0])) == pytest.approx([5.0, 5.0, 10.0])


@pytest.mark.parametrize("level", [-1.0, 0.0, 1e-9])
def test_where_nothing_is_the_noise_itself_is_the_least_value(level):
    model = VoxelNoise(level=level, deviation=2.0, voxels=10, sigmas=(0.0, 0.0, 0.0))

    assert model.at(np.array([800.0])) == pytest.approx([40.0])


def test_without_noise_there_is_none():
    model = noise_of(np.zeros(SHAPE), EVERYWHERE)

    assert model.at(np.array([800.0])) == pytest.approx([0.0])
    assert (model.of_mean, model.of_mean_relative) == (0.0, None)
