"""What a ring scanner counts before anything is reconstructed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from photopeak_analyzers.acquisition import Acquisition, AcquisitionKind, Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sinogram(Acquisition):
    """Coincidences of a ring scanner by plane, angle and radial bin, as measured.

    `counts` has the shape ``(planes, angles, bins)``; prompts, or prompts less randoms, never
    corrected for decay or attenuation.
    """

    kind: AcquisitionKind = field(init=False, default=AcquisitionKind.SINOGRAM)
    counts: Counts
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if self.counts.ndim != 3 or 0 in self.counts.shape:
            raise UnsuitableAcquisitionError(
                f"sinogram has the shape {self.counts.shape}, needs (planes, angles, bins)",
                quantity="shape",
            )
        view = np.asarray(self.counts).view()
        view.flags.writeable = False
        object.__setattr__(self, "counts", view)
