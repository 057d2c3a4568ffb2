"""Timing and energy resolution of PET as stated."""

import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.pet.pet_timing_energy_resolution import ANALYZER
from support.floods import value


def inputs(**readings):
    given = {
        name: each if isinstance(each, ReadingValue) else ReadingValue(value=each)
        for name, each in readings.items()
    }
    return Inputs(roles={}, readings=given, variant="local")


def test_what_was_stated_is_kept_with_its_uncertainty():
    analysis = ANALYZER.analyze(
        inputs(
            timing_resolution_ps=ReadingValue(value=214.0, uncertainty=2.0),
            energy_resolution_pct=10.1,
        )
    )

    assert analysis.valid
    assert value(analysis, "timing_resolution_ps") == 214.0
    assert value(analysis, "energy_resolution_pct") == 10.1
    assert [m.uncertainty for m in analysis.measurements] == [2.0, None]


def test_a_scanner_without_time_of_flight_has_no_timing_resolution():
    analysis = ANALYZER.analyze(inputs(energy_resolution_pct=12.0))

    assert [m.metric for m in analysis.measurements] == ["energy_resolution_pct"]
    assert analysis.valid


@pytest.mark.parametrize(
    ("readings", "message"),
    [
        ({"timing_resolution_ps": 0.214}, "timing_resolution_ps is 0.214 ps, needs at least 30 ps"),
        (
            {"timing_resolution_ps": 10_001.0},
            "timing_resolution_ps is 10001 ps, needs at most 10000 ps",
        ),
        ({"energy_resolution_pct": 0.12}, "energy_resolution_pct is 0.12 %, needs at least 1 %"),
        ({"energy_resolution_pct": 51.0}, "energy_resolution_pct is 51 %, needs at most 50 %"),
    ],
)
def test_other_units_and_slips_are_refused(readings, message):
    with pytest.raises(ParameterError) as refusal:
        ANALYZER.analyze(inputs(**readings))

    assert str(refusal.value) == message


def test_nothing_stated_is_no_result():
    with pytest.raises(MissingReadingError) as refusal:
        ANALYZER.analyze(inputs())

    assert str(refusal.value) == (
        "neither the timing resolution nor the energy resolution is given, needs one of them"
    )


def test_the_analyzer_keeps_the_contract():
    assert check(ANALYZER, [inputs(timing_resolution_ps=300.0, energy_resolution_pct=11.0)]) == []
