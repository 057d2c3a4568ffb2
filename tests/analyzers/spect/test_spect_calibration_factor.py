"""Image calibration factor of a cylinder of known activity: counts, Bq/mL, time, decay."""

import dataclasses
import math
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.acquisition import Detector, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.simulation.volumes import Sphere
from photopeak_analyzers.spect.cylinder import find_cylinder
from photopeak_analyzers.spect.cylinder_regions import regions_of
from photopeak_analyzers.spect.reconstruction import reconstruction_of
from photopeak_analyzers.spect.spect_calibration_factor import ANALYZER
from support.filled import (
    ACTIVITY_MBQ,
    AT,
    TC99M_S,
    VOLUME_ML,
    VOXEL_ML,
    activity,
    analyze,
    cylinder,
    later,
    readings,
    views,
)
from support.floods import notes, precondition, value
from support.volumes import uncertainty, with_values, with_voxel

C = ACTIVITY_MBQ / VOLUME_ML
"""Concentration in MBq/mL."""

DECAYED = -math.expm1(-math.log(2.0) * 800.0 / TC99M_S) / (math.log(2.0) * 800.0 / TC99M_S)
"""Mean over a scan of 800 s."""


def factor(volume: Any = None, given: Any = None, projections: Any = None, **parameters: Any):
    volume = cylinder() if volume is None else volume
    projections = views() if projections is None else projections
    roles = {"reconstruction": volume, "projections": projections or None}
    return analyze(ANALYZER, roles, given, **parameters)


def ratio(volume: Any = None, given: Any = None, **parameters: Any):
    volume = cylinder(1e6 * C, units="BQML") if volume is None else volume
    return analyze(ANALYZER, {"reconstruction": volume}, given, **parameters)


# Closed-form answers -------------------------------------------------------------------------


def test_the_factor_is_counts_per_time_and_activity():
    analysis = factor()

    # 8 views of 100 s by each of two heads; 200 counts in 0.064 mL.
    wanted = 200.0 / 800.0 / (C * DECAYED * VOXEL_ML)
    assert analysis.valid
    assert value(analysis, "icf_cps_per_mbq") == pytest.approx(wanted, rel=1e-4)
    assert value(analysis, "icf_per_head_cps_per_mbq") == pytest.approx(wanted / 2.0, rel=1e-4)
    # Nothing is lost beyond 20 mm, so that the whole gives the same: voxels sample it to 1e-3.
    assert value(analysis, "icf_whole_cps_per_mbq") == pytest.approx(wanted, rel=2e-3)
    assert value(analysis, "scan_time_s") == 800.0
    assert value(analysis, "cylinder_volume_ml") == pytest.approx(VOLUME_ML, rel=0.02)
    (note,) = notes(analysis, "TIME_DEFINITION")
    assert "800 s, in which 2 heads" in note.message


def test_in_bq_per_ml_the_quotient_is_that_of_the_concentrations():
    analysis = ratio(cylinder(1.08e6 * C, units="BQML"))

    assert analysis.valid
    assert value(analysis, "quant_ratio") == pytest.approx(1.08, rel=1e-4)
    assert value(analysis, "quant_ratio_whole") == pytest.approx(1.08, rel=2e-3)
    assert value(analysis, "image_concentration_kbq_per_ml") == pytest.approx(1.08e3 * C, rel=1e-4)
    assert value(analysis, "true_concentration_kbq_per_ml") == pytest.approx(1e3 * C, rel=1e-6)
    assert not [m for m in analysis.measurements if m.metric.startswith("icf")]


def test_the_activity_is_decayed_to_the_scan_and_the_residue_is_taken_off_at_its_own_time():
    given = readings(
        activity=activity(500.0, at=later(-2.0)), residual_activity=activity(5.0, at=later(-1.0))
    )
    analysis = ratio(given=given)

    def left(hours: float) -> float:
        return 0.5 ** (hours * 3600.0 / TC99M_S)

    mbq = 500.0 * left(2.0) - 5.0 * left(1.0)
    assert value(analysis, "quant_ratio") == pytest.approx(ACTIVITY_MBQ / mbq, rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "wanted", "words"),
    [
        ({"decay_correction": "START"}, 1.0, "the start of the scan"),
        ({"corrections": frozenset({"DECY"})}, 1.0, "the start of the scan"),
        ({"decay_correction": "NONE"}, 1.0 / DECAYED, "the mean over the scan"),
        ({"corrections": frozenset({"ATTN"})}, 1.0 / DECAYED, "the mean over the scan"),
        (
            {
                "decay_correction": "ADMIN",
                "header": MappingProxyType(
                    {"RadiopharmaceuticalStartDateTime": later(-1.0).isoformat()}
                ),
            },
            0.5 ** (3600.0 / TC99M_S),
            "the administration",
        ),
    ],
)
def test_the_values_refer_to_what_the_header_says_of_decay(changes, wanted, words):
    volume = dataclasses.replace(cylinder(1e6 * C, units="BQML"), **changes)
    given = readings(scan_time=ReadingValue(value=800.0))
    analysis = ratio(volume, given)

    assert value(analysis, "quant_ratio") == pytest.approx(wanted, rel=1e-4)
    assert words in notes(analysis, "REFERENCE_TIME")[0].message
    assert precondition(analysis, "PC_TIME", "moment").outcome == "met"


