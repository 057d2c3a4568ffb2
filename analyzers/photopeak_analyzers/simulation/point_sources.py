"""Planar images of points and of the room: spots on a constant background, static or in time.

::

    room = Room(background_cps=30.0)
    frame = room.acquire({1: (), 2: (Spot(counts=400.0, x_mm=120.0),)}, rng=rng)

Coordinates are mm from the centre of the matrix, x along a row to the right, y down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import (
    CollimatorType,
    Detector,
    Dynamic,
    EnergyWindow,
    Frame,
    Origin,
    Planar,
)
from photopeak_analyzers.numerics.field_of_view import FieldOfView
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.planar import TC99M_WINDOW, stored
from photopeak_analyzers.simulation.tomography import add_point


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A point source or a drop of contamination, with the counts it leaves in the whole image."""

    counts: float
    y_mm: float = 0.0
    x_mm: float = 0.0
    fwhm_mm: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A camera that looks at nothing: its matrix, its crystal, and the background rate of a head.

    `crystal` is what counts; None for the whole matrix.
    """

    rows: int = 128
    columns: int = 128
    pixel_mm: float = 4.8
    crystal: FieldOfView | None = None
    background_cps: float = 30.0
    duration_s: float = 600.0

    def expected(self, spots: tuple[Spot, ...] = ()) -> NDArray[np.float64]:
        """Return the expected counts of one head over the whole duration."""
        share = np.ones((self.rows, self.columns))
        if self.crystal is not None:
            share = self.crystal.area_fraction(
                (self.rows, self.columns), (self.pixel_mm, self.pixel_mm)
            )
        image = self.background_cps * self.duration_s * share / share.sum()
        for spot in spots:
            add_point(
                image,
                (self.rows - 1) / 2.0 + spot.y_mm / self.pixel_mm,
                (self.columns - 1) / 2.0 + spot.x_mm / self.pixel_mm,
                spot.fwhm_mm / FWHM_PER_SIGMA / self.pixel_mm,
                spot.counts,
            )
        return np.asarray(image)

    def acquire(
        self,
        heads: Mapping[int, tuple[Spot, ...]],
        *,
        rng: np.random.Generator,
        slices: int | None = None,
        windows: tuple[EnergyWindow, ...] = (TC99M_WINDOW,),
        nuclide: str | None = "Tc-99m",
        collimator: CollimatorType | None = CollimatorType.PARALLEL,
        started_at: datetime | None = None,
    ) -> Planar | Dynamic:
        """Return one frame per head and window, or `slices` frames in time of each.

        The background is the same in every window.
        """
        parts = slices or 1
        counts, frames = [], []
        for window in windows:
            for head in sorted(heads):
                image = self.expected(heads[head]) / parts
                for index in range(parts):
                    counts.append(rng.poisson(image))
                    begin = None
                    if started_at is not None:
                        begin = started_at + timedelta(seconds=index * self.duration_s / parts)
                    frames.append(
                        Frame(
                            detector=head,
                            energy_window=window.number,
                            phase=1 if slices else None,
                            time_slice=index + 1 if slices else None,
                            duration_s=self.duration_s / parts,
                            started_at=begin,
                        )
                    )
        stack = stored(np.stack(counts))
        kind = Dynamic if slices else Planar
        return kind(
            origin=Origin(manufacturer="Simulated"),
            started_at=started_at,
            nuclide=nuclide,
            energy_windows=windows,
            detectors=tuple(
                Detector(number=head, collimator_type=collimator, zoom=1.0)
                for head in sorted(heads)
            ),
            counts=stack,
            frames=tuple(frames),
            pixel_spacing_mm=(self.pixel_mm, self.pixel_mm),
            saturation_level=int(np.iinfo(stack.dtype).max),
        )
