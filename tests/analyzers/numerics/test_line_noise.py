"""The noise of many lines at once is that of each of them alone."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.line_noise import equivalent_width_noise, line_noise
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA, highest_channel, width_at
from photopeak_analyzers.numerics.width_noise import width_noise
from photopeak_analyzers.simulation.blur import slit


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_each_line_has_the_noise_that_it_has_alone(share):
    rng = np.random.default_rng(5)
    edges = np.arange(62) - 30.0
    profiles = np.stack(
        [
            rng.poisson(8e4 * slit(edges - shift, 1.5, 6.3 / FWHM_PER_SIGMA)).astype(float)
            for shift in (-3.2, 0.0, 4.4)
        ]
    )
    peaks = [highest_channel(profile) for profile in profiles]
    widths = [width_at(p, peak, share) for p, peak in zip(profiles, peaks, strict=True)]

    found = line_noise(
        profiles,
        np.arange(3),
        np.array([w.middle for w in widths]),
        np.array([w.width for w in widths]),
        np.array([peak.height for peak in peaks]),
        share,
    )

    alone = [
        width_noise(profile, peak, width, share)
        for profile, peak, width in zip(profiles, peaks, widths, strict=True)
    ]
    assert found.width == pytest.approx([width for width, _ in alone])
    assert found.middle == pytest.approx([middle for _, middle in alone])


def test_a_level_profile_is_known_to_a_channel():
    found = line_noise(
        np.full((1, 9), 100.0), np.array([0]), np.array([4.0]), np.array([4.0]), np.array([200.0]), 0.5
    )  # fmt: skip

    assert found.width == pytest.approx(np.sqrt(2.0))
    assert found.middle == pytest.approx(np.sqrt(0.5))


def test_an_equivalent_width_varies_less_than_its_window_and_its_peak_apart():
    rng = np.random.default_rng(7)
    peak, beside = rng.poisson(1_000.0, 40_000), rng.poisson(4_000.0, 40_000)

    stated = equivalent_width_noise(5.0, 5_000.0, 1_000.0)

    # 5 sqrt(1 / 1000 - 1 / 5000); the scatter of 40 000 draws is known to 0.4 %.
    assert stated == pytest.approx(5.0 * np.sqrt(8e-4))
    assert np.std((peak + beside) / peak) == pytest.approx(float(stated), rel=0.02)
    # All counts in the peak: the width is one channel whatever was counted.
    assert equivalent_width_noise(1.0, 100.0, 100.0) == 0.0
