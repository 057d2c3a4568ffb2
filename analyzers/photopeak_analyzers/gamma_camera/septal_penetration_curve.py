"""Rates of a flat source by distance, and the curve through them.

``R(D) = c0 + c1 exp(-c2 D)`` (E.10), weighted by the uncertainties of the rates, and PF, the share of
the exponential at 100 mm (E.11). NEMA NU 1-2007 2.11 (GB/T 18989-2013 E.11.4). Without penetration
c1 is chance and c2 means nothing: where c1 is not more than three of its standard uncertainties, there
is no exponential, and the rates are described by their mean. What neither describes is measured as well.

The circle is centred on the pixel in which the middle of the dish lies. So it holds the same number of
pixels in every image; centred to a fraction of a pixel the number would differ by some tenths of a
percent from image to image, which is more than the counting statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.dish_images import DishImage
from photopeak_analyzers.gamma_camera.sensitivity_budget import KnownSource
from photopeak_analyzers.numerics.counting import Estimate, uncertainty_of_counts
from photopeak_analyzers.numerics.decay import rate_at_reference
from photopeak_analyzers.numerics.exponential import Exponential, fit_exponential
from photopeak_analyzers.numerics.extended_source import ExtendedSource

NOMINAL_MM = 100.0
"""Distance at which PF and S_TOT are stated. GB/T 18989-2013 E.11.4."""

REGION = 0.6
"""Diameter of the circle relative to that of the dish. GB/T 18989-2013 E.11.4."""

SIGNIFICANT = 3.0
"""Standard uncertainties that c1 must exceed for an exponential to be there, and a rate may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePoint:
    """One distance.

    Attributes
    ----------
    started_at, duration_s
        Of the image.
    counts
        In the circle.
    rate
        At the moment of the activity, in counts/s, with its uncertainty by counting.
    """

    image: DishImage
    distance_mm: float
    started_at: datetime
    duration_s: float
    counts: float
    rate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Penetration:
    """The curve of one head.

    Attributes
    ----------
    fit
        As it came out, whether c1 is significant or not.
    share
        PF at 100 mm; None when c1 is not significant.
    mean
        Weighted mean of the rates, in counts/s.
    misfit_percent
        By how much of the curve, or of the mean, the worst rate lies off it beyond three standard
        uncertainties.
    """

    fit: Exponential
    share: Estimate | None
    mean: Estimate
    misfit_percent: float

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what describes the rates at these distances: the curve, or the mean."""
        return self.fit.at(x) if self.share is not None else np.full(x.shape, self.mean.value)


def counts_in_circle(
    image: NDArray[np.generic],
    centre: tuple[int, int],
    diameter_mm: float,
    pixel_mm: tuple[float, float],
) -> float:
    """Return the counts of the pixels whose centre lies in a circle, or on it."""
    rows, columns = image.shape
    y = (np.arange(rows) - centre[0]) * pixel_mm[0]
    x = (np.arange(columns) - centre[1]) * pixel_mm[1]
    inside = np.hypot(y[:, None], x) <= diameter_mm / 2.0
    return float(image[inside].sum(dtype=np.float64))


def rate_point(image: DishImage, known: KnownSource, dish_mm: float) -> RatePoint:
    """Return the rate of one image at the moment of the activity (E.9).

    Raises
    ------
    UnsuitableAcquisitionError
        If the image or the circle is empty, or the distance, the start or the duration is not told.
    """
    outline, distance_mm = image.outline, image.distance_mm
    started_at, duration_s = image.started_at, image.head.duration_s
    if outline is None:
        raise _untold("source", image)
    if distance_mm is None:
        raise _untold("distance", image)
    if started_at is None:
        raise _untold("start", image)
    if duration_s is None:
        raise _untold("duration", image)
    counts = _counts(image, outline, dish_mm)
    if not counts > 0.0:
        raise _untold("count in the circle", image)
    per_count = rate_at_reference(
        1.0,
        (started_at - known.source.at).total_seconds(),
        duration_s,
        known.source.half_life.seconds,
    )
    u = uncertainty_of_counts(counts)
    return RatePoint(
        image=image,
        distance_mm=distance_mm,
        started_at=started_at,
        duration_s=duration_s,
        counts=counts,
        rate=Estimate(value=counts * per_count, uncertainty=u * per_count),
    )


def penetration(points: Sequence[RatePoint], distance_u_mm: float) -> Penetration:
    """Fit the curve of one head.

    Parameters
    ----------
    points
        Of at least 4 distances.
    distance_u_mm
        Standard uncertainty of each distance: ``R'(D) u(D)`` adds to that of the rate, by the curve
        that counting alone gives.

    Raises
    ------
    FitError
        If there are fewer than 4 distances.
    """
    x = np.array([point.distance_mm for point in points])
    y = np.array([point.rate.value for point in points])
    counting = np.array([point.rate.uncertainty for point in points])
    _, c1, c2 = fit_exponential(x, y, counting).values
    u = np.hypot(counting, c1 * c2 * np.exp(-c2 * x) * distance_u_mm)
    fit = fit_exponential(x, y, u)
    found = fit.estimate(1)
    falls = found.value > SIGNIFICANT * found.uncertainty
    weight = counting**-2.0
    mean = Estimate(
        value=float(np.average(y, weights=weight)), uncertainty=float(weight.sum() ** -0.5)
    )
    curve = fit.at(x) if falls else np.full(x.shape, mean.value)
    off = np.maximum(np.abs(y - curve) - SIGNIFICANT * u, 0.0) / curve
    return Penetration(
        fit=fit,
        share=fit.share(NOMINAL_MM) if falls else None,
        mean=mean,
        misfit_percent=100.0 * float(off.max()),
    )


def _counts(image: DishImage, outline: ExtendedSource, dish_mm: float) -> float:
    row, column = (round(place) for place in outline.centre)
    return counts_in_circle(image.head.counts, (row, column), REGION * dish_mm, image.pixel_mm)


def _untold(what: str, image: DishImage) -> UnsuitableAcquisitionError:
    return UnsuitableAcquisitionError(
        f"an image of {image.head.subject} has no {what}, and the curve needs that of each",
        quantity=what,
    )
