"""Regions of interest: exact areas, sums with their uncertainties, backgrounds."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.regions import (
    circle,
    less_background,
    net_counts,
    rectangle,
    ring,
)

SHAPE, PIXEL = (40, 50), (2.0, 2.0)


@pytest.mark.parametrize("centre", [(20.0, 25.0), (19.37, 24.81), (20.5, 25.5)])
@pytest.mark.parametrize("radius", [0.4, 1.0, 7.3, 30.0])
def test_the_area_of_a_circle_is_exact_wherever_it_lies(centre, radius):
    region = circle(SHAPE, centre, radius, PIXEL)

    assert region.pixels * 4.0 == pytest.approx(math.pi * radius**2, rel=1e-12)
    assert region.inside == pytest.approx(1.0)


def test_a_pixel_of_another_shape_changes_no_area():
    region = circle((60, 60), (30.2, 29.7), 21.0, (1.5, 2.5))

    assert region.pixels * 1.5 * 2.5 == pytest.approx(math.pi * 21.0**2, rel=1e-12)


def test_shares_of_pixels_are_those_of_fine_sampling():
    region = circle((9, 9), (4.2, 3.9), 5.0, (2.0, 2.0))
    fine = 400
    offset = (np.arange(9 * fine) + 0.5) / fine - 0.5
    inside = ((offset - 4.2)[:, None] ** 2 + (offset - 3.9) ** 2) * 4.0 <= 25.0
    sampled = inside.reshape(9, fine, 9, fine).mean(axis=(1, 3))

    assert region.weights == pytest.approx(sampled[region.rows, region.columns], abs=1e-3)


def test_a_circle_beyond_the_image_says_how_much_of_it_is_there():
    half = circle(SHAPE, (-0.5, 25.0), 10.0, PIXEL)
    none = circle(SHAPE, (-50.0, 25.0), 10.0, PIXEL)

    assert half.inside == pytest.approx(0.5)
    assert none.pixels == 0.0
    with pytest.raises(UnsuitableAcquisitionError, match="holds no pixel"):
        none.mean(np.ones(SHAPE))
    with pytest.raises(UnsuitableAcquisitionError, match="holds no pixel"):
        none.highest(np.ones(SHAPE))


def test_the_mean_of_a_slope_is_its_value_at_the_centre():
    image = 100.0 + 3.0 * np.arange(40)[:, None] - 2.0 * np.arange(50)

    for region in (
        circle(SHAPE, (18.3, 22.8), 11.0, PIXEL),
        ring(SHAPE, (18.3, 22.8), 11.0, 19.0, PIXEL),
        rectangle(SHAPE, (18.3, 22.8), (9.0, 13.0), PIXEL),
    ):
        # A pixel on the rim gives the value at its own centre: off by hundredths of a pixel.
        assert region.mean(image).value == pytest.approx(100.0 + 3.0 * 18.3 - 2.0 * 22.8, abs=0.15)


def test_a_rectangle_and_a_ring_have_their_areas():
    box = rectangle(SHAPE, (18.3, 22.8), (9.0, 13.0), PIXEL)
    band = ring(SHAPE, (18.3, 22.8), 11.0, 19.0, PIXEL)

    assert box.pixels * 4.0 == pytest.approx(117.0)
    assert band.pixels * 4.0 == pytest.approx(math.pi * (19.0**2 - 11.0**2), rel=1e-9)
    assert band.inside == pytest.approx(1.0)


def test_the_uncertainty_of_a_sum_is_the_spread_of_poisson_counts():
    rng, region = np.random.default_rng(5), circle(SHAPE, (20.3, 24.8), 9.0, PIXEL)
    sums = [region.total(rng.poisson(25.0, SHAPE)) for _ in range(500)]

    spread = np.std([each.value for each in sums])
    assert spread == pytest.approx(sums[0].uncertainty, rel=0.12)
    assert np.mean([each.value for each in sums]) == pytest.approx(25.0 * region.pixels, rel=0.01)


def test_deviation_highest_and_mask_take_the_pixels_inside():
    image = np.zeros(SHAPE)
    image[20, 25], image[0, 0] = 8.0, 99.0
    region = circle(SHAPE, (20.0, 25.0), 6.0, PIXEL)

    n = region.pixels
    assert region.highest(image) == 8.0
    assert region.deviation(image) == pytest.approx(8.0 * math.sqrt((1.0 - 1.0 / n) / n))
    assert region.mask(SHAPE).sum() == pytest.approx(n, abs=4.0)
    assert not region.mask(SHAPE)[0, 0]


def test_net_counts_take_off_what_the_ring_says():
    image = np.full(SHAPE, 7.0)
    image[18:23, 23:28] += 100.0
    region, band = (
        circle(SHAPE, (20.0, 25.0), 10.0, PIXEL),
        ring(SHAPE, (20.0, 25.0), 14.0, 24.0, PIXEL),
    )

    net = net_counts(image, region, band)

    assert net.value == pytest.approx(2500.0)
    # N of the circle, whose pixels on the rim count with the square of their share.
    gross = region.total(image)
    assert net.uncertainty == pytest.approx(
        math.hypot(gross.uncertainty, region.pixels * band.mean(image).uncertainty)
    )


def test_a_background_is_scaled_by_time_and_adds_its_variance():
    net, variance = less_background(np.full((2, 2), 50), 100.0, np.full((2, 2), 30), 300.0)

    assert net == pytest.approx(np.full((2, 2), 40.0))
    assert variance == pytest.approx(np.full((2, 2), 50.0 + 30.0 / 9.0))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: circle(SHAPE, (1, 1), 0.0, PIXEL), "the radius of the region is 0 mm"),
        (lambda: rectangle(SHAPE, (1, 1), (1.0, math.nan), PIXEL), "the side of the region is nan"),
        (lambda: ring(SHAPE, (1, 1), 5.0, 5.0, PIXEL), "needs 0 < inner < outer"),
        (
            lambda: less_background(np.ones((2, 2)), 1.0, np.ones((3, 2)), 1.0),
            "the background has \\(3, 2\\) pixels",
        ),
        (
            lambda: less_background(np.ones((2, 2)), 1.0, np.ones((2, 2)), 0.0),
            "the duration of the background is 0 s",
        ),
    ],
)
def test_impossible_regions_are_refused(act, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        act()
