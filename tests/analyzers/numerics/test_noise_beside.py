"""How much more sums of neighbours vary than sums of independent voxels."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.noise_beside import (
    growth_of_sums,
    sums_of_neighbours,
    usual_deviation,
)

ALL = np.ones((64, 64), dtype=bool)


def test_the_sums_of_neighbours_are_worked_out_by_hand():
    values = np.array([[[1.0, 2.0, 4.0, 8.0]]])

    assert sums_of_neighbours(values, 2, 2).tolist() == [[[3.0, 6.0, 12.0]]]


def test_one_streak_does_not_change_the_deviation():
    values = np.random.default_rng(1).normal(5.0, 2.0, 10_000)
    values[:50] = 1e6

    # The median of absolute deviations of 10 000 numbers is known to 1.2 %; 0.5 % of them is off.
    assert usual_deviation(values) == pytest.approx(2.0, rel=0.04)


def test_no_voxel_has_no_deviation():
    assert usual_deviation(np.zeros(0)) == 0.0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_independent_voxels_do_not_grow(axis):
    values = np.random.default_rng(2).normal(0.0, 1.0, (40, 64, 64))

    assert growth_of_sums(values, ALL, 1.0, 4, axis) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_equal_neighbours_grow_by_the_root_of_their_number(axis):
    """A sum of n equal voxels has n times the noise, n independent ones have sqrt(n) times."""
    values = np.repeat(
        np.random.default_rng(3).normal(0.0, 1.0, (32, 64, 64)).take(range(8), axis=axis), 4, axis
    )
    away = np.ones(values.shape[1:], dtype=bool)
    pairs = growth_of_sums(values, away, 1.0, 4, axis)

    # Windows of four that begin anywhere in fours hold k and 4 - k equal ones: of k = 0 to 3 the mean
    # square is (16 + 10 + 8 + 10) / 4 = 11 times the variance, and the median lies below it.
    assert 1.35 < pairs <= 11.0**0.5 / 2.0 + 0.03


def test_what_lies_at_a_source_is_left_out():
    values = np.random.default_rng(4).normal(0.0, 1.0, (10, 64, 64))
    values[:, :30, :30] *= 100.0
    away = ALL.copy()
    away[:30, :30] = False

    assert growth_of_sums(values, away, 1.0, 4, 2) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("noise", "length"), [(0.0, 4), (1.0, 1), (1.0, 64)])
def test_without_noise_or_without_a_sum_nothing_grows(noise, length):
    assert growth_of_sums(np.ones((4, 64, 64)), ALL, noise, length, 2) == 1.0
