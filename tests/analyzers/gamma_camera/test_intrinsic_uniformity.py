"""The whole test, from an acquisition to numbers, notes and figures."""

import dataclasses

import numpy as np
import pytest

from photopeak_analyzers.acquisition import EnergyWindow
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import OverlayKind
from photopeak_analyzers.gamma_camera.intrinsic_uniformity import ANALYZER
from photopeak_analyzers.simulation.floods import (
    ColdSpot,
    Cosine,
    FloodCamera,
    NearSource,
    Tubes,
    acquisition,
    dynamic,
    noisy,
)
from support.floods import CAMERA, LIT, analyze, flat, notes, precondition, value

BOTH = pytest.mark.parametrize("variant", ["nema", "iec"])


# Closed-form answers -------------------------------------------------------------------------
@BOTH
@pytest.mark.parametrize("period_pixels", [12, 18, 24])
def test_stripes_give_their_amplitude_damped_by_the_smoothing(variant, period_pixels):
    # The crest lies on a pixel (column 48 of 96 has its centre at 3.2 mm), and so do the troughs;
    # the border of the UFOV lies on a slope, where it does not bring an extreme of its own.
    stripes = Cosine(amplitude=0.05, period_mm=period_pixels * 6.4, crest_mm=3.2)
    flood = flat(50_000.0, stripes, camera=LIT)

    analysis = analyze(ANALYZER, flood, variant)

    # Counts are stored as whole numbers: 1 in 50 000.
    expected = stripes.integral_uniformity(6.4)
    assert value(analysis, "iu_ufov") == pytest.approx(expected, abs=2e-3)
    assert value(analysis, "iu_cfov") == pytest.approx(expected, abs=2e-3)


@BOTH
def test_a_cold_spot_gives_its_depth(variant):
    spot = ColdSpot(depth=0.1, diameter_mm=40.0, x_mm=35.0, y_mm=-22.0)

    analysis = analyze(ANALYZER, flat(50_000.0, spot), variant)

    assert value(analysis, "iu_ufov") == pytest.approx(spot.integral_uniformity, abs=2e-3)
    (places, _) = notes(analysis, "EXTREMES")
    assert places.values["minimum_x_mm"] == pytest.approx(35.0, abs=20.0)
    assert places.values["minimum_y_mm"] == pytest.approx(-22.0, abs=20.0)


def test_a_spot_outside_of_the_cfov_is_seen_in_the_ufov_alone():
    spot = ColdSpot(depth=0.1, diameter_mm=30.0, x_mm=-225.0)

    analysis = analyze(ANALYZER, flat(50_000.0, spot))

    assert value(analysis, "iu_ufov") == pytest.approx(5.263, abs=2e-3)
    assert value(analysis, "iu_cfov") == 0.0
    assert value(analysis, "du_cfov") == 0.0


def test_stripes_along_x_are_differential_uniformity_of_the_rows():
    stripes = Cosine(amplitude=0.05, period_mm=8 * 6.4, crest_mm=3.2)

    analysis = analyze(ANALYZER, flat(50_000.0, stripes, camera=LIT))

    # Five pixels hold a crest and the trough half a period on: the whole integral uniformity.
    assert value(analysis, "du_x_ufov") == pytest.approx(value(analysis, "iu_ufov"), rel=1e-6)
    assert value(analysis, "du_y_ufov") == 0.0
    assert value(analysis, "du_ufov") == value(analysis, "du_x_ufov")


def test_the_distribution_of_the_iec_text_counts_the_cold_pixels():
    spot = ColdSpot(depth=0.2, diameter_mm=90.0)

    analysis = analyze(ANALYZER, flat(50_000.0, spot), "iec")

    cold = np.pi * 45.0**2 / 6.4**2 / value(analysis, "n_pixels_ufov") * 100.0
    assert value(analysis, "eps_10_ufov") == pytest.approx(cold, rel=0.15)
    assert value(analysis, "eps_2_5_ufov") >= value(analysis, "eps_5_ufov")
    assert value(analysis, "eps_5_ufov") >= value(analysis, "eps_10_ufov")
    assert value(analysis, "eps_10_cfov") > value(analysis, "eps_10_ufov")


def test_each_text_reports_its_own_numbers():
    nema, iec = (
        {m.metric for m in analyze(ANALYZER, flat(), variant).measurements}
        for variant in ("nema", "iec")
    )

    assert {"du_x_ufov", "du_y_cfov"} <= nema - iec
    assert {"eps_10_ufov", "eps_5_cfov", "eps_2_5_ufov"} <= iec - nema


