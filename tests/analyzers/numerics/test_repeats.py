"""Repeated readings: mean, scatter, the farthest one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.repeats import (
    chance_of_more,
    chi_square,
    critical_chi_square,
    repeats,
)


def test_four_readings_worked_out_by_hand():
    # Mean 100, squares 4 + 1 + 1 + 4 = 10, s = sqrt(10 / 3) = 1.825742.
    found = repeats([98.0, 99.0, 101.0, 102.0])

    assert found.mean.value == 100.0
    assert found.mean.uncertainty == pytest.approx(1.825742 / 2.0, rel=1e-6)
    assert found.spread.value == pytest.approx(1.825742, rel=1e-6)
    assert found.spread.uncertainty == pytest.approx(1.825742 / math.sqrt(6.0), rel=1e-6)
    assert found.relative_percent.value == pytest.approx(1.825742, rel=1e-6)
    assert list(found.deviations_percent) == pytest.approx([-2.0, -1.0, 1.0, 2.0])
    assert found.largest_percent.value == pytest.approx(2.0)
    assert found.number == 4


@given(
    st.lists(st.floats(1.0, 1e3), min_size=3, max_size=12),
    st.floats(0.01, 100.0),
)
def test_what_is_relative_does_not_know_the_unit(values, factor):
    one, other = repeats(values, draws=50), repeats(np.array(values) * factor, draws=50)

    assert other.relative_percent.value == pytest.approx(one.relative_percent.value, abs=1e-8)
    assert other.largest_percent.value == pytest.approx(one.largest_percent.value, abs=1e-8)


def test_the_scatter_of_the_largest_deviation_is_that_of_repeated_series():
    rng = np.random.default_rng(3)
    series = rng.normal(100.0, 1.0, (2000, 10))
    found = [repeats(each, draws=200, seed=1) for each in series[:400]]
    largest = np.abs(series / series.mean(axis=1, keepdims=True) - 1.0).max(axis=1) * 100.0

    told = np.mean([each.largest_percent.uncertainty for each in found])
    # The standard deviation of 2000 values is known to 1.6 %, of 400 means of s to 1.2 %.
    assert told == pytest.approx(float(largest.std()), rel=0.08)


def test_chi_square_has_its_tabled_bounds():
    # Ten readings: 3.325 and 16.919 for 95 % and 5 %; 20 readings: 10.117 and 30.144.
    assert chance_of_more(3.325, 9) == pytest.approx(0.95, abs=1e-4)
    assert chance_of_more(16.919, 9) == pytest.approx(0.05, abs=1e-4)
    assert chance_of_more(10.117, 19) == pytest.approx(0.95, abs=1e-4)
    assert chance_of_more(30.144, 19) == pytest.approx(0.05, abs=1e-4)
    assert chi_square([98.0, 99.0, 101.0, 102.0], 2.0) == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([5.0], "1 readings are given, needs at least 2"),
        ([0.0, 0.0], "the mean of the readings is 0, needs more than 0"),
    ],
)
def test_what_does_not_scatter_is_refused(values, message):
    with pytest.raises(UnsuitableAcquisitionError) as refusal:
        repeats(values)

    assert str(refusal.value) == message


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("freedom", [1, 9, 19, 400])
def test_a_critical_chi_square_has_its_chance(share, freedom):
    assert chance_of_more(critical_chi_square(share, freedom), freedom) == pytest.approx(
        1.0 - share
    )
