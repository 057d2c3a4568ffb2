"""The finest bars that a camera resolves. WS 523-2019, four-quadrant bar phantom (constancy)."""

import dataclasses
import math

import numpy as np
import pytest

from photopeak_analyzers.acquisition import CollimatorType, EnergyWindow
from photopeak_analyzers.conformance import check
from photopeak_analyzers.contract import Inputs, Outcome, ReadingValue, Severity
from photopeak_analyzers.errors import (
    MissingReadingError,
    ParameterError,
    UnsuitableAcquisitionError,
)
from photopeak_analyzers.gamma_camera.bar_phantom_resolution import ANALYZER
from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.planar import Matrix, still
from support.bars import MATRIX, PHANTOM, WIDTHS, bars, eight
from support.floods import flat, notes, precondition, value, with_header


def analyze(*images, readings=None, **parameters):
    inputs = Inputs(roles={"bars": images}, readings=readings or {}, variant="ws523")
    return ANALYZER.analyze(inputs, ANALYZER.parameters(**parameters))


def sets(analysis, metric, **scope):
    """Values by set number."""
    wanted = set(scope.items())
    return {
        dict(m.scope.items)["bar_set"]: m
        for m in analysis.measurements
        if m.metric == metric and wanted <= set(m.scope.items)
    }


@pytest.mark.parametrize("fwhm", [3.2, 4.0, 4.8])
def test_the_modulation_of_each_set_is_that_of_the_blurred_bars(fwhm):
    analysis = analyze(bars(fwhm, seed=4), bar_widths_mm=WIDTHS)

    for number, width in enumerate(WIDTHS, 1):
        found = sets(analysis, "bar_modulation")[number]
        expected = PHANTOM.modulation(width, fwhm, MATRIX.pixel_mm)
        # Three standard uncertainties, and 2 % for broken periods at the rim of the region.
        assert found.value == pytest.approx(
            expected, abs=3.0 * found.uncertainty + 0.02 * expected
        ), width


def test_the_uncertainty_of_a_modulation_is_its_scatter():
    found = [sets(analyze(bars(3.8, seed=seed)), "bar_modulation") for seed in range(40)]

    for number in (1, 2, 3):
        values = [each[number].value for each in found]
        stated = np.mean([each[number].uncertainty for each in found])
        # The scatter of 40 is known to 1 / sqrt(80) = 11 %; two and a half times that.
        assert np.std(values, ddof=1) == pytest.approx(stated, rel=0.28)


@pytest.mark.parametrize("fwhm", [3.4, 4.2])
def test_the_first_harmonic_gives_the_width_of_the_camera_back(fwhm):
    analysis = analyze(bars(fwhm, seed=7))
    # The pixel of 1 mm blurs as well: variances add, 1 / 12 mm2.
    with_pixel = math.hypot(fwhm, 2.3548 / math.sqrt(12.0))

    for direction in ("x", "y"):
        found = value(analysis, "fwhm_mtf_mm", direction=direction)
        assert found == pytest.approx(with_pixel, rel=0.02)
        # Without 4 / pi the published formula is too low, as it is on every square bar.
        assert value(analysis, "fwhm_moment_mm", direction=direction) < 0.95 * found


def test_fwhm_is_1_75_times_the_finest_bars_that_are_resolved():
    # At 4.2 mm the modulations are .33, .21, .095 and .03: 3.5 and 3.0 mm are resolved.
    analysis = analyze(*eight(4.2))

    for direction in ("x", "y"):
        assert value(analysis, "smallest_resolved_bar_mm", direction=direction) == pytest.approx(
            3.0, rel=0.005
        )
        assert value(analysis, "fwhm_bar_mm", direction=direction) == pytest.approx(5.25, rel=0.005)
        (found,) = [
            m
            for m in analysis.measurements
            if m.metric == "fwhm_bar_mm" and m.scope.get("direction") == direction
        ]
        assert found.uncertainty == pytest.approx(1.75 * 0.5 / math.sqrt(12.0), rel=0.02)
    assert analysis.valid
    assert precondition(analysis, "PC_SET", "orientations").value == 8.0
    assert precondition(analysis, "PC_GEOMETRY", "not resolved").outcome is Outcome.MET


