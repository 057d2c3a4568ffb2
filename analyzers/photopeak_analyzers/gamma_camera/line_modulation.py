"""Modulation transfer function of the lines of an image, over cycles per cm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import FitError
from photopeak_analyzers.gamma_camera.line_images import LineImage
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.modulation import Modulation, modulation

STEP_PER_CM = 0.01
"""Spacing of the frequencies, in cycles per cm."""

LAST_TIMES_FWHM = 1.5
"""Last frequency, times FWHM: a Gaussian has 4e-4 left there, and 0.10 at 0.804."""

NYQUIST = 0.5
"""Cycles per pixel up to which the pixels of one strip tell anything."""

Floats = NDArray[np.float64]


def modulation_of(image: LineImage, *, taper: bool) -> Modulation:
    """Return the modulation of all lines in all strips of an image together."""
    frequencies = frequencies_of(image.mm_per_pixel.value, image.half.value)
    return modulation(image.windows, image.distances, frequencies, taper=taper)


def frequencies_of(channel_mm: float, fwhm_mm: float) -> Floats:
    """Return the frequencies at which a line of this width is looked at, in cycles per channel."""
    channel_cm = channel_mm / 10.0
    last = min(NYQUIST / channel_cm, LAST_TIMES_FWHM * 10.0 / fwhm_mm)
    return np.asarray(np.arange(0.0, last + STEP_PER_CM / 2.0, STEP_PER_CM) * channel_cm)


def frequency_per_cm(image: LineImage, found: Modulation, share: float) -> Estimate | None:
    """Return where the modulation falls to a share, in cycles per cm; None where it does not."""
    return frequency_at_share(found, image.mm_per_pixel, share)


def frequency_at_share(found: Modulation, channel_mm: Estimate, share: float) -> Estimate | None:
    """Return the same of channels of a size that is known with an uncertainty."""
    try:
        place, u = found.frequency_at(share)
    except FitError:
        return None
    value = place * 10.0 / channel_mm.value
    return Estimate(
        value=value, uncertainty=float(np.hypot(u / place, channel_mm.relative)) * value
    )
