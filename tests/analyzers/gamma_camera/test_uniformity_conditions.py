"""Conditions of the clauses on floods of headers as consoles write them."""

import dataclasses

import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER as INTRINSIC
from photopeak_analyzers.gamma_camera.system_uniformity import ANALYZER as SYSTEM
from photopeak_analyzers.simulation.floods import FloodCamera, Tilt
from support.floods import CAMERA, analyze, flat, precondition, with_header


def window(lower_kev, upper_kev):
    return (EnergyWindow(number=1, lower_kev=lower_kev, upper_kev=upper_kev),)


def found(analysis, code, quantity=""):
    condition = precondition(analysis, code, quantity)
    return condition.outcome.value, condition.severity.value


def test_a_flood_by_the_book_meets_every_condition():
    for variant in ("nema", "iec"):
        analysis = analyze(INTRINSIC, flat(), variant)

        assert {p.outcome.value for p in analysis.preconditions} == {"met"}
        assert analysis.valid


# Nuclide -------------------------------------------------------------------------------------


def test_another_nuclide_is_another_test():
    analysis = analyze(INTRINSIC, flat(nuclide="Co-57"))

    condition = precondition(analysis, "PC_NUCLIDE")
    assert (condition.outcome, condition.severity) == ("not_met", "hard")
    assert (condition.value, condition.expected) == ("Co-57", "Tc-99m")


def test_the_test_may_be_meant_for_another_nuclide():
    flood = flat(nuclide="I-131", windows=window(328.0, 400.0))

    assert analyze(INTRINSIC, flood, nuclide="I-131").valid


def test_a_header_without_nuclide_warns_when_the_window_lies_on_the_peak():
    assert found(analyze(INTRINSIC, flat(nuclide=None)), "PC_NUCLIDE") == ("unknown", "soft")


@pytest.mark.parametrize("windows", [(), window(100.0, 120.0)])
def test_a_header_without_nuclide_voids_when_nothing_vouches_for_it(windows):
    analysis = analyze(INTRINSIC, flat(nuclide=None, windows=windows))

    assert found(analysis, "PC_NUCLIDE") == ("unknown", "hard")
    assert not analysis.valid


# Window --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lower_kev", "upper_kev", "nema", "iec_centre", "iec_width"),
    [
        (126.45, 154.55, ("met", "soft"), ("met", "soft"), ("met", "hard")),  # 20 %
        (126.0, 154.0, ("met", "soft"), ("met", "soft"), ("met", "hard")),  # Mediso
        (129.14, 150.08, ("met", "soft"), ("met", "soft"), ("not_met", "hard")),  # Siemens, 15 %
        (123.6, 151.0, ("not_met", "soft"), ("not_met", "hard"), ("met", "hard")),  # 137.3: -2.3 %
        (119.0, 147.0, ("not_met", "hard"), ("not_met", "hard"), ("not_met", "hard")),  # -5.3 %
    ],
)
def test_the_window_has_to_lie_on_the_peak_and_under_iec_to_be_of_20_percent(
    lower_kev, upper_kev, nema, iec_centre, iec_width
):
    flood = flat(windows=window(lower_kev, upper_kev))

    strict = analyze(INTRINSIC, flood, "iec")

    assert found(analyze(INTRINSIC, flood), "PC_WINDOW") == nema
    assert found(strict, "PC_WINDOW", "offset") == iec_centre
    assert found(strict, "PC_WINDOW", "width") == iec_width


def test_the_width_the_manufacturer_recommends_is_checked_when_stated():
    flood = flat(windows=window(129.14, 150.08))

    assert found(analyze(INTRINSIC, flood, window_width_percent=15.0), "PC_WINDOW", "width") == (
        "met",
        "soft",
    )
    assert found(analyze(INTRINSIC, flood, window_width_percent=20.0), "PC_WINDOW", "width") == (
        "not_met",
        "soft",
    )