def test_one_image_shows_half_of_the_sets_along_each_direction():
    analysis = analyze(bars(3.0, seed=1), bar_widths_mm=WIDTHS)

    assert set(sets(analysis, "bar_modulation", direction="x")) == {1, 4}
    assert set(sets(analysis, "bar_modulation", direction="y")) == {2, 3}
    assert precondition(analysis, "PC_SET", "orientations").outcome is Outcome.NOT_MET
    # 3 and 3.5 mm alone along Y, and both resolved; 2.5 mm stands along X: it may be resolved as
    # well, and the number of a half of the sets is not judged.
    missing = precondition(analysis, "PC_SET", "no image shows along y")
    assert (missing.value, missing.severity) == (1.0, Severity.HARD)
    assert {p.code for p in analysis.failed} == {"PC_SET"}


def test_an_image_and_the_same_turned_by_a_quarter_are_judged():
    turned = dataclasses.replace(PHANTOM, quarter_turns=1)

    analysis = analyze(bars(3.0, seed=1), bars(3.0, phantom=turned, seed=2, minute=10))

    assert precondition(analysis, "PC_SET", "no image shows along x").value == 0.0
    assert analysis.valid


def test_sets_that_no_image_shows_are_not_waited_for():
    # With 5.5 mm neither 2.5 nor 2 mm are seen, however the phantom is turned.
    turned = dataclasses.replace(PHANTOM, quarter_turns=1)
    both = (bars(5.5, seed=1), bars(5.5, phantom=turned, seed=2, minute=10))

    analysis = analyze(*both, bar_widths_mm=WIDTHS)

    for direction in ("x", "y"):
        assert set(sets(analysis, "bar_modulation", direction=direction)) == {1, 2}
        missing = precondition(analysis, "PC_SET", f"no image shows along {direction}")
        assert missing.value == 0.0
    assert analysis.valid


def test_turned_by_a_quarter_the_directions_change_places():
    upright, turned = (
        analyze(bars(3.8, phantom=dataclasses.replace(PHANTOM, quarter_turns=turns)))
        for turns in (0, 1)
    )

    for metric in ("fwhm_mtf_mm", "smallest_resolved_bar_mm"):
        assert value(upright, metric, direction="x") == pytest.approx(
            value(turned, metric, direction="y"), rel=0.01
        )


@pytest.mark.parametrize("turned_over", [False, True])
def test_the_phantom_may_lie_beside_the_centre(turned_over):
    image = bars(3.8, turned_over=turned_over, seed=3)
    moved = dataclasses.replace(image, counts=np.roll(image.counts, (28, -33), axis=(1, 2)))

    first, second = analyze(image), analyze(moved)

    for number in (1, 2, 3):
        one, other = (sets(a, "bar_modulation")[number] for a in (first, second))
        assert one.value == pytest.approx(other.value, abs=5.0 * one.uncertainty)
    assert {p.code for p in second.failed} == {"PC_SET"}


def test_twice_the_counts_leave_the_modulation_as_it_is():
    single = analyze(bars(3.8, seed=2))
    double = analyze(bars(3.8, phantom=dataclasses.replace(PHANTOM, open_counts=160.0), seed=12))

    for number in (1, 2, 3):
        one, other = (sets(a, "bar_modulation")[number] for a in (single, double))
        assert one.value == pytest.approx(other.value, abs=4.0 * one.uncertainty)
        assert one.uncertainty > 1.2 * other.uncertainty


def test_images_of_a_set_are_averaged():
    one, two = analyze(bars(3.8, seed=1)), analyze(bars(3.8, seed=1), bars(3.8, seed=2, minute=1))

    before, after = (sets(a, "bar_modulation")[1] for a in (one, two))
    assert after.uncertainty == pytest.approx(before.uncertainty / math.sqrt(2.0), rel=0.05)


