"""What planar phantoms have in common: a matrix, whole counts, an acquisition around images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    Planar,
)

TC99M_WINDOW = EnergyWindow(number=1, lower_kev=126.45, upper_kev=154.55, name="Tc-99m")
"""20 % about 140.5 keV."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Square pixels; coordinates are mm from the centre, x to the right, y down."""

    rows: int = 256
    columns: int = 256
    pixel_mm: float = 2.4

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return (self.rows, self.columns)

    def coordinates(self) -> tuple[Floats, Floats]:
        """Return y of shape ``(rows, 1)`` and x of shape ``(columns,)`` of the pixel centres."""
        y = np.arange(self.rows) - (self.rows - 1) / 2.0
        x = np.arange(self.columns) - (self.columns - 1) / 2.0
        return np.asarray(y[:, None] * self.pixel_mm), np.asarray(x * self.pixel_mm)

    def borders(self) -> tuple[Floats, Floats]:
        """Return y and x of the borders of the pixels, one more than there are pixels."""
        y = np.arange(self.rows + 1) - self.rows / 2.0
        x = np.arange(self.columns + 1) - self.columns / 2.0
        return np.asarray(y * self.pixel_mm), np.asarray(x * self.pixel_mm)

    def position(self, y_mm: float, x_mm: float) -> tuple[float, float]:
        """Return (row, column) of a place, in pixels."""
        return (
            (self.rows - 1) / 2.0 + y_mm / self.pixel_mm,
            (self.columns - 1) / 2.0 + x_mm / self.pixel_mm,
        )


def noisy(expected: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return Poisson counts with these expectations."""
    return rng.poisson(expected)


def stored(counts: Counts) -> Counts:
    """Return whole counts in 16 bits where they fit, as cameras store them, and in 32 otherwise."""
    whole = np.rint(counts)
    fits = float(whole.max()) <= np.iinfo(np.uint16).max
    return np.asarray(whole.astype(np.uint16 if fits else np.uint32))


def still(
    images: Mapping[tuple[int, int], Counts],
    pixel_mm: float,
    *,
    duration_s: float = 300.0,
    nuclide: str | None = "Tc-99m",
    windows: tuple[EnergyWindow, ...] = (TC99M_WINDOW,),
    detectors: tuple[Detector, ...] | None = None,
    collimator: CollimatorType | None = CollimatorType.PARALLEL,
    corrections: frozenset[str] | None = frozenset({"UNIF"}),
    started_at: datetime | None = None,
    text: Mapping[str, str] = MappingProxyType({}),
    exact: bool = False,
) -> Planar:
    """Return a static acquisition of one frame per (detector, energy window).

    Parameters
    ----------
    images
        Counts of shape ``(rows, columns)`` by (detector, energy window), both from 1.
    detectors
        What the header says of them; without it their numbers, the collimator and a zoom of 1.
    exact
        True to keep expected counts as they are; otherwise they are rounded and stored in 16
        bits, or in 32 where those do not suffice.
    """
    keys = sorted(images)
    stack = np.stack([np.asarray(images[key]) for key in keys])
    counts = stack if exact else stored(stack)
    if detectors is None:
        detectors = tuple(
            Detector(number=number, collimator_type=collimator, zoom=1.0)
            for number in sorted({key[0] for key in keys})
        )
    integral = np.issubdtype(counts.dtype, np.integer)
    return Planar(
        origin=Origin(manufacturer="Simulated", text=MappingProxyType(dict(text))),
        started_at=started_at,
        nuclide=nuclide,
        energy_windows=windows,
        detectors=detectors,
        corrections=corrections,
        counts=counts,
        frames=tuple(Frame(detector=d, energy_window=w, duration_s=duration_s) for d, w in keys),
        pixel_spacing_mm=(pixel_mm, pixel_mm),
        saturation_level=int(np.iinfo(counts.dtype).max) if integral else None,
    )
