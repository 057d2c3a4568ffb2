"""Six spheres on a circle about the lung insert: plane, rotation, order in either sense, tilt.

What lies on the circle is looked at slice by slice, and the pattern turned and mirrored until hot spheres
lie on what is hot and cold ones on what is cold, larger ones counting more. The centroids of the larger
spheres then place the whole pattern as a rigid body, so that spheres which are hardly seen are where
they have to be. NEMA NU 2-2018 7.3; JJF draft, Annex B.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.spheres import centroid, near, rigidly_moved
from photopeak_analyzers.pet.body_phantom import BodyPhantom, Floats, physical_part

STEP_DEG = 3.0
"""Of the directions in which the circle is looked at; a divisor of the pattern's 60 degrees."""

BAND_MM = 10.0
"""Half the width of the ring, and half the length along it and across the slices, of one mean."""

LEAST_DIAMETER_MM = 16.0
"""Spheres from this size on place the pattern; three at least."""

ROOM_MM = 25.0
"""Around the spheres in the part of the volume that is looked at."""

LEAST_HOT, MOST_COLD = 1.3, 0.8
"""Value inside over background that the larger spheres need to have."""

OPPOSITE_HOT, OPPOSITE_COLD = 0.7, 1.3
"""Mean over background at which a sphere holds the opposite of what was declared."""

SURE = 4.0
"""Standard deviations that it has to lie off the background for that."""

