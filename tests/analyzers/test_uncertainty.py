"""Budgets of measurement uncertainty."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.correlations import Correlation
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.rounding import rounded_up, stated
from photopeak_analyzers.uncertainty import (
    Budget,
    Component,
    Distribution,
    Evaluation,
    from_expanded,
    rectangular,
    triangular,
)


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


def test_a_component_keeps_what_it_was_made_of():
    meter = Component.stated("meter", 0.032, coverage=2.0, sensitivity=-1.0, value=10.0, unit="MBq")
    wall = Component.stated("wall", 0.1, Distribution.RECTANGULAR)
    ruler = Component.stated("ruler", 0.1, Distribution.TRIANGULAR)

    assert meter.standard == 0.016
    assert (meter.divisor, meter.distribution) == (2.0, Distribution.NORMAL)
    assert wall.standard == rectangular(0.1)
    assert wall.divisor == pytest.approx(math.sqrt(3.0))
    assert ruler.standard == triangular(0.1)
    assert ruler.divisor == pytest.approx(math.sqrt(6.0))


def _pair(coefficient, signs=(1.0, 1.0)):
    return Budget(
        components=(
            Component(name="a", standard=3.0, sensitivity=signs[0]),
            Component(name="b", standard=4.0, sensitivity=signs[1]),
        ),
        correlations=(Correlation(first="a", second="b", coefficient=coefficient),),
    )


def test_inputs_that_move_together_add_and_those_of_opposite_sign_cancel():
    assert _pair(1.0).standard == pytest.approx(7.0)
    assert _pair(-1.0).standard == pytest.approx(1.0)
    assert _pair(1.0, (1.0, -1.0)).standard == pytest.approx(1.0)
    assert _pair(0.5).standard == pytest.approx(math.sqrt(9.0 + 16.0 + 12.0))


def test_shares_of_correlated_components_make_one():
    budget = _pair(0.5)

    assert budget.share("a") == pytest.approx((9.0 + 6.0) / 37.0)
    assert sum(budget.shares) == pytest.approx(1.0)


def test_a_correlation_stays_with_more_components():
    assert _pair(1.0).with_components(Component(name="c", standard=24.0)).standard == pytest.approx(
        25
    )


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
            lambda: Component.stated("a", -0.1, Distribution.RECTANGULAR),
            "uncertainty of a is -0.1, needs at least 0",
        ),
        (
            lambda: Component(name="a", standard=1.0, coverage=0.0),
            "the coverage factor is 0, needs more than 0",
        ),
        (
            lambda: Correlation(first="a", second="b", coefficient=1.01),
            "the correlation of a and b is 1.01, needs -1 to 1",
        ),
        (
            lambda: _pair(0.5).degrees_of_freedom,
            "correlated components have no effective degrees of freedom",
        ),
        (
            lambda: Budget(
                components=(Component(name="a", standard=1.0),),
                correlations=(Correlation(first="a", second="b", coefficient=0.5),),
            ),
            "the correlation of a and b is not that of two inputs that are named once, given once",
        ),
        (
            lambda: Budget(
                components=_pair(0.5).components, correlations=2 * _pair(0.5).correlations
            ),
            "the correlation of a and b is not that of two inputs that are named once, given once",
        ),
        (
            # a goes with b and b with c, so a cannot go against c.
            lambda: Budget(
                components=tuple(Component(name=name, standard=1.0) for name in "abc"),
                correlations=(
                    Correlation(first="a", second="b", coefficient=1.0),
                    Correlation(first="b", second="c", coefficient=1.0),
                    Correlation(first="a", second="c", coefficient=-1.0),
                ),
            ),
            "no inputs are correlated so: the smallest eigenvalue is -1, needs at least 0",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ParameterError) as refusal:
        call()

    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("value", "expanded", "texts"),
    [
        (6423.4, 246.2, ("6420", "250")),
        (7000.0, 268.1, ("7000", "270")),
        (5.137, 0.0828, ("5.137", "0.083")),
        (45.25, 9.91, ("45", "10")),
        (-0.004, 0.11, ("0.00", "0.11")),
        (12.5, 2.0, ("12.5", "2.0")),
        (3.25, 0.0, ("3.25", "0")),
        (123456.0, 12345.0, ("123000", "13000")),
    ],
)
def test_a_value_is_stated_to_the_last_place_of_its_uncertainty(
    value: float, expanded: float, texts: tuple[str, str]
) -> None:
    assert stated(value, expanded) == texts


def test_what_is_known_better_than_the_clause_asks_is_not_stated_better() -> None:
    assert stated(6.45302, 0.00015, decimals=2) == ("6.45", "0.01")
    assert stated(86.84, 4.76, decimals=1) == ("86.8", "4.8")
    assert stated(7000.0, 2.1, decimals=0) == ("7000", "3")
    assert stated(6999.7, 231.0, decimals=0) == ("7000", "240")