def test_without_a_word_about_decay_the_start_is_taken_and_said_so():
    analysis = ratio()

    assert "the start of the scan, which the header does not tell" in (
        notes(analysis, "REFERENCE_TIME")[0].message
    )
    assert precondition(analysis, "PC_TIME", "moment").outcome == "unknown"


def test_a_stated_time_of_the_scan_serves_where_the_projections_are_missing():
    volume = dataclasses.replace(
        cylinder(),
        detectors=(Detector(number=1), Detector(number=2)),
        counts_accumulated=12_000_000,
    )
    given = readings(scan_time=ReadingValue(value=800.0))
    analysis = factor(volume, given, projections=False)

    assert value(analysis, "icf_cps_per_mbq") == pytest.approx(value(factor(), "icf_cps_per_mbq"))
    assert value(analysis, "icf_per_head_cps_per_mbq") == pytest.approx(
        value(analysis, "icf_cps_per_mbq") / 2.0
    )


def test_a_scatter_window_adds_neither_counts_nor_time():
    scatter = EnergyWindow(number=2, lower_kev=100.0, upper_kev=120.0)
    two = views(24e6, windows=(views().energy_windows[0], scatter))
    analysis = factor(projections=dataclasses.replace(two, counts=two.counts / 2.0))

    assert value(analysis, "scan_time_s") == 800.0
    assert precondition(analysis, "PC_COUNTS").value == pytest.approx(12e6)


def test_a_cylinder_that_is_cut_has_no_total():
    analysis = factor(cylinder(shape=(40, 64, 64)))

    assert not [m for m in analysis.measurements if m.metric == "icf_whole_cps_per_mbq"]
    assert notes(analysis, "CYLINDER_CUT")


def test_a_scale_of_the_header_is_used_and_said():
    volume = cylinder()
    scaled = dataclasses.replace(
        volume, values=volume.values / 4.0, slope=np.full(len(volume.slope), 4.0)
    )

    assert value(factor(scaled), "icf_cps_per_mbq") == pytest.approx(
        value(factor(volume), "icf_cps_per_mbq")
    )
    assert "scales the stored values by 4 to 4" in notes(factor(scaled), "SCALED_COUNTS")[0].message


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "turned",
    [
        lambda v: v[:, ::-1],
        lambda v: v.transpose(0, 2, 1),
        lambda v: np.roll(v, (2, -1, 1), axis=(0, 1, 2)),
    ],
)
def test_mirrors_turns_and_shifts_change_nothing(turned):
    volume = cylinder(seed=3)
    plain, changed = factor(volume), factor(with_values(volume, turned(volume.values)))

    for key in ("icf_cps_per_mbq", "icf_whole_cps_per_mbq"):
        assert value(changed, key) == pytest.approx(value(plain, key), rel=1e-9), key


def test_twice_the_counts_of_twice_the_activity_give_the_same_factor():
    given = readings(activity=activity(2.0 * ACTIVITY_MBQ))

    assert value(factor(cylinder(400.0), given), "icf_cps_per_mbq") == pytest.approx(
        value(factor(), "icf_cps_per_mbq")
    )


# Noise and uncertainty -------------------------------------------------------------------------


def test_the_uncertainty_holds_activity_volume_region_and_clock():
    given = readings(
        activity=activity(ACTIVITY_MBQ, 0.016 * ACTIVITY_MBQ),
        volume=ReadingValue(value=VOLUME_ML, uncertainty=0.01 * VOLUME_ML),
    )
    analysis = factor(given=given, clock_s=300.0, activity_meter_percent=2.0)

    clock = math.log(2.0) * 300.0 / TC99M_S
    # The half-life adds less than 1e-4 in so short a time.
    wanted = math.hypot(0.016, 0.02, 0.01, 0.005, clock)
    icf = value(analysis, "icf_cps_per_mbq")
    assert uncertainty(analysis, "icf_cps_per_mbq") / icf == pytest.approx(wanted, rel=1e-3)
    # The whole cylinder asks for no volume.
    whole = value(analysis, "icf_whole_cps_per_mbq")
    assert uncertainty(analysis, "icf_whole_cps_per_mbq") / whole == pytest.approx(
        math.hypot(0.016, 0.02, 0.005, clock), rel=1e-3
    )


