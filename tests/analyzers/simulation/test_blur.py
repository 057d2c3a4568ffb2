"""Blurred shapes, against their closed forms and against fine sums."""

import math

import numpy as np
import pytest

from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.blur import (
    LEHR,
    Resolution,
    ball,
    disc,
    edge,
    edge_integral,
    slit,
    slit_width,
)


def test_the_widths_of_collimator_and_detector_add_in_squares():
    assert Resolution(intrinsic_mm=3.0, at_face_mm=1.0, per_mm=0.03).fwhm_mm(100.0) == 5.0
    assert Resolution(intrinsic_mm=3.8).fwhm_mm(100.0) == pytest.approx(3.8)
    assert LEHR.fwhm_mm(100.0) == pytest.approx(7.4, abs=0.05)
    assert LEHR.sigma_mm() * FWHM_PER_SIGMA == pytest.approx(LEHR.fwhm_mm())


def test_the_integral_of_an_edge_has_the_edge_as_its_slope():
    x = np.linspace(-10.0, 10.0, 2001)

    slope = np.gradient(edge_integral(x, 1.7), x)

    assert slope[1:-1] == pytest.approx(edge(x, 1.7)[1:-1], abs=1e-5)


@pytest.mark.parametrize("width", [0.0, 1.0, 4.0])
def test_a_slit_has_all_its_counts_at_its_middle(width):
    borders = np.arange(-40.0, 41.0, 0.5)

    share = slit(borders + 0.13, width, 1.6)

    assert share.sum() == pytest.approx(1.0)
    assert share @ (borders[:-1] + 0.25 + 0.13) == pytest.approx(0.0, abs=1e-9)
    # Variances add: Gaussian, slit and channel.
    variance = share @ (borders[:-1] + 0.25 + 0.13) ** 2
    assert variance == pytest.approx(1.6**2 + width**2 / 12.0 + 0.5**2 / 12.0, rel=1e-6)


def test_a_slit_of_1_mm_widens_3_8_mm_to_3_86_mm():
    assert slit_width(0.5, 1.0, 3.8 / FWHM_PER_SIGMA) == pytest.approx(3.861, abs=5e-4)
    assert slit_width(0.5, 0.0, 1.0) == pytest.approx(FWHM_PER_SIGMA)
    # A wide slit keeps its own width.
    assert slit_width(0.5, 50.0, 1.0) == pytest.approx(50.0)


@pytest.mark.parametrize(("radius", "sigma"), [(2.0, 3.0), (75.0, 3.2), (108.0, 4.2)])
def test_a_disc_keeps_its_area_and_has_its_known_centre(radius, sigma):
    r = np.linspace(0.0, radius + 9.0 * sigma, 20_000)
    height = disc(r, radius, sigma)

    assert disc(0.0, radius, sigma) == pytest.approx(
        1.0 - math.exp(-(radius**2) / (2.0 * sigma**2)), abs=1e-9
    )
    assert np.trapezoid(2.0 * math.pi * r * height, r) == pytest.approx(
        math.pi * radius**2, rel=1e-3
    )


@pytest.mark.parametrize(("radius", "sigma"), [(5.0, 4.2), (18.5, 2.5)])
def test_a_ball_keeps_its_volume_and_has_its_known_centre(radius, sigma):
    r = np.linspace(0.0, radius + 9.0 * sigma, 20_000)
    height = ball(r, radius, sigma)
    a = radius / (math.sqrt(2.0) * sigma)

    assert height[0] == pytest.approx(
        math.erf(a) - 2.0 * a * math.exp(-a * a) / math.sqrt(math.pi), abs=1e-9
    )
    assert np.trapezoid(4.0 * math.pi * r**2 * height, r) == pytest.approx(
        4.0 / 3.0 * math.pi * radius**3, rel=1e-6
    )
