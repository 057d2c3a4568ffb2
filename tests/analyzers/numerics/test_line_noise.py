"""The noise of many lines at once is that of each of them alone."""

import numpy as np
import pytest

from photopeak_analyzers.numerics.line_noise import line_noise
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
