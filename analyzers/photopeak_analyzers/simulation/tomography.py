"""Point sources seen by a rotating camera, with every number of their paths known.

::

    camera = RotatingCamera(heads=(Head(cor_offset_px=0.4), Head(start_angle_deg=180.0)))
    acquisition = camera.acquire((PointSource(radius_mm=100.0),), rng=np.random.default_rng(3))

Seen at the angle t, a source at radius r and azimuth p lies at the transaxial position
``r cos(t - p)`` from the projected axis of rotation, in the image of every head alike: where heads
differ is in the angles at which they stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import (
    CollimatorType,
    Counts,
    Detector,
    EnergyWindow,
    Frame,
    Origin,
    Tomographic,
)
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.planar import TC99M_WINDOW, stored

SUPPORT_SIGMA = 9.0
"""A source is drawn out to this many standard deviations, where 1e-17 of its height is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSource:
    """A source at rest: where it is and how bright.

    Attributes
    ----------
    radius_mm, azimuth_deg
        Place in the transaxial plane, from the axis of rotation.
    axial_mm
        Place along the axis, from the middle row of the matrix, positive downwards.
    counts_per_view
        Expected counts in each frame.
    """

    radius_mm: float = 100.0
    azimuth_deg: float = 30.0
    axial_mm: float = 0.0
    counts_per_view: float = 20_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One detector and what is wrong with it.

    Attributes
    ----------
    start_angle_deg
        Angle of its first view.
    cor_offset_px
        Column of the projected axis of rotation minus the middle of the matrix.
    axial_tilt_deg
        Angle between the rows of the matrix and the plane of rotation: a source at radius r moves
        along a row's normal by ``r tan(tilt)`` to either side.
    wobble_mm
        Extra transaxial displacement at twice the rotation: a sag that no offset explains.
    axial_shift_mm
        Row of the middle of the matrix minus the place that it should show, downwards.
    gain
        Distances in its image over true ones.
    angle_error_deg
        True angle minus the one that it says.
    """

    start_angle_deg: float = 0.0
    cor_offset_px: float = 0.0
    axial_tilt_deg: float = 0.0
    wobble_mm: float = 0.0
    axial_shift_mm: float = 0.0
    gain: float = 1.0
    angle_error_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatingCamera:
    """Matrix, motion and response of a camera.

    Attributes
    ----------
    arc_deg
        Rotation of each head; its views are `arc_deg / views` apart, the last one step short.
    fwhm_mm
        Width of a point source.
    background
        Expected counts per pixel and view.
    orbit_mm
        Distance of the collimators from the axis.
    """

    rows: int = 128
    columns: int = 128
    pixel_mm: float = 4.0
    views: int = 60
    arc_deg: float = 360.0
    clockwise: bool = False
    fwhm_mm: float = 10.0
    background: float = 0.0
    orbit_mm: float = 200.0
    heads: tuple[Head, ...] = field(default_factory=lambda: (Head(),))

    def angles_deg(self, head: Head) -> NDArray[np.float64]:
        """Return the angle of each view of a head, not reduced to one turn."""
        step = self.arc_deg / self.views * (-1.0 if self.clockwise else 1.0)
        return np.asarray(head.start_angle_deg + step * np.arange(self.views))

    def position(self, head: Head, source: PointSource) -> NDArray[np.float64]:
        """Return the true (row, column) of a source in each view, shape ``(views, 2)``."""
        angle = np.radians(self.angles_deg(head))
        seen = angle + math.radians(head.angle_error_deg - source.azimuth_deg)
        across = source.radius_mm * np.cos(seen) + head.wobble_mm * np.cos(2.0 * angle)
        along = source.axial_mm + source.radius_mm * np.sin(seen) * math.tan(
            math.radians(head.axial_tilt_deg)
        )
        return np.stack(
            [
                (self.rows - 1) / 2.0 + (head.gain * along + head.axial_shift_mm) / self.pixel_mm,
                (self.columns - 1) / 2.0 + head.cor_offset_px + head.gain * across / self.pixel_mm,
            ],
            axis=1,
        )

    def expected(self, head: Head, sources: tuple[PointSource, ...]) -> NDArray[np.float64]:
        """Return the expected counts of a head, shape ``(views, rows, columns)``."""
        frames = np.full((self.views, self.rows, self.columns), float(self.background))
        sigma = self.fwhm_mm / FWHM_PER_SIGMA / self.pixel_mm
        for source in sources:
            for frame, (row, column) in zip(frames, self.position(head, source), strict=True):
                add_point(frame, row, column, sigma, source.counts_per_view)
        return frames

    def acquire(
        self,
        sources: tuple[PointSource, ...] = (PointSource(),),
        *,
        rng: np.random.Generator | None = None,
        duration_s: float = 20.0,
        nuclide: str | None = "Tc-99m",
        windows: tuple[EnergyWindow, ...] = (TC99M_WINDOW,),
        window_counts: tuple[float, ...] = (1.0,),
        collimator: CollimatorType | None = CollimatorType.PARALLEL,
        corrections: frozenset[str] | None = frozenset({"UNIF"}),
        started_at: datetime | None = None,
        text: Mapping[str, str] = MappingProxyType({}),
    ) -> Tomographic:
        """Return the acquisition of all heads.

        Parameters
        ----------
        rng
            Source of Poisson noise; without it the counts are the expected ones, as fractions.
        window_counts
            Relative counts in each of the energy windows.
        """
        counts: list[Counts] = []
        frames: list[Frame] = []
        for window, share in zip(windows, window_counts, strict=True):
            for number, head in enumerate(self.heads, start=1):
                expected = self.expected(head, sources) * share
                counts.append(expected if rng is None else stored(rng.poisson(expected)))
                frames.extend(
                    Frame(
                        detector=number,
                        energy_window=window.number,
                        rotation=1,
                        view=view,
                        angle_deg=float(angle) % 360.0,
                        radial_position_mm=self.orbit_mm,
                        duration_s=duration_s,
                    )
                    for view, angle in enumerate(self.angles_deg(head), start=1)
                )
        stack = np.concatenate(counts)
        return Tomographic(
            origin=Origin(manufacturer="Simulated", text=dict(text)),
            started_at=started_at,
            nuclide=nuclide,
            energy_windows=windows,
            detectors=tuple(
                Detector(
                    number=number,
                    collimator_type=collimator,
                    zoom=1.0,
                    start_angle_deg=head.start_angle_deg % 360.0,
                )
                for number, head in enumerate(self.heads, start=1)
            ),
            corrections=corrections,
            counts=stack,
            frames=tuple(frames),
            pixel_spacing_mm=(self.pixel_mm, self.pixel_mm),
            saturation_level=int(np.iinfo(stack.dtype).max) if rng is not None else None,
            scan_arc_deg=self.arc_deg,
            angular_step_deg=self.arc_deg / self.views,
            clockwise=self.clockwise,
            detector_motion="STEP AND SHOOT",
        )


def add_point(
    image: NDArray[np.float64], row: float, column: float, sigma: float, counts: float
) -> None:
    """Add a Gaussian of `counts` in all, centred at (row, column), sampled at the pixel centres."""
    reach = SUPPORT_SIGMA * sigma
    slices, profiles = [], []
    for centre, size in ((row, image.shape[0]), (column, image.shape[1])):
        first = min(max(math.ceil(centre - reach), 0), size)
        last = max(min(math.floor(centre + reach) + 1, size), first)
        offset = np.arange(first, last) - centre
        slices.append(slice(first, last))
        profiles.append(np.exp(-0.5 * (offset / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi)))
    image[tuple(slices)] += counts * np.outer(*profiles)
