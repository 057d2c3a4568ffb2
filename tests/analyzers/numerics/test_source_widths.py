"""Widths of one source in an array: by the highest pixel or a parabola, in a line or summed."""

import math

import numpy as np
import pytest

from photopeak_analyzers.numerics.profiles import highest_channel, parabola_peak
from photopeak_analyzers.numerics.source_widths import WidthMethod, width_across, width_along

FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
LINE = WidthMethod(sum_fwhm=0.0, peak=highest_channel)
SUMMED = WidthMethod(sum_fwhm=2.0, peak=parabola_peak)


def ball(fwhm=(6.0, 6.0, 6.0), at=(0.0, 0.0, 0.0), *, tail=0.0, size=61):
    """Return a Gaussian on voxels of 1; with `tail`, one of three times its width is added."""
    z, y, x = np.meshgrid(*(np.arange(size) - (size - 1) / 2.0,) * 3, indexing="ij")
    found = np.zeros((size,) * 3)
    for share, times in ((1.0, 1.0), (tail, 3.0)):
        square = sum(
            ((axis - c) * FWHM_PER_SIGMA / (times * w)) ** 2
            for axis, c, w in zip((z, y, x), at, fwhm, strict=True)
        )
        found += share * np.exp(-0.5 * square)
    return found


def test_a_line_of_single_voxels_is_not_summed():
    source = ball(tail=0.1)
    found = width_along(source, 2, (30.0, 30.0, 30.0), (1.0, 1.0, 1.0), 0.0, method=LINE)

    assert found.profile.max() == source.max()


def test_a_sum_gives_the_tails_of_the_other_directions_their_weight():
    """The wide part holds 27 times the counts per height: of a sum it takes far more than of a line."""
    line, summed = (
        width_along(
            ball(tail=0.02), 2, (30.0, 30.0, 30.0), (1.0, 1.0, 1.0), 0.0, method=method
        ).fwhm.value
        for method in (LINE, SUMMED)
    )

    assert summed > line + 0.3


def test_the_highest_pixel_beside_the_middle_gives_a_wider_one_than_the_parabola():
    """Half a voxel beside the middle the highest voxel of a Gaussian of 4 voxels is 4.2 % low.

    Its half is reached at 2 sqrt(1 + ln(1 / 0.958) / ln 2) = 2.061 voxels, 3 % farther out.
    """
    centre = (30.0, 30.0, 30.0)
    source = ball((4.0, 4.0, 4.0), at=(0.0, 0.0, 0.5))
    highest = width_along(source, 2, centre, (1.0, 1.0, 1.0), 0.0, method=LINE).fwhm.value
    vertex = width_along(
        source,
        2,
        centre,
        (1.0, 1.0, 1.0),
        0.0,
        method=WidthMethod(sum_fwhm=0.0, peak=parabola_peak),
    ).fwhm.value

    assert highest / vertex == pytest.approx(1.03, abs=0.01)
    assert vertex == pytest.approx(4.0, rel=0.02)


@pytest.mark.parametrize("method", [LINE, SUMMED])
@pytest.mark.parametrize("direction", [0.0, 30.0, 90.0])
def test_a_round_source_has_one_width_in_every_direction(method, direction):
    image = ball((8.0, 8.0, 8.0))[30]
    found = width_across(image, direction, (30.0, 30.0), (1.0, 1.0), 0.0, method=method)

    assert found.fwhm.value == pytest.approx(8.0, rel=0.01)
