"""Budgets of measurement uncertainty."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.uncertainty import (
    PET_SENSITIVITY_EXAMPLE,
    Budget,
    Component,
    Evaluation,
    from_expanded,
    propagate,
    rectangular,
    rounded_up,
    triangular,
)


def test_the_published_budget_of_pet_sensitivity():
    # JJF draft, Annex E: 1 %, 0.18224 %, 0.26327 % -> 1.0501 %; with 1.6 % -> 1.9138 %, U 3.828 %.
    counting, time, wall, meter = PET_SENSITIVITY_EXAMPLE.components

    assert 100.0 * counting.contribution == pytest.approx(1.0)
    assert 100.0 * time.contribution == pytest.approx(0.18224, abs=5e-6)
    assert 100.0 * wall.contribution == pytest.approx(0.26327, abs=5e-6)
    assert 100.0 * meter.contribution == pytest.approx(1.6)
    without_meter = Budget(components=(counting, time, wall))
    assert 100.0 * without_meter.standard == pytest.approx(1.0501, abs=1e-4)
    assert 100.0 * PET_SENSITIVITY_EXAMPLE.standard == pytest.approx(1.9138, abs=5e-5)
    assert 100.0 * PET_SENSITIVITY_EXAMPLE.expanded() == pytest.approx(3.828, abs=5e-4)
    assert rounded_up(100.0 * PET_SENSITIVITY_EXAMPLE.expanded()) == 3.9


def test_distributions_have_their_divisors():
    assert rectangular(0.5) == pytest.approx(0.5 / math.sqrt(3.0))
    assert triangular(0.5) == pytest.approx(0.5 / math.sqrt(6.0))
    assert from_expanded(0.032) == pytest.approx(0.016)
    assert from_expanded(0.03, k=3.0) == pytest.approx(0.01)


def test_an_exponent_multiplies_its_component_and_its_sign_does_not_matter():
    def of(exponent):
        return Budget(components=(Component(name="r", standard=0.01, sensitivity=exponent),))

    assert of(2.0).standard == of(-2.0).standard == pytest.approx(0.02)


def test_shares_are_those_of_the_variance():
    budget = Budget(components=(Component(name="a", standard=3.0),)).with_components(
        Component(name="b", standard=4.0)
    )

    assert budget.standard == pytest.approx(5.0)
    assert budget.share("a") == pytest.approx(0.36)
    assert budget.share("b") == pytest.approx(0.64)
    assert budget.share("c") == 0.0
    assert Budget(components=()).share("a") == 0.0


def test_effective_degrees_of_freedom():
    few = Component(name="a", standard=1.0, evaluation=Evaluation.A, degrees_of_freedom=4.0)

    assert Budget(components=(few,)).degrees_of_freedom == pytest.approx(4.0)
    # u = sqrt(2): 2**2 / (1 / 4) = 16.
    mixed = Budget(components=(few, Component(name="b", standard=1.0)))
    assert mixed.degrees_of_freedom == pytest.approx(16.0)
    assert Budget(components=(Component(name="b", standard=1.0),)).degrees_of_freedom == math.inf


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


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(3.84, 3.9), (3.80, 3.8), (3.801, 3.9), (0.3, 0.3), (99.1, 100.0), (0.0, 0.0),
     (1.2e-7, 1.2e-7), (1.21e-7, 1.3e-7), (12345.0, 13000.0)],
)  # fmt: skip
def test_certificates_round_up(value, rounded):
    assert rounded_up(value) == pytest.approx(rounded, rel=1e-12, abs=0.0)


@given(st.floats(1e-9, 1e9))
def test_rounding_up_never_rounds_down_and_adds_less_than_a_tenth(value):
    assert value <= rounded_up(value) <= value * 1.1 * (1.0 + 1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rectangular(-1.0), "half-width is -1, needs at least 0"),
        (lambda: triangular(math.nan), "half-width is nan, needs at least 0"),
        (lambda: from_expanded(1.0, k=0.0), "the coverage factor is 0, needs more than 0"),
        (lambda: rounded_up(-1.0), "uncertainty is -1, needs at least 0"),
        (
            lambda: Component(name="a", standard=-1.0),
            "standard uncertainty of a is -1, needs at least 0",
        ),
        (
            lambda: Component(name="a", standard=1.0, sensitivity=math.nan),
            "sensitivity of a is nan, needs a finite number",
        ),
        (
            lambda: Component(name="a", standard=1.0, degrees_of_freedom=0.0),
            "degrees of freedom of a are 0, needs more than 0",
        ),
        (
            lambda: propagate(lambda v: v[0], [1.0], [0.1, 0.2]),
            "2 uncertainties are given for 1 values",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ParameterError) as refusal:
        call()

    assert str(refusal.value) == message
