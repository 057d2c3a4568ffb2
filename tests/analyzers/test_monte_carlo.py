"""Uncertainty by simulation, against closed forms and the examples of GUM Supplement 1."""

import math

import numpy as np
import pytest

from photopeak_analyzers.correlations import Correlation
from photopeak_analyzers.errors import FitError, ParameterError
from photopeak_analyzers.monte_carlo import (
    Interval,
    coverage_interval,
    drawn,
    numerical_tolerance,
    simulate,
)
from photopeak_analyzers.propagation import Quantity, multiplicative
from photopeak_analyzers.uncertainty import Distribution


def quantities(number, standard=1.0, value=0.0, **keywords):
    return [
        Quantity(name=f"x{index}", value=value, standard=standard, **keywords)
        for index in range(number)
    ]


def total(x):
    return x.sum(axis=0)


@pytest.mark.parametrize(
    ("distribution", "end"), [(Distribution.NORMAL, 3.92), (Distribution.RECTANGULAR, 3.88)]
)
def test_the_published_sum_of_four_inputs(distribution, end):
    # GUM Supplement 1, 9.2.2 and 9.2.3: u = 2.00, and these ends of the symmetric 95 % interval.
    found = simulate(
        total, quantities(4, distribution=distribution), seed=1, kind=Interval.SYMMETRIC
    )

    # 100 000 draws: the standard deviation to 0.005, an end (density 0.029 / 2 there) to 0.014.
    assert found.mean == pytest.approx(0.0, abs=0.03)
    assert found.standard == pytest.approx(2.0, abs=0.02)
    assert found.interval == pytest.approx((-end, end), abs=0.06)


def test_two_rectangular_inputs_make_a_triangle():
    found = simulate(total, quantities(2, distribution=Distribution.RECTANGULAR), seed=2)

    # Half-width a = sqrt 3 each: 1 - (1 - t / 2 a)**2 = 0.95.
    end = 2.0 * math.sqrt(3.0) * (1.0 - math.sqrt(0.05))
    assert found.interval == pytest.approx((-end, end), abs=0.05)


def test_a_triangular_input_has_its_spread_and_keeps_within_its_half_width():
    (x,) = drawn(
        quantities(1, distribution=Distribution.TRIANGULAR),
        draws=100_000,
        rng=np.random.default_rng(3),
    )

    assert x.std() == pytest.approx(1.0, rel=0.01)
    assert np.abs(x).max() < math.sqrt(6.0)


def test_where_a_model_bends_simulation_tells_what_the_slope_cannot():
    # GUM Supplement 1, 9.4.2: the sum of two squares about 0 is exponential, of mean 2 u**2; the
    # slope there is 0 and says that there is no uncertainty at all.
    inputs = quantities(2, standard=0.005)
    shortest = simulate(lambda x: (x**2).sum(axis=0), inputs, seed=4)
    symmetric = simulate(lambda x: (x**2).sum(axis=0), inputs, seed=4, kind=Interval.SYMMETRIC)

    mean = 2.0 * 0.005**2
    assert shortest.mean == pytest.approx(mean, rel=0.02)
    assert shortest.standard == pytest.approx(mean, rel=0.03)
    assert shortest.interval[0] == pytest.approx(0.0, abs=0.01 * mean)
    assert shortest.interval[1] == pytest.approx(-mean * math.log(0.05), rel=0.03)
    assert symmetric.interval[0] == pytest.approx(-mean * math.log(0.975), rel=0.1)
    assert symmetric.interval[1] == pytest.approx(-mean * math.log(0.025), rel=0.03)
    assert not shortest.agrees(mean, 0.0)


def test_correlated_inputs_are_drawn_so():
    pair = quantities(3, standard=2.0, value=5.0)
    x = drawn(
        pair,
        [Correlation(first="x0", second="x2", coefficient=-0.8)],
        draws=100_000,
        rng=np.random.default_rng(5),
    )

    found = np.corrcoef(x)
    # The correlation of 100 000 draws is known to 0.0032 or better.
    assert found[0, 2] == pytest.approx(-0.8, abs=0.01)
    assert found[0, 1] == pytest.approx(0.0, abs=0.016)
    assert x.std(axis=1) == pytest.approx([2.0, 2.0, 2.0], rel=0.015)
    assert x.mean(axis=1) == pytest.approx([5.0, 5.0, 5.0], abs=0.04)


