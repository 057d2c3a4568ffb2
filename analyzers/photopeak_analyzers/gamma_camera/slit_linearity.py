"""How far the slits of a mask stand from where they should: DL by its three texts, AL, and their noise.

Places are the middles of the slits at half height, one per slit and strip (E.1.4, figure E.3). Each
direction and each field has a grid of its own: equally spaced parallel lines with a free slope, because
the mask is laid down anew for the other direction (E.2.4). What is called differential linearity in
three ways is told in ``numerics.line_grid``; the absolute one is the largest distance from the grid.

Standard deviations and a maximum are no linear functions of the places. Their uncertainty is the
scatter of repetitions with noise added to the places: what counting makes of each of them, and the
tolerance of the mask as a displacement of each slit as a whole. The same repetitions about an ideal grid
say what a perfect detector would show with this image: the floor, above which alone a number tells
something of the detector. The tolerance of the pitch adds in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.gamma_camera.slit_images import SlitField
from photopeak_analyzers.numerics.line_grid import LinePoints
from photopeak_analyzers.uncertainty import rectangular

LINE, PLACE, SPACING, GRID, LARGEST = "dl_line", "dl_place", "dl_spacing", "residual_sd", "al"

STATISTICS: dict[str, Callable[[LinePoints, NDArray[np.float64]], NDArray[np.float64]]] = {
    LINE: LinePoints.line_sd,
    PLACE: LinePoints.place_sd,
    SPACING: LinePoints.spacing_sd,
    GRID: LinePoints.grid_sd,
    LARGEST: LinePoints.largest,
}
"""What is computed of the places of one direction in one field, in pixels."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spread:
    """A number in mm that is no linear function of the places.

    Attributes
    ----------
    value
        Of the places as measured.
    repeated
        Of each repetition with noise added.
    ideal
        Of each repetition about an ideal grid.
    relative
        Relative standard uncertainty of the millimetres.
    """

    value: float
    repeated: Floats
    ideal: Floats
    relative: float

    @property
    def uncertainty(self) -> float:
        """Standard uncertainty."""
        return float(np.hypot(self.repeated.std(ddof=1), self.value * self.relative))

    @property
    def floor(self) -> float:
        """What a perfect detector would show."""
        return float(self.ideal.mean())


def spreads_of(
    field: SlitField, *, tolerance_mm: float, draws: int, rng: np.random.Generator
) -> dict[str, Spread]:
    """Return every number of one direction in one field.

    Parameters
    ----------
    tolerance_mm
        By how much a slit of the mask may be out of its place.
    draws
        Repetitions behind each uncertainty; at least 2.
    """
    points, mm = field.points, field.mm_per_pixel
    lines, of_line = np.unique(points.line, return_inverse=True)
    machined = rectangular(tolerance_mm) / mm.value * rng.standard_normal((lines.size, draws))
    counted = field.u_position[:, None] * rng.standard_normal((field.position.size, draws))
    noise = counted + machined[of_line]
    ideal = (field.position - field.grid.residuals)[:, None] + noise
    repeated = field.position[:, None] + noise
    return {
        name: Spread(
            value=float(statistic(points, field.position)) * mm.value,
            repeated=statistic(points, repeated) * mm.value,
            ideal=statistic(points, ideal) * mm.value,
            relative=mm.relative,
        )
        for name, statistic in STATISTICS.items()
    }


def of_both(name: str, spreads: Sequence[Spread]) -> Spread:
    """Return the number of both directions: their mean, or the larger for the absolute linearity."""
    together = np.max if name == LARGEST else np.mean
    return Spread(
        value=float(together([s.value for s in spreads])),
        repeated=np.asarray(together([s.repeated for s in spreads], axis=0)),
        ideal=np.asarray(together([s.ideal for s in spreads], axis=0)),
        relative=max(s.relative for s in spreads),
    )
