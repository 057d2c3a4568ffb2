"""Constancy of a calibrator with a check source."""

import math
from datetime import timedelta

import numpy as np
import pytest

from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue
from photopeak_analyzers.counters.calibrator_constancy import ANALYZER
from photopeak_analyzers.errors import MissingReadingError, ParameterError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.decay import decay_factor
from support.calibrators import AT, analyze, later, readings, uncertainty
from support.floods import precondition, value

DAY = 86_400.0
LIFE = half_life("Cs-137").seconds
YEAR_BEFORE = AT - timedelta(days=365.0)
CERTIFIED = ReadingValue(value=8.0, at=YEAR_BEFORE)


def row(mbq, setting=None, background=None, reference=None, days=0.0, reference_days=-365.0):
    return (
        setting,
        mbq,
        later(days * DAY),
        background,
        reference,
        None if reference is None else later(reference_days * DAY),
    )


def test_a_reading_against_the_certificate_worked_out_by_hand():
    analysis = analyze(
        ANALYZER,
        nuclide="Cs-137",
        reference_activity=CERTIFIED,
        certificate_uncertainty_pct=3.0,
        readings=[row(8.1)],
        background_mbq=0.1,
    )

    # 8 MBq of Cs-137 a year later: 8 * 2 ** (-365 d / 30.1671 a) = 7.8183 MBq; read are 8.0 net.
    left = 8.0 * 2.0 ** (-365.0 / (30.1671 * 365.2422))
    assert left == pytest.approx(7.8183, abs=1e-4)
    assert value(analysis, "expected_mbq", setting="Cs-137") == pytest.approx(left, rel=1e-9)
    assert value(analysis, "constancy_pct") == pytest.approx(100.0 * (8.0 / left - 1.0), rel=1e-9)
    # Certificate 3 % with k = 2, 0.3 % of the calibrator, half a digit of 0.01 in 8 MBq.
    known = math.hypot(0.015, 0.003, 0.01 / math.sqrt(12.0) / 8.0)
    assert uncertainty(analysis, "constancy_pct") == pytest.approx(
        100.0 * 8.0 / left * known, rel=1e-4
    )
    assert analysis.valid
    assert all(each.outcome is Outcome.MET for each in analysis.preconditions)


def test_a_mean_is_against_one_thing():
    with pytest.raises(ParameterError, match="compared with certificate and reference reading"):
        analyze(
            ANALYZER,
            nuclide="Cs-137",
            reference_activity=CERTIFIED,
            certificate_uncertainty_pct=30.0,
            readings=[row(8.0, reference=8.0), row(8.0)],
            background_mbq=0.1,
        )


def test_a_source_that_only_decays_is_constant_on_every_setting():
    days = [0.0, 30.0, 300.0]
    given = [
        row(
            reference * decay_factor((day + 365.0) * DAY, LIFE),
            setting,
            reference=reference,
            days=day,
        )
        for setting, reference in (("Cs-137", 8.0), ("Tc-99m", 13.3), ("F-18", 5.1))
        for day in days
    ]
    analysis = analyze(ANALYZER, nuclide="Cs-137", readings=given, background_mbq=0.0)

    for setting in ("Cs-137", "Tc-99m", "F-18"):
        assert value(analysis, "constancy_pct", setting=setting) == pytest.approx(0.0, abs=1e-9)
        assert value(analysis, "readings", setting=setting) == 3


def test_a_change_of_one_setting_shows_on_this_setting():
    analysis = analyze(
        ANALYZER,
        nuclide="Cs-137",
        readings=[
            row(8.0 * 1.06, reference=8.0, reference_days=0.0),
            row(13.0, "Tc-99m", reference=13.0, reference_days=0.0),
        ],
        background_mbq=0.0,
    )

    assert value(analysis, "constancy_pct", setting="Cs-137") == pytest.approx(6.0)
    assert value(analysis, "constancy_pct", setting="Tc-99m") == pytest.approx(0.0)


def test_a_row_may_have_a_background_of_its_own():
    analysis = analyze(
        ANALYZER,
        nuclide="Cs-137",
        readings=[row(8.3, background=0.3, reference=8.0, reference_days=0.0)],
    )

    assert value(analysis, "constancy_pct") == pytest.approx(0.0, abs=1e-9)
    assert precondition(analysis, "PC_BACKGROUND").outcome is Outcome.MET


def test_the_time_of_the_test_stands_in_for_that_of_a_row():
    given = [(None, 8.0, None, None, 8.0, later(-365.0 * DAY))]
    analysis = analyze(ANALYZER, nuclide="Cs-137", readings=given)

    assert value(analysis, "expected_mbq") == pytest.approx(
        8.0 * decay_factor(365.0 * DAY, LIFE), rel=1e-12
    )


