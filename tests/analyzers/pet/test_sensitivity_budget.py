"""The published budget of the sensitivity of a PET scanner. JJF draft, Annex E."""

import math

import pytest

from photopeak_analyzers.pet.sensitivity_budget import (
    COUNTING,
    JJF_ANNEX_E,
    METER,
    TIME,
    WALL,
)
from photopeak_analyzers.rounding import rounded_up
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation

BY_NAME = {c.name: c for c in JJF_ANNEX_E.components}
RATE = Budget(components=tuple(BY_NAME[name] for name in (COUNTING, TIME, WALL)))


def test_the_components_are_those_that_annex_e_works_out():
    # E.5.1.1 to E.5.2: 1 %, about 0.2 %, about 0.3 %, 1.6 %.
    found = {name: 100.0 * c.standard for name, c in BY_NAME.items()}

    assert found[COUNTING] == pytest.approx(1.0)
    assert found[TIME] == pytest.approx(0.18224, abs=5e-6)
    assert found[WALL] == pytest.approx(0.26327, abs=5e-6)
    assert found[METER] == pytest.approx(1.6)
    assert {name: round(value, 1) for name, value in found.items()} == {
        COUNTING: 1.0, TIME: 0.2, WALL: 0.3, METER: 1.6,
    }  # fmt: skip
    assert BY_NAME[COUNTING].evaluation is Evaluation.A


def test_the_activity_divides():
    # (E.3) and the table have P2 = -1; E.5.4 prints 1.
    assert [BY_NAME[name].sensitivity for name in (COUNTING, TIME, WALL, METER)] == [1, 1, 1, -1]


def test_the_printed_figures_come_from_the_rounded_components():
    # E.6, E.7: 1.06 %, 1.92 %; E.8 prints 3.9 %, which is 3.84 % rounded up.
    rounded = Budget(
        components=tuple(
            Component(name=c.name, standard=round(100.0 * c.standard, 1), sensitivity=c.sensitivity)
            for c in JJF_ANNEX_E.components
        )
    )

    rate = Budget(components=rounded.components[:3])
    assert round(rate.standard, 2) == 1.06
    assert round(rounded.standard, 2) == 1.92
    assert round(rounded.expanded(), 2) == 3.84
    assert rounded_up(rounded.expanded()) == 3.9


def test_without_rounding_on_the_way_the_expanded_uncertainty_is_3_83_percent():
    assert 100.0 * RATE.standard == pytest.approx(1.0501, abs=1e-4)
    assert 100.0 * JJF_ANNEX_E.standard == pytest.approx(1.9138, abs=5e-5)
    assert 100.0 * JJF_ANNEX_E.expanded() == pytest.approx(3.828, abs=5e-4)
    assert round(100.0 * JJF_ANNEX_E.expanded(), 1) == 3.8
    assert rounded_up(100.0 * JJF_ANNEX_E.expanded()) == 3.9


def test_the_meter_is_most_of_it():
    assert JJF_ANNEX_E.share(METER) == pytest.approx(1.6**2 / 1.9138**2, abs=1e-3)
    assert math.isclose(sum(JJF_ANNEX_E.shares), 1.0)