def test_several_images_in_one_series_are_each_an_image():
    parts = [bars(3.8, seed=1), bars(3.8, seed=2)]
    frames = tuple(
        dataclasses.replace(part.frames[0], time_slice=i) for i, part in enumerate(parts, 1)
    )
    series = dataclasses.replace(
        parts[0], counts=np.concatenate([p.counts for p in parts]), frames=frames
    )

    together, apart = analyze(series), analyze(*parts)

    assert sets(together, "bar_modulation")[2].value == pytest.approx(
        sets(apart, "bar_modulation")[2].value
    )


def test_each_head_is_measured_for_itself():
    analysis = analyze(bars(3.8, seed=1, heads=(1, 2)))

    assert value(analysis, "fwhm_bar_mm", detector=1, direction="x") > 0.0
    assert value(analysis, "fwhm_bar_mm", detector=2, direction="y") > 0.0


def test_a_camera_that_resolves_no_bars_has_no_valid_result():
    # At 6 mm the modulation of 3.5 mm bars is 0.09.
    analysis = analyze(bars(6.0, seed=2))

    assert not analysis.valid
    assert precondition(analysis, "PC_FRAMES", "resolved along x").outcome is Outcome.NOT_MET
    assert "fwhm_bar_mm" not in {m.metric for m in analysis.measurements}


@pytest.mark.parametrize(
    ("threshold", "finest"), [(0.37, 3.5), (0.40, None)], ids=["below", "above"]
)
def test_bars_are_resolved_above_the_threshold(threshold, finest):
    # Along x the phantom shows 3.5 and 2.0 mm; at 4.0 mm the first has a modulation of 0.385.
    assert PHANTOM.modulation(3.5, 4.0, 1.0) == pytest.approx(0.385, abs=0.001)
    analysis = analyze(bars(4.0, seed=5), threshold=threshold, bar_widths_mm=WIDTHS)
    found = [
        m.value
        for m in analysis.measurements
        if m.metric == "smallest_resolved_bar_mm" and m.scope.get("direction") == "x"
    ]

    assert found == ([] if finest is None else [finest])


def test_what_a_reader_sees_stands_beside_it():
    reading = ReadingValue(value=((1.0, 3.0, 3.5),), source="form")

    analysis = analyze(bars(3.8, seed=1), readings={"read_bars": reading})

    assert value(analysis, "fwhm_read_mm", direction="x") == pytest.approx(5.25)
    assert value(analysis, "fwhm_read_mm", direction="y") == pytest.approx(6.125)


def test_a_reading_of_another_head_is_refused():
    reading = ReadingValue(value=((2.0, 3.0, 3.5),), source="form")

    with pytest.raises(MissingReadingError, match="0 lines of two widths for detector 1, energy"):
        analyze(bars(3.8, seed=1), readings={"read_bars": reading})


@pytest.mark.parametrize(
    ("width", "message"),
    [
        (0.0, "is 0 mm, needs at least 0.5 mm"),
        (35.0, "is 35 mm, needs at most 8 mm"),
        (math.nan, "is nan, needs a finite number"),
    ],
)
def test_a_reading_that_no_bars_have_is_refused(width, message):
    reading = ReadingValue(value=((1.0, 3.0, width),), source="form")

    with pytest.raises(ParameterError, match=message):
        analyze(bars(3.8, seed=1), readings={"read_bars": reading})


def test_bars_serve_constancy_alone():
    (note,) = notes(analyze(bars(3.8)), "BARS_FOR_CONSTANCY")

    assert note.unfit_for == ("acceptance", "status")


# --- pictures that are refused ------------------------------------------------------------------


def test_a_flood_is_refused():
    rng = np.random.default_rng(1)
    flood = still(
        {(1, 1): rng.poisson(np.full(MATRIX.shape, 30.0))},
        MATRIX.pixel_mm,
        collimator=CollimatorType.NONE,
    )

    with pytest.raises(UnsuitableAcquisitionError, match=r"detector 1.* shows bars in 0 quadrants"):
        analyze(flood)
    with pytest.raises(UnsuitableAcquisitionError, match="0 quadrants"):
        analyze(flat(300.0))


