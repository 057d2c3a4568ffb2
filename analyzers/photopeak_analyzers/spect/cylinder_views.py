"""The views of a cylinder: what a head counted in each of them and in all together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Tomographic
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, frames_by_head
from photopeak_analyzers.spect.reconstruction import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Views:
    """What a head counted in all its views together, and in each of them.

    Attributes
    ----------
    totals
        Counts of each view.
    angles_deg
        Their angles, or their numbers where a header has no angles.
    """

    head: HeadCounts
    totals: Floats
    angles_deg: Floats

    @property
    def spread_pct(self) -> float:
        """Difference of the views: (max - min) / (max + min)."""
        highest, lowest = float(self.totals.max()), float(self.totals.min())
        return 100.0 * (highest - lowest) / (highest + lowest)


def views_of(projections: Tomographic, head: HeadCounts) -> Views:
    """Return what each view of a head holds.

    Raises
    ------
    UnsuitableAcquisitionError
        If they are empty, or do not tell how long they took.
    """
    positions = frames_by_head(projections)[head.detector, head.energy_window]
    if not head.total > 0.0:
        raise UnsuitableAcquisitionError(
            f"the views of {head.subject} hold {head.total:g} counts, needs more than 0",
            quantity="counts of the views",
            value=head.total,
            bound=0.0,
        )
    if head.duration_s is None:
        raise UnsuitableAcquisitionError(
            f"the views of {head.subject} do not tell how long they took",
            quantity="duration of the views",
        )
    angles = [projections.frames[p].angle_deg for p in positions]
    return Views(
        head=head,
        totals=np.array([float(projections.counts[p].sum(dtype=np.float64)) for p in positions]),
        angles_deg=np.array([float(i) if a is None else a for i, a in enumerate(angles)]),
    )
