"""The views of a rotating camera, one set per detector and energy window, in order of their angle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts, Tomographic
from photopeak_analyzers.contract import Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import frames_by_head

SAME_ANGLE_DEG = 1e-3
"""Angles closer than this are the same place of the gantry, as in a second rotation."""

CLOSED_STEPS = 1.5
"""A largest gap of at most this many steps closes the circle."""

OPPOSED_STEPS = 0.25
"""Part of a step by which two views may miss being opposed by 180 degrees."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Views:
    """The views of one detector in one energy window.

    Attributes
    ----------
    positions
        Where the frames stand in the acquisition, in the order of `angles_deg`.
    angles_deg
        Angle of each view, ascending from the first one behind the largest gap; may pass 360.
    """

    detector: int | None
    energy_window: int | None
    positions: NDArray[np.intp]
    angles_deg: NDArray[np.float64]

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return Scope.of(detector=self.detector, energy_window=self.energy_window)

    def frames_of(self, acquisition: Tomographic) -> Counts:
        """Return the counts of the views, without a copy where they stand next to each other."""
        first, steps = int(self.positions[0]), np.diff(self.positions)
        if (steps == 1).all():
            return acquisition.counts[first : first + self.positions.size]
        if (steps == -1).all():
            return acquisition.counts[self.positions[-1] : first + 1][::-1]
        return acquisition.counts[self.positions]

    @property
    def places_deg(self) -> NDArray[np.float64]:
        """Angles of the gantry, each once."""
        new = np.diff(self.angles_deg, prepend=-math.inf) > SAME_ANGLE_DEG
        return np.asarray(self.angles_deg[new])

    @property
    def step_deg(self) -> float:
        """Median angle between neighbouring places; 0 when there is only one."""
        gaps = np.diff(self.places_deg)
        return float(np.median(gaps)) if gaps.size else 0.0

    @property
    def largest_step_error(self) -> float:
        """Largest deviation of a step from the median one, relative to it; 0 for a single place."""
        step = self.step_deg
        gaps = np.diff(self.places_deg)
        return float(np.abs(gaps / step - 1.0).max()) if gaps.size else 0.0

    @property
    def arc_deg(self) -> float:
        """Angle covered, each view standing for one step: 60 views of 3 degrees cover 180."""
        places = self.places_deg
        span = float(places[-1] - places[0])
        open_gap = 360.0 - span
        if open_gap <= CLOSED_STEPS * self.step_deg:
            return 360.0
        return span + self.step_deg

    def opposed_pairs(self) -> tuple[tuple[int, int], ...]:
        """Return pairs of indices of views half a turn apart, each pair once."""
        tolerance = OPPOSED_STEPS * self.step_deg
        pairs: list[tuple[int, int]] = []
        used: set[int] = set()
        apart = np.abs((self.angles_deg - self.angles_deg[:, None]) % 360.0 - 180.0)
        nearest = apart.argmin(axis=1)
        for index, other in enumerate(nearest.tolist()):
            if index in used or other in used:
                continue
            if apart[index, other] <= tolerance:
                pairs.append((index, other))
                used.update((index, other))
        return tuple(pairs)


def views_of(acquisition: Tomographic) -> tuple[Views, ...]:
    """Return the views of each detector and energy window, in their order.

    Raises
    ------
    UnsuitableAcquisitionError
        If the angle of a view is not known.
    """
    for position, frame in enumerate(acquisition.frames):
        if frame.angle_deg is None or not math.isfinite(frame.angle_deg):
            raise UnsuitableAcquisitionError(
                f"the angle of view {frame.view or position + 1} is not known",
                quantity="angle of the view",
            )
    views = []
    for (detector, window), members in frames_by_head(acquisition).items():
        positions = np.array(members, dtype=np.intp)
        angles = np.array([acquisition.frames[p].angle_deg or 0.0 for p in positions]) % 360.0
        order, unrolled = _unrolled(angles)
        views.append(
            Views(
                detector=detector,
                energy_window=window,
                positions=positions[order],
                angles_deg=unrolled,
            )
        )
    return tuple(views)


def _unrolled(angles: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the order of the angles from the one behind the largest gap, and the ascending angles.

    On a closed circle no gap is larger than the others but for rounding: it starts at the first
    view that was taken.
    """
    ordered = np.sort(angles)
    gaps = np.diff(ordered, append=ordered[0] + 360.0)
    step = float(np.median(gaps[gaps > SAME_ANGLE_DEG])) if angles.size > 1 else 360.0
    start = float(ordered[(int(gaps.argmax()) + 1) % angles.size])
    if float(gaps.max()) <= CLOSED_STEPS * step:
        start = float(angles[0])
    # What lies a rounding error before the start is the start.
    turned = (angles - start + SAME_ANGLE_DEG / 2.0) % 360.0 - SAME_ANGLE_DEG / 2.0
    order = np.argsort(turned, kind="stable")
    return order, start + turned[order]
