"""NEMA NU 1, system volume sensitivity: counts of all views by the concentration of a cylinder."""

import dataclasses
import math
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, ReadingValue
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.simulation.tomography import RotatingCamera
from photopeak_analyzers.spect.spect_volume_sensitivity import ANALYZER
from support.filled import activity, cylinder, later, readings, views
from support.floods import notes, precondition, value
from support.volumes import uncertainty, with_values

VOLUME_ML = math.pi * 100.0**2 * 200.0 / 1000.0
C = 400.0 / VOLUME_ML
NEMA_S = 21_672.0
"""Half-life of Tc-99m by NEMA NU 1-2007 (GB/T 18989-2013 E.6.4)."""


def mean_decay(seconds: float) -> float:
    decays = math.log(2.0) * seconds / NEMA_S
    return -math.expm1(-decays) / decays


def sensitivity(made: Any = None, given: Any = None, slices: Any = None, **parameters: Any):
    given = readings(volume=ReadingValue(value=VOLUME_ML)) if given is None else given
    roles = {"projections": (views() if made is None else made,)}
    if slices is not None:
        roles["reconstruction"] = (slices,)
    inputs = Inputs(roles=roles, readings=given, variant="nema")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def with_readings(**changes: Any) -> Any:
    return readings(volume=ReadingValue(value=VOLUME_ML), **changes)


# Closed-form answers -------------------------------------------------------------------------


def test_the_sensitivity_is_the_rate_of_all_heads_by_the_mean_concentration():
    analysis = sensitivity()

    # 12 million counts in 8 views of 100 s, by two heads at once.
    svs = 12e6 / 800.0 / (C * mean_decay(800.0))
    assert analysis.valid
    assert value(analysis, "svs_cps_per_mbq_per_ml") == pytest.approx(svs, rel=1e-9)
    assert value(analysis, "vsac_cps_per_mbq_per_ml_per_cm") == pytest.approx(svs / 20.0, rel=1e-9)
    for detector in (1, 2):
        head = value(analysis, "svs_head_cps_per_mbq_per_ml", detector=detector)
        assert head == pytest.approx(svs / 2.0, rel=1e-9)
    assert value(analysis, "true_concentration_kbq_per_ml") == pytest.approx(
        1e3 * C * mean_decay(800.0)
    )
    assert "21672 s" in notes(analysis, "ACTIVITY_USED")[0].message


def test_by_all_the_time_that_passed_it_is_less():
    analysis = sensitivity(given=with_readings(elapsed_time=ReadingValue(value=1000.0)))

    wanted = 12e6 / 1000.0 / (C * mean_decay(1000.0))
    assert value(analysis, "svs_elapsed_cps_per_mbq_per_ml") == pytest.approx(wanted, rel=1e-9)
    assert value(analysis, "svs_cps_per_mbq_per_ml") == pytest.approx(1.25 * wanted, rel=1e-9)
    assert "all the time that passed" in notes(analysis, "TIME_DEFINITION")[0].message
    assert "elapsed_time" in notes(sensitivity(), "TIME_DEFINITION")[0].message


def test_the_activity_is_decayed_to_the_views():
    later_one = sensitivity(
        given=with_readings(activity=activity(400.0, at=later(-NEMA_S / 3600.0)))
    )

    assert value(later_one, "svs_cps_per_mbq_per_ml") == pytest.approx(
        2.0 * value(sensitivity(), "svs_cps_per_mbq_per_ml")
    )


def test_a_scatter_window_is_left_out_and_said_so():
    scatter = EnergyWindow(number=2, lower_kev=100.0, upper_kev=120.0)
    analysis = sensitivity(views(windows=(views().energy_windows[0], scatter)))

    assert value(analysis, "svs_cps_per_mbq_per_ml") == pytest.approx(
        value(sensitivity(), "svs_cps_per_mbq_per_ml")
    )
    assert notes(analysis, "WINDOW_NOT_ANALYSED")


def test_each_photopeak_has_a_sensitivity_of_its_own():
    windows = (
        EnergyWindow(number=1, lower_kev=187.0, upper_kev=229.0),
        EnergyWindow(number=2, lower_kev=102.0, upper_kev=124.0),
    )
    made = views(windows=windows, nuclide="Lu-177")
    analysis = sensitivity(made)

    assert value(analysis, "svs_cps_per_mbq_per_ml", energy_window=1) == pytest.approx(
        value(analysis, "svs_cps_per_mbq_per_ml", energy_window=2)
    )


