"""Cross-calibration with the activity meter: units, reference times, decay, what a header gets wrong."""

import dataclasses
import math
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Origin, Volume
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Analysis, Inputs, ReadingValue
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.pet.image_values import ValueUnit
from photopeak_analyzers.pet.pet_cross_calibration import ANALYZER
from photopeak_analyzers.reference_moment import DecayReference
from photopeak_analyzers.simulation.volumes import Sphere
from support.floods import notes, precondition, value
from support.pet_cylinders import (
    AT,
    F18_S,
    VOLUME_ML,
    analyze,
    changed,
    cylinder,
    later,
    scaled_by_slice,
)
from support.volumes import uncertainty

ACTIVITY_MBQ = 60.0
C_BQ = 1e6 * ACTIVITY_MBQ / VOLUME_ML
"""Concentration of 60 MBq at the start of the scan."""

LAMBDA = math.log(2.0) / F18_S
FRAME_S = 1200.0
DURING = -math.expm1(-LAMBDA * FRAME_S) / (LAMBDA * FRAME_S)
"""Mean over a frame of 20 minutes."""


def activity(mbq: float = ACTIVITY_MBQ, u: float | None = None, at: datetime = AT) -> ReadingValue:
    return ReadingValue(value=mbq, uncertainty=u, at=at)


def readings(**changes: Any) -> dict[str, ReadingValue]:
    found = {"activity": activity(), "volume": ReadingValue(value=VOLUME_ML), **changes}
    return {name: reading for name, reading in found.items() if reading is not None}


def calibration(volume: Any = None, given: Any = None, **parameters: Any) -> Analysis:
    volume = cylinder(C_BQ) if volume is None else volume
    return analyze(ANALYZER, volume, readings() if given is None else given, **parameters)


def with_header(volume: Volume, **values: Any) -> Volume:
    header = {**volume.header, **values}
    return dataclasses.replace(
        volume, header=MappingProxyType({k: v for k, v in header.items() if v is not None})
    )


def left(minutes: float) -> float:
    return 0.5 ** (minutes * 60.0 / F18_S)


# Closed-form answers -------------------------------------------------------------------------


def test_the_factor_is_the_true_over_the_shown_concentration():
    analysis = calibration(cylinder(1.08 * C_BQ))

    assert analysis.valid
    assert value(analysis, "cross_cal_factor") == pytest.approx(1.0 / 1.08, rel=1e-4)
    assert value(analysis, "image_over_true") == pytest.approx(1.08, rel=1e-4)
    assert value(analysis, "suv_bias_pct") == pytest.approx(8.0, abs=0.01)
    assert value(analysis, "true_concentration_kbq_per_ml") == pytest.approx(C_BQ / 1e3)
    assert value(analysis, "image_concentration_kbq_per_ml") == pytest.approx(
        1.08 * C_BQ / 1e3, rel=1e-4
    )
    assert value(analysis, "max_slice_dev_pct") == pytest.approx(0.0, abs=1e-3)
    assert value(analysis, "cylinder_volume_ml") == pytest.approx(VOLUME_ML, rel=0.02)


def test_activity_and_residue_are_each_decayed_from_their_own_time():
    given = readings(
        activity=activity(100.0, at=later(-80.0)), residual_activity=activity(4.0, at=later(-60.0))
    )
    analysis = calibration(given=given)

    mbq = 100.0 * left(80.0) - 4.0 * left(60.0)
    assert value(analysis, "image_over_true") == pytest.approx(ACTIVITY_MBQ / mbq, rel=1e-4)


def test_each_slice_is_scaled_by_its_own_slope():
    volume = changed(cylinder(C_BQ), lambda v: v * np.linspace(0.95, 1.05, 52)[:, None, None])
    stored = calibration(scaled_by_slice(volume))

    assert value(stored, "image_over_true") == pytest.approx(1.0, rel=1e-3)
    # Slices within 80 % of 160 mm: 16 on either side of the middle.
    assert value(stored, "slices") == 32.0
    assert value(stored, "max_slice_dev_pct") == pytest.approx(15.5 * 10.0 / 51.0, rel=0.01)


# Reference times -------------------------------------------------------------------------------


def test_start_refers_to_the_start_of_the_series_before_that_of_the_first_frame():
    volume = with_header(cylinder(C_BQ), SeriesDateTime=later(-9.0).isoformat())
    analysis = calibration(volume)

    # 60 MBq at 10:00 were more nine minutes before.
    assert value(analysis, "image_over_true") == pytest.approx(left(9.0), rel=1e-4)
    assert "the start of the series" in notes(analysis, "REFERENCE_TIME")[0].message
    assert precondition(analysis, "PC_TIME", "first frame").outcome == "met"


