"""Modulation transfer function of the lines of an image, over cycles per cm."""

from __future__ import annotations

import numpy as np

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


def modulation_of(image: LineImage, *, taper: bool) -> Modulation:
    """Return the modulation of all lines in all strips of an image together."""
    pixel_cm = image.mm_per_pixel.value / 10.0
    last = min(NYQUIST / pixel_cm, LAST_TIMES_FWHM * 10.0 / image.half.value)
    per_cm = np.arange(0.0, last + STEP_PER_CM / 2.0, STEP_PER_CM)
    return modulation(image.windows, image.distances, per_cm * pixel_cm, taper=taper)


def frequency_per_cm(image: LineImage, found: Modulation, share: float) -> Estimate | None:
    """Return where the modulation falls to a share, in cycles per cm; None where it does not."""
    try:
        place, u = found.frequency_at(share)
    except FitError:
        return None
    value = place * 10.0 / image.mm_per_pixel.value
    return Estimate(
        value=value, uncertainty=float(np.hypot(u / place, image.mm_per_pixel.relative)) * value
    )
