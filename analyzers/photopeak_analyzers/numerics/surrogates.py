"""Other noise of the same kind: series with the spectrum of one that was measured, and other phases.

Along the first axis every frequency keeps its amplitude and gets another phase, the same one for all
columns: how neighbours along the axis and columns among themselves are correlated stays, where the
extremes fall and how high they are does not. Amplitudes that are drawn anew too tell how high the noise
might have been, which matters where few places are independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def with_other_phases(noise: Floats, number: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield noise of the shape and the spectrum of what was measured.

    Parameters
    ----------
    noise
        One series along the first axis, or columns of them; the mean of each stays.
    number
        How often it is drawn.
    """
    count = len(noise)
    spectrum = np.fft.rfft(noise, axis=0)
    for _ in range(number):
        phases = np.exp(2j * np.pi * rng.random(len(spectrum)))
        phases[0] = 1.0
        if count % 2 == 0:
            # The highest frequency of an even number is real.
            phases[-1] = rng.choice((-1.0, 1.0))
        turned = spectrum * phases.reshape(-1, *(1,) * (noise.ndim - 1))
        yield np.asarray(np.fft.irfft(turned, n=count, axis=0), dtype=np.float64)


def of_the_same_spectrum(noise: Floats, number: int, rng: np.random.Generator) -> Floats:
    """Return Gaussian noise that has the spectrum of a series on the mean, and no mean itself.

    Parameters
    ----------
    noise
        One series, shape ``(places,)``.
    number
        How often it is drawn.

    Returns
    -------
    ndarray
        Shape ``(number, places)``.
    """
    spectrum = np.abs(np.fft.rfft(noise))
    spectrum[0] = 0.0
    real, imaginary = rng.standard_normal((2, number, spectrum.size)) / math.sqrt(2.0)
    if noise.size % 2 == 0:
        # The highest frequency of an even number is real.
        real[:, -1] *= math.sqrt(2.0)
        imaginary[:, -1] = 0.0
    drawn = np.fft.irfft(spectrum * (real + 1j * imaginary), n=noise.size, axis=1)
    return np.asarray(drawn, dtype=np.float64)
