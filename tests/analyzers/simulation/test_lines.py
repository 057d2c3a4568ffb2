"""Line phantoms have the counts, the places and the widths that they say."""

import math

import numpy as np
import pytest

from photopeak_analyzers.numerics.profiles import (
    FWHM_PER_SIGMA,
    centroid,
    fwhm,
    parabola_peak,
    width_at,
)
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.simulation.blur import slit_width
from photopeak_analyzers.simulation.lines import Direction, Line, SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix, noisy, still, stored

FINE = Matrix(rows=200, columns=300, pixel_mm=0.5)


def test_a_line_has_its_counts_per_mm_wherever_it_lies():
    image = line_image(FINE, [Line(across_mm=7.3, counts_per_mm=400.0)], fwhm_mm=4.0)

    assert image.sum() == pytest.approx(400.0 * 200 * 0.5)
    assert image.sum(axis=1) == pytest.approx(200.0)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_line_lies_where_it_says_and_is_as_wide_as_it_says(direction):
    image = line_image(FINE, [Line(direction=direction, across_mm=-11.2)], fwhm_mm=4.0)
    profile = image.sum(axis=0 if direction is Direction.X else 1)
    middle = (profile.size - 1) / 2.0

    assert (centroid(profile) - middle) * 0.5 == pytest.approx(-11.2)
    # A pixel of an eighth of the width adds 12**-0.5 of it in square.
    expected = math.hypot(4.0, 0.5 * FWHM_PER_SIGMA / math.sqrt(12.0))
    assert fwhm(profile) * 0.5 == pytest.approx(expected, rel=2e-3)


def test_a_tilted_line_crosses_its_rows_at_the_slope_and_keeps_its_width():
    tilt, line_mm = 2.0, 60.0
    image = line_image(
        FINE, [Line(tilt_deg=tilt, length_mm=line_mm, counts_per_mm=500.0)], fwhm_mm=4.0
    )
    rows = np.arange(60, 140)
    places = [centroid(image[row]) for row in rows]
    fit = fit_line(rows, places)

    assert fit.slope.value == pytest.approx(math.tan(math.radians(tilt)), rel=1e-4)
    assert fit.at(99.5).value == pytest.approx(149.5, abs=1e-3)
    assert image.sum() == pytest.approx(500.0 * line_mm, rel=1e-6)


def test_a_line_of_finite_length_ends_at_half_height():
    image = line_image(FINE, [Line(length_mm=40.0, along_mm=5.0)], fwhm_mm=3.0)
    along = image.sum(axis=1)

    ends = width_at(along, parabola_peak(along), 0.5)
    assert (ends.right - ends.left) * 0.5 == pytest.approx(40.0, abs=0.05)
    assert (ends.middle - 99.5) * 0.5 == pytest.approx(5.0, abs=0.05)


def test_slits_stand_at_their_pitch_and_have_the_width_of_a_blurred_slit():
    mask = SlitMask(size_mm=(130.0, 90.0), offset_mm=1.3)
    image = line_image(FINE, mask.lines(), fwhm_mm=3.8)
    profile = image.sum(axis=0)

    assert mask.places_mm() == pytest.approx([-58.7, -28.7, 1.3, 31.3, 61.3])
    for place in mask.places_mm():
        column = round(149.5 + place / 0.5)
        peak = parabola_peak(profile, around=(column - 20, column + 21))
        found = width_at(profile, peak, 0.5)
        assert (found.middle - 149.5) * 0.5 == pytest.approx(place, abs=0.02)
        assert found.width * 0.5 == pytest.approx(
            slit_width(0.5, 1.0, 3.8 / FWHM_PER_SIGMA), rel=0.01
        )


def test_a_tilted_mask_keeps_the_distance_of_its_slits():
    lines = SlitMask(tilt_deg=3.0).lines()

    apart = lines[1].across_mm - lines[0].across_mm
    assert apart * math.cos(math.radians(3.0)) == pytest.approx(30.0)


def test_a_bend_moves_the_line_by_what_it_says():
    def wave(along_mm, across_mm):
        return 0.3 * np.sin(2.0 * math.pi * along_mm / 50.0) + 0.01 * across_mm

    image = line_image(FINE, [Line(across_mm=10.0, bend=wave)], fwhm_mm=4.0)

    y = (np.arange(200) - 99.5) * 0.5
    places = (np.array([centroid(row) for row in image]) - 149.5) * 0.5
    assert places == pytest.approx(10.0 + wave(y, 10.0), abs=2e-3)


def test_a_background_lies_under_all_and_a_line_beyond_the_image_adds_nothing():
    image = line_image(FINE, [Line(across_mm=500.0)], fwhm_mm=4.0, background=2.0)

    assert (image == 2.0).all()


def test_noise_comes_from_the_generator_and_counts_are_stored_as_cameras_do():
    image = line_image(FINE, [Line()], fwhm_mm=4.0)
    one, two = (noisy(image, np.random.default_rng(7)) for _ in range(2))

    assert (one == two).all()
    assert one.sum() == pytest.approx(image.sum(), abs=4.0 * math.sqrt(image.sum()))
    frame = still({(2, 1): one}, 0.5, text={"distance_mm": "100"})
    assert (frame.counts.dtype, frame.frames[0].detector) == (np.uint16, 2)
    assert frame.saturation_level == 65_535
    assert frame.origin.number("distance_mm") == 100.0
    assert stored(np.array([70_000.4])).dtype == np.uint32
    assert still({(1, 1): image}, 0.5, exact=True).counts[0] == pytest.approx(image)