def test_a_series_made_later_on_refers_to_the_start_of_the_scan():
    volume = with_header(cylinder(C_BQ), SeriesDateTime=later(50.0).isoformat())
    first = calibration(volume)
    ge = calibration(with_header(volume, GEScanDateTime=later(-5.0).isoformat()))
    # A frame of 20 minutes that began at 10:00 has its mean activity after 9.89 minutes; counted from
    # 09:57 that are 12.89.
    middle_s = -math.log(DURING) / LAMBDA
    counted = calibration(
        with_header(
            volume,
            ActualFrameDuration=1e3 * FRAME_S,
            FrameReferenceTime=1e3 * (middle_s + 180.0),
        )
    )

    assert value(first, "image_over_true") == pytest.approx(1.0, rel=1e-4)
    assert "the start of the first frame" in notes(first, "REFERENCE_TIME")[0].message
    assert precondition(first, "PC_TIME", "first frame").outcome == "not_met"
    assert value(ge, "image_over_true") == pytest.approx(left(5.0), rel=1e-4)
    assert "as GE keeps it" in notes(ge, "REFERENCE_TIME")[0].message
    assert value(counted, "image_over_true") == pytest.approx(left(3.0), rel=1e-4)
    assert "FrameReferenceTime" in notes(counted, "REFERENCE_TIME")[0].message
    assert middle_s == pytest.approx(9.89 * 60.0, rel=1e-3)


def test_a_series_of_the_year_one_has_no_start():
    volume = with_header(cylinder(C_BQ), SeriesDateTime="0001-01-01T00:00:00+00:00")
    analysis = calibration(volume)

    assert value(analysis, "image_over_true") == pytest.approx(1.0, rel=1e-4)
    assert "the start of the first frame" in notes(analysis, "REFERENCE_TIME")[0].message
    assert precondition(analysis, "PC_TIME", "first frame").outcome == "not_met"


def test_admin_refers_to_the_administration_even_before_midnight():
    volume = with_header(
        dataclasses.replace(cylinder(C_BQ), decay_correction="ADMIN"),
        RadiopharmaceuticalStartDateTime=later(-11.0 * 60.0).isoformat(),
        RadiopharmaceuticalStartInferred="the day before the acquisition",
    )
    analysis = calibration(volume, readings(activity=activity(at=later(-11.0 * 60.0))))

    assert later(-11.0 * 60.0).date() < AT.date()
    assert value(analysis, "image_over_true") == pytest.approx(1.0, rel=1e-4)
    assert "the day before" in notes(analysis, "ADMINISTRATION_DATE")[0].message


def test_admin_without_its_time_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="refer to the administration"):
        calibration(dataclasses.replace(cylinder(C_BQ), decay_correction="ADMIN"))


def test_none_refers_to_the_mean_over_the_frame():
    volume = dataclasses.replace(cylinder(C_BQ), decay_correction="NONE")
    analysis = calibration(with_header(volume, ActualFrameDuration=1e3 * FRAME_S))

    assert value(analysis, "image_over_true") == pytest.approx(1.0 / DURING, rel=1e-4)
    assert "the mean over the frame" in notes(analysis, "REFERENCE_TIME")[0].message


def test_uncorrected_values_need_the_duration_and_one_moment():
    volume = dataclasses.replace(cylinder(C_BQ), decay_correction="NONE")
    with pytest.raises(UnsuitableAcquisitionError, match="how long a frame took"):
        calibration(volume)

    beds = with_header(
        volume,
        ActualFrameDuration=120_000.0,
        LastAcquisitionDateTime=later(6.0).isoformat(),
    )
    with pytest.raises(UnsuitableAcquisitionError, match="up to 360 s apart, needs at most 60 s"):
        calibration(beds)
    near = with_header(beds, LastAcquisitionDateTime=later(1.0).isoformat())
    assert calibration(near).valid


def test_without_a_word_about_decay_the_start_is_taken_with_a_warning():
    bare = cylinder(C_BQ, decay_correction="", corrections=None)
    analysis = calibration(bare)

    assert value(analysis, "image_over_true") == pytest.approx(1.0, rel=1e-4)
    assert "which the header does not tell" in notes(analysis, "REFERENCE_TIME")[0].message
    assert precondition(analysis, "PC_TIME", "moment that the values").outcome == "unknown"


