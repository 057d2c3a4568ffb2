"""Background and zero of a calibrator."""

import math

import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Outcome
from photopeak_analyzers.counters.calibrator_background import ANALYZER
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from support.calibrators import analyze, later, readings, uncertainty
from support.floods import precondition, value

TEN = [0.02, 0.03, 0.02, 0.01, 0.02, 0.03, 0.01, 0.02, 0.02, 0.02]
"""Mean 0.020; squares of the differences in 1e-4: 0 1 0 1 0 1 1 0 0 0, sum 4e-4."""


def rows(values, setting=None, step_s=60.0):
    return [(each, setting, later(step_s * k)) for k, each in enumerate(values)]


def test_ten_readings_worked_out_by_hand():
    analysis = analyze(ANALYZER, readings=rows(TEN), liner="in", zero_mbq=0.0)

    spread = math.sqrt(4e-4 / 9.0)
    digit = 0.01 / math.sqrt(12.0)
    assert value(analysis, "background_mbq") == pytest.approx(0.02)
    assert value(analysis, "background_sd_mbq") == pytest.approx(spread)
    assert value(analysis, "highest_mbq") == 0.03
    assert value(analysis, "zero_drift_mbq") == pytest.approx(0.02)
    assert uncertainty(analysis, "background_mbq") == pytest.approx(
        math.hypot(spread / math.sqrt(10.0), digit)
    )
    assert uncertainty(analysis, "zero_drift_mbq") == pytest.approx(
        math.sqrt(spread**2 / 10.0 + 2.0 * digit**2)
    )
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_a_drift_is_found_with_its_slope():
    # 0.01 MBq each half hour.
    analysis = analyze(ANALYZER, readings=rows([0.01 * k for k in range(10)], step_s=1800.0))

    assert value(analysis, "drift_mbq_per_h") == pytest.approx(0.02, rel=1e-9)


def test_without_times_and_zero_there_is_no_drift():
    analysis = analyze(ANALYZER, readings=[(0.01, None, None), (0.02, None, None)])

    assert {m.metric for m in analysis.measurements} == {
        "background_mbq",
        "highest_mbq",
        "readings",
    }
    assert precondition(analysis, "PC_GEOMETRY").outcome is Outcome.UNKNOWN
    assert precondition(analysis, "PC_COUNTS").outcome is Outcome.NOT_MET


def test_every_setting_has_its_own_background():
    analysis = analyze(
        ANALYZER, readings=rows(TEN, "Tc-99m") + rows([2.0 * e for e in TEN], "Y-90"), liner="in"
    )

    assert value(analysis, "background_mbq", setting="Tc-99m") == pytest.approx(0.02)
    assert value(analysis, "background_mbq", setting="Y-90") == pytest.approx(0.04)
    assert {f.name for f in analysis.figures} == {
        "background_setting_tc_99m",
        "background_setting_y_90",
    }


def test_a_negative_zero_is_measured_as_such():
    assert value(analyze(ANALYZER, readings=rows([-e for e in TEN])), "background_mbq") < 0.0


def test_adding_an_offset_moves_mean_and_drift_of_zero_alike():
    one = analyze(ANALYZER, readings=rows(TEN), zero_mbq=0.01)
    other = analyze(ANALYZER, readings=rows([e + 0.5 for e in TEN]), zero_mbq=0.51)

    assert value(other, "zero_drift_mbq") == pytest.approx(value(one, "zero_drift_mbq"))
    assert value(other, "background_sd_mbq") == pytest.approx(value(one, "background_sd_mbq"))


@pytest.mark.parametrize(
    ("mean", "valid"), [(5.0, True), (5.01, False), (-5.0, True), (-5.01, False)]
)
def test_a_source_in_the_well_is_no_background(mean, valid):
    analysis = analyze(ANALYZER, readings=rows([mean] * 10))

    assert analysis.valid is valid
    assert precondition(analysis, "PC_BACKGROUND").expected == "an empty well"


def test_a_well_without_its_liner_warns():
    analysis = analyze(ANALYZER, readings=rows(TEN), liner="out")

    assert precondition(analysis, "PC_GEOMETRY").outcome is Outcome.NOT_MET
    assert analysis.valid


def test_what_cannot_be_is_refused():
    with pytest.raises(ParameterError, match="setting in row 1 of readings is Tc-98"):
        analyze(ANALYZER, readings=rows(TEN, "Tc-98"))
    with pytest.raises(MissingReadingError, match="no reading of the empty well is given"):
        analyze(ANALYZER)
    with pytest.raises(ParameterError, match="needs at least -1000 MBq"):
        analyze(ANALYZER, readings=rows([-1001.0]))


def test_the_analyzer_keeps_the_contract():
    assert check(ANALYZER, [readings(readings=rows(TEN, "Tc-99m"), liner="in", zero_mbq=0.0)]) == []