# Invariances -----------------------------------------------------------------------------------


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_the_system_is_the_sum_of_its_heads(heads):
    analysis = sensitivity(views(6e6 * heads, heads=heads))
    parts = [m.value for m in analysis.measurements if m.metric == "svs_head_cps_per_mbq_per_ml"]

    assert len(parts) == heads
    assert value(analysis, "svs_cps_per_mbq_per_ml") == pytest.approx(sum(parts))
    assert parts[0] == pytest.approx(value(sensitivity(), "svs_cps_per_mbq_per_ml") / 2.0)


@pytest.mark.parametrize(
    "turned", [lambda v: v[:, ::-1], lambda v: v[:, :, ::-1], lambda v: np.roll(v, 3, axis=2)]
)
def test_mirrors_and_shifts_change_nothing(turned):
    made = views()
    changed = sensitivity(dataclasses.replace(made, counts=turned(made.counts)))

    assert changed.valid
    assert value(changed, "svs_cps_per_mbq_per_ml") == pytest.approx(
        value(sensitivity(), "svs_cps_per_mbq_per_ml")
    )


# Uncertainty -----------------------------------------------------------------------------------


def test_the_uncertainty_holds_counting_activity_volume_and_clock():
    given = with_readings(activity=activity(400.0, 6.4))
    analysis = sensitivity(views(20_000.0), given, clock_s=300.0)

    clock = math.log(2.0) * 300.0 / NEMA_S
    svs = value(analysis, "svs_cps_per_mbq_per_ml")
    assert uncertainty(analysis, "svs_cps_per_mbq_per_ml") / svs == pytest.approx(
        math.hypot(0.016, 0.005, clock, 1.0 / math.sqrt(20_000.0)), rel=1e-3
    )


def test_the_rate_scatters_as_its_uncertainty_says():
    expected = views(20_000.0, heads=1)
    found = []
    for seed in range(100):
        counts = np.random.default_rng(seed).poisson(expected.counts)
        found.append(sensitivity(dataclasses.replace(expected, counts=counts)))

    # 100 draws tell a spread to 7 %: two and a half times that.
    spread = np.std([value(each, "rate_cps") for each in found], ddof=1)
    assert spread == pytest.approx(uncertainty(found[0], "rate_cps"), rel=0.18)


def test_without_an_uncertainty_of_the_activity_there_is_none():
    (found,) = [m for m in sensitivity().measurements if m.metric == "svs_cps_per_mbq_per_ml"]

    assert found.uncertainty is None


# Refused pictures ------------------------------------------------------------------------------


def test_a_point_source_on_its_orbit_is_no_cylinder():
    camera = RotatingCamera(rows=64, columns=64, views=16)
    made = dataclasses.replace(camera.acquire(), started_at=views().started_at)
    analysis = sensitivity(made)

    assert precondition(analysis, "PC_GEOMETRY", "length").outcome == "not_met"
    assert not analysis.valid


