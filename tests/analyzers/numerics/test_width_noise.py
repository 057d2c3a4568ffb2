"""The uncertainty of a width is the scatter of widths measured over and over."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.profiles import (
    FWHM_PER_SIGMA,
    highest_channel,
    parabola_peak,
    width_at,
)
from photopeak_analyzers.numerics.width_noise import width_noise
from photopeak_analyzers.simulation.blur import slit


def test_a_triangle_has_the_noise_of_its_five_channels():
    # Crossings at half height fall on the middle of 0 and 100: x = i + (y - L) / (y - z).
    profile = np.array([0.0, 100.0, 200.0, 100.0, 0.0])
    peak = highest_channel(profile)

    u_width, u_middle = width_noise(profile, peak, width_at(profile, peak, 0.5), 0.5)

    # y = L = 100, z = 0: dx/dy = 1/100, dx/dz = 0, dx/dL = 1/100 each; u(L) = sqrt(200) / 2.
    assert u_width == pytest.approx(np.sqrt(2 * 100 / 1e4 + 4 * 50 / 1e4))
    assert u_middle == pytest.approx(np.sqrt(2 * 100 / 1e4 / 4))


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("find", [highest_channel, parabola_peak])
@pytest.mark.parametrize("fwhm_px", [4.2, 12.5])
def test_the_uncertainty_is_the_scatter_of_repeated_measurements(share, find, fwhm_px):
    rng = np.random.default_rng(11)
    counts = 10_000.0 * fwhm_px
    expected = counts * slit(np.arange(61) - 30.3, 0.0, fwhm_px / FWHM_PER_SIGMA)
    widths, middles, stated = [], [], []
    for _ in range(400):
        profile = rng.poisson(expected).astype(float)
        peak = find(profile)
        width = width_at(profile, peak, share)
        widths.append(width.width)
        middles.append(width.middle)
        stated.append(width_noise(profile, peak, width, share))

    # 400 draws know a standard deviation to 3.5 %. The highest of several noisy channels scatters
    # less than each of them, the vertex of a parabola more: by a quarter at most, in the width.
    u_width, u_middle = np.mean(stated, axis=0)
    assert np.std(widths) == pytest.approx(u_width, rel=0.3)
    assert np.std(middles) == pytest.approx(u_middle, rel=0.2)


def test_a_level_profile_is_known_to_a_channel():
    profile = np.array([0.0, 5.0, 10.0, 5.0, 5.0, 0.0])
    peak = highest_channel(profile)

    u_width, _ = width_noise(profile, peak, width_at(profile, peak, 0.5), 0.5)

    assert u_width > 0.5