def test_a_head_that_sees_no_bars_is_left_out_with_a_note():
    both = bars(3.8, seed=1, heads=(1, 2))
    flood = np.random.default_rng(1).poisson(np.full(MATRIX.shape, 30.0))
    counts = np.stack([both.counts[0], flood])

    analysis = analyze(dataclasses.replace(both, counts=counts))

    assert {m.scope.get("detector") for m in analysis.measurements} == {1}
    (note,) = notes(analysis, "HEAD_WITHOUT_BARS")
    assert note.message == (
        "detector 2, energy window 1 is left out: the image shows bars in 0 quadrants,"
        " needs at least 1"
    )


def test_a_slit_mask_is_refused():
    # Bars of the same width in all quadrants, along one direction.
    x = np.arange(512)
    image = 40.0 * (1.0 + 0.5 * np.sin(2.0 * np.pi * x / 7.0))[None, :] * np.ones((512, 1))
    mask = still({(1, 1): image}, 1.0, collimator=CollimatorType.NONE)

    with pytest.raises(UnsuitableAcquisitionError, match="the same pattern in 4 quadrants"):
        analyze(mask)


def test_bars_that_the_phantom_does_not_have_are_refused():
    with pytest.raises(
        UnsuitableAcquisitionError, match=r"bars of 2.5. mm are seen, the phantom is said to have"
    ):
        analyze(bars(3.0, seed=1), bar_widths_mm=(4.2, 3.5, 3.0, 2.0))


def test_two_phantoms_in_one_set_are_refused():
    other = dataclasses.replace(PHANTOM, widths_mm=(2.2, 2.8, 3.3, 4.0))

    with pytest.raises(UnsuitableAcquisitionError, match=r"bars of [5-8] widths, a phantom has 4"):
        analyze(bars(2.6, seed=1), bars(2.6, phantom=other, seed=2))


def test_a_phantom_that_leaves_the_image_is_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="needs the pixels"):
        analyze(bars(3.8), region_mm=250.0)


def test_regions_beside_the_bars_void():
    small = BarPhantom(open_counts=250.0, side_mm=220.0)
    # Beyond the bars the crystal is lit, twice as bright.
    image = small.image(MATRIX, 3.8)
    image[image == 0.0] = 250.0
    found = analyze(still({(1, 1): image}, 1.0, collimator=CollimatorType.NONE))

    condition = precondition(found, "PC_GEOMETRY", "part of a region")
    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert not found.valid


@pytest.mark.parametrize(
    ("change", "code", "quantity"),
    [
        ({"nuclide": "Co-57"}, "PC_NUCLIDE", "nuclide"),
        ({"detector_collimator_type": CollimatorType.PARALLEL}, "PC_COLLIMATOR", "collimator"),
        ({"pixel_spacing_mm": (1.0, 1.05)}, "PC_PIXEL", "difference"),
        (
            {"energy_windows": (EnergyWindow(number=1, lower_kev=90.0, upper_kev=110.0),)},
            "PC_WINDOW",
            "offset",
        ),
        ({"saturation_level": 80}, "PC_OVERFLOW", "highest"),
    ],
)
def test_the_wrong_picture_voids(change, code, quantity):
    found = analyze(with_header(bars(3.8, seed=1), **change))

    condition = precondition(found, code, quantity)
    assert (condition.outcome, condition.severity) == (Outcome.NOT_MET, Severity.HARD)
    assert not found.valid


def test_a_head_that_is_not_known_voids():
    image = bars(3.8, seed=1)
    frames = tuple(dataclasses.replace(frame, detector=None) for frame in image.frames)

    analysis = analyze(dataclasses.replace(image, frames=frames, detectors=()))

    assert precondition(analysis, "PC_DETECTOR").outcome is Outcome.UNKNOWN
    assert not analysis.valid


