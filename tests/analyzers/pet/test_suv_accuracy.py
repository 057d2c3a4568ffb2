"""Accuracy of SUV: weight and dose of the header, decay to the image, the factor of Philips."""

import dataclasses
import math
from types import MappingProxyType
from typing import Any

import pytest

from photopeak_analyzers.acquisition import Origin, Volume
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Analysis, Inputs, ReadingValue
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.pet.suv_accuracy import ANALYZER
from support.floods import notes, precondition, value
from support.pet_cylinders import AT, F18_S, VOLUME_ML, analyze, cylinder, later
from support.volumes import uncertainty

DOSE_BQ = 60e6
C_BQ = DOSE_BQ / VOLUME_ML
"""Concentration of all of the dose in the cylinder, at the administration an hour before the scan."""

HOUR = 0.5 ** (3600.0 / F18_S)
HEADER = {
    "PatientWeight": VOLUME_ML / 1e3,
    "RadionuclideTotalDose": DOSE_BQ,
    "RadiopharmaceuticalStartDateTime": later(-60.0).isoformat(),
}


def series(value: float = C_BQ * HOUR, **changes: Any) -> Volume:
    """60 MBq in the cylinder, administered an hour before; None takes an element away."""
    header = {**HEADER, **changes.pop("header", {})}
    header = {name: value for name, value in header.items() if value is not None}
    return cylinder(value, header=header, **changes)


def accuracy(volume: Any = None, given: Any = None, **parameters: Any) -> Analysis:
    return analyze(ANALYZER, series() if volume is None else volume, given, **parameters)


def test_all_of_the_dose_in_its_own_weight_is_one():
    analysis = accuracy(series(0.97 * C_BQ * HOUR))

    assert analysis.valid
    assert value(analysis, "suv_mean") == pytest.approx(0.97, rel=1e-4)
    assert value(analysis, "expected_suv") == 1.0
    assert value(analysis, "suv_bias_pct") == pytest.approx(-3.0, abs=0.01)
    assert "taken for that of the water" in notes(analysis, "EXPECTED_SUV")[0].message


@pytest.mark.parametrize(
    ("decay_correction", "concentration", "header"),
    [
        ("START", C_BQ * HOUR, {}),
        # The start of the series counts, two minutes before that of the first frame.
        (
            "START",
            C_BQ * 0.5 ** (58.0 * 60.0 / F18_S),
            {"SeriesDateTime": later(-2.0).isoformat()},
        ),
        ("ADMIN", C_BQ, {}),
        # An administration before midnight.
        (
            "ADMIN",
            C_BQ,
            {"RadiopharmaceuticalStartDateTime": later(-11.0 * 60.0).isoformat()},
        ),
        (
            "NONE",
            C_BQ
            * HOUR
            * -math.expm1(-math.log(2.0) * 1200.0 / F18_S)
            / (math.log(2.0) * 1200.0 / F18_S),
            {"ActualFrameDuration": 1_200_000.0},
        ),
    ],
)
def test_the_dose_is_decayed_to_what_the_values_refer_to(decay_correction, concentration, header):
    analysis = accuracy(series(concentration, decay_correction=decay_correction, header=header))

    assert value(analysis, "suv_mean") == pytest.approx(1.0, rel=1e-4)


def test_a_weight_that_is_not_that_of_the_water_is_held_against_the_volume():
    # 70 kg were entered, as patients have them.
    volume = series(header={"PatientWeight": 70.0})
    analysis = accuracy(volume, {"volume": ReadingValue(value=VOLUME_ML)})

    assert value(analysis, "expected_suv") == pytest.approx(70_000.0 / VOLUME_ML)
    assert value(analysis, "suv_bias_pct") == pytest.approx(0.0, abs=0.01)
    assert uncertainty(analysis, "suv_bias_pct") == pytest.approx(math.hypot(0.5, 0.5), rel=1e-2)


def test_the_activity_meter_tells_more_than_the_dose_of_the_header():
    # Of 60 MBq in the header 3 stayed in the syringe, and the scanner is right.
    given = {
        "activity": ReadingValue(value=60.0, at=later(-60.0), uncertainty=0.6),
        "residual_activity": ReadingValue(value=3.0, at=later(-60.0), uncertainty=0.03),
        "volume": ReadingValue(value=VOLUME_ML),
    }
    analysis = accuracy(series(0.95 * C_BQ * HOUR), given)

    assert value(analysis, "suv_mean") == pytest.approx(0.95, rel=1e-4)
    assert value(analysis, "expected_suv") == pytest.approx(0.95, rel=1e-4)
    assert value(analysis, "suv_bias_pct") == pytest.approx(0.0, abs=0.02)
    dose = precondition(analysis, "PC_NUCLIDE", "dose")
    assert dose.outcome == "not_met"
    assert dose.value == pytest.approx(100.0 * (60.0 / 57.0 - 1.0), rel=1e-3)
    # Every SUV is as much too small: that has its own number, and its own limit.
    assert value(analysis, "dose_deviation_pct") == pytest.approx(dose.value)
    u = 100.0 * math.hypot(0.6, 0.03) / 57.0 * 60.0 / 57.0
    assert uncertainty(analysis, "dose_deviation_pct") == pytest.approx(u, rel=1e-3)
    assert notes(analysis, "ACTIVITY_USED")


