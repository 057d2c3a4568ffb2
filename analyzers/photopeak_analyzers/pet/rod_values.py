"""What the rods of a sector show: peaks and valleys, their modulation, and how sure it is.

Hot rods are peaks and the middles between two of them valleys; of cold rods it is the other way round. The
noise of a point is that of the difference of the two halves of the slices. Uncertainties come from
drawing the rods and the places between again (bootstrap), since ratios of few values are not linear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.pet.rod_inserts import Insert
from photopeak_analyzers.pet.rod_pose import Sector

Floats = NDArray[np.float64]

RAYLEIGH = 0.735
"""Valley over peak up to which two neighbours count as told apart."""

SEEN_MODULATION, SEEN_SIGNIFICANCE = 0.02, 3.0
"""From here on, and that many times its uncertainty and the noise of a point, there are rods at all."""

LEAST_VALLEY = 0.01
"""Of the peak; with less in the valley their quotient says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SectorValues:
    """One sector of an insert.

    Attributes
    ----------
    peak, valley
        Means over the sector.
    modulation
        Difference of peak and valley over their sum.
    valley_to_peak, peak_to_valley
        Quotients; the second None where (next to) nothing is in the valley.
    cnr
        Difference of peak and valley over the noise of a point; None without noise.
    rayleigh_share
        Share of the pairs of neighbours whose valley is at most 0.735 of their peak.
    """

    sector: Sector
    peak: float
    valley: float
    modulation: Estimate
    valley_to_peak: Estimate
    peak_to_valley: Estimate | None
    cnr: float | None
    rayleigh_share: Estimate

    @property
    def is_seen(self) -> bool:
        """Whether there are rods at all, resolved or not."""
        modulation = self.modulation
        sure = modulation.value > SEEN_SIGNIFICANCE * modulation.uncertainty
        above_noise = self.cnr is None or self.cnr > SEEN_SIGNIFICANCE
        return sure and above_noise and modulation.value > SEEN_MODULATION


def values_of(insert: Insert, rng: np.random.Generator, draws: int) -> tuple[SectorValues, ...]:
    """Measure every sector of an insert, in the order of falling diameters."""
    noise = noise_of_a_point(insert)
    ordered = sorted(insert.sectors, key=lambda sector: -sector.diameter_mm)
    return tuple(_values(insert, sector, noise, rng, draws) for sector in ordered)


def noise_of_a_point(insert: Insert) -> float:
    """Return the noise of a point of the mean slice: half of that of the difference of the halves."""
    at = np.concatenate([np.concatenate([s.rods, s.valleys]) for s in insert.sectors])
    first, second = (at_points(half, at) for half in insert.halves)
    return float((first - second).std()) / 2.0


def at_points(image: Floats, places: Floats) -> Floats:
    """Return an image at (row, column) places, by cubic splines."""
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    return np.asarray(ndimage.map_coordinates(image, places.T, order=3, mode="nearest"))


def _values(
    insert: Insert, sector: Sector, noise: float, rng: np.random.Generator, draws: int
) -> SectorValues:
    rods, between = at_points(insert.image, sector.rods), at_points(insert.image, sector.valleys)
    peaks, valleys = (rods, between) if insert.hot else (between, rods)
    peak, valley = float(peaks.mean()), float(valleys.mean())
    drawn_peak, drawn_valley = (
        each[rng.integers(0, each.size, (draws, each.size))].mean(axis=1)
        for each in (peaks, valleys)
    )
    of_pairs = rods[sector.pairs].mean(axis=1)
    high, low = (of_pairs, between) if insert.hot else (between, of_pairs)
    share = float(np.mean(low <= RAYLEIGH * high))
    filled = valley > LEAST_VALLEY * peak and bool((drawn_valley > 0.0).all())
    return SectorValues(
        sector=sector,
        peak=peak,
        valley=valley,
        modulation=_estimate(
            (peak - valley) / (peak + valley),
            (drawn_peak - drawn_valley) / (drawn_peak + drawn_valley),
        ),
        valley_to_peak=_estimate(valley / peak, drawn_valley / drawn_peak),
        peak_to_valley=_estimate(peak / valley, drawn_peak / drawn_valley) if filled else None,
        cnr=(peak - valley) / noise if noise > 1e-9 * abs(peak) else None,
        rayleigh_share=Estimate(
            value=share, uncertainty=float(np.sqrt(share * (1.0 - share) / high.size))
        ),
    )


def _estimate(value: float, drawn: Floats) -> Estimate:
    return Estimate(value=value, uncertainty=float(drawn.std(ddof=1)))
