"""The outline of a flat source, and what tells it from other pictures."""

import math

import numpy as np
import pytest

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.extended_source import extended_source
from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.blur import disc
from photopeak_analyzers.simulation.planar import Matrix

MATRIX = Matrix(rows=256, columns=256, pixel_mm=2.4)


def dish(diameter_mm=150.0, at=(0.0, 0.0), sigma_mm=4.0, matrix=MATRIX, level=200.0, below=0.0):
    y, x = matrix.coordinates()
    return level * disc(np.hypot(y - at[0], x - at[1]), diameter_mm / 2.0, sigma_mm) + below


@pytest.mark.parametrize("sigma", [1.0, 4.0, 10.0])
@pytest.mark.parametrize("below", [0.0, 20.0])
def test_a_disc_has_its_diameter_whatever_the_blur_and_the_background(sigma, below):
    found = extended_source(dish(sigma_mm=sigma, below=below), (2.4, 2.4))

    # Blocks of 7.2 mm, of which those on the rim lie in or out.
    assert found.diameter_mm == pytest.approx(150.0, rel=0.05)
    assert found.spread == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("pixel", [1.2, 2.4, 4.8, 9.6])
def test_the_middle_is_found_in_any_matrix(pixel):
    size = round(614.4 / pixel)
    matrix = Matrix(rows=size, columns=size, pixel_mm=pixel)

    found = extended_source(dish(at=(-30.0, 55.0), matrix=matrix), (pixel, pixel))

    row, column = matrix.position(-30.0, 55.0)
    assert (found.centre[0] - row) * pixel == pytest.approx(0.0, abs=2.0)
    assert (found.centre[1] - column) * pixel == pytest.approx(0.0, abs=2.0)


def test_noise_of_few_counts_does_not_matter():
    rng = np.random.default_rng(3)

    found = extended_source(rng.poisson(dish(level=8.0)), (2.4, 2.4))

    assert found.diameter_mm == pytest.approx(150.0, rel=0.06)
    assert found.spread == pytest.approx(1.0, abs=0.05)


def test_a_square_has_pi_thirds_of_the_spread_of_a_disc():
    image = np.zeros((200, 200))
    image[50:150, 50:150] = 100.0

    found = extended_source(image, (2.0, 2.0))

    assert found.spread == pytest.approx(math.pi / 3.0, abs=0.02)
    assert found.diameter_mm == pytest.approx(200.0 * 2.0 / math.sqrt(math.pi), rel=0.03)


def test_bars_two_sources_and_a_flood_are_told_apart_from_a_dish():
    bars = BarPhantom().image(Matrix(rows=512, columns=512, pixel_mm=1.2), 3.8)
    two = dish(60.0, at=(0.0, -120.0)) + dish(60.0, at=(0.0, 120.0))
    flood = np.full((64, 96), 100.0)

    assert extended_source(bars, (1.2, 1.2)).diameter_mm > 225.0
    assert extended_source(two, (2.4, 2.4)).spread > 3.0
    assert extended_source(flood, (6.4, 6.4)).diameter_mm > 450.0


def test_an_empty_image_and_one_smaller_than_a_block_are_refused():
    with pytest.raises(UnsuitableAcquisitionError, match="the image has no counts"):
        extended_source(np.zeros((64, 64)), (2.4, 2.4))
    with pytest.raises(UnsuitableAcquisitionError, match="smaller than one block"):
        extended_source(np.ones((2, 2)), (1.0, 1.0))
