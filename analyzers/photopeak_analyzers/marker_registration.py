"""How far the markers of a nuclear image lie from the same ones in CT, and what noise makes of it.

The distance of each, the largest, the mean displacement along each axis; and the rigid motion that
fits best, which tells a turned gantry from a shifted one: its angle, and what it leaves over. A marker
that was boxed with another one, or moved, leaves much over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Measurement, Scope
from photopeak_analyzers.figures import Overlay, OverlayKind, TableFigure
from photopeak_analyzers.marker_positions import Marker
from photopeak_analyzers.shorthand import MetricRow, measurements

Floats = NDArray[np.float64]

LEAST_FOR_A_TURN = 3
ON_A_LINE = 0.05
"""Markers whose second largest extent is less than this share of the largest tell no angle."""

DISTANCES: tuple[MetricRow, ...] = (
    ("registration_max_mm", "mm", "d_max", "Largest distance of a marker", "标记物最大配准偏差", 1),
    ("registration_mean_mm", "mm", "d_mean", "Mean distance of the markers", "标记物平均配准偏差", 1),
    ("dx_mm", "mm", "dx", "Mean displacement along x", "X方向平均偏移", 1),
    ("dy_mm", "mm", "dy", "Mean displacement along y", "Y方向平均偏移", 1),
    ("dz_mm", "mm", "dz", "Mean displacement along z", "Z方向平均偏移", 1),
    ("marker_distance_mm", "mm", "d", "Distance of a marker", "标记物配准偏差", 1),
    ("markers", "1", "n", "Markers", "标记物数量", 0),
)  # fmt: skip
"""Metrics of :func:`distances_of`."""

MOTION: tuple[MetricRow, ...] = (
    ("rotation_deg", "deg", "phi", "Angle of the rigid motion that fits", "刚性拟合旋转角", 2),
    ("rigid_residual_mm", "mm", "d_res", "Largest distance left by it", "刚性拟合最大残差", 1),
)
"""Metrics of :func:`motion_of`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """Markers and their displacements: nuclear less CT.

    Attributes
    ----------
    nuclear, dense
        The same markers, in the same order.
    shifts
        Shape ``(markers, 3)``: along x, y and z of the patient, in mm.
    u_shifts
        Their standard uncertainties by the noise of both.
    drawn
        The displacements drawn anew with it, shape ``(draws, markers, 3)``. Both None where the noise
        of a marker is not known.
    """

    nuclear: tuple[Marker, ...]
    dense: tuple[Marker, ...]
    shifts: Floats
    u_shifts: Floats | None
    drawn: Floats | None

    @property
    def distances(self) -> Floats:
        """Distance of each marker, in mm."""
        return np.asarray(np.linalg.norm(self.shifts, axis=1))

    @property
    def u_largest_mm(self) -> float | None:
        """Standard uncertainty of the largest distance; drawn, as any marker may be the farthest."""
        if self.drawn is None:
            return None
        return _deviation(np.linalg.norm(self.drawn, axis=2).max(axis=1))


def register(
    nuclear: Sequence[Marker], dense: Sequence[Marker], rng: np.random.Generator, draws: int
) -> Registration:
    """Compare markers with the same ones of CT."""
    pairs = list(zip(nuclear, dense, strict=True))
    shifts = np.array([m.position - d.position for m, d in pairs])
    known = [
        np.hypot(m.uncertainty, d.uncertainty)
        for m, d in pairs
        if m.uncertainty is not None and d.uncertainty is not None
    ]
    u_shifts = drawn = None
    if len(known) == len(pairs):
        u_shifts = np.array(known)
        drawn = shifts + u_shifts * rng.standard_normal((draws, *shifts.shape))
    return Registration(
        nuclear=tuple(nuclear), dense=tuple(dense), shifts=shifts, u_shifts=u_shifts, drawn=drawn
    )


