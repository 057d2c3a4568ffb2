"""Floods with a known answer: an ideal image, what is wrong with it, noise, and an acquisition.

::

    camera = FloodCamera()
    image = camera.expected(10_000.0, ColdSpot(depth=0.1, diameter_mm=30.0))
    flood = acquisition({(1, 1): noisy(image, np.random.default_rng(7))}, camera)

Coordinates are mm from the centre of the matrix, x along a row to the right, y down. Whatever
bends the response of the detector is a function of (y, x) that gives a factor; factors multiply.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import (
    CollimatorType,
    Counts,
    Detector,
    Dynamic,
    EnergyWindow,
    Frame,
    Planar,
)
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.numerics.profiles import FWHM_PER_SIGMA
from photopeak_analyzers.simulation.planar import TC99M_WINDOW, noisy, still, stored

__all__ = [
    "TC99M_WINDOW",
    "ColdSpot",
    "Cosine",
    "Dip",
    "EdgePacking",
    "FloodCamera",
    "NearSource",
    "Tilt",
    "Tubes",
    "acquisition",
    "detectors_of",
    "dynamic",
    "noisy",
]

Factor = NDArray[np.float64]
Response = Callable[[NDArray[np.float64], NDArray[np.float64]], Factor]
"""Relative response at y (a column of shape ``(rows, 1)``) and x (``(columns,)``), both in mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine:
    """Stripes: ``1 + amplitude * cos(2 pi x / period)``, along x or y.

    With `amplitude` a and a period of P analysed pixels, one of them centred on a crest and one
    on a trough, the integral uniformity is ``100 a cos(pi / P)**2``: the smoothing damps a cosine
    by that factor.
    """

    amplitude: float
    period_mm: float
    along_x: bool = True
    crest_mm: float = 0.0

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        along = x if self.along_x else y
        wave = np.cos(2.0 * math.pi * (along - self.crest_mm) / self.period_mm)
        return np.asarray(1.0 + self.amplitude * wave + 0.0 * (x + y))

    def integral_uniformity(self, pixel_mm: float) -> float:
        """Return the integral uniformity in percent at this analysed pixel."""
        return 100.0 * self.amplitude * math.cos(math.pi * pixel_mm / self.period_mm) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdSpot:
    """A round area of lower response, ``1 - depth``; negative `depth` makes it hot.

    A spot that covers 3 x 3 analysed pixels has a pixel at its full depth after smoothing, so
    that the integral uniformity is ``100 depth / (2 - depth)``.
    """

    depth: float
    diameter_mm: float
    y_mm: float = 0.0
    x_mm: float = 0.0

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        radius = self.diameter_mm / 2.0
        inside = (y - self.y_mm) ** 2 + (x - self.x_mm) ** 2 <= radius * radius
        return np.asarray(np.where(inside, 1.0 - self.depth, 1.0))

    @property
    def integral_uniformity(self) -> float:
        """Integral uniformity in percent of a spot larger than 3 x 3 analysed pixels."""
        return 100.0 * abs(self.depth) / (2.0 - self.depth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dip:
    """A spot of lower response with soft borders, ``1 - depth exp(-r**2 / (2 sigma**2))``.

    Negative `depth` makes it hot. With the depths -c and c in two floods of equal means, their
    asymmetry ``(L - H) / (L + H)`` is c times the Gaussian.
    """

    depth: float
    fwhm_mm: float
    y_mm: float = 0.0
    x_mm: float = 0.0

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        sigma = self.fwhm_mm / FWHM_PER_SIGMA
        squared = (y - self.y_mm) ** 2 + (x - self.x_mm) ** 2
        return np.asarray(1.0 - self.depth * np.exp(-0.5 * squared / sigma**2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tubes:
    """The hexagonal pattern of photomultipliers whose gains have drifted: bumps of `amplitude`."""

    amplitude: float
    pitch_mm: float = 60.0

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        # Three plane waves at 120 degrees have their crests on a hexagonal lattice.
        wave = 4.0 * math.pi / (math.sqrt(3.0) * self.pitch_mm)
        total = sum(
            np.cos(wave * (x * math.cos(angle) + y * math.sin(angle)))
            for angle in (0.0, 2.0 * math.pi / 3.0, 4.0 * math.pi / 3.0)
        )
        return np.asarray(1.0 + self.amplitude * total / 3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearSource:
    """The dome of a point source at a distance: ``(1 + r**2 / distance**2) ** -1.5``."""

    distance_mm: float
    y_mm: float = 0.0
    x_mm: float = 0.0

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        squared = (y - self.y_mm) ** 2 + (x - self.x_mm) ** 2
        return np.asarray((1.0 + squared / self.distance_mm**2) ** -1.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tilt:
    """A linear gradient: ``1 + slope * x`` (or y), `slope` per mm."""

    slope_per_mm: float
    along_x: bool = True

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        return np.asarray(1.0 + self.slope_per_mm * (x if self.along_x else y) + 0.0 * (x + y))


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePacking:
    """The bright rim of a crystal whose events are pulled inwards: ``1 + gain`` along the border."""

    outer: FieldOfView
    width_mm: float
    gain: float

    def __call__(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Factor:
        """Return the factor at y and x, in mm."""
        half_height, half_width = self.outer.height_mm / 2.0, self.outer.width_mm / 2.0
        if self.outer.shape is Shape.CIRCLE:
            depth = half_width - np.hypot(y, x)
        else:
            depth = np.minimum(half_height - np.abs(y), half_width - np.abs(x))
        return np.asarray(np.where((depth >= 0.0) & (depth < self.width_mm), 1.0 + self.gain, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodCamera:
    """Matrix and field of view of a camera.

    Attributes
    ----------
    rows, columns, pixel_mm
        The acquired matrix, of square pixels.
    ufov
        What the maker declares.
    crystal
        What is lit: the UFOV itself when a lead ring covers the rest.
    """

    rows: int = 64
    columns: int = 96
    pixel_mm: float = 6.4
    ufov: FieldOfView = field(default_factory=lambda: FieldOfView(width_mm=512.0, height_mm=384.0))
    crystal: FieldOfView | None = None

    def expected(self, counts_per_pixel: float, *responses: Response) -> NDArray[np.float64]:
        """Return the expected counts, shape ``(rows, columns)``; partial pixels at the border."""
        lit = self.ufov if self.crystal is None else self.crystal
        fraction = lit.area_fraction((self.rows, self.columns), (self.pixel_mm, self.pixel_mm))
        image = counts_per_pixel * fraction
        y, x = self.coordinates()
        for response in responses:
            image *= response(y, x)
        return image

    def coordinates(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return y of shape ``(rows, 1)`` and x of shape ``(columns,)`` of the pixel centres, in mm."""
        y = np.arange(self.rows, dtype=np.float64) - (self.rows - 1) / 2.0
        x = np.arange(self.columns, dtype=np.float64) - (self.columns - 1) / 2.0
        return np.asarray(y[:, None] * self.pixel_mm), np.asarray(x * self.pixel_mm)


def acquisition(
    images: Mapping[tuple[int, int], Counts],
    camera: FloodCamera,
    *,
    duration_s: float = 1200.0,
    nuclide: str | None = "Tc-99m",
    windows: tuple[EnergyWindow, ...] = (TC99M_WINDOW,),
    collimator: CollimatorType | None = CollimatorType.NONE,
    declare_field: bool = True,
    corrections: frozenset[str] | None = frozenset({"UNIF"}),
    started_at: datetime | None = None,
    text: Mapping[str, str] | None = None,
) -> Planar:
    """Return a static acquisition of one frame per (detector, energy window).

    Counts are stored in 16 bits where they fit, as cameras do, and in 32 otherwise.

    Parameters
    ----------
    images
        Counts of shape ``(rows, columns)`` by (detector, energy window), both from 1.
    declare_field
        Whether the header tells the field of view (at zoom 1).
    """
    return still(
        images,
        camera.pixel_mm,
        duration_s=duration_s,
        nuclide=nuclide,
        windows=windows,
        detectors=detectors_of(camera, {key[0] for key in images}, collimator, declare_field),
        corrections=corrections,
        started_at=started_at,
        text=text or {},
    )


def dynamic(flood: Planar, slices: int, rng: np.random.Generator) -> Dynamic:
    """Return the same counts dealt out over `slices` frames in time: their sum is the flood."""
    frames, counts = [], []
    shares = np.full(slices, 1.0 / slices)
    for frame, image in zip(flood.frames, flood.counts, strict=True):
        dealt = rng.multinomial(image.astype(np.int64), shares)
        for index in range(slices):
            duration_s = None if frame.duration_s is None else frame.duration_s / slices
            frames.append(
                Frame(
                    detector=frame.detector,
                    energy_window=frame.energy_window,
                    phase=1,
                    time_slice=index + 1,
                    duration_s=duration_s,
                )
            )
            counts.append(dealt[..., index])
    return Dynamic(
        origin=flood.origin,
        started_at=flood.started_at,
        nuclide=flood.nuclide,
        energy_windows=flood.energy_windows,
        detectors=flood.detectors,
        corrections=flood.corrections,
        counts=stored(np.stack(counts)),
        frames=tuple(frames),
        pixel_spacing_mm=flood.pixel_spacing_mm,
        saturation_level=flood.saturation_level,
    )


def detectors_of(
    camera: FloodCamera,
    numbers: set[int],
    collimator: CollimatorType | None,
    declare_field: bool,
) -> tuple[Detector, ...]:
    """Return the detectors as the header of a camera lists them."""
    shape, dimensions = "", tuple[float, ...]()
    if declare_field and camera.ufov.shape is Shape.CIRCLE:
        shape, dimensions = "ROUND", (camera.ufov.width_mm,)
    elif declare_field:
        shape, dimensions = "RECTANGLE", (camera.ufov.width_mm, camera.ufov.height_mm)
    return tuple(
        Detector(
            number=number,
            collimator_type=collimator,
            field_of_view_shape=shape,
            field_of_view_mm=dimensions,
            zoom=1.0,
        )
        for number in sorted(numbers)
    )
