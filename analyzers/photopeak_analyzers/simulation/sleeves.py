"""A line source of a positron emitter in one metal sleeve after another, as a PET scanner counts it.

True coincidences with n sleeves in the time from t to t + T after the activity A::

    N = S A exp(-2 mu n w) * integral of exp(-l t) over the acquisition
      = S A exp(-2 mu n w) * (exp(-l t) - exp(-l (t + T))) / l

The scanner shows prompts, which are these and the randoms; a background counts in addition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.nuclides import half_life


@dataclass(frozen=True, slots=True, kw_only=True)
class SleevedSource:
    """A scanner and the source in it.

    Attributes
    ----------
    sensitivity
        True coincidences/s/MBq without metal.
    activity_mbq
        At time 0.
    attenuation_per_mm, wall_mm
        Of the metal, and the wall of one sleeve.
    randoms_share
        Of the randoms in all coincidences.
    background_cps
        True coincidences/s that the source has no part in.
    half_life_s
        That of F-18 as the clause has it, unless given.
    """

    sensitivity: float = 7000.0
    activity_mbq: float = 5.0
    attenuation_per_mm: float = 0.0228
    wall_mm: float = 1.25
    randoms_share: float = 0.01
    background_cps: float = 0.0
    half_life_s: float = half_life("F-18", "jjf").seconds

    def trues(self, sleeves: int, start_s: float, duration_s: float) -> float:
        """Return the true coincidences that are expected, background included."""
        decay = math.log(2.0) / self.half_life_s
        # expm1 keeps the digits of a short acquisition, which a difference of two exponentials loses.
        while_s = -math.expm1(-decay * duration_s) / decay
        mbq_s = self.activity_mbq * math.exp(-decay * start_s) * while_s
        metal = math.exp(-2.0 * self.attenuation_per_mm * sleeves * self.wall_mm)
        return self.sensitivity * mbq_s * metal + self.background_cps * duration_s

    def counted(
        self,
        sleeves: int,
        start_s: float,
        duration_s: float,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, float]:
        """Return prompts and randoms, as expected or, with a generator, as they turn out."""
        trues = self.trues(sleeves, start_s, duration_s)
        randoms = trues * self.randoms_share / (1.0 - self.randoms_share)
        if rng is None:
            return trues + randoms, randoms
        # The randoms among the prompts and those of the delayed window are different ones.
        return float(rng.poisson(trues + randoms)), float(rng.poisson(randoms))