def test_an_unknown_window_warns_under_nema_and_voids_under_iec():
    flood = flat(windows=())

    assert found(analyze(INTRINSIC, flood), "PC_WINDOW") == ("unknown", "soft")
    assert found(analyze(INTRINSIC, flood, "iec"), "PC_WINDOW") == ("unknown", "hard")


# Collimator ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("collimator", "intrinsic", "system"),
    [
        (CollimatorType.NONE, ("met", "hard"), ("not_met", "hard")),
        (CollimatorType.PARALLEL, ("not_met", "hard"), ("met", "hard")),
        (CollimatorType.PINHOLE, ("not_met", "hard"), ("not_met", "hard")),
        (CollimatorType.UNKNOWN, ("unknown", "soft"), ("unknown", "soft")),
        (None, ("unknown", "soft"), ("unknown", "soft")),
    ],
)
def test_the_collimator_tells_intrinsic_from_system(collimator, intrinsic, system):
    flood = flat(collimator=collimator)

    assert found(analyze(INTRINSIC, flood), "PC_COLLIMATOR") == intrinsic
    assert found(analyze(SYSTEM, flood, "local"), "PC_COLLIMATOR") == system


# Counts, rate, time --------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["nema", "iec"])
@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        (10_000, ("met", "soft")),
        (9_999, ("not_met", "soft")),
        (5_000, ("not_met", "soft")),
        (4_999, ("not_met", "hard")),
    ],
)
def test_counts_warn_below_ten_thousand_and_void_below_five(variant, counts, outcome):
    condition = analyze(INTRINSIC, flat(float(counts)), variant)

    assert found(condition, "PC_COUNTS") == outcome
    assert precondition(condition, "PC_COUNTS").value == counts


def test_nema_counts_in_the_centre_pixel_and_iec_takes_the_mean():
    flood = flat(12_000.0, Tilt(slope_per_mm=5e-4))
    cold_centre = dataclasses.replace(flood, counts=flood.counts.copy())
    counts = flood.counts.copy()
    counts[0, 31:33, 47:49] = 6_000
    cold_centre = dataclasses.replace(flood, counts=counts)

    assert precondition(analyze(INTRINSIC, cold_centre), "PC_COUNTS").value == 6_000
    assert precondition(analyze(INTRINSIC, cold_centre, "iec"), "PC_COUNTS").value > 11_900


def test_the_centre_of_an_odd_matrix_is_one_pixel():
    camera = FloodCamera(rows=65, columns=97)
    flood = flat(camera=camera)
    counts = flood.counts.copy()
    counts[0, 32, 48] = 7_000

    analysis = analyze(INTRINSIC, dataclasses.replace(flood, counts=counts))

    assert precondition(analysis, "PC_COUNTS").value == 7_000


@pytest.mark.parametrize(("extra_s", "outcome"), [(0.0, "met"), (-0.01, "not_met")])
def test_twenty_thousand_counts_per_second_are_allowed(extra_s, outcome):
    total = float(flat().counts.sum())

    analysis = analyze(INTRINSIC, flat(duration_s=total / 20_000.0 + extra_s))

    assert found(analysis, "PC_RATE") == (outcome, "hard")


