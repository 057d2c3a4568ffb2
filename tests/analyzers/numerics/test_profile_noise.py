"""What noise makes of the width of a profile: by its covariance, against drawing it many times."""

import numpy as np
import pytest
from scipy import ndimage

from photopeak_analyzers.numerics.profile_noise import profile_noise, width_deviation
from photopeak_analyzers.numerics.profiles import Peak, Width, highest_channel, parabola_peak
from photopeak_analyzers.numerics.source_widths import WidthMethod, measure_profile

X = np.arange(41.0)
CLEAN = 1000.0 * np.exp(-0.5 * ((X - 20.2) / 2.0) ** 2)
METHODS = {
    "highest": WidthMethod(sum_fwhm=0.0, peak=highest_channel),
    "vertex": WidthMethod(sum_fwhm=0.0, peak=parabola_peak),
}


def shared_noise(rng):
    """Return white noise after a Gaussian filter of one channel; neighbours: exp(-1 / 4)."""
    wide = ndimage.gaussian_filter1d(rng.standard_normal(101), 1.0)[30:71]
    # The squares of a Gaussian filter of one channel sum to 1 / (2 sqrt(pi)).
    return wide * np.sqrt(2.0 * np.sqrt(np.pi))


CASES = {
    "white": (lambda rng: CLEAN + 20.0 * rng.standard_normal(41), 20.0, 0.0),
    "shared by neighbours": (lambda rng: CLEAN + 20.0 * shared_noise(rng), 20.0, np.exp(-0.25)),
    "of the height alone": (lambda rng: rng.poisson(CLEAN).astype(float), 0.0, 0.0),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_the_uncertainty_of_each_width_is_its_spread(case, method):
    """400 draws tell a spread within 3.5 %; few channels tell noise of the height within a fifth."""
    draw, steady, shared = CASES[case]
    rng = np.random.default_rng(8)
    found = [
        measure_profile(draw(rng), 1.0, steady, shared, method=METHODS[method]) for _ in range(400)
    ]

    for name in ("fwhm", "fwtm", "gaussian_mm"):
        estimates = [getattr(each, name) for each in found]
        spread = np.std([e.value for e in estimates], ddof=1)
        stated = np.mean([e.uncertainty for e in estimates])
        assert 0.8 <= stated / spread <= 1.25, name


def test_a_triangle_gives_the_sum_of_its_parts():
    """Channels 0 5 10 5 0 with noise s cross a half on channels: each moves by s / 5, the peak both.

    2 (s / 5)^2 + (0.5 s 2 / 5)^2 = 0.12 s^2.
    """
    profile = np.array([0.0, 5.0, 10.0, 5.0, 0.0])
    top, width = Peak(channel=2, position=2.0, height=10.0), Width(left=1.0, right=3.0, level=5.0)

    found = width_deviation(profile, top, width, 0.5, profile_noise(0.1, 0.0))

    assert found == pytest.approx(0.1 * np.sqrt(0.12))


def test_noise_that_neighbours_share_moves_peak_and_crossings_together():
    """Weights 0.2, -0.2, 0.2 of crossing, peak, crossing; correlations r of neighbours, r^4 at two channels.

    3 x 0.04 - 2 x 2 x 0.04 r + 2 x 0.04 r^4 = 0.12 - 0.16 r + 0.08 r^4.
    """
    profile = np.array([0.0, 5.0, 10.0, 5.0, 0.0])
    top, width = Peak(channel=2, position=2.0, height=10.0), Width(left=1.0, right=3.0, level=5.0)

    found = width_deviation(profile, top, width, 0.5, profile_noise(0.1, 0.6))

    assert found == pytest.approx(0.1 * np.sqrt(0.12 - 0.16 * 0.6 + 0.08 * 0.6**4))
