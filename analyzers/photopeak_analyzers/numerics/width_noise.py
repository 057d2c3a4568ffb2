"""What counting makes uncertain in a width and in the middle of a peak, by linear propagation.

A crossing lies between an inner channel y and an outer one z at the level L, a share of the peak
P: ``x = i + (y - L) / (y - z)`` outwards. The channels are Poisson counts and independent, and the
level moves both crossings with the peak::

    dx/dy = (L - z) / (y - z)**2    dx/dz = (y - L) / (y - z)**2    dx/dL = -1 / (y - z)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.profiles import Peak, Width

Floats = NDArray[np.float64]


def width_noise(profile: Floats, peak: Peak, width: Width, share: float) -> tuple[float, float]:
    """Return the standard uncertainties of a width and of its middle, in channels.

    Parameters
    ----------
    profile
        Counts, as they were counted: not scaled.
    width
        As :func:`~photopeak_analyzers.numerics.profiles.width_at` found it at `share`.
    """
    variances, slopes = [], []
    for position, step in ((width.left, -1), (width.right, 1)):
        inner = math.floor(position) if step > 0 else math.ceil(position)
        outer = min(max(inner + step, 0), profile.size - 1)
        y, z = float(profile[inner]), float(profile[outer])
        fall = y - z
        if fall <= 0.0:
            # The crossing is on a channel, and the profile is level there: one channel either way.
            variances.append(1.0)
            slopes.append(0.0)
            continue
        toward, away = (width.level - z) / fall**2, (y - width.level) / fall**2
        variances.append(toward**2 * y + away**2 * z)
        slopes.append(1.0 / fall)
    both = sum(variances)
    of_level = share**2 * max(peak.height, 0.0)
    return (
        math.sqrt(both + (slopes[0] + slopes[1]) ** 2 * of_level),
        math.sqrt((both + (slopes[0] - slopes[1]) ** 2 * of_level) / 4.0),
    )