@pytest.mark.parametrize("duration_s", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_an_unknown_duration_leaves_the_rate_unknown(duration_s):
    analysis = analyze(INTRINSIC, flat(duration_s=duration_s))

    assert found(analysis, "PC_DURATION") == ("unknown", "soft")
    assert found(analysis, "PC_RATE") == ("unknown", "soft")
    assert analysis.valid
    assert not [m for m in analysis.measurements if m.metric == "rate_cps"]


# Detector, frames, correction, overflow ------------------------------------------------------


def test_the_only_detector_of_the_header_is_that_of_its_frame():
    flood = flat()
    unnamed = dataclasses.replace(
        flood, frames=(dataclasses.replace(flood.frames[0], detector=None),)
    )

    assert found(analyze(INTRINSIC, unnamed), "PC_DETECTOR") == ("met", "hard")


def test_a_number_without_a_detector_has_no_owner():
    flood = flat()
    unnamed = dataclasses.replace(
        flood, detectors=(), frames=(dataclasses.replace(flood.frames[0], detector=None),)
    )

    analysis = analyze(INTRINSIC, unnamed)

    assert found(analysis, "PC_DETECTOR") == ("unknown", "hard")
    assert not analysis.valid


def test_a_detector_without_a_frame_is_missed():
    flood = flat(detectors=(1, 2))
    first = dataclasses.replace(flood, counts=flood.counts[:1], frames=flood.frames[:1])

    condition = precondition(analyze(INTRINSIC, first), "PC_FRAMES")

    assert (condition.outcome, condition.value, condition.lower) == ("not_met", 1.0, 2.0)


@pytest.mark.parametrize(
    ("corrections", "stated", "value"),
    [
        (frozenset({"UNIF", "DECY"}), "header", "on"),
        (frozenset({"DECY"}), "header", "off"),
        (None, "header", None),
        (None, "on", "on"),
        (frozenset({"UNIF"}), "off", "off"),
    ],
)
def test_the_correction_is_known_from_the_header_or_stated(corrections, stated, value):
    from photopeak_analyzers.common_parameters import CorrectionState

    analysis = analyze(
        INTRINSIC, flat(corrections=corrections), uniformity_correction=CorrectionState(stated)
    )

    condition = precondition(analysis, "PC_CORRECTION")
    assert condition.value == value
    assert condition.outcome == ("unknown" if value is None else "met")
    assert condition.severity == "soft"


@pytest.mark.parametrize(("highest", "outcome"), [(4094, "met"), (4095, "not_met")])
def test_a_pixel_at_the_largest_storable_value_may_have_overflowed(highest, outcome):
    flood = flat(4_000.0)
    counts = flood.counts.copy()
    counts[0, 40, 40] = highest

    analysis = analyze(INTRINSIC, dataclasses.replace(flood, counts=counts, saturation_level=4095))

    assert found(analysis, "PC_OVERFLOW") == (outcome, "hard")


def test_scaled_counts_leave_overflow_unknown():
    flood = flat()
    scaled = dataclasses.replace(flood, counts=flood.counts.astype(float), saturation_level=None)

    assert found(analyze(INTRINSIC, scaled), "PC_OVERFLOW") == ("unknown", "soft")


# Position ------------------------------------------------------------------------------------


def test_a_flood_off_centre_warns():
    # A linear gradient g over a width w moves the centroid by g w / 12 of w: 84 % move it by 7 %.
    analysis = analyze(INTRINSIC, flat(12_000.0, Tilt(slope_per_mm=0.84 / 512.0)))

    condition = precondition(analysis, "PC_CENTRED", "along X")
    assert (condition.outcome, condition.severity) == ("not_met", "soft")
    assert condition.value == pytest.approx(7.0, abs=0.05)
    assert precondition(analysis, "PC_CENTRED", "along Y").value == pytest.approx(0.0, abs=1e-6)


def test_the_centroid_is_looked_for_around_the_configured_centre():
    analysis = analyze(
        INTRINSIC,
        flat(12_000.0, camera=CAMERA),
        ufov_width_mm=400.0,
        ufov_height_mm=300.0,
        ufov_offset_x_mm=-24.0,
    )

    assert precondition(analysis, "PC_CENTRED", "along X").value == pytest.approx(6.0)


def test_a_header_of_mediso_is_usable_with_warnings():
    # 16 Mcount flood of a NUCLINE: no field of view, no correction state, zoom 1.14, window 126-154.
    flood = with_header(
        flat(
            camera=FloodCamera(rows=256, columns=256, pixel_mm=2.064999816),
            counts_per_pixel=1300.0,
            windows=window(126.0, 154.0),
            corrections=None,
            declare_field=False,
        ),
        detector_zoom=1.142857194,
    )

    analysis = analyze(INTRINSIC, flood)

    assert analysis.valid
    assert {p.code.value for p in analysis.preconditions if p.outcome != "met"} == {
        "PC_UFOV",
        "PC_CORRECTION",
    }
