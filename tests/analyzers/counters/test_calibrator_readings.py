"""What the tests of calibrators make of a reading first."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.calibrator_conditions import (
    OVER_BACKGROUND,
    age_condition,
    background_condition,
    setting_condition,
)
from photopeak_analyzers.counters.calibrator_readings import (
    NAMES,
    DisplayParameters,
    MeterReading,
    at_first,
    decay_uncertainty,
    resolution_mbq,
    used_half_life,
)
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import AT


def reading(mbq, seconds=None):
    at = None if seconds is None else AT + timedelta(seconds=seconds)
    return MeterReading(
        mbq=mbq, gross_mbq=mbq, background_mbq=0.0, background_u_mbq=0.0, at=at, position=1
    )


@pytest.mark.parametrize(
    ("shown", "step"),
    [(74.13, 0.01), (741.3, 0.1), (7413.0, 1.0), (37_000.0, 10.0), (0.5, 0.01), (0.0, 0.01)],
)
def test_the_last_digit_follows_the_range_of_the_display(shown, step):
    assert resolution_mbq(shown, DisplayParameters()) == pytest.approx(step / math.sqrt(12.0))


@given(st.lists(st.tuples(st.floats(0.1, 1e5), st.integers(0, 40_000)), min_size=1, max_size=9))
def test_decay_there_and_back_is_nothing(pairs):
    life, _ = used_half_life("F-18", "local")
    back = at_first([reading(mbq, seconds) for mbq, seconds in pairs], life)
    first = min(seconds for _, seconds in pairs)

    for (mbq, seconds), found in zip(pairs, back, strict=True):
        assert found * decay_factor(seconds - first, life.seconds) == pytest.approx(mbq, rel=1e-12)


def test_readings_without_a_time_stay_as_they_are():
    life, _ = used_half_life("F-18", "local")

    assert at_first([reading(5.0), reading(7.0)], life) == [5.0, 7.0]


def test_the_uncertainty_of_a_decay_worked_out_by_hand():
    # Two half-lives of 100 s +- 1 s with a clock of 0.5 s: ln 2 * (0.005, 2 * 0.01).
    life = HalfLife(seconds=100.0, uncertainty_s=1.0, source="invented")

    assert decay_uncertainty(200.0, life, 0.5) == pytest.approx(
        math.log(2.0) * math.hypot(0.005, 0.02)
    )


def test_the_half_life_comes_with_its_source_uncertainty_and_table():
    life, note = used_half_life("Cs-137", "local")

    assert life.uncertainty_s is not None
    assert note.code == "HALF_LIFE_USED"
    assert "ICRP Publication 107 (2008); table of nuclides" in note.message
    assert {"F-18", "Tc-99m", "Cs-137", "Ga-68", "Y-90"} <= set(NAMES)


@pytest.mark.parametrize(
    ("background", "outcome"),
    [(None, Outcome.UNKNOWN), (0.0, Outcome.MET), (0.5, Outcome.MET), (-0.5, Outcome.MET),
     (0.501, Outcome.NOT_MET), (-0.501, Outcome.NOT_MET)],
)  # fmt: skip
def test_a_reading_is_to_be_twenty_times_the_background_either_way(background, outcome):
    assert OVER_BACKGROUND == 20.0
    assert background_condition(10.0, background, "practice").outcome is outcome


@pytest.mark.parametrize(
    ("half_lives", "outcome"),
    [(0.0, Outcome.MET), (5.0, Outcome.MET), (5.01, Outcome.NOT_MET), (-0.01, Outcome.NOT_MET)],
)
def test_a_reference_is_at_most_five_half_lives_old(half_lives, outcome):
    life = HalfLife(seconds=100.0, source="invented")

    assert age_condition(100.0 * half_lives, life, "practice").outcome is outcome


def test_a_setting_is_that_of_the_source():
    assert setting_condition("Ga-68", "Ga-68", "practice").outcome is Outcome.MET
    assert setting_condition("Ga-68", "F-18", "practice").outcome is Outcome.NOT_MET
