"""Lines in strips: places, widths and numbers, on masks whose truth is known."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.line_spread import line_spreads, strips_of
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.numerics.regression import fit_linear
from photopeak_analyzers.simulation.blur import slit_width
from photopeak_analyzers.simulation.lines import Line, SlitMask, line_image
from photopeak_analyzers.simulation.planar import Matrix

MATRIX = Matrix(rows=400, columns=600, pixel_mm=0.5)
FIELD = {"rows": (20, 380), "columns": (20, 580), "pitch": 60.0, "height": 60}
SIGMA = 3.8 / FWHM_PER_SIGMA


def image(**mask):
    mask = {"size_mm": (300.0, 220.0), "offset_mm": 1.3} | mask
    return line_image(MATRIX, SlitMask(**mask).lines(), fwhm_mm=3.8)


def measured(picture, *, parabola=True, **field):
    return line_spreads(picture, parabola=parabola, **(FIELD | field))


def test_lines_stand_at_their_places_with_the_width_of_a_blurred_slit():
    found = measured(image())

    # From -148.7 mm every 30 mm; those whose half pitch of 15 mm leaves the +-140 mm are out.
    places = [-118.7 + 30.0 * k for k in range(9)]
    inside = [p for p in places if abs(p) <= 125.0]
    assert sorted({spread.line for spread in found}) == list(range(len(inside)))
    assert len(found) == len(inside) * 6
    for spread in found:
        assert (spread.position - 299.5) * 0.5 == pytest.approx(inside[spread.line], abs=0.01)
        assert spread.half * 0.5 == pytest.approx(slit_width(0.5, 1.0, SIGMA), rel=0.01)
        assert spread.tenth * 0.5 == pytest.approx(slit_width(0.1, 1.0, SIGMA), rel=0.01)
        # A Gaussian of the variance of line, slit and pixel: its area over its height.
        wide = math.sqrt(SIGMA**2 + 1.0 / 12.0 + 0.25 / 12.0)
        assert spread.equivalent * 0.5 == pytest.approx(math.sqrt(2 * math.pi) * wide, rel=0.01)
        assert spread.counts == pytest.approx(1000.0 * 60 * 0.5, rel=1e-6)


@pytest.mark.parametrize("tilt", [-1.5, 0.4, 1.5])
def test_a_tilted_mask_keeps_the_number_of_each_line_through_all_strips(tilt):
    found = measured(image(tilt_deg=tilt))

    # One grid: place = a + pitch * k + slope * along.
    fit = fit_linear(
        [[1.0, spread.line, spread.along] for spread in found],
        [spread.position for spread in found],
    )
    radians = math.radians(tilt)
    assert fit.values[1] == pytest.approx(60.0 / math.cos(radians), rel=1e-4)
    assert fit.values[2] == pytest.approx(math.tan(radians), abs=1e-5)
    assert np.abs(fit.residuals).max() < 0.03


def test_strips_lie_wholly_in_the_field_and_hold_its_counts():
    picture = np.arange(50.0)[:, None] + np.zeros((50, 3))

    profiles, along = strips_of(picture, (3, 47), 10)

    assert along.tolist() == [9.5, 19.5, 29.5, 39.5]
    assert profiles[:, 0].tolist() == [95.0, 195.0, 295.0, 395.0]


def test_a_line_that_is_covered_in_part_is_left_out():
    weak = [Line(across_mm=-30.0), Line(), Line(across_mm=30.0, counts_per_mm=499.0)]
    picture = line_image(MATRIX, weak, fwhm_mm=3.8)

    assert {round((s.position - 299.5) / 60.0) for s in measured(picture)} == {-1, 0}
    stronger = line_image(
        MATRIX, [*weak[:2], Line(across_mm=30.0, counts_per_mm=501.0)], fwhm_mm=3.8
    )
    assert len({s.line for s in measured(stronger)}) == 3


def test_by_the_highest_channel_a_coarse_pixel_depends_on_the_phase():
    coarse = Matrix(rows=100, columns=150, pixel_mm=2.0)
    widths = {True: [], False: []}
    for phase in np.linspace(0.0, 1.0, 5):
        picture = line_image(coarse, [Line(across_mm=2.0 * phase)], fwhm_mm=5.0)
        for parabola, each in widths.items():
            (found,) = line_spreads(
                picture,
                pitch=15.0,
                rows=(40, 60),
                columns=(0, 150),
                height=20,
                parabola=parabola,
            )
            each.append(found.half * 2.0)

    assert np.ptp(widths[False]) > 2.0 * np.ptp(widths[True])


def test_a_high_background_leaves_no_width_at_tenth_height():
    picture = image() + 15.0

    found = measured(picture)

    assert all(spread.tenth is None for spread in found)
    assert all(spread.half * 0.5 < 5.0 for spread in found)


def test_a_flip_mirrors_the_places():
    places = sorted(s.position for s in measured(image()))
    mirrored = sorted(599.0 - s.position for s in measured(image()[:, ::-1]))

    assert mirrored == pytest.approx(places, abs=1e-9)


@pytest.mark.parametrize(
    ("picture", "field", "message"),
    [
        (np.zeros((400, 600)), {}, "no line stands in the field of 560 columns"),
        (np.ones((400, 600)), {"columns": (0, 40)}, "no line stands in the field of 40 columns"),
        (np.ones((400, 600)), {"height": 361}, "a strip is 361 rows high, the field has 360"),
    ],
)
def test_a_field_without_lines_is_refused(picture, field, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        measured(picture, **field)


def test_a_line_of_a_mask_that_is_missing_everywhere_keeps_its_number():
    covered = image()
    covered[:, 290:330] = 0.0

    regular = {s.line for s in measured(covered, regular=True)}
    counted = {s.line for s in measured(covered)}

    assert len(regular) == len(counted)
    assert regular == set(range(max(regular) + 1)) - {4}
    assert counted == set(range(len(counted)))
