"""Rates and sums of counts."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import (
    Estimate,
    net_rate,
    rate,
    uncertainty_of_counts,
    weighted_sum,
)
from photopeak_analyzers.numerics.smoothing import KERNEL, NOISE_FACTOR


def test_ten_thousand_counts_are_known_to_one_percent():
    assert rate(10_000.0, 100.0).relative == pytest.approx(0.01)


def test_a_net_rate_adds_both_uncertainties_at_their_own_times():
    net = net_rate(9000.0, 60.0, 400.0, 100.0)

    assert net.value == pytest.approx(150.0 - 4.0)
    assert net.uncertainty == pytest.approx(math.sqrt(9000.0 / 60.0**2 + 400.0 / 100.0**2))


def test_a_net_rate_may_be_negative():
    assert net_rate(10.0, 10.0, 40.0, 10.0).value == pytest.approx(-3.0)


def test_no_counts_are_not_known_exactly():
    assert uncertainty_of_counts(0.0) == 1.0
    assert rate(0.0, 100.0) == Estimate(value=0.0, uncertainty=0.01)


def test_the_smoothing_of_the_flood_leaves_the_noise_of_its_kernel():
    # A pixel of 10 000 counts smoothed with weights of sum 16: 0.375 / sqrt(counts).
    smoothed = weighted_sum(np.full(9, 10_000.0), KERNEL.ravel() / KERNEL.sum())

    assert smoothed.value == pytest.approx(10_000.0)
    assert smoothed.relative == pytest.approx(NOISE_FACTOR / 100.0)


def test_the_uncertainty_of_a_sum_is_that_of_simulated_sums():
    rng = np.random.default_rng(11)
    expected, weights = np.array([100.0, 400.0, 25.0]), np.array([1.0, -0.5, 3.0])
    drawn = rng.poisson(expected, size=(20_000, 3)) @ weights

    # The standard deviation of 20 000 draws is known to 1 / sqrt(2 * 20 000) = 0.5 %: five times.
    assert weighted_sum(expected, weights).uncertainty == pytest.approx(drawn.std(), rel=0.025)


@pytest.mark.parametrize("duration", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_needs_a_duration(duration):
    with pytest.raises(UnsuitableAcquisitionError, match=r"the duration is .* s, needs more than"):
        rate(1.0, duration)


@pytest.mark.parametrize("counts", [-1.0, math.nan])
def test_negative_counts_are_refused(counts):
    with pytest.raises(UnsuitableAcquisitionError, match=r"there are .* counts, needs at least 0"):
        uncertainty_of_counts(counts)
    with pytest.raises(UnsuitableAcquisitionError, match=r"there are .* counts, needs at least 0"):
        weighted_sum([1.0, counts], [1.0, 1.0])


def test_counts_and_weights_come_in_pairs():
    with pytest.raises(ParameterError, match="2 weights are given for 1 counts"):
        weighted_sum([1.0], [1.0, 1.0])


def test_nothing_has_no_relative_uncertainty():
    with pytest.raises(ParameterError, match="the value is 0"):
        Estimate(value=0.0, uncertainty=1.0).relative  # noqa: B018 - the property raises
