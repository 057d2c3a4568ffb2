"""Budgets of models, multiplicative, additive and by their Jacobian."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.correlations import Correlation
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.propagation import (
    Quantity,
    additive,
    jacobian,
    multiplicative,
    propagate,
)
from photopeak_analyzers.uncertainty import Distribution, Evaluation

COUNTS = Quantity(name="counts", value=10_000.0, standard=100.0, evaluation=Evaluation.A)
ACTIVITY = Quantity(name="activity", value=-5.0, standard=0.1, unit="MBq", coverage=2.0)


def test_a_multiplicative_model_adds_relative_uncertainties():
    budget = multiplicative([COUNTS, ACTIVITY], [0.5, -1.0])

    assert budget.standard == pytest.approx(math.hypot(0.005, 0.02))
    assert [c.sensitivity for c in budget.components] == [0.5, -1.0]
    assert [c.evaluation for c in budget.components] == [Evaluation.A, Evaluation.B]
    assert (budget.components[1].value, budget.components[1].unit) == (-5.0, "MBq")
    assert budget.components[1].coverage == 2.0


def test_an_additive_model_adds_absolute_ones():
    assert additive([COUNTS, ACTIVITY], [1.0, -30.0]).standard == pytest.approx(
        math.hypot(100.0, 3.0)
    )


def test_the_published_example_of_correlated_inputs():
    # GUM H.2, tables H.3 and H.4: R = 127.732 ohm, u 0.071; X = 219.847, u 0.295; Z = 254.260, u 0.236.
    quantities = (
        Quantity(name="V", value=4.9990, standard=0.0032),
        Quantity(name="I", value=19.6610e-3, standard=0.0095e-3),
        Quantity(name="phi", value=1.04446, standard=0.00075),
    )
    correlations = (
        Correlation(first="V", second="I", coefficient=-0.36),
        Correlation(first="V", second="phi", coefficient=0.86),
        Correlation(first="I", second="phi", coefficient=-0.65),
    )

    def resistance(x):
        return x[0] / x[1] * math.cos(x[2])

    def reactance(x):
        return x[0] / x[1] * math.sin(x[2])

    # Printed with two digits, uncertainties and correlations of the inputs carry 1 to 2 % each.
    assert jacobian(resistance, quantities, correlations).standard == pytest.approx(0.071, rel=0.02)
    assert jacobian(reactance, quantities, correlations).standard == pytest.approx(0.295, rel=0.02)
    impedance = multiplicative(quantities, [1.0, -1.0, 0.0], correlations)
    assert 254.260 * impedance.standard == pytest.approx(0.236, rel=0.02)
    # Without the correlations the reactance would be uncertain by 0.20.
    assert jacobian(reactance, quantities).standard < 0.21


@given(st.floats(1.0, 100.0), st.floats(1.0, 100.0), st.floats(0.001, 0.05), st.floats(0.001, 0.05))
def test_a_quotient_propagates_as_the_multiplicative_model_says(x, y, rel_x, rel_y):
    budget = propagate(lambda v: v[0] / v[1], [x, y], [rel_x * x, rel_y * y], ["x", "y"])

    # Central differences of 1 / y over +-5 % miss its slope by 0.25 % at most.
    assert budget.standard / (x / y) == pytest.approx(math.hypot(rel_x, rel_y), rel=3e-3)
    assert [c.name for c in budget.components] == ["x", "y"]


def test_a_sum_propagates_as_its_jacobian_says():
    budget = propagate(lambda v: 2.0 * v[0] - 3.0 * v[1], [5.0, 7.0], [0.1, 0.2])

    assert [c.sensitivity for c in budget.components] == pytest.approx([2.0, -3.0])
    assert budget.standard == pytest.approx(math.hypot(0.2, 0.6))


def test_a_constant_adds_nothing():
    assert propagate(lambda v: v[0] * v[1], [5.0, 7.0], [0.1, 0.0]).standard == pytest.approx(0.7)


def test_the_combination_is_the_spread_of_simulated_results():
    rng = np.random.default_rng(5)
    x = rng.normal(40.0, 0.4, 100_000) ** 2 / rng.normal(8.0, 0.08, 100_000)
    budget = propagate(lambda v: v[0] ** 2 / v[1], [40.0, 8.0], [0.4, 0.08])

    # 100 000 draws tell a standard deviation to 0.22 %; second order adds 0.1 %: five times.
    assert budget.standard == pytest.approx(x.std(), rel=0.012)


def test_a_large_number_with_a_small_uncertainty_keeps_its_slope():
    # 1e9 + 1e-6 is off by 1e-7 in binary, which a quotient by 2 u would show as 5 %.
    budget = jacobian(lambda x: 3.0 * x[0], [Quantity(name="x", value=1e9, standard=1e-6)])

    assert budget.components[0].sensitivity == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: propagate(lambda v: v[0], [1.0], [0.1, 0.2]),
            "2 uncertainties are given for 1 values",
        ),
        (
            lambda: multiplicative([COUNTS], [1.0, 2.0]),
            "2 sensitivities are given for 1 inputs",
        ),
        (
            lambda: multiplicative([Quantity(name="b", value=0.0, standard=1.0)], [1.0]),
            "b is 0, it has no relative uncertainty",
        ),
        (lambda: Quantity(name="b", value=math.inf), "b is inf, needs a finite number"),
        (
            lambda: Quantity(name="b", value=1.0, standard=-1.0),
            "standard uncertainty of b is -1, needs at least 0",
        ),
        (
            lambda: Quantity(name="b", value=1.0, standard=1.0, coverage=-2.0),
            "the coverage factor is -2, needs more than 0",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ParameterError) as refusal:
        call()

    assert str(refusal.value) == message


def test_a_rectangular_quantity_keeps_its_distribution():
    wall = Quantity(name="x", value=1.25, standard=0.1, distribution=Distribution.RECTANGULAR)

    assert wall.component(2.0).distribution is Distribution.RECTANGULAR
