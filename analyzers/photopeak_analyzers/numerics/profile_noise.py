"""What noise makes of the width of a profile whose channels are no independent counts.

A channel has a variance that is there without a source, and one that grows with what it holds; how fast,
is seen from the scatter about a Gaussian that was fitted. Neighbours share noise, since a reconstruction
spreads it: at `d` channels their correlation is ``shared ** d**2``, that of white noise after a Gaussian
filter. A width depends on the two channels beside each crossing, and on those of the peak, which moves both::

    dW = sum over both sides of ((1 - a) dy + a dz - share dP) / abs(z - y)

with P by its weights among the peak and its two neighbours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.gaussian import Gaussian
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA, Peak, Width

Floats = NDArray[np.float64]

MOST_SHARED = 0.95
LEAST_FREEDOM = 0.25
"""Of what a fit leaves of independent noise, that it is taken to leave of noise that neighbours share:
it follows that one, and what it leaves would be divided by next to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileNoise:
    """Standard deviation without a source, variance per unit of height, correlation of neighbours."""

    steady: float
    growing: float
    shared: float

    def covariance(self, heights: Floats) -> Floats:
        """Return that of neighbouring channels of these heights."""
        deviations = np.sqrt(self.steady**2 + self.growing * np.maximum(heights, 0.0))
        return np.asarray(
            np.outer(deviations, deviations) * _correlation(heights.size, self.shared)
        )


def profile_noise(
    steady: float, shared: float, fit: Gaussian | None = None, x: Floats | None = None
) -> ProfileNoise:
    """Return the noise of a profile, the growing part by the scatter about a Gaussian fitted at `x`."""
    shared = min(max(shared, 0.0), MOST_SHARED)
    if fit is None or x is None:
        return ProfileNoise(steady=steady, growing=0.0, shared=shared)
    q, _ = np.linalg.qr(fit.slopes(x))
    left = np.eye(x.size) - q @ q.T
    heights = np.maximum(fit.at(x), 0.0)
    alone = ProfileNoise(steady=steady, growing=0.0, shared=shared).covariance(heights)
    grown = ProfileNoise(steady=0.0, growing=1.0, shared=shared).covariance(heights)
    # Above what the steady noise leaves, and by more than that varies: few channels tell it badly.
    seen = left @ alone
    usual = float(np.trace(seen)) + math.sqrt(2.0 * float(np.sum(seen * seen.T)))
    excess = float(fit.residuals @ fit.residuals) - usual
    per_height = max(
        float(np.sum(left * grown)), LEAST_FREEDOM * float(np.diagonal(left) @ heights)
    )
    growing = excess / per_height if excess > 0.0 and per_height > 0.0 else 0.0
    return ProfileNoise(steady=steady, growing=growing, shared=shared)


def width_deviation(
    profile: Floats, top: Peak, width: Width, share: float, noise: ProfileNoise
) -> float:
    """Return the standard uncertainty of a width at a share of the peak, in channels.

    At most the length of the profile: where it is level, noise decides where it is crossed.
    """
    weights, both = np.zeros(profile.size), 0.0
    covariance = noise.covariance(profile)
    largest = math.sqrt(float(np.diagonal(covariance).max()))
    for place in (width.left, width.right):
        # On a channel itself, the slope is that of the step after it.
        first = min(max(math.floor(place), 0), profile.size - 2)
        slope = abs(float(profile[first + 1] - profile[first]))
        if slope <= largest / profile.size:
            return float(profile.size) if largest > 0.0 else 0.0
        after = place - first
        weights[first] += (1.0 - after) / slope
        weights[first + 1] += after / slope
        both += 1.0 / slope
    beside = top.position - top.channel
    of_peak = {
        -1: (beside**2 - beside) / 2.0, 0: 1.0 - beside**2, 1: (beside**2 + beside) / 2.0
    }  # fmt: skip
    for step, weight in of_peak.items():
        if 0 <= top.channel + step < profile.size:
            weights[top.channel + step] -= share * both * weight
    return min(math.sqrt(max(float(weights @ covariance @ weights), 0.0)), float(profile.size))


def gaussian_deviation(fit: Gaussian, x: Floats, noise: ProfileNoise) -> float:
    """Return the standard uncertainty of the FWHM of a Gaussian that was fitted at `x`."""
    of_sigma = np.linalg.pinv(fit.slopes(x))[2]
    variance = float(of_sigma @ noise.covariance(fit.at(x)) @ of_sigma)
    return FWHM_PER_SIGMA * math.sqrt(max(variance, 0.0))


def _correlation(size: int, shared: float) -> Floats:
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    return np.asarray(shared ** (apart**2).astype(np.float64))