# Binning -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pixel_mm", "size", "factor"), [(0.6, 1024, 11), (2.4, 256, 3), (6.4, 96, 1), (4.0, 160, 2)]
)
def test_the_image_is_summed_to_the_pixel_of_the_clause(pixel_mm, size, factor):
    camera = FloodCamera(rows=size, columns=size, pixel_mm=pixel_mm)
    per_pixel = 12_000.0 * (pixel_mm / 6.4) ** 2

    analysis = analyze(ANALYZER, flat(per_pixel, camera=camera))

    assert value(analysis, "binning_factor") == factor
    assert value(analysis, "pixel_mm") == pytest.approx(factor * pixel_mm)
    assert value(analysis, "centre_counts") == pytest.approx(round(per_pixel) * factor**2)


def test_a_pixel_that_no_factor_brings_into_range_makes_the_result_invalid():
    camera = FloodCamera(rows=64, columns=64, pixel_mm=8.4)

    analysis = analyze(ANALYZER, flat(camera=camera))

    pixel = precondition(analysis, "PC_PIXEL", "side of the analysed")
    assert (pixel.outcome, pixel.severity, pixel.value, pixel.upper) == (
        "not_met",
        "hard",
        8.4,
        8.32,
    )
    assert not analysis.valid
    assert value(analysis, "iu_ufov") == 0.0


def test_rectangular_pixels_make_the_result_invalid():
    flood = dataclasses.replace(flat(), pixel_spacing_mm=(6.4, 6.5))

    analysis = analyze(ANALYZER, flood)

    sides = precondition(analysis, "PC_PIXEL", "difference between the sides")
    assert (sides.outcome, sides.severity) == ("not_met", "hard")
    assert sides.value == pytest.approx(1.5625)


def test_the_pixel_of_the_iec_text_is_at_most_twice_the_resolution():
    camera = FloodCamera(rows=160, columns=160, pixel_mm=3.6)

    fine = analyze(ANALYZER, flat(camera=camera), "iec", intrinsic_fwhm_mm=3.5)
    coarse = analyze(ANALYZER, flat(camera=camera), "iec", intrinsic_fwhm_mm=4.0)

    assert value(fine, "binning_factor") == 1
    assert value(coarse, "binning_factor") == 2
    assert precondition(coarse, "PC_PIXEL", "side of the analysed").upper == 8.0


def test_a_missing_spacing_is_refused_unless_it_is_stated():
    flood = dataclasses.replace(flat(), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="header has no pixel spacing"):
        analyze(ANALYZER, flood)

    assert value(analyze(ANALYZER, flood, pixel_spacing_mm=6.4), "pixel_mm") == 6.4


@pytest.mark.parametrize("spacing_mm", [5e-324, 1e-9, 0.049, 50.1, 1e300])
def test_an_unbelievable_spacing_is_refused_at_once(spacing_mm):
    flood = dataclasses.replace(flat(), pixel_spacing_mm=(spacing_mm, spacing_mm))

    with pytest.raises(UnsuitableAcquisitionError, match=r"mm, needs 0\.05 to 50 mm"):
        analyze(ANALYZER, flood)


# Detectors, windows, frames ------------------------------------------------------------------
def test_frames_are_found_by_what_they_are_and_not_by_their_position():
    good, bad = (
        CAMERA.expected(12_000.0),
        CAMERA.expected(12_000.0, ColdSpot(depth=0.2, diameter_mm=40.0)),
    )
    flood = acquisition({(1, 1): good, (2, 1): bad}, CAMERA, duration_s=6000.0)
    swapped = dataclasses.replace(flood, counts=flood.counts[::-1], frames=flood.frames[::-1])

    first, second = analyze(ANALYZER, flood), analyze(ANALYZER, swapped)

    assert value(first, "iu_ufov", detector=1) == 0.0
    assert value(first, "iu_ufov", detector=2) > 10.0
    assert first.measurements == second.measurements


def test_figures_of_several_detectors_carry_their_names():
    one, two = analyze(ANALYZER, flat()), analyze(ANALYZER, flat(detectors=(1, 2)))

    assert [figure.name for figure in one.figures] == [
        "flood",
        "deviation",
        "profiles",
        "histogram",
    ]
    assert [figure.name for figure in two.figures if figure.name.startswith("flood")] == [
        "flood_detector_1_energy_window_1",
        "flood_detector_2_energy_window_1",
    ]