def test_inputs_that_depend_wholly_on_each_other_are_drawn_alike():
    x = drawn(
        quantities(2),
        [Correlation(first="x0", second="x1", coefficient=1.0)],
        draws=1_000,
        rng=np.random.default_rng(6),
    )

    assert x[0] == pytest.approx(x[1], abs=1e-6)


def test_few_degrees_of_freedom_make_the_tails_of_a_t_distribution():
    found = simulate(total, quantities(1, degrees_of_freedom=4.0), seed=7, kind=Interval.SYMMETRIC)

    # 97.5 % of Student's t with 4 degrees of freedom lie below 2.776.
    assert found.interval == pytest.approx((-2.776, 2.776), abs=0.08)


def test_a_linear_model_agrees_with_its_budget():
    inputs = [
        Quantity(name="n", value=1_000.0, standard=10.0),
        Quantity(name="a", value=10.0, standard=0.05),
    ]
    found = simulate(lambda x: x[0] / x[1], inputs, seed=8, kind=Interval.SYMMETRIC)
    expanded = 1.96 * 100.0 * multiplicative(inputs, [1.0, -1.0]).standard

    # u = 1.1: one digit is told to half of 1, two digits to 0.05, an end by 1e5 draws to 0.01.
    assert found.agrees(100.0, expanded)
    assert not found.agrees(100.0, expanded + 0.3)


def test_a_seed_gives_the_same_again_and_another_seed_another():
    def interval(seed):
        return simulate(total, quantities(1), draws=2_000, seed=seed).interval

    assert interval(1) == interval(1)
    assert interval(1) != interval(2)


def test_the_interval_of_a_ramp_is_known():
    ramp = np.arange(1000.0)

    low, high = coverage_interval(ramp, 0.95, Interval.SYMMETRIC)
    assert (low, high) == (25.0, 975.0)
    assert coverage_interval(np.concatenate([ramp**2, [0.0]]), 0.5)[0] == 0.0


@pytest.mark.parametrize(
    ("standard", "digits", "tolerance"),
    [(0.0352, 2, 0.0005), (0.0352, 1, 0.005), (1.9, 2, 0.05), (0.00999, 2, 0.0005), (0.0, 2, 0.0)],
)
def test_the_numerical_tolerance_is_half_of_the_last_digit(standard, digits, tolerance):
    assert numerical_tolerance(standard, digits) == tolerance


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: simulate(total, quantities(1), draws=999),
            ParameterError,
            "there are 999 draws, needs 1000 to 1000000",
        ),
        (
            lambda: simulate(total, quantities(1), draws=1_000_001),
            ParameterError,
            "there are 1000001 draws, needs 1000 to 1000000",
        ),
        (
            lambda: simulate(total, quantities(1), draws=1_000, probability=1.0),
            ParameterError,
            "the probability is 1, needs to lie between 0 and 1",
        ),
        (
            lambda: simulate(lambda x: x, quantities(1), draws=1_000),
            ParameterError,
            "the model gives an array of shape (1, 1000) for 1000 draws",
        ),
        (
            lambda: simulate(
                lambda x: np.where(x[0] > x[0].min(), x[0], np.nan), quantities(1), draws=1_000
            ),
            FitError,
            "the model is not defined for 1 of 1000 draws of its inputs",
        ),
        (
            lambda: simulate(
                total,
                quantities(2, distribution=Distribution.RECTANGULAR),
                [Correlation(first="x0", second="x1", coefficient=0.5)],
            ),
            ParameterError,
            "x0 is correlated and not normal, its draws are not determined",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused(call, kind, message):
    with pytest.raises(kind) as refusal:
        call()

    assert str(refusal.value) == message