def test_a_person_may_state_the_reference():
    volume = with_header(cylinder(C_BQ), ActualFrameDuration=1e3 * FRAME_S)
    analysis = calibration(volume, decay_reference=DecayReference.NONE)

    assert value(analysis, "image_over_true") == pytest.approx(1.0 / DURING, rel=1e-4)


def test_a_scan_without_a_start_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="when the acquisition started"):
        calibration(cylinder(C_BQ, started_at=None))


def test_the_decay_factor_of_the_header_is_held_against_its_times():
    volume = with_header(cylinder(C_BQ), ActualFrameDuration=1e3 * FRAME_S)

    def found(factor: float) -> Any:
        return precondition(
            calibration(with_header(volume, DecayFactor=factor)), "PC_TIME", "decay factor"
        )

    # Corrected to the start of the frame, and for decay during it.
    assert found(1.0 / DURING).outcome == "met"
    # The same hour earlier.
    wrong = found(2.0 ** (3600.0 / F18_S) / DURING)
    assert wrong.outcome == "not_met"
    assert wrong.value == pytest.approx(100.0 * (2.0 ** (3600.0 / F18_S) - 1.0), rel=1e-3)


def test_a_factor_that_the_console_did_not_fill_tells_nothing():
    volume = with_header(cylinder(C_BQ), ActualFrameDuration=1e3 * FRAME_S, DecayFactor=1.0)

    assert not [p for p in calibration(volume).preconditions if "decay factor" in p.quantity]


def test_an_enhanced_object_names_the_moment():
    named = later(-15.0).isoformat()
    analysis = calibration(with_header(cylinder(C_BQ), DecayCorrectionDateTime=named))

    assert value(analysis, "image_over_true") == pytest.approx(left(15.0), rel=1e-4)
    assert "names for it" in notes(analysis, "REFERENCE_TIME")[0].message


def test_a_reference_that_frames_contradict_warns():
    volume = with_header(
        cylinder(C_BQ),
        SeriesDateTime=later(-30.0).isoformat(),
        ActualFrameDuration=1e3 * FRAME_S,
        FrameReferenceTime=-1e3 * math.log(DURING) / LAMBDA,
    )
    found = precondition(calibration(volume), "PC_TIME", "FrameReferenceTime")

    assert found.outcome == "not_met"
    assert found.value == pytest.approx(-1800.0, abs=1.0)


# Units -----------------------------------------------------------------------------------------


def test_counts_give_the_concentration_for_each_count_per_minute():
    counts = with_header(cylinder(500.0, units="CNTS"), ActualFrameDuration=600_000.0)
    analysis = calibration(counts)

    # 500 counts in 10 minutes are 50 per minute.
    assert value(analysis, "kbq_per_ml_per_cpm") == pytest.approx(C_BQ / 1e3 / 50.0, rel=1e-4)
    assert not [m for m in analysis.measurements if m.metric == "cross_cal_factor"]

    rate = calibration(cylinder(2.0, units="CPS"))
    assert value(rate, "kbq_per_ml_per_cpm") == pytest.approx(C_BQ / 1e3 / 120.0, rel=1e-4)


def test_values_proportional_to_counts_give_the_concentration_for_each_unit():
    analysis = calibration(cylinder(1.75, units="PROPCNTS"))

    assert value(analysis, "kbq_per_ml_per_value") == pytest.approx(C_BQ / 1e3 / 1.75, rel=1e-4)


def test_counts_without_a_duration_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="how long a frame took"):
        calibration(cylinder(500.0, units="CNTS"))


@pytest.mark.parametrize(("units", "decay"), [("CNTS", "START"), ("BQML", "NONE")])
def test_frames_that_took_different_times_give_no_common_rate(units, decay):
    # Two bed positions: no one duration turns the counts of all slices into rates.
    beds = with_header(
        dataclasses.replace(cylinder(500.0, units=units), decay_correction=decay),
        ActualFrameDuration=120_000.0,
        ShortestFrameDuration=120_000.0,
        LongestFrameDuration=240_000.0,
    )
    with pytest.raises(UnsuitableAcquisitionError, match="took 120 to 240 s, needs the same"):
        calibration(beds)