def test_what_is_relative_does_not_know_the_unit():
    def deviation(factor):
        given = [row(8.2 * factor, reference=8.0 * factor)]
        analysis = analyze(ANALYZER, nuclide="Cs-137", readings=given)
        return value(analysis, "constancy_pct")

    assert deviation(1000.0) == pytest.approx(deviation(1.0), rel=1e-9)


def test_the_uncertainty_covers_repeated_days():
    rng = np.random.default_rng(11)
    deviations, told = [], []
    for _ in range(150):
        read = rng.normal(8.0, 0.024, 5)
        analysis = analyze(
            ANALYZER,
            nuclide="Cs-137",
            readings=[row(each, reference=8.0, reference_days=0.0) for each in read.tolist()],
        )
        deviations.append(value(analysis, "constancy_pct"))
        told.append(uncertainty(analysis, "constancy_pct"))

    # 0.3 % of five: 0.134 %; the last digit of 0.01 adds 0.036 %. 150 days tell it to 6 %.
    assert np.std(deviations) == pytest.approx(0.134, rel=0.2)
    assert np.mean(told) == pytest.approx(0.134, rel=0.1)


def test_the_uncertainty_of_the_background_is_part_of_the_whole():
    given = {"nuclide": "Cs-137", "readings": [row(8.1, reference=8.0, reference_days=0.0)]}
    plain = analyze(ANALYZER, background_mbq=0.1, **given)
    told = analyze(ANALYZER, background_mbq=ReadingValue(value=0.1, uncertainty=0.04), **given)

    # 0.04 MBq of 8 MBq, 0.5 %, more in quadrature.
    assert uncertainty(told, "constancy_pct") == pytest.approx(
        math.hypot(uncertainty(plain, "constancy_pct"), 0.5), rel=1e-6
    )


def test_a_source_that_does_not_last_warns():
    analysis = analyze(
        ANALYZER,
        nuclide="Tc-99m",
        readings=[row(100.0, reference=400.0, reference_days=-0.5)],
    )

    assert precondition(analysis, "PC_NUCLIDE").outcome is Outcome.NOT_MET


@pytest.mark.parametrize(
    ("days", "outcome"), [(0.0, Outcome.MET), (-2.0, Outcome.NOT_MET), (1400.0, Outcome.NOT_MET)]
)
def test_a_reference_of_the_future_or_of_long_ago_warns(days, outcome):
    # Five half-lives of Co-57 are 1359 d.
    analysis = analyze(
        ANALYZER, nuclide="Co-57", readings=[row(8.0, reference=8.0, days=days, reference_days=0.0)]
    )

    assert precondition(analysis, "PC_CAL_EXPIRED").outcome is outcome


def test_a_certificate_without_uncertainty_gives_none():
    analysis = analyze(
        ANALYZER, nuclide="Cs-137", reference_activity=CERTIFIED, readings=[row(8.0)]
    )

    assert uncertainty(analysis, "constancy_pct") is None


def test_what_is_missing_is_named():
    with pytest.raises(MissingReadingError) as refusal:
        analyze(ANALYZER, nuclide="Cs-137", readings=[row(8.0), row(13.0, "Tc-99m")],
                reference_activity=CERTIFIED)  # fmt: skip
    assert str(refusal.value) == (
        "row 2 of readings has no reference_mbq: on the setting of another nuclide a reading is"
        " compared with an earlier one on this setting"
    )
    with pytest.raises(MissingReadingError, match="the reading reference_activity is missing"):
        analyze(ANALYZER, nuclide="Cs-137", readings=[row(8.0)])
    with pytest.raises(MissingReadingError, match="row 1 of readings has no reference_time"):
        analyze(ANALYZER, nuclide="Cs-137", readings=[(None, 8.0, None, None, 8.0, None)])
    untimed = readings(nuclide="Cs-137", readings=[(None, 8.0, None, None, 8.0, later(0.0))])
    with pytest.raises(MissingReadingError, match="row 1 of readings has no time"):
        ANALYZER.analyze(Inputs(roles={}, readings=untimed.readings, variant="local"))


def test_the_analyzer_keeps_the_contract():
    example = readings(
        nuclide="Cs-137",
        reference_activity=CERTIFIED,
        certificate_uncertainty_pct=3.0,
        readings=[row(8.0), row(13.0, "Tc-99m", reference=13.2)],
        background_mbq=0.02,
    )

    assert check(ANALYZER, [example]) == []