MOST_RESIDUAL_MM = 6.0
"""Root mean square distance of the centroids from the pattern, beyond which it is another one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spheres:
    """The spheres of a phantom.

    Attributes
    ----------
    cold
        Which of them are declared to hold no activity.
    centres_mm
        (slice, row, column) in mm from the centre of the first voxel, shape ``(spheres, 3)``.
    angle_deg
        Direction of the first one from the axis, from +column towards +row.
    mirrored
        Whether the others follow against that sense.
    residual_mm
        Root mean square distance of the centroids from the pattern.
    """

    diameters_mm: tuple[float, ...]
    cold: tuple[bool, ...]
    centres_mm: Floats
    angle_deg: float
    mirrored: bool
    residual_mm: float

    @property
    def position_mm(self) -> float:
        """Position of their common plane along the slices, where the axis passes it."""
        return float(self.centres_mm[:, 0].mean())


def find_spheres(
    volume: Volume,
    body: BodyPhantom,
    diameters_mm: tuple[float, ...],
    circle_mm: float,
    cold_mm: tuple[float, ...] = (),
) -> Spheres:
    """Return the spheres.

    Parameters
    ----------
    diameters_mm
        In their order on the circle, from the largest to the smallest.
    circle_mm
        Radius of the circle of their centres.
    cold_mm
        Diameters of those that hold no activity.

    Raises
    ------
    UnsuitableAcquisitionError
        If the pattern is not there, or cut by the first or last slice.
    """
    cold = tuple(d in cold_mm for d in diameters_mm)
    rough, angle, sense = _on_the_circle(volume, body, diameters_mm, cold, circle_mm)
    part, origin = part_around(volume, rough, diameters_mm)
    voxel = volume.voxel_spacing_mm
    large = [i for i, d in enumerate(diameters_mm) if d >= LEAST_DIAMETER_MM]
    negative = -part if any(cold) else part
    found = np.stack(
        [
            centroid(negative if cold[i] else part, voxel, rough[i] - origin, diameters_mm[i])
            for i in large
        ]
    )
    centres = rigidly_moved(rough, rough[large], found + origin)
    off = centres[large] - found - origin
    spheres = Spheres(
        diameters_mm=diameters_mm,
        cold=cold,
        centres_mm=centres,
        angle_deg=_direction(centres, angle),
        mirrored=sense < 0,
        residual_mm=float(np.sqrt((off**2).sum(axis=1).mean())),
    )
    _refuse_another_pattern(spheres)
    for i in large:
        _refuse_unless_seen(part, voxel, centres[i] - origin, diameters_mm[i], cold[i], body.level)
    return spheres


def refuse_opposites(spheres: Spheres, shown: Iterable[Estimate]) -> None:
    """Refuse spheres that hold the opposite of what was declared: others were taken for them.

    Parameters
    ----------
    shown
        Mean of each sphere over the background, with the deviation that noise gives it.

    Raises
    ------
    UnsuitableAcquisitionError
        If one is cold that should be hot, or hot that should be cold, beyond its noise.
    """
    for diameter, cold, each in zip(spheres.diameters_mm, spheres.cold, shown, strict=True):
        bound = OPPOSITE_COLD if cold else OPPOSITE_HOT
        beyond = each.value > bound if cold else each.value < bound
        if beyond and abs(each.value - 1.0) > SURE * each.uncertainty:
            word, other, than = ("cold", "hot", "at most") if cold else ("hot", "cold", "at least")
            raise UnsuitableAcquisitionError(
                f"where the {word} sphere of {diameter:g} mm should be is {each.value:.2f} of the"
                f" background, needs {than} {bound:g}: a {other} one is there, and no sphere can be"
                " told from another",
                quantity=f"{word} sphere over background",
                value=each.value,
                bound=bound,
            )


def part_around(
    volume: Volume, centres_mm: Floats, diameters_mm: tuple[float, ...]
) -> tuple[Floats, Floats]:
    """Return the part of a volume that holds the spheres, in physical units, and its first voxel in mm.

    Raises
    ------
    UnsuitableAcquisitionError
        If the first or last slice cuts a sphere.
    """
    room = max(diameters_mm) / 2.0 + ROOM_MM
    _refuse_cut(volume, centres_mm, diameters_mm)
    box = []
    for low, high, side, n in zip(
        centres_mm.min(axis=0) - room,
        centres_mm.max(axis=0) + room,
        volume.voxel_spacing_mm,
        volume.values.shape,
        strict=True,
    ):
        box.append(slice(max(math.floor(low / side), 0), min(math.ceil(high / side) + 1, n)))
    origin = np.array(
        [part.start * side for part, side in zip(box, volume.voxel_spacing_mm, strict=True)]
    )
    return physical_part(volume, box[0], box[1], box[2]), origin


def _on_the_circle(
    volume: Volume,
    body: BodyPhantom,
    diameters_mm: tuple[float, ...],
    cold: tuple[bool, ...],
    circle_mm: float,
) -> tuple[Floats, float, int]:
    """Return where the spheres roughly are, the direction of the first one, and the sense."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    side, *pixel = volume.voxel_spacing_mm
    slices = volume.values.shape[0]
    begin, end = body.ends_mm
    first = 0 if begin is None else max(math.ceil(begin / side), 0)
    stop = slices if end is None else min(math.floor(end / side) + 1, slices)
    positions = np.arange(first, stop) * side
    angles = np.radians(np.arange(0.0, 360.0, STEP_DEG))
    radii = circle_mm + np.arange(-BAND_MM, BAND_MM + 1.0, 4.0)
    axis = body.lung_mm + body.lung_slope * positions[:, None]
    indices = []
    for part, turned, spacing, n in zip(
        axis.T, (np.sin(angles), np.cos(angles)), pixel, volume.values.shape[1:], strict=True
    ):
        place = part[:, None, None] + turned[:, None] * radii
        indices.append(np.clip(np.rint(place / spacing).astype(np.intp), 0, n - 1))
    seen = volume.values[np.arange(first, stop)[:, None, None], indices[0], indices[1]].mean(axis=2)
    ring = seen * volume.slope[first:stop, None] + volume.intercept[first:stop, None]
    ring = ring / body.level - 1.0
    across = max(1, 2 * round(BAND_MM / side) // 2 + 1)
    along = max(1, round(2.0 * BAND_MM / (circle_mm * math.radians(STEP_DEG))))
    ring = ndimage.uniform_filter1d(ring, across, axis=0, mode="nearest")
    ring = ndimage.uniform_filter1d(ring, along, axis=1, mode="wrap")
    weights = [(-1.0 if c else 1.0) * d * d for c, d in zip(cold, diameters_mm, strict=True)]
    turn = round(360.0 / STEP_DEG / len(diameters_mm))
    scores = np.stack(
        [
            sum(w * np.roll(ring, -sense * turn * j, axis=1) for j, w in enumerate(weights))
            for sense in (1, -1)
        ]
    )
    mirrored, place, direction = np.unravel_index(int(scores.argmax()), scores.shape)
    sense = -1 if mirrored else 1
    each = angles[direction] + sense * 2.0 * math.pi / len(weights) * np.arange(len(weights))
    flat = body.lung_at(float(positions[place]))
    centres = np.stack(
        [
            np.full(each.size, positions[place]),
            flat[0] + circle_mm * np.sin(each),
            flat[1] + circle_mm * np.cos(each),
        ],
        axis=1,
    )
    return centres, float(np.degrees(angles[direction])), sense


def _direction(centres: Floats, rough_deg: float) -> float:
    """Return the direction of the first sphere from the middle of all, near to a rough one."""
    y, x = (centres[0] - centres.mean(axis=0))[1:]
    exact = math.degrees(math.atan2(y, x))
    return exact + 360.0 * round((rough_deg - exact) / 360.0)


def _refuse_cut(volume: Volume, centres: Floats, diameters_mm: tuple[float, ...]) -> None:
    last = (volume.values.shape[0] - 1) * volume.voxel_spacing_mm[0]
    radius = np.array(diameters_mm) / 2.0
    cut = int(((centres[:, 0] - radius < 0.0) | (centres[:, 0] + radius > last)).sum())
    if cut:
        raise UnsuitableAcquisitionError(
            f"{cut} of the spheres are cut by the first or last slice, needs 0",
            quantity="spheres that are cut",
            value=cut,
            bound=0,
        )


def _refuse_another_pattern(spheres: Spheres) -> None:
    if spheres.residual_mm > MOST_RESIDUAL_MM:
        raise UnsuitableAcquisitionError(
            f"the spheres lie {spheres.residual_mm:.1f} mm beside the pattern, needs at most"
            f" {MOST_RESIDUAL_MM:g} mm: it is another phantom",
            quantity="distance of the spheres from the pattern",
            value=spheres.residual_mm,
            bound=MOST_RESIDUAL_MM,
        )


def _refuse_unless_seen(
    part: Floats,
    voxel: tuple[float, float, float],
    centre: Floats,
    diameter: float,
    cold: bool,
    level: float,
) -> None:
    box, distance = near(part.shape, voxel, centre, diameter / 2.0)
    core = part[box][distance <= max(diameter / 4.0, *voxel)]
    share = float(core.mean()) / level if core.size else 1.0
    bound, seen = (MOST_COLD, share < MOST_COLD) if cold else (LEAST_HOT, share > LEAST_HOT)
    if not seen:
        word, than = ("cold", "less than") if cold else ("hot", "more than")
        raise UnsuitableAcquisitionError(
            f"the {word} sphere of {diameter:g} mm has {share:.2f} of the background, needs {than}"
            f" {bound:g}: the spheres are not found",
            quantity=f"{word} sphere over background",
            value=share,
            bound=bound,
        )