def test_askew_bars_warn_and_then_void():
    def turned(degrees):
        from scipy import ndimage

        image = bars(3.2).counts[0]
        askew = ndimage.rotate(image, degrees, reshape=False, order=1)
        return precondition(
            analyze(still({(1, 1): askew}, 1.0, collimator=CollimatorType.NONE)), "PC_ORIENT"
        )

    assert turned(1.0).outcome is Outcome.MET
    assert turned(4.0).severity is Severity.SOFT
    assert turned(4.0).outcome is Outcome.NOT_MET
    assert turned(14.0).severity is Severity.HARD


def test_the_counts_that_the_text_prints_tell_nothing():
    # 6e4 in all: 0.4 per pixel of the phantom. A strong pattern stands out of the noise all the
    # same, and the numbers are void.
    thin = dataclasses.replace(PHANTOM, open_counts=0.8)

    analysis = analyze(bars(2.5, phantom=thin, seed=3))

    assert precondition(analysis, "PC_COUNTS", "uncertainty").outcome is Outcome.NOT_MET
    assert precondition(analysis, "PC_COUNTS", "of the image").severity is Severity.SOFT
    assert not analysis.valid


@pytest.mark.parametrize(("minimum", "outcome"), [(6e6, Outcome.MET), (7e6, Outcome.NOT_MET)])
def test_few_counts_warn(minimum, outcome):
    found = precondition(
        analyze(bars(3.8, seed=1), minimum_counts=minimum), "PC_COUNTS", "of the image"
    )

    assert (found.outcome, found.severity) == (outcome, Severity.SOFT)


def coarse(size):
    pixels = round(512 / size)
    return bars(3.0, matrix=Matrix(rows=pixels, columns=pixels, pixel_mm=size))


@pytest.mark.parametrize(
    ("size", "outcome", "severity"),
    [
        (1.0, Outcome.MET, Severity.SOFT),
        (1.2, Outcome.NOT_MET, Severity.SOFT),
        (1.5, Outcome.NOT_MET, Severity.HARD),
    ],
)
def test_coarse_pixels_warn_and_then_void(size, outcome, severity):
    found = precondition(analyze(coarse(size)), "PC_PIXEL", "against the narrowest")

    assert (found.outcome, found.severity) == (outcome, severity)


def test_pixels_that_fold_one_set_onto_another_are_refused():
    # Bars of 2 mm have 0.25 periods per mm; sampled every 2.4 mm they look like bars of 3 mm.
    with pytest.raises(UnsuitableAcquisitionError, match=r"bars of 3.0. mm in two quadrants"):
        analyze(coarse(2.4))


def test_without_a_pixel_spacing_it_is_refused_unless_stated():
    image = dataclasses.replace(bars(3.8, seed=1), pixel_spacing_mm=None)

    with pytest.raises(UnsuitableAcquisitionError, match="the header has no pixel spacing"):
        analyze(image)
    stated = analyze(image, pixel_spacing_mm=1.0)
    assert {p.code for p in stated.failed} == {"PC_SET"}


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ((2.0, 3.0), "needs 4 widths of 0.5 to 8 mm"),
        ((0.1, 2.0, 3.0, 4.0), "needs 4 widths of 0.5 to 8 mm"),
        ((2.0, 3.0, 4.0, 9.0), "needs 4 widths of 0.5 to 8 mm"),
        ((2.0, 2.1, 3.0, 4.0), "needs widths that differ by 8 %"),
    ],
)
def test_impossible_phantoms_are_refused(widths, message):
    with pytest.raises(ParameterError, match=message):
        ANALYZER.parameters(bar_widths_mm=widths)


def test_nine_images_are_too_many():
    image = bars(3.8)

    with pytest.raises(UnsuitableAcquisitionError, match=r"9 acquisitions .* needs at most 8"):
        analyze(*[image] * 9)


def test_the_analyzer_keeps_the_contract():
    examples = [
        Inputs(roles={"bars": (bars(3.8, seed=1, heads=(1, 2)),)}, variant="ws523"),
        Inputs(roles={"bars": (bars(4.5, seed=1), bars(4.5, seed=2))}, variant="ws523"),
    ]

    assert check(ANALYZER, examples) == []