def test_the_uncertainty_of_a_detector_does_not_depend_on_the_others():
    alone = analyze(ANALYZER, flat())
    together = analyze(ANALYZER, flat(detectors=(1, 2)))

    assert [m for m in together.measurements if m.scope.get("detector") == 1] == list(
        alone.measurements
    )


def test_a_dynamic_flood_is_the_sum_of_its_frames():
    rng = np.random.default_rng(12)
    static = acquisition(
        {(d, 1): noisy(CAMERA.expected(12_000.0), rng) for d in (1, 2)}, CAMERA, duration_s=6000.0
    )

    summed = analyze(ANALYZER, dynamic(static, 5, rng))

    assert summed.measurements == analyze(ANALYZER, static).measurements
    assert [note.values["frames"] for note in notes(summed, "FRAMES_SUMMED")] == [5, 5]


def test_a_sum_beyond_sixteen_bits_is_no_overflow_when_no_frame_saturates():
    rng = np.random.default_rng(13)
    flood = dynamic(flat(200_000.0), 10, rng)
    flood = dataclasses.replace(flood, saturation_level=65535)

    assert precondition(analyze(ANALYZER, flood), "PC_OVERFLOW").outcome == "met"


def test_two_static_frames_of_one_detector_are_not_summed():
    flood = flat(detectors=(1, 2))
    flood = dataclasses.replace(flood, frames=(flood.frames[0], flood.frames[0]))

    with pytest.raises(
        UnsuitableAcquisitionError, match="2 static frames are of detector 1, energy window 1"
    ):
        analyze(ANALYZER, flood)


def test_a_scatter_window_is_left_out_and_named():
    windows = (
        EnergyWindow(number=1, lower_kev=126.45, upper_kev=154.55),
        EnergyWindow(number=2, lower_kev=108.0, upper_kev=126.0),
    )
    image = CAMERA.expected(12_000.0)
    flood = acquisition({(1, 1): image, (1, 2): image}, CAMERA, windows=windows, duration_s=6000.0)

    analysis = analyze(ANALYZER, flood)

    assert {m.scope for m in analysis.measurements} == {Scope.of(detector=1, energy_window=1)}
    assert notes(analysis, "WINDOW_NOT_ANALYSED")[0].scope == Scope.of(detector=1, energy_window=2)
    assert analysis.valid


def test_a_bad_detector_does_not_void_the_numbers_of_the_good_one():
    images = {(1, 1): CAMERA.expected(12_000.0), (2, 1): CAMERA.expected(3_000.0)}
    analysis = analyze(ANALYZER, acquisition(images, CAMERA, duration_s=6000.0))

    assert analysis.failed_for(Scope.of(detector=1, energy_window=1)) == ()
    assert [p.code for p in analysis.failed_for(Scope.of(detector=2, energy_window=1))] == [
        "PC_COUNTS"
    ]


# Dome ----------------------------------------------------------------------------------------
def test_a_near_source_makes_a_dome_and_the_correction_takes_it_out():
    dome = NearSource(distance_mm=1500.0, x_mm=30.0, y_mm=-20.0)
    flood = flat(50_000.0, dome)

    bare = analyze(ANALYZER, flood)
    corrected = analyze(ANALYZER, flood, dome_correction=True)

    assert value(bare, "iu_ufov") > 2.0
    assert value(corrected, "iu_ufov") < 0.01
    (note,) = notes(corrected, "DOME_CORRECTED")
    assert note.unfit_for == ("acceptance",)
    assert note.values["distance_mm"] == pytest.approx(1500.0, rel=1e-3)
    assert note.values["x_mm"] == pytest.approx(30.0, abs=0.5)
    assert note.values["y_mm"] == pytest.approx(-20.0, abs=0.5)
    geometry = precondition(corrected, "PC_GEOMETRY")
    assert (geometry.outcome, geometry.severity, geometry.lower) == ("not_met", "soft", 2560.0)


def test_the_dome_correction_keeps_the_counts_and_a_cold_spot():
    spot = ColdSpot(depth=0.1, diameter_mm=40.0, x_mm=60.0)
    flood = flat(50_000.0, NearSource(distance_mm=1500.0), spot)

    corrected = analyze(ANALYZER, flood, dome_correction=True)

    assert value(corrected, "iu_ufov") == pytest.approx(spot.integral_uniformity, abs=0.3)
    assert value(corrected, "mean_counts") == pytest.approx(
        value(analyze(ANALYZER, flood), "mean_counts"), rel=0.02
    )


