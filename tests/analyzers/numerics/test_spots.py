"""Small spots in noisy images."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.spots import (
    amid_structure,
    answers,
    bright_spots,
    less_large,
)

SIGMAS_MM = (1.5, 2.0, 2.5, 3.2, 4.0, 5.0, 6.4, 8.0)
PIXEL_MM = 2.0
SHAPE = (80, 100)
EVERYWHERE = np.ones(SHAPE, dtype=bool)


def blob(row, column, sigma_mm, amplitude=1.0):
    rows, columns = np.indices(SHAPE)
    squared = ((rows - row) ** 2 + (columns - column) ** 2) * PIXEL_MM**2
    return amplitude * np.exp(-0.5 * squared / sigma_mm**2)


def look(image, sigma=0.01, threshold=5.0, mask=EVERYWHERE, most=50):
    found = answers(image, np.full(SHAPE, sigma**2), PIXEL_MM, SIGMAS_MM)
    return bright_spots(found, mask, PIXEL_MM, threshold=threshold, apart_mm=8.0, most=most)


@pytest.mark.parametrize("sigma_mm", [2.0, 3.2, 5.0])
def test_a_gaussian_spot_is_found_with_its_place_width_and_amplitude(sigma_mm):
    (spot,) = look(blob(40, 61, sigma_mm, 0.3))

    assert (spot.row, spot.column) == (40, 61)
    assert spot.fwhm_mm == pytest.approx(2.3548 * sigma_mm, rel=1e-4)
    # Pixels of 2 mm sample a spot of 2 mm within some per cent.
    assert spot.amplitude == pytest.approx(0.3, rel=0.03)
    assert spot.small
    assert spot.z == pytest.approx(spot.amplitude / spot.uncertainty)


def test_a_wide_structure_is_not_small():
    (spot,) = look(blob(40, 50, 20.0, 0.5))

    assert not spot.small


def test_a_dark_spot_is_none():
    assert look(-blob(40, 50, 3.0, 0.5)) == ()


def test_a_slope_and_a_level_are_none():
    rows, columns = np.indices(SHAPE)
    found = answers(5.0 + 0.1 * rows - 0.2 * columns, np.ones(SHAPE), PIXEL_MM, SIGMAS_MM)

    inner = found.values[:, 20:-20, 20:-20]
    # Kernels end at 4 sigma: a ten-thousandth of the level is left.
    assert np.abs(inner).max() < 0.02


def test_of_two_spots_side_by_side_the_stronger_counts():
    near = blob(40, 50, 2.0, 1.0) + blob(40, 53, 2.0, 0.9)
    far = blob(40, 30, 2.0, 1.0) + blob(40, 60, 2.0, 0.9)

    assert len(look(near)) == 1
    assert [spot.column for spot in look(far)] == [30, 60]


def test_a_top_on_the_shoulder_of_a_spot_belongs_to_it():
    shoulder = blob(40, 50, 4.0, 1.0) + blob(40, 56, 2.0, 0.2)

    assert len(look(shoulder)) == 1
    assert look(shoulder)[0].at == pytest.approx((40.0, 50.0), abs=0.3)


def test_a_spot_between_pixels_is_found_there_with_its_whole_amplitude():
    (spot,) = look(blob(40.5, 50.5, 3.2, 0.3))

    assert spot.at == pytest.approx((40.5, 50.5), abs=0.05)
    assert spot.amplitude == pytest.approx(0.3, rel=0.03)


def test_amid_structure_no_more_than_that_structure_stands_out():
    rng = np.random.default_rng(8)
    found = answers(rng.normal(0.0, 0.05, SHAPE), np.full(SHAPE, 1e-4), PIXEL_MM, SIGMAS_MM)
    steady = amid_structure(found, EVERYWHERE)

    # Five times the noise that was said: all of it is structure.
    assert steady.noise == pytest.approx(5.0 * found.noise, rel=0.15)
    quiet = answers(rng.normal(0.0, 0.001, SHAPE), np.full(SHAPE, 1e-4), PIXEL_MM, SIGMAS_MM)
    assert amid_structure(quiet, EVERYWHERE).noise == pytest.approx(quiet.noise)


def test_what_lies_outside_of_the_mask_does_not_count():
    mask = EVERYWHERE.copy()
    mask[:, :50] = False

    assert [spot.column for spot in look(blob(40, 30, 2.0) + blob(40, 70, 2.0), mask=mask)] == [70]


def test_as_many_are_returned_as_are_asked_for():
    image = sum(blob(40, column, 2.0) for column in range(10, 100, 15))

    assert len(look(image, most=3)) == 3


def test_the_noise_of_an_answer_is_its_spread():
    rng = np.random.default_rng(4)
    variance = np.full(SHAPE, 0.04)
    draws = np.stack(
        [
            answers(rng.normal(0.0, 0.2, SHAPE), variance, PIXEL_MM, SIGMAS_MM).values[:, 40, 50]
            for _ in range(150)
        ]
    )
    stated = answers(np.zeros(SHAPE), variance, PIXEL_MM, SIGMAS_MM).noise[:, 40, 50]

    # 150 draws tell a spread to 6 %: three times that.
    assert draws.std(axis=0) == pytest.approx(stated, rel=0.18)


def test_noise_alone_makes_no_spot():
    rng = np.random.default_rng(6)

    # 8000 pixels and 8 scales, of which neighbours agree: 5 standard deviations once in 1000 images.
    assert all(look(rng.normal(0.0, 0.01, SHAPE)) == () for _ in range(10))


def test_a_pixel_wider_than_every_scale_finds_nothing():
    found = answers(np.zeros(SHAPE), np.ones(SHAPE), 20.0, SIGMAS_MM)

    assert bright_spots(found, EVERYWHERE, 20.0, threshold=5.0, apart_mm=8.0, most=5) == ()


def test_large_structures_are_taken_off_and_spots_are_kept():
    rows, columns = np.indices(SHAPE)
    slope = 1.0 + 0.01 * columns + 0.02 * rows
    spot = blob(40, 50, 3.0, 0.5)
    mask = (rows > 4) & (rows < 75) & (columns > 4) & (columns < 95)
    small, large = less_large(slope + spot, mask, 21)

    assert np.abs(large - slope)[20:-20, 20:-20].max() < 0.05
    assert small[40, 50] == pytest.approx(0.5, abs=0.05)
    assert (small[~mask] == 0.0).all()
    assert (large[~mask] == 0.0).all()