def test_an_activity_without_its_volume_is_asked_for():
    with pytest.raises(MissingReadingError, match="volume"):
        accuracy(given={"activity": ReadingValue(value=60.0, at=AT)})


def test_suv_of_the_maker_are_taken_as_they_are():
    analysis = accuracy(series(1.02, units="GML", header={"RadionuclideTotalDose": None}))

    assert value(analysis, "suv_mean") == pytest.approx(1.02, rel=1e-4)
    assert accuracy(series(1.02, units="GML", header={"SUVType": "BW"})).valid


@pytest.mark.parametrize("kind", ["LBM", "BSA"])
def test_suv_by_something_else_than_weight_are_refused(kind):
    with pytest.raises(UnsuitableAcquisitionError, match=f"SUV by {kind}, needs BW"):
        accuracy(series(1.0, units="GML", header={"SUVType": kind}))


def test_counts_of_philips_become_suv_by_their_factor():
    volume = series(400.0, units="CNTS", header={"PhilipsSUVScaleFactor": 0.0026})
    analysis = accuracy(volume)

    assert value(analysis, "suv_mean") == pytest.approx(1.04, rel=1e-4)
    assert "(7053,xx00)" in notes(analysis, "PHILIPS_SCALE")[0].message


def test_counts_of_philips_without_a_factor_to_suv_become_suv_by_weight_and_dose():
    header = {"PhilipsActivityConcentrationScaleFactor": C_BQ * HOUR / 400.0}
    analysis = accuracy(series(404.0, units="CNTS", header=header))

    assert value(analysis, "suv_mean") == pytest.approx(1.01, rel=1e-4)
    assert "(7053,xx09)" in notes(analysis, "PHILIPS_SCALE")[0].message


def test_counts_of_philips_without_their_factor_are_refused():
    volume = dataclasses.replace(
        series(400.0, units="CNTS"), origin=Origin(manufacturer="Philips Medical Systems")
    )
    with pytest.raises(UnsuitableAcquisitionError, match=r"\(7053,xx00\), is absent or 0"):
        accuracy(volume)


@pytest.mark.parametrize("units", ["CNTS", "PROPCNTS", "CPS"])
def test_counts_have_no_suv(units):
    with pytest.raises(UnsuitableAcquisitionError, match=r"needs Bq/mL or SUV"):
        accuracy(series(400.0, units=units))


@pytest.mark.parametrize(
    ("name", "what"), [("PatientWeight", "weight"), ("RadionuclideTotalDose", "dose")]
)
def test_without_weight_or_dose_there_is_no_suv(name, what):
    with pytest.raises(UnsuitableAcquisitionError, match=f"the {what} in the header"):
        accuracy(series(header={name: None}))


def test_without_the_time_of_the_administration_there_is_no_suv():
    with pytest.raises(UnsuitableAcquisitionError, match="administration"):
        accuracy(series(header={"RadiopharmaceuticalStartDateTime": None}))


def test_a_dose_in_mbq_is_refused_by_its_name():
    with pytest.raises(UnsuitableAcquisitionError, match=r"1e\+06.*Bq, where MBq belong"):
        accuracy(series(header={"RadionuclideTotalDose": 60.0}))


def test_a_dose_in_mbq_is_refused_beside_an_activity_too():
    # It stands on both sides of the deviation, which would be none, of an SUV of a million.
    given = {
        "activity": ReadingValue(value=60.0, at=later(-60.0), uncertainty=0.6),
        "volume": ReadingValue(value=VOLUME_ML),
    }
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"dose of the header.*Bq, where MBq"
    ) as at:
        accuracy(series(header={"RadionuclideTotalDose": 60.0}), given)

    assert at.value.value == pytest.approx(1e-6)


def test_an_administration_after_the_scan_warns_and_is_then_refused():
    at = {"RadiopharmaceuticalStartDateTime": later(10.0).isoformat()}
    analysis = accuracy(series(C_BQ * 2.0 ** (600.0 / F18_S), header=at))

    assert value(analysis, "suv_mean") == pytest.approx(1.0, rel=1e-4)
    assert precondition(analysis, "PC_TIME", "after the administration").value == -600.0
    # After midnight with the date of the scan: 23 h 20 min instead of 40 min before.
    at = {"RadiopharmaceuticalStartDateTime": later(1400.0).isoformat()}
    with pytest.raises(UnsuitableAcquisitionError, match=r"lies 23\.3 h after the start"):
        accuracy(series(header=at))


def test_the_header_is_not_changed_by_the_analysis():
    volume = series()
    accuracy(volume)

    assert isinstance(volume.header, MappingProxyType)
    assert volume.started_at == AT


def test_the_analyzer_keeps_the_contract():
    inputs = [
        Inputs(roles={"cylinder": (volume,)}, variant="local")
        for volume in (series(), series(1.0, units="GML"))
    ]

    assert list(check(ANALYZER, inputs)) == []
