"""Other noise of the same kind: series with the spectrum of one that was measured, and other phases.

Along the first axis every frequency keeps its amplitude and gets another phase, the same one for all
columns: how neighbours along the axis and columns among themselves are correlated stays, where the
extremes fall and how high they are does not.
"""

from __future__ import annotations

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
