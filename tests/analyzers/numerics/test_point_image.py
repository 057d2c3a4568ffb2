"""The square about the maximum: position, uncertainty, and what a background does to it."""

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.point_image import odd_side, square_centroid


def spot(row, column, fwhm=6.0, counts=50_000.0, shape=(64, 64)):
    sigma = fwhm / 2.3548
    r, c = np.arange(shape[0])[:, None] - row, np.arange(shape[1]) - column
    image = np.exp(-0.5 * (r**2 + c**2) / sigma**2)
    return counts * image / image.sum()


def test_a_spot_is_found_where_it_is():
    image = spot(30.3, 33.8)

    found = square_centroid(image, odd_side(image))

    assert found.position == pytest.approx((30.3, 33.8), abs=0.01)
    assert found.counts == pytest.approx(50_000.0, rel=1e-3)
    assert found.highest == image.max()
    assert not found.cut


def test_the_side_is_four_widths_rounded_to_odd():
    assert odd_side(spot(30.0, 30.0, fwhm=6.0)) in (23, 25)
    assert odd_side(spot(30.0, 30.0, fwhm=6.0), widths=2.0) in (11, 13)
    assert odd_side(spot(30.0, 30.0, fwhm=1.0)) == 5


def test_the_uncertainty_is_the_spread_of_repeated_counts():
    rng, expected = np.random.default_rng(3), spot(30.3, 33.8, counts=20_000.0)
    found = [square_centroid(rng.poisson(expected), 25) for _ in range(300)]

    spread = np.std([each.position for each in found], axis=0)
    assert spread == pytest.approx(found[0].uncertainty, rel=0.15)


def test_a_flat_background_pulls_to_the_centre_of_the_square_as_the_text_has_it():
    image = spot(30.4, 33.0) + 20.0

    found = square_centroid(image, 25)

    # 25**2 * 20 = 12 500 counts at 30, the middle of the square, against 50 000 at 30.4.
    assert found.position[0] == pytest.approx((50_000 * 30.4 + 12_500 * 30.0) / 62_500, abs=0.01)


def test_a_square_that_the_border_cuts_off_says_so():
    assert square_centroid(spot(3.0, 33.0), 25).cut


def test_flips_and_transposition_carry_the_position_along():
    image = spot(30.3, 33.8)
    row, column = square_centroid(image, 25).position

    assert square_centroid(image[::-1], 25).position == pytest.approx((63 - row, column))
    assert square_centroid(image.T, 25).position == pytest.approx((column, row))


@pytest.mark.parametrize(
    ("image", "side", "message"),
    [
        (np.ones((9, 9)), 4, "the square is 4 pixels wide, needs an odd number"),
        (np.zeros((9, 9)), 5, "the highest pixel has 0 counts"),
    ],
)
def test_what_holds_no_source_is_refused(image, side, message):
    with pytest.raises(UnsuitableAcquisitionError, match=message):
        square_centroid(image, side)
