"""Cold spheres on a circle about the axis of a cylinder: where they are, how cold they look.

The spheres stand in the order of their size, evenly on a circle, clockwise or not; where they begin is
found by matching all of them at once. Then each may be a little beside its place: that with the
lowest mean is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.numerics.polar_match import ANGLES, PolarSlices, spots
from photopeak_analyzers.spect.reconstruction import Floats, Reconstruction

CIRCLE_REACH_MM, CIRCLE_STEP_MM = 10.0, 2.0
"""The circle of the spheres is looked for this far from where it should be."""

LEAST_CONTRAST = 0.05
"""Mean contrast of all spheres together below which none are there."""

LEAST_SIGNIFICANCE = 6.0
"""Match of all spheres over the usual match of anything."""

DEVIATION_PER_MAD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spheres:
    """The spheres together.

    Attributes
    ----------
    places
        (slice, row, column) of each, as the pattern has it.
    circle_mm
        Radius of their circle.
    angle_deg, clockwise
        Angle of the first from x towards y, and whether the next follow in that sense.
    middle
        Slice of their middle.
    contrast
        Of all together, in the slice of their middle.
    """

    places: tuple[Place, ...]
    circle_mm: float
    angle_deg: float
    clockwise: bool
    middle: float
    contrast: float


def find_spheres(
    polar: PolarSlices,
    cylinder: Cylinder,
    pixel_mm: tuple[float, float],
    diameters_mm: tuple[float, ...],
    circle_mm: float,
) -> Spheres:
    """Find cold spheres of these diameters, in this order.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing looks like them.
    """
    if circle_mm > cylinder.radius_mm:
        raise UnsuitableAcquisitionError(
            f"the cylinder has a radius of {cylinder.radius_mm:.0f} mm, needs more than {circle_mm:g} mm"
            " for the circle of the spheres",
            quantity="radius of the cylinder",
            value=cylinder.radius_mm,
            bound=circle_mm,
        )
    y, x = polar.cartesian()
    soft = float(polar.radius_mm[1] - polar.radius_mm[0])
    turns = [
        (radius, sense)
        for radius in np.arange(
            circle_mm - CIRCLE_REACH_MM, circle_mm + CIRCLE_REACH_MM + 1e-6, CIRCLE_STEP_MM
        ).tolist()
        for sense in (1.0, -1.0)
    ]
    order = np.arange(len(diameters_mm)) * (2.0 * math.pi / len(diameters_mm))
    radii = np.array(diameters_mm) / 2.0
    patterns = np.stack(
        [
            spots(
                y,
                x,
                radius * np.stack([np.sin(sense * order), np.cos(sense * order)], axis=1),
                radii,
                soft,
            )
            for radius, sense in turns
        ]
    )
    matches = polar.match(patterns)
    score = _over_three(matches.score)
    z, turn, angle = np.unravel_index(int(score.argmax()), score.shape)
    best = float(score[z, turn, angle])
    noise = DEVIATION_PER_MAD * float(np.median(np.abs(score - np.median(score))))
    contrast = matches.contrast[:, turn, angle]
    found = float(_over_three(contrast[:, None, None])[z, 0, 0])
    significance = best / noise if noise > 0.0 else math.inf
    if found < LEAST_CONTRAST or significance < LEAST_SIGNIFICANCE:
        broken, value, bound = (
            ("contrast", found, LEAST_CONTRAST)
            if found < LEAST_CONTRAST
            else ("match over the noise", significance, LEAST_SIGNIFICANCE)
        )
        raise UnsuitableAcquisitionError(
            f"{len(diameters_mm)} cold spheres of {min(diameters_mm):g} to {max(diameters_mm):g} mm"
            f" match the slices with a contrast of {found:.3f} and {significance:.1f} times the noise,"
            f" needs {LEAST_CONTRAST:g} and {LEAST_SIGNIFICANCE:g}: there are none",
            quantity=f"{broken} of all spheres together",
            value=value,
            bound=bound,
        )
    middle = polar.first + _middle_of_run(contrast, int(z))
    radius, sense = turns[int(turn)]
    angles = math.radians(360.0 / ANGLES * float(angle)) + sense * order
    return Spheres(
        places=tuple(
            (
                middle,
                cylinder.centre[0] + radius * math.sin(a) / pixel_mm[0],
                cylinder.centre[1] + radius * math.cos(a) / pixel_mm[1],
            )
            for a in angles.tolist()
        ),
        circle_mm=radius,
        angle_deg=360.0 / ANGLES * float(angle),
        clockwise=sense > 0.0,
        middle=middle,
        contrast=found,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sphere:
    """One sphere: where its mean is lowest, and the voxels in its diameter there."""

    diameter_mm: float
    place: Place
    voxels: Floats

    @property
    def mean(self) -> float:
        """Mean inside the diameter."""
        return float(self.voxels.mean())

    @property
    def minimum(self) -> float:
        """Lowest voxel inside the diameter."""
        return float(self.voxels.min())


def coldest(
    reconstruction: Reconstruction, place: Place, diameter_mm: float, search_mm: float
) -> Sphere:
    """Move a sphere by whole voxels, then by halves, to where its mean is lowest."""
    voxel = np.array(reconstruction.voxel_mm)
    centre = np.rint(np.array(place))
    reach = np.floor(search_mm / voxel).astype(int)
    grids = [np.arange(-n, n + 1, dtype=np.float64) for n in reach]
    centre = _lowest(reconstruction, centre, grids, diameter_mm)
    centre = _lowest(reconstruction, centre, [np.array([-0.5, 0.0, 0.5])] * 3, diameter_mm)
    return Sphere(
        diameter_mm=diameter_mm,
        place=(float(centre[0]), float(centre[1]), float(centre[2])),
        voxels=_ball(reconstruction, centre, diameter_mm),
    )


def places_searched(diameter_mm: float, search_mm: float) -> float:
    """Return among how many places that do not overlap a sphere was the coldest."""
    return (1.0 + 2.0 * search_mm / diameter_mm) ** 3


def refuse_unless_cold(
    reconstruction: Reconstruction,
    spheres: Spheres,
    cylinder_mean: float,
    diameters_mm: tuple[float, ...],
    search_mm: float,
) -> None:
    """Refuse hot spheres: what lies between them is colder than they, and looks like cold ones.

    Raises
    ------
    UnsuitableAcquisitionError
        If the largest sphere is no colder than the cylinder.
    """
    diameter, place = max(zip(diameters_mm, spheres.places, strict=True))
    mean = coldest(reconstruction, place, diameter, search_mm).mean
    contrast = 1.0 - mean / cylinder_mean
    if contrast < LEAST_CONTRAST:
        raise UnsuitableAcquisitionError(
            f"the largest sphere has a contrast of {contrast:.2f} to the cylinder,"
            f" needs {LEAST_CONTRAST:g}: there are no cold spheres",
            quantity="contrast of the largest sphere",
            value=contrast,
            bound=LEAST_CONTRAST,
        )


def _lowest(
    reconstruction: Reconstruction, centre: Floats, grids: list[Floats], diameter_mm: float
) -> Floats:
    moves = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, 3)
    # The place nearest to the expected one comes first where several are alike.
    moves = moves[np.argsort((moves**2).sum(axis=1), kind="stable")]
    means = [float(_ball(reconstruction, centre + m, diameter_mm).mean()) for m in moves]
    return np.asarray(centre + moves[int(np.argmin(means))])


def _ball(reconstruction: Reconstruction, centre: Floats, diameter_mm: float) -> Floats:
    """Return the voxels whose centres lie in a ball; the nearest one at least."""
    boxes, arms = [], []
    for at, side, size in zip(
        centre, reconstruction.voxel_mm, reconstruction.values.shape, strict=True
    ):
        reach = max(diameter_mm / 2.0 / side, 0.5)
        first = min(max(math.ceil(at - reach), 0), size - 1)
        last = max(min(math.floor(at + reach), size - 1), first)
        boxes.append(slice(first, last + 1))
        arms.append(((np.arange(first, last + 1) - at) * side) ** 2)
    distance = arms[0][:, None, None] + arms[1][:, None] + arms[2]
    inside = distance <= (diameter_mm / 2.0) ** 2
    if not inside.any():
        inside = distance == distance.min()
    return np.asarray(reconstruction.values[tuple(boxes)][inside])


def _over_three(values: Floats) -> Floats:
    """Return the mean of each slice and its two neighbours; fewer at the ends."""
    summed, count = values.copy(), np.ones(values.shape[0])
    summed[1:] += values[:-1]
    summed[:-1] += values[1:]
    count[1:] += 1.0
    count[:-1] += 1.0
    return np.asarray(summed / count[:, None, None])


def _middle_of_run(profile: Floats, peak: int) -> float:
    """Return the centroid of the run above half of a peak."""
    level = 0.5 * float(profile[peak])
    first = last = peak
    while first > 0 and profile[first - 1] > level:
        first -= 1
    while last < profile.size - 1 and profile[last + 1] > level:
        last += 1
    run = np.arange(first, last + 1)
    return float(np.average(run, weights=profile[first : last + 1]))