def test_counts_of_philips_become_a_concentration_by_their_factor():
    volume = with_header(
        cylinder(400.0, units="CNTS"),
        PhilipsActivityConcentrationScaleFactor=C_BQ / 400.0,
        PhilipsSUVScaleFactor=0.0025,
    )
    analysis = calibration(volume)

    assert value(analysis, "image_over_true") == pytest.approx(1.0, rel=1e-4)
    (note,) = notes(analysis, "PHILIPS_SCALE")
    assert "(7053,xx09)" in note.message
    assert "Bq/mL" in note.message


@pytest.mark.parametrize("header", [{}, {"PhilipsSUVScaleFactor": 0.0025}])
def test_counts_of_philips_without_their_factor_are_refused(header):
    volume = dataclasses.replace(
        with_header(cylinder(400.0, units="CNTS"), ActualFrameDuration=600_000.0, **header),
        origin=Origin(manufacturer="Philips Medical Systems"),
    )

    with pytest.raises(UnsuitableAcquisitionError, match=r"\(7053,xx09\), is absent or 0"):
        calibration(volume)


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ("", "does not tell the unit"),
        ("STDDEV", "are in STDDEV, needs one of BQML, CNTS"),
        ("CM2ML", "are in CM2ML"),
        ("GML", "suv_accuracy is the test"),
    ],
)
def test_other_units_are_refused(units, words):
    with pytest.raises(UnsuitableAcquisitionError, match=words):
        calibration(cylinder(C_BQ, units=units))


def test_a_person_may_state_the_unit():
    assert calibration(cylinder(C_BQ, units=""), units=ValueUnit.BQML).valid


# What header and person get wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (ACTIVITY_MBQ * 1e-3, "kBq, where MBq belong"),
        (ACTIVITY_MBQ / 37.0, "mCi"),
        (ACTIVITY_MBQ * 50.0, "a unit or a volume is wrong"),
    ],
)
def test_an_activity_in_another_unit_is_refused_with_which(given, hint):
    with pytest.raises(UnsuitableAcquisitionError, match=hint):
        calibration(given=readings(activity=activity(given)))


@pytest.mark.parametrize(
    ("name", "quantity", "good", "bad"),
    [
        ("RadionuclidePositronFraction", "branching", (0.967, 0.9686), (0.934, 1.0)),
        ("RadionuclideHalfLife", "half-life of the header", (6586.2, 6588.0), (6600.0 * 1.02,)),
        ("RadionuclideTotalDose", "dose", (60e6, 62e6), (60.0, 60e3, 70e6)),
    ],
)
def test_what_the_header_says_of_the_source_is_held_against_tables_and_readings(
    name, quantity, good, bad
):
    volume = with_header(cylinder(C_BQ), RadiopharmaceuticalStartDateTime=AT.isoformat())
    for outcome, numbers in (("met", good), ("not_met", bad)):
        for number in numbers:
            analysis = calibration(with_header(volume, **{name: number}))
            found = precondition(analysis, "PC_NUCLIDE", quantity)
            assert (found.severity, found.outcome) == ("soft", outcome), number
            assert analysis.valid


def test_the_half_life_of_another_nuclide_is_void():
    # A cylinder of Ge-68 whose header names the daughter.
    volume = with_header(cylinder(C_BQ, nuclide="Ga-68"), RadionuclideHalfLife=270.95 * 86_400.0)
    analysis = calibration(volume)

    assert precondition(analysis, "PC_NUCLIDE", "half-life").severity == "hard"
    assert not analysis.valid


def test_a_dose_in_mbq_is_named():
    volume = with_header(
        cylinder(C_BQ),
        RadiopharmaceuticalStartDateTime=AT.isoformat(),
        RadionuclideTotalDose=60.0,
    )

    assert "where MBq belong" in precondition(calibration(volume), "PC_NUCLIDE", "dose").expected


def test_a_volume_that_contradicts_the_image_is_void():
    assert calibration(given=readings(volume=ReadingValue(value=0.95 * VOLUME_ML))).valid
    analysis = calibration(given=readings(volume=ReadingValue(value=0.6 * VOLUME_ML)))

    assert precondition(analysis, "PC_GEOMETRY", "volume").severity == "hard"
    assert not analysis.valid


def test_of_a_cylinder_that_the_scanner_cuts_the_volume_is_not_known():
    analysis = calibration(cylinder(C_BQ, length_mm=400.0))

    assert precondition(analysis, "PC_GEOMETRY", "volume").outcome == "unknown"
    assert value(analysis, "image_over_true") == pytest.approx(1.0, rel=1e-4)