def test_a_body_is_longer_than_the_cylinder():
    analysis = sensitivity(views(length_mm=400.0, diameter_mm=260.0), length_mm=200.0)

    assert not analysis.valid


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"started_at": None}, "does not tell when the acquisition started"),
        ({"nuclide": None}, "the header names no nuclide"),
        ({"pixel_spacing_mm": None}, "the header has no pixel spacing"),
        ({"counts": np.zeros((16, 64, 64))}, "hold 0 counts, needs more than 0"),
    ],
)
def test_what_nothing_can_be_measured_in_is_refused(changes, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        sensitivity(dataclasses.replace(views(), **changes))


def test_views_without_a_duration_are_refused():
    made = views()
    frames = tuple(dataclasses.replace(each, duration_s=None) for each in made.frames)

    with pytest.raises(UnsuitableAcquisitionError, match="do not tell how long they took"):
        sensitivity(dataclasses.replace(made, frames=frames))


def test_less_time_than_that_of_counting_is_refused():
    given = with_readings(elapsed_time=ReadingValue(value=799.0))

    with pytest.raises(UnsuitableAcquisitionError, match="elapsed_time is 799 s, needs at least"):
        sensitivity(given=given)


def test_a_missing_volume_is_named():
    with pytest.raises(MissingReadingError, match="the reading volume is missing"):
        sensitivity(given=readings(volume=None))


@pytest.mark.parametrize(("row_mm", "valid"), [(4.44, True), (4.5, False)])
def test_pixels_have_to_be_square(row_mm, valid):
    made = dataclasses.replace(views(), pixel_spacing_mm=(row_mm, 4.4))

    assert sensitivity(made).valid is valid


@pytest.mark.parametrize(
    ("counts", "outcome", "severity"),
    [(1e6, "met", "soft"), (0.99e6, "not_met", "soft"), (0.9e5, "not_met", "hard")],
)
def test_few_counts_warn_and_very_few_void(counts, outcome, severity):
    found = precondition(sensitivity(views(counts)), "PC_COUNTS")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_another_nuclide_and_a_window_beside_the_peak_void():
    off = (EnergyWindow(number=1, lower_kev=140.0, upper_kev=168.0),)

    assert not sensitivity(nuclide="I-131").valid
    assert not sensitivity(views(windows=off)).valid


def test_a_saturated_pixel_voids():
    made = views()
    counts = made.counts.astype(np.uint16)
    counts[0, 32, 32] = 65535

    assert not sensitivity(dataclasses.replace(made, counts=counts)).valid


def test_half_a_turn_of_one_head_and_views_that_differ_warn():
    made = dataclasses.replace(views(heads=1), scan_arc_deg=180.0)
    counts = made.counts.copy()
    counts[3] *= 0.5
    analysis = sensitivity(dataclasses.replace(made, counts=counts))

    assert precondition(analysis, "PC_FRAMES", "arc").outcome == "not_met"
    # A half less: 0.5 / 1.5.
    assert precondition(analysis, "PC_CENTRED").value == pytest.approx(100.0 / 3.0)
    assert analysis.valid


def test_a_head_that_the_header_lists_and_nothing_is_of_warns():
    made = views(heads=1)
    listed = (*made.detectors, dataclasses.replace(made.detectors[0], number=2))
    found = precondition(
        sensitivity(dataclasses.replace(made, detectors=listed)), "PC_FRAMES", "detectors"
    )

    # The sensitivity of one head is no number of a camera of two.
    assert (found.outcome, found.value, found.lower) == ("not_met", 1.0, 2.0)


@pytest.mark.parametrize(
    ("share", "outcome", "severity"),
    [(1.0, "met", "soft"), (1.15, "not_met", "soft"), (1e-3, "not_met", "hard")],
)
def test_a_stated_volume_that_contradicts_the_cylinder_warns_or_voids(share, outcome, severity):
    given = readings(volume=ReadingValue(value=share * VOLUME_ML))
    found = precondition(sensitivity(given=given), "PC_GEOMETRY", "stated volume")

    assert (found.outcome, found.severity) == (outcome, severity)


@pytest.mark.parametrize(("elapsed", "outcome"), [(2400.0, "met"), (2500.0, "not_met")])
def test_more_than_three_times_the_time_of_counting_warns(elapsed, outcome):
    analysis = sensitivity(given=with_readings(elapsed_time=ReadingValue(value=elapsed)))

    assert precondition(analysis, "PC_DURATION", "all the time").outcome == outcome


def test_slices_that_show_no_cylinder_void():
    rows, columns = np.ogrid[:64, :64]
    oval = ((rows - 31.5) / 20.0) ** 2 + ((columns - 31.5) / 27.0) ** 2 < 1.0
    body = np.zeros((56, 64, 64))
    body[8:48] = 200.0 * oval

    assert sensitivity(slices=cylinder()).valid
    assert not sensitivity(slices=with_values(cylinder(), body)).valid


# Contract --------------------------------------------------------------------------------------


def test_the_contract_is_kept():
    given = MappingProxyType(with_readings(activity=activity(400.0, 6.0)))
    examples = [
        Inputs(roles={"projections": (views(),)}, readings=given, variant="nema"),
        Inputs(
            roles={"projections": (views(),), "reconstruction": (cylinder(),)},
            readings=given,
            variant="nema",
        ),
    ]

    assert check(ANALYZER, examples) == []