def test_without_an_uncertainty_of_the_activity_there_is_none():
    (found,) = [m for m in factor().measurements if m.metric == "icf_cps_per_mbq"]

    assert found.uncertainty is None


def test_the_scatter_of_the_slices_is_the_spread_of_the_mean():
    expected = cylinder(20.0)
    found = []
    for seed in range(100):
        noisy = np.random.default_rng(seed).poisson(expected.values)
        made = reconstruction_of(with_values(expected, noisy))
        found.append(
            regions_of(
                made, find_cylinder(made), radius_share=0.7, length_share=0.7, margin_mm=20.0
            )
        )
    stated = np.mean([each.scatter * each.mean for each in found])

    # 100 draws tell a spread to 7 %: two and a half times that.
    assert np.std([each.mean for each in found], ddof=1) == pytest.approx(stated, rel=0.18)
    # About 1000 pixels of 16 mm2 in 26 slices, 20 counts each: 4.5 / sqrt(25 000).
    assert stated == pytest.approx(math.sqrt(20.0 / 25_000.0), rel=0.15)


# Refused pictures and readings -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"started_at": None}, "does not tell when the acquisition started"),
        ({"units": "SUV"}, "the values are in SUV, needs counts or Bq/mL"),
        ({"nuclide": None}, "the header names no nuclide"),
        ({"decay_correction": "ADMIN"}, "does not tell its time"),
    ],
)
def test_what_nothing_can_be_calibrated_with_is_refused(change, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        factor(dataclasses.replace(cylinder(), **change))


def test_counts_without_a_time_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="neither projections nor the reading"):
        factor(projections=False)


def test_something_in_the_cylinder_is_refused():
    hole = Sphere(centre_mm=(0.0, 0.0, 20.0), diameter_mm=90.0)
    with pytest.raises(UnsuitableAcquisitionError, match="something lies in the cylinder"):
        factor(cylinder(parts=(hole,)))


def test_a_slice_of_a_cylinder_is_too_little():
    with pytest.raises(UnsuitableAcquisitionError, match=r"[23] slices lie in the middle"):
        factor(cylinder(length_mm=11.0))


@pytest.mark.parametrize("name", ["activity", "volume"])
def test_a_missing_reading_is_named(name):
    with pytest.raises(MissingReadingError, match=f"the reading {name} is missing"):
        factor(given=readings(**{name: None}))


def test_an_empty_volume_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the volume is empty"):
        factor(with_values(cylinder(), np.zeros((56, 64, 64))))


def test_a_body_is_no_cylinder():
    rows, columns = np.ogrid[:64, :64]
    oval = ((rows - 31.5) / 20.0) ** 2 + ((columns - 31.5) / 27.0) ** 2 < 1.0
    body = np.zeros((56, 64, 64))
    body[8:48] = 200.0 * oval

    assert not factor(with_values(cylinder(), body)).valid


@pytest.mark.parametrize(
    ("share", "outcome", "severity"),
    [(1.0, "met", "soft"), (0.85, "not_met", "soft"), (0.6, "not_met", "hard")],
)
def test_a_stated_volume_that_contradicts_the_image_warns_or_voids(share, outcome, severity):
    given = readings(volume=ReadingValue(value=VOLUME_ML / share))
    found = precondition(factor(given=given), "PC_GEOMETRY", "volume of the cylinder")

    assert (found.outcome, found.severity) == (outcome, severity)


@pytest.mark.parametrize(
    ("window", "outcome"),
    [((126.0, 154.0), "met"), ((140.0, 168.0), "not_met"), (None, "unknown")],
)
def test_a_window_beside_the_photopeak_voids(window, outcome):
    windows = (
        ()
        if window is None
        else (EnergyWindow(number=1, lower_kev=window[0], upper_kev=window[1]),)
    )
    analysis = factor(dataclasses.replace(cylinder(), energy_windows=windows))

    assert next(p.outcome for p in analysis.preconditions if p.code == "PC_WINDOW") == outcome
    assert analysis.valid is (outcome != "not_met")


def test_another_nuclide_than_stated_voids():
    assert not factor(nuclide="I-131").valid


def test_pixels_that_are_not_square_void():
    analysis = factor(with_voxel(cylinder(), (4.0, 4.1, 4.0)))

    assert precondition(analysis, "PC_PIXEL").outcome == "not_met"
    assert not analysis.valid