def test_a_flood_that_is_no_dome_is_not_corrected():
    bowl = NearSource(distance_mm=1500.0)

    with pytest.raises(FitError, match="does not fall off like the field of a point source"):
        analyze(ANALYZER, flat(50_000.0, lambda y, x: 1.0 / bowl(y, x)), dome_correction=True)


@pytest.mark.parametrize(("distance_mm", "outcome"), [(2560.0, "met"), (2559.0, "not_met")])
def test_a_stated_distance_is_held_against_five_fields(distance_mm, outcome):
    analysis = analyze(ANALYZER, flat(), source_distance_mm=distance_mm)

    assert precondition(analysis, "PC_GEOMETRY").outcome == outcome


# What else is reported -----------------------------------------------------------------------
def test_counts_and_rate_are_those_of_the_whole_image():
    flood = flat(12_000.0, duration_s=6000.0)

    analysis = analyze(ANALYZER, flood)

    total = int(flood.counts.sum())
    assert value(analysis, "total_counts") == total
    assert value(analysis, "rate_cps") == pytest.approx(total / 6000.0)
    assert value(analysis, "mean_counts") == 12_000.0
    (rate,) = [m for m in analysis.measurements if m.metric == "rate_cps"]
    assert rate.uncertainty == pytest.approx(total**0.5 / 6000.0)


def test_a_dead_pixel_is_counted_and_named():
    image = LIT.expected(12_000.0)
    image[30, 50] = 0.0

    analysis = analyze(ANALYZER, acquisition({(1, 1): image}, LIT, duration_s=6000.0))

    assert value(analysis, "dead_pixels") == 1
    assert "row 30, column 50" in notes(analysis, "DEAD_PIXELS")[0].message


def test_the_flood_figure_shows_fields_extremes_and_worst_groups():
    camera = FloodCamera(rows=1024, columns=1024, pixel_mm=0.6)
    spot = ColdSpot(depth=0.2, diameter_mm=60.0, x_mm=100.0, y_mm=50.0)
    analysis = analyze(ANALYZER, flat(120.0, spot, camera=camera), nuclide="Tc-99m")

    flood = analysis.figures[0]
    # 11 is prime: the picture is that of the analysis. Marks lie where the spot is.
    assert flood.image.shape == (93, 93)
    minimum = next(o for o in flood.overlays if o.kind is OverlayKind.MINIMUM)
    assert minimum.points[0] == pytest.approx((46 + 50 / 6.6, 46 + 100 / 6.6), abs=4.0)
    assert [o.label for o in flood.overlays if o.kind is OverlayKind.FIELD_OF_VIEW] == [
        "UFOV",
        "CFOV",
    ]
    assert len([o for o in flood.overlays if o.kind is OverlayKind.REGION]) == 2
    assert flood.low < flood.high


def test_marks_lie_on_a_picture_finer_than_the_analysis():
    camera = FloodCamera(rows=1024, columns=1024, pixel_mm=0.54)  # 12 x 0.54 mm = 6.48 mm
    spot = ColdSpot(depth=0.2, diameter_mm=60.0, x_mm=100.0, y_mm=50.0)

    flood = analyze(ANALYZER, flat(90.0, spot, camera=camera)).figures[0]

    assert flood.image.shape == (255, 255)
    assert flood.pixel_spacing_mm == pytest.approx((2.16, 2.16))
    minimum = next(o for o in flood.overlays if o.kind is OverlayKind.MINIMUM)
    assert minimum.points[0] == pytest.approx((127 + 50 / 2.16, 127 + 100 / 2.16), abs=12.0)
    outline = np.array(flood.overlays[0].points)
    assert outline.max(axis=0) - outline.min(axis=0) == pytest.approx((384 / 2.16, 512 / 2.16))


def test_profiles_and_histogram_hold_every_pixel():
    analysis = analyze(ANALYZER, flat(12_000.0, Tubes(amplitude=0.03), camera=LIT))

    _, deviation, profiles, histogram = analysis.figures
    assert [curve.y.size for curve in profiles.curves] == [80, 60]
    assert histogram.curves[0].y.sum() == value(analysis, "n_pixels_ufov")
    assert [line.value for line in histogram.lines] == [-10, 10, -5, 5, -2.5, 2.5]
    assert abs(deviation.image).max() <= deviation.high
