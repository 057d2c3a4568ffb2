"""Whole-body sweeps: images as a moving camera takes them, and a flood that rides along.

::

    lines = line_image(Matrix(rows=1024, columns=256, pixel_mm=2.4), ..., fwhm_mm=9.0)
    sweep = swept({(1, 1): lines, (2, 1): lines}, 2.4, velocity_mm_per_s=2.0)

    ride = Ride(speed=lambda y: 1.0 + 0.04 * np.sin(y / 90.0))
    sweep = swept({(1, 1): ride.expected(matrix, 400.0)}, 2.4)

A source that rests on the head counts at every place of the table for as long as the head takes to
pass it: counts per pixel are inverse to the speed there, which is the answer that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts, WholeBody
from photopeak_analyzers.simulation.blur import edge
from photopeak_analyzers.simulation.planar import Matrix, still

Floats = NDArray[np.float64]


def _steady(y_mm: Floats) -> Floats:
    return np.ones_like(y_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A flat source that rests on the head during the sweep.

    Attributes
    ----------
    speed
        Speed at places along the motion, in mm from the middle, relative to the nominal one.
    width_mm, length_mm
        Of the source across the motion, and of the part of the sweep that is counted.
    sigma_mm
        Standard deviation of the blurred edges.
    """

    speed: Callable[[Floats], Floats] = _steady
    width_mm: float = 400.0
    length_mm: float = 1800.0
    sigma_mm: float = 4.0

    def expected(self, matrix: Matrix, counts_per_pixel: float) -> Floats:
        """Return the expected counts, `counts_per_pixel` where the speed is nominal."""
        y, x = matrix.coordinates()
        along = _lit(y[:, 0], self.length_mm, self.sigma_mm) / self.speed(y[:, 0])
        image = counts_per_pixel * np.outer(along, _lit(x, self.width_mm, self.sigma_mm))
        return np.asarray(image)


def swept(
    images: Mapping[tuple[int, int], Counts],
    pixel_mm: float,
    *,
    velocity_mm_per_s: float | None = 2.0,
    motion: str = "CONTINUOUS",
    text: Mapping[str, str] = MappingProxyType({}),
    **header: Any,
) -> WholeBody:
    """Return a sweep of one frame per (detector, energy window); `header` as in ``still``."""
    first = next(iter(images.values()))
    length_mm = first.shape[0] * pixel_mm
    if "duration_s" not in header:
        header["duration_s"] = (
            1000.0 if velocity_mm_per_s is None else length_mm / velocity_mm_per_s
        )
    static = still(images, pixel_mm, text=text, **header)
    return WholeBody(
        origin=static.origin,
        started_at=static.started_at,
        nuclide=static.nuclide,
        energy_windows=static.energy_windows,
        detectors=static.detectors,
        corrections=static.corrections,
        counts=static.counts,
        frames=static.frames,
        pixel_spacing_mm=static.pixel_spacing_mm,
        saturation_level=static.saturation_level,
        scan_velocity_mm_per_s=velocity_mm_per_s,
        scan_length_mm=length_mm,
        detector_motion=motion,
    )


def _lit(places_mm: Floats, length_mm: float, sigma_mm: float) -> Floats:
    half = length_mm / 2.0
    return np.asarray(edge(places_mm + half, sigma_mm) - edge(places_mm - half, sigma_mm))