def distances_of(found: Registration) -> list[Measurement]:
    """Return the largest and the mean distance, the mean displacement, and each marker."""
    u_mean: float | None = None
    u_each: list[float | None] = [None] * len(found.shifts)
    u_axes: list[float | None] = [None] * 3
    if found.drawn is not None and found.u_shifts is not None:
        drawn = np.linalg.norm(found.drawn, axis=2)
        u_mean, u_each = _deviation(drawn.mean(axis=1)), [_deviation(d) for d in drawn.T]
        u_axes = [float(u) for u in np.sqrt((found.u_shifts**2).sum(axis=0)) / len(drawn.T)]
    distances, mean = found.distances, found.shifts.mean(axis=0)
    rows = measurements(
        Scope(),
        [
            ("registration_max_mm", float(distances.max()), found.u_largest_mm),
            ("registration_mean_mm", float(distances.mean()), u_mean),
            ("dx_mm", float(mean[0]), u_axes[0]),
            ("dy_mm", float(mean[1]), u_axes[1]),
            ("dz_mm", float(mean[2]), u_axes[2]),
            ("markers", float(len(distances)), None),
        ],
    )
    for number, (distance, u) in enumerate(zip(distances, u_each, strict=True), start=1):
        rows += measurements(Scope.of(marker=number), [("marker_distance_mm", float(distance), u)])
    return rows


def motion_of(found: Registration) -> list[Measurement]:
    """Return the angle of the rigid motion that fits best, and the largest distance it leaves.

    Nothing where the markers lie on a line, or are too few.
    """
    dense = np.array([each.position for each in found.dense])
    if not _tells_a_turn(dense):
        return []
    angle, left = (float(v[0]) for v in rigid_motion(dense, found.shifts[None]))
    u_angle = u_left = None
    if found.drawn is not None:
        u_angle, u_left = (_deviation(v) for v in rigid_motion(dense, found.drawn))
    return measurements(
        Scope(), [("rotation_deg", angle, u_angle), ("rigid_residual_mm", left, u_left)]
    )


def rigid_motion(places: Floats, shifts: Floats) -> tuple[Floats, Floats]:
    """Return for each set of displacements of the places the angle in degrees and the largest rest.

    The least-squares rotation of Kabsch, by singular values.

    Parameters
    ----------
    places
        Shape ``(markers, 3)``, not on a line.
    shifts
        Shape ``(sets, markers, 3)``.
    """
    here = places - places.mean(axis=0)
    there = here + shifts - shifts.mean(axis=1, keepdims=True)
    u, _, vt = np.linalg.svd(np.einsum("mi,smj->sij", here, there))
    sign = np.sign(np.linalg.det(u @ vt))
    u[:, :, 2] *= sign[:, None]
    turn = u @ vt
    # By sine and cosine: a cosine near 1 alone tells small angles badly.
    cosine = np.clip((np.trace(turn, axis1=1, axis2=2) - 1.0) / 2.0, -1.0, 1.0)
    odd = turn - np.swapaxes(turn, 1, 2)
    sine = np.linalg.norm(odd, axis=(1, 2)) / (2.0 * math.sqrt(2.0))
    left = np.linalg.norm(there - here @ turn, axis=2).max(axis=1)
    return np.degrees(np.arctan2(sine, cosine)), np.asarray(left)


def displacements(found: Registration, *, nuclear: str) -> TableFigure:
    """List the places and displacements of the markers; `nuclear` names what is compared with CT."""
    rows = tuple(
        (n, *(round(float(v), 2) for v in (*m.position, *s, np.linalg.norm(s))))
        for n, (m, s) in enumerate(zip(found.nuclear, found.shifts, strict=True), start=1)
    )
    return TableFigure(
        name="displacements",
        title=f"Displacement of {nuclear} from CT",
        columns=("marker", "x (mm)", "y (mm)", "z (mm)", "shift in x (mm)",
                 "shift in y (mm)", "shift in z (mm)",
                 "distance (mm)"),
        rows=rows,
    )  # fmt: skip


def centroids(found: Registration, volume: Volume, *, nuclear: str) -> tuple[Overlay, ...]:
    """Mark both centroids of every marker in a picture of the rows and columns of a volume."""
    to_index = np.linalg.inv(volume.affine)
    overlays = []
    for number, (marker, other) in enumerate(zip(found.nuclear, found.dense, strict=True), start=1):
        there = to_index @ np.append(other.position, 1.0)
        for label, index in ((f"{number} {nuclear}", marker.index), (f"{number} CT", there)):
            overlays.append(
                Overlay(
                    kind=OverlayKind.POINT,
                    label=label,
                    points=((float(index[1]), float(index[2])),),
                )
            )
    return tuple(overlays)


def _tells_a_turn(places: Floats) -> bool:
    if len(places) < LEAST_FOR_A_TURN:
        return False
    extents = np.linalg.svd(places - places.mean(axis=0), compute_uv=False)
    return bool(extents[1] > ON_A_LINE * extents[0])


def _deviation(values: Floats) -> float:
    return float(np.std(values, ddof=1))
