"""Two heads that saw the same point sources: how far their pictures are from each other.

A source at radius r and azimuth p lies at ``r cos(t - p)`` in the picture of a head at the angle t, whatever
head it is. Its cosine and sine are one complex number ``r exp(i p)``; what turns and stretches those of one
head into those of the other is the error of angle and the ratio of scales.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.shorthand import in_words
from photopeak_analyzers.spect.reconstruction import Floats
from photopeak_analyzers.spect.rotation_views import Views
from photopeak_analyzers.spect.source_paths import SourcePath

SAME_SOURCE_MM = 25.0
"""Farther from each other, two heads do not see the same source."""

LEAST_AXIAL_SPREAD_MM = 40.0
"""Standard deviation of the axial places, times two, below which they tell no scale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadPaths:
    """The sources as one head saw them in one energy window."""

    views: Views
    paths: tuple[SourcePath, ...]
    pixel_mm: tuple[float, float]

    @property
    def places_mm(self) -> Floats:
        """Cosine, sine and row of each source in mm, shape ``(sources, 3)``."""
        row, column = self.pixel_mm
        places = np.array([p.place_px for p in self.paths], dtype=np.float64)
        return np.asarray(places * np.array([column, column, row]))

    @property
    def cor_mm(self) -> Estimate:
        """Offset of the axis of rotation, mean over the sources."""
        column = self.pixel_mm[1]
        return mean_of(
            np.array([p.transaxial.constant for p in self.paths]) * column,
            np.array([p.transaxial.constant_uncertainty for p in self.paths]) * column,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadComparison:
    """A head against the first one: first minus this one, or first over this one.

    `gain_y` is None where the sources are too near to each other along the axis.
    """

    dx_mm: Estimate
    dy_mm: Estimate
    gain_x: Estimate
    gain_y: Estimate | None
    phase_deg: Estimate
    largest_dy_mm: float


def mean_of(values: Floats, uncertainties: Floats) -> Estimate:
    """Return the mean; its uncertainty from those of the values or their scatter, the larger."""
    count = values.size
    inner = math.sqrt(float((uncertainties**2).sum())) / count
    outer = float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else 0.0
    return Estimate(value=float(values.mean()), uncertainty=max(inner, outer))


def in_the_order_of(first: HeadPaths, other: HeadPaths) -> HeadPaths:
    """Return the sources of the other head in the order of the first one.

    Raises
    ------
    UnsuitableAcquisitionError
        If the heads do not see the same sources.
    """
    from scipy import optimize  # not at import: the catalogue of tests is read without it

    if len(first.paths) != len(other.paths):
        raise UnsuitableAcquisitionError(
            f"{len(first.paths)} sources are seen by {in_words(first.views.scope)},"
            f" {len(other.paths)} by {in_words(other.views.scope)}, needs the same",
            quantity="sources",
            value=len(other.paths),
            bound=len(first.paths),
        )
    # Along the axis a common shift is what the test is there to find.
    here, there = (each.places_mm for each in (first, other))
    here, there = (each - [0.0, 0.0, np.median(each[:, 2])] for each in (here, there))
    distance = np.linalg.norm(here[:, None] - there[None, :], axis=-1)
    rows, order = optimize.linear_sum_assignment(distance)
    farthest = float(distance[rows, order].max())
    if farthest > SAME_SOURCE_MM:
        raise UnsuitableAcquisitionError(
            f"a source of {in_words(first.views.scope)} is {farthest:.0f} mm from the nearest one of"
            f" {in_words(other.views.scope)}, needs at most {SAME_SOURCE_MM:g} mm:"
            " they do not see the same sources",
            quantity="distance between a source of two heads",
            value=farthest,
            bound=SAME_SOURCE_MM,
        )
    return HeadPaths(
        views=other.views,
        paths=tuple(other.paths[int(index)] for index in order),
        pixel_mm=other.pixel_mm,
    )


def compare(first: HeadPaths, other: HeadPaths) -> HeadComparison:
    """Compare two heads whose sources are in the same order."""
    here, there = first.cor_mm, other.cor_mm
    rows = first.places_mm[:, 2], other.places_mm[:, 2]
    row_u = np.hypot(
        *(
            np.array([p.axial.constant_uncertainty for p in head.paths]) * head.pixel_mm[0]
            for head in (first, other)
        )
    )
    shifts = rows[0] - rows[1]
    gain_x, phase = _turn(first, other)
    return HeadComparison(
        dx_mm=Estimate(
            value=here.value - there.value,
            uncertainty=math.hypot(here.uncertainty, there.uncertainty),
        ),
        dy_mm=mean_of(shifts, row_u),
        gain_x=gain_x,
        gain_y=_axial_gain(rows[0], rows[1], row_u),
        phase_deg=phase,
        largest_dy_mm=float(np.abs(shifts).max()),
    )


def _turn(first: HeadPaths, other: HeadPaths) -> tuple[Estimate, Estimate]:
    """Return scale and angle in degrees that take the other head's places into those of the first."""
    z1, z2 = (places[:, 0] + 1j * places[:, 1] for places in (first.places_mm, other.places_mm))
    weight = float((np.abs(z2) ** 2).sum())
    factor = complex((np.conj(z2) * z1).sum() / weight)
    rest = z1 - factor * z2
    # Two numbers were fitted to twice as many as there are sources; each has half of the scatter.
    scatter = math.sqrt(float((np.abs(rest) ** 2).sum()) / max(2 * z1.size - 2, 1))
    counted = math.sqrt(
        float(
            np.mean(
                [
                    sum((p.transaxial.amplitude_uncertainty * h.pixel_mm[1]) ** 2 for p, h in pair)
                    for pair in (
                        ((a, first), (b, other))
                        for a, b in zip(first.paths, other.paths, strict=True)
                    )
                ]
            )
        )
    )
    spread = max(scatter, counted) / math.sqrt(weight)
    return (
        Estimate(value=abs(factor), uncertainty=spread),
        Estimate(
            value=math.degrees(cmath.phase(factor)),
            uncertainty=math.degrees(spread / abs(factor)) if factor else 0.0,
        ),
    )


def _axial_gain(first: Floats, other: Floats, uncertainty: Floats) -> Estimate | None:
    """Return the slope of one head's rows over those of the other."""
    y1, y2 = first - first.mean(), other - other.mean()
    if 2.0 * float(y2.std()) < LEAST_AXIAL_SPREAD_MM:
        return None
    weight = float((y2**2).sum())
    slope = float((y1 * y2).sum()) / weight
    rest = y1 - slope * y2
    scatter = math.sqrt(float((rest**2).sum()) / max(first.size - 2, 1))
    counted = math.sqrt(float((uncertainty**2).mean()))
    return Estimate(value=slope, uncertainty=max(scatter, counted) / math.sqrt(weight))
