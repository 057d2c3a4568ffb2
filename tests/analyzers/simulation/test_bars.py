"""The bar phantom has the depth of modulation that it says."""

import numpy as np
import pytest

from photopeak_analyzers.simulation.bars import BarPhantom
from photopeak_analyzers.simulation.lines import Direction
from photopeak_analyzers.simulation.planar import Matrix

MATRIX = Matrix(rows=800, columns=800, pixel_mm=0.5)
PHANTOM = BarPhantom(directions=(Direction.X, Direction.Y, Direction.Y, Direction.X))
INNER = {0: (slice(40, 360), slice(40, 360)), 1: (slice(40, 360), slice(440, 760))}


def harmonic(profile, period_px):
    """First harmonic over the mean, of whole periods."""
    size = int(profile.size // period_px * period_px)
    phase = np.exp(2j * np.pi * np.arange(size) / period_px)
    return 2.0 * abs(np.mean(profile[:size] * phase)) / profile[:size].mean()


@pytest.mark.parametrize(("quadrant", "width", "axis"), [(0, 2.0, 0), (1, 2.5, 1)])
@pytest.mark.parametrize("fwhm", [3.0, 4.5])
def test_the_first_harmonic_is_that_of_a_blurred_square_wave(quadrant, width, axis, fwhm):
    image = PHANTOM.image(MATRIX, fwhm)
    profile = image[INNER[quadrant]].mean(axis=axis)

    found = harmonic(profile, 2.0 * width / 0.5)

    assert found == pytest.approx(PHANTOM.modulation(width, fwhm, 0.5), rel=0.01)


def test_half_of_the_light_goes_through_and_none_beyond():
    phantom = BarPhantom(side_mm=360.0)
    image = phantom.image(MATRIX, 4.0)

    assert image[100:300, 100:300].mean() == pytest.approx(100.0, rel=0.01)
    assert image[:35].max() == 0.0
    assert (image[:, -35:] == 0.0).all()


def test_lead_that_lets_light_through_takes_from_the_depth():
    clear, dim = (
        BarPhantom().modulation(3.0, 4.0, 0.5),
        BarPhantom(lead=0.2).modulation(3.0, 4.0, 0.5),
    )

    assert dim / clear == pytest.approx(0.8 / 1.2)


def test_turned_by_a_quarter_the_quadrants_go_round():
    upright, turned = (BarPhantom(quarter_turns=turns).image(MATRIX, 4.0) for turns in (0, 1))

    assert np.array_equal(turned, np.rot90(upright))