def test_a_saturated_voxel_voids():
    values = cylinder().values.astype(np.uint16)
    values[28, 31, 31] = 65535

    assert not factor(with_values(cylinder(), values)).valid


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [(10e6, "met", "soft"), (9.9e6, "not_met", "soft"), (0.9e6, "not_met", "hard")],
)
def test_few_counts_warn_and_very_few_void(counts, outcome, severity):
    found = precondition(factor(projections=views(counts)), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_a_rate_at_which_counts_are_lost_warns_for_its_head():
    analysis = factor(projections=views(40e6))
    rates = [p for p in analysis.preconditions if p.code == "PC_RATE"]

    # 20 million counts of a head in 800 s.
    assert [(p.outcome, p.value) for p in rates] == [("not_met", pytest.approx(25_000.0))] * 2


@pytest.mark.parametrize(
    ("corrections", "method", "outcome"),
    [
        (frozenset({"SCAT"}), "", "met"),
        (frozenset({"UNIF"}), "", "not_met"),
        (None, "TEW", "met"),
        (None, "NONE", "not_met"),
        (None, "", "unknown"),
    ],
)
def test_scatter_has_to_be_corrected(corrections, method, outcome):
    volume = dataclasses.replace(
        cylinder(),
        corrections=corrections,
        header=MappingProxyType({"ScatterCorrectionMethod": method}),
    )

    assert precondition(factor(volume), "PC_CORRECTION", "scatter").outcome == outcome


def test_an_activity_measured_long_before_or_known_badly_warns():
    given = readings(activity=activity(ACTIVITY_MBQ, 0.03 * ACTIVITY_MBQ, later(-13.0)))
    analysis = factor(given=given)

    assert precondition(analysis, "PC_TIME", "half-lives").outcome == "not_met"
    assert precondition(analysis, "PC_CAL_EXPIRED").outcome == "not_met"
    assert analysis.valid


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"nuclide": "I-131"}, "projections: nuclide"),
        ({"windows": (EnergyWindow(number=1, lower_kev=100.0, upper_kev=116.0),)},
         "projections: offset of the nearest window from a photopeak"),
        ({"started_at": later(2.0)}, "time between the starts of projections and slices"),
    ],
)  # fmt: skip
def test_projections_of_another_scan_void(change, quantity):
    (failed,) = factor(projections=views(**change)).failed

    assert failed.quantity == quantity


@pytest.mark.parametrize(
    ("minutes", "outcome"), [(0.0, "met"), (1.0, "met"), (2.0, "not_met"), (-2.0, "not_met")]
)
def test_projections_that_begin_a_little_later_warn(minutes, outcome):
    analysis = factor(projections=views(started_at=later(minutes / 60.0)))

    assert precondition(analysis, "PC_TIME", "time between").outcome == outcome
    assert analysis.valid


@pytest.mark.parametrize(("stated", "outcome"), [(800.0, "met"), (810.0, "not_met")])
def test_a_stated_time_that_contradicts_the_projections_warns(stated, outcome):
    analysis = factor(given=readings(scan_time=ReadingValue(value=stated)))

    assert precondition(analysis, "PC_DURATION", "scan_time").outcome == outcome
    assert value(analysis, "scan_time_s") == 800.0


def test_slices_of_a_pet_scanner_void():
    (failed,) = ratio(dataclasses.replace(cylinder(1e6 * C, units="BQML"), modality="PT")).failed

    assert (failed.quantity, failed.value, failed.expected) == (
        "modality of the volume",
        "PT",
        "NM",
    )


@pytest.mark.parametrize(
    ("half_lives", "outcome", "severity"),
    [(2.0, "met", "soft"), (2.1, "not_met", "soft"), (10.1, "not_met", "hard"),
     (-10.1, "not_met", "hard")],
)  # fmt: skip
def test_an_activity_of_another_day_warns_and_one_of_another_week_voids(
    half_lives, outcome, severity
):
    at = later(-half_lives * TC99M_S / 3600.0)
    found = precondition(factor(given=readings(activity=activity(400.0, at=at))), "PC_TIME", "half")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_the_parameter_names_the_nuclide_in_any_spelling():
    assert factor(nuclide="99mTc").valid
    assert not factor(nuclide="Lu-177").valid


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    given = MappingProxyType(readings(activity=activity(ACTIVITY_MBQ, 6.0)))
    examples = [
        Inputs(
            roles={"reconstruction": (cylinder(seed=1),), "projections": (views(),)},
            readings=given,
            variant="local",
        ),
        Inputs(
            roles={"reconstruction": (cylinder(1e6 * C, units="BQML", seed=1),)},
            readings=given,
            variant="local",
        ),
    ]

    assert check(ANALYZER, examples) == []
    assert AT.tzinfo is not None