def test_missing_readings_are_named():
    with pytest.raises(MissingReadingError, match="activity"):
        calibration(given=readings(activity=None))
    with pytest.raises(MissingReadingError, match="volume"):
        calibration(given=readings(volume=None))


def test_the_wrong_picture_is_refused_before_readings_are_asked_for():
    sphere = Sphere(centre_mm=(0.0, 30.0, 30.0), diameter_mm=37.0, contrast=3.0)
    with pytest.raises(UnsuitableAcquisitionError, match="something lies in the cylinder"):
        calibration(cylinder(C_BQ, parts=(sphere,)), {})


@pytest.mark.parametrize(
    ("change", "code", "quantity"),
    [
        ({"modality": "NM"}, "PC_FRAMES", "modality"),
        ({"nuclide": "Tc-99m"}, "PC_NUCLIDE", "nuclide"),
        ({"corrections": frozenset({"DECY"})}, "PC_CORRECTION", "attenuation"),
    ],
)
def test_what_is_not_a_corrected_scan_of_positrons_is_void(change, code, quantity):
    given = readings()
    if "nuclide" in change:
        given = readings(activity=activity(at=AT))
    analysis = calibration(dataclasses.replace(cylinder(C_BQ), **change), given)

    assert [p for p in analysis.failed if p.code == code and quantity in p.quantity]


# Uncertainty -------------------------------------------------------------------------------------


def test_the_uncertainty_is_that_of_the_budget():
    given = readings(
        activity=activity(u=0.6),
        volume=ReadingValue(value=VOLUME_ML, uncertainty=0.004 * VOLUME_ML),
    )
    analysis = calibration(
        cylinder(C_BQ), given, activity_meter_percent=1.6, clock_s=30.0, voi_percent=0.5
    )

    # 1 % reading, 1.6 % meter, 0.4 % volume, 0.5 % region, and 30 s of 109.77 min: 0.316 %.
    wanted = math.sqrt(1.0**2 + 1.6**2 + 0.4**2 + 0.5**2 + (100.0 * LAMBDA * 30.0) ** 2)
    assert uncertainty(analysis, "suv_bias_pct") == pytest.approx(wanted, rel=1e-3)
    assert uncertainty(analysis, "cross_cal_factor") == pytest.approx(wanted / 100.0, rel=1e-3)


def test_without_an_uncertainty_of_the_activity_there_is_none():
    (found,) = [m for m in calibration().measurements if m.metric == "cross_cal_factor"]

    assert found.uncertainty is None


def test_the_scatter_is_what_other_noise_makes_of_the_mean():
    analyses = [calibration(cylinder(C_BQ, seed=seed, counts_per_value=0.02)) for seed in range(20)]
    means = [value(a, "image_concentration_kbq_per_ml") for a in analyses]
    told = np.mean([uncertainty(a, "image_concentration_kbq_per_ml") for a in analyses])

    # 20 means know their deviation to 16 %, 32 slices know theirs to 13 %.
    assert told == pytest.approx(np.std(means, ddof=1), rel=0.5)


def test_the_largest_slice_deviates_as_its_uncertainty_says():
    analyses = [calibration(cylinder(C_BQ, seed=seed, counts_per_value=0.02)) for seed in range(20)]
    found = [value(a, "max_slice_dev_pct") for a in analyses]
    told = np.mean([uncertainty(a, "max_slice_dev_pct") for a in analyses])

    # Draws from one scan know the deviation of an extreme to about a factor of two.
    assert 0.4 < told / np.std(found, ddof=1) < 2.0


# Figures and contract ------------------------------------------------------------------------------


def test_the_figures_show_region_slices_and_budget():
    analysis = calibration()
    figures = {figure.name: figure for figure in analysis.figures}

    assert tuple(figures) == ANALYZER.figures
    assert {o.label for o in figures["slab"].overlays} == {"region", "contour"}
    expected = next(line for line in figures["slices"].lines if line.label == "expected")
    assert expected.value == pytest.approx(C_BQ / 1e3)
    assert figures["slices"].curves[1].y == pytest.approx(C_BQ / 1e3, rel=1e-3)


def test_the_analyzer_keeps_the_contract():
    inputs = [
        Inputs(roles={"cylinder": (volume,)}, readings=readings(), variant="local")
        for volume in (cylinder(C_BQ), cylinder(1.75, units="PROPCNTS"))
    ]

    assert list(check(ANALYZER, inputs)) == []
