"""How evenly a sweep counts along its motion: the profile of a source that is the same all along.

The source is lit in some columns of the image and, between its ends, in all rows. Counts are summed
over these columns and over strips across the motion; each strip is compared with the median of all.
The extremes of many strips are also those of their noise: a largest deviation is what it is together
with what counting alone would make it, and with the spread that drawing the counts anew gives it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.regression import fit_line

LIT_LEVEL = 0.5
"""Share of a typical lit row or column from which one counts as lit."""

SCRAP_LEVEL = 0.25
"""Share of the brightest rows or columns below which none is typical."""

BRIGHTEST_PERCENT = 95.0
"""Percentile that stands for the brightest: a single loud row does not move it."""

LEAST_STRIPS = 10
"""Fewer say nothing of a motion."""

LEAST_FILLED = 0.9
"""Share of the lit field above half of its median: a flat source fills it, a patient does not."""

NARROW_MM = 50.0
"""Narrower across the motion is a line, which need not run along the pixels."""

SIDE_SHARE = 0.1
"""Of the width, left out on both sides where the pattern is looked at."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SweepProfile:
    """A sweep in strips across its motion.

    Attributes
    ----------
    rows, columns
        First of the part that is analysed and the one behind its last.
    middles_mm
        Place of each strip along the motion, from the first one on.
    counts
        Of each strip.
    strip_mm, length_mm
        Of one strip, and of all together.
    changing_percent
        By how much what is seen across the motion changes along it (:func:`changing_percent`);
        None for a source that is narrow.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    middles_mm: Floats
    counts: Floats
    strip_mm: float
    length_mm: float
    changing_percent: float | None

    @property
    def deviations(self) -> Floats:
        """Deviation of each strip from the median of all, in percent."""
        return _deviations(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenness:
    """Deviations from the median along the motion, in percent; `slope` in percent per metre.

    `floor` is what the largest deviation would be on average if nothing but counting varied.
    """

    largest: Estimate
    highest: Estimate
    lowest: Estimate
    variation: Estimate
    slope: Estimate
    floor: float


def sweep_profile(
    counts: Counts,
    pixel_mm: tuple[float, float],
    *,
    strip_mm: float,
    margin_mm: float,
    shortest_mm: float,
) -> SweepProfile:
    """Cut the lit part of a sweep into strips.

    Parameters
    ----------
    counts
        One image, shape ``(rows, columns)``, the motion along its rows.
    strip_mm
        Length of a strip along the motion.
    margin_mm
        Left out at each end of the lit part.
    shortest_mm
        Length that has to be left.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing was counted, what is left is too short, or it is not filled evenly.
    """
    if not float(counts.sum(dtype=np.float64)) > 0.0:
        raise UnsuitableAcquisitionError(
            "the image holds no counts, needs a flat source",
            quantity="counts",
            value=0.0,
            bound=1.0,
        )
    columns = _lit(counts.sum(axis=0, dtype=np.float64))
    along = counts[:, columns[0] : columns[1]].sum(axis=1, dtype=np.float64)
    height = max(round(strip_mm / pixel_mm[0]), 1)
    first, last = _lit(_smooth(along, height))
    margin = math.ceil(margin_mm / pixel_mm[0])
    # Strips begin at the same rows in every sweep: a short jerk is not cut in two by chance.
    first, last = math.ceil((first + margin) / height) * height, last - margin
    count = max(last - first, 0) // height
    length_mm = count * height * pixel_mm[0]
    if length_mm < shortest_mm or count < LEAST_STRIPS:
        needed = max(shortest_mm, LEAST_STRIPS * height * pixel_mm[0])
        raise UnsuitableAcquisitionError(
            f"{length_mm:.0f} mm along the motion are lit without the ends, needs {needed:.0f} mm",
            quantity="lit length along the motion",
            value=length_mm,
            bound=needed,
        )
    last = first + count * height
    _refuse_unfilled(counts[first:last, columns[0] : columns[1]], height)
    return SweepProfile(
        rows=(first, last),
        columns=columns,
        middles_mm=np.asarray((np.arange(count) + 0.5) * height * pixel_mm[0]),
        counts=along[first:last].reshape(count, height).sum(axis=1),
        strip_mm=height * pixel_mm[0],
        length_mm=length_mm,
        changing_percent=None
        if (columns[1] - columns[0]) * pixel_mm[1] < NARROW_MM
        else changing_percent(counts[first:last, columns[0] : columns[1]]),
    )


def changing_percent(field: Counts) -> float:
    """Return the RMS deviation of a field from the product of its rows and columns, less its noise.

    What a source that rests on the head shows is a pattern across the motion times a profile along
    it, however uneven both are, and so is a sheet that is even: 0. Bars and patients are not. The
    outer tenth on both sides is left out, where a sheet may lie a little askew.
    """
    margin = round(SIDE_SHARE * field.shape[1])
    inner = field[:, margin : field.shape[1] - margin]
    rows, columns = (inner.sum(axis=axis, dtype=np.float64) for axis in (1, 0))
    total = float(rows.sum())
    # The sum of (C - M)**2 over M = r c / t, of which Poisson counts make the sum of M, which is t.
    squares = float(np.einsum("ij,ij->", inner, inner, dtype=np.float64))
    model = float((rows**2).sum() * (columns**2).sum()) / total**2
    mixed = float(rows @ inner.astype(np.float64) @ columns) / total
    return 100.0 * math.sqrt(max(squares - 2.0 * mixed + model - total, 0.0) / model)


def evenness(profile: SweepProfile, *, draws: int, rng: np.random.Generator) -> Evenness:
    """Return how evenly a sweep counted.

    Parameters
    ----------
    draws
        Profiles that are drawn, with the counts that were found and with equal ones.
    """
    found = profile.deviations
    drawn = _deviations(
        rng.poisson(profile.counts, (draws, profile.counts.size)).astype(np.float64)
    )
    flat = np.full((draws, profile.counts.size), float(np.median(profile.counts)))
    even = _deviations(rng.poisson(flat).astype(np.float64))
    line = fit_line(profile.middles_mm / 1000.0, found)

    def estimate(value: float, repeated: Floats) -> Estimate:
        return Estimate(value=value, uncertainty=float(np.std(repeated, ddof=1)))

    return Evenness(
        largest=estimate(float(np.abs(found).max()), np.abs(drawn).max(axis=1)),
        highest=estimate(float(found.max()), drawn.max(axis=1)),
        lowest=estimate(float(found.min()), drawn.min(axis=1)),
        variation=estimate(float(np.std(found, ddof=1)), np.std(drawn, axis=1, ddof=1)),
        slope=line.slope,
        floor=float(np.abs(even).max(axis=1).mean()),
    )


def _deviations(counts: Floats) -> Floats:
    middle = np.median(counts, axis=-1, keepdims=True)
    return np.asarray(100.0 * (counts / middle - 1.0))


def _lit(profile: Floats) -> tuple[int, int]:
    """Return the longest run of rows or columns that are lit."""
    bright = profile[profile >= SCRAP_LEVEL * float(np.percentile(profile, BRIGHTEST_PERCENT))]
    bright = bright[bright > 0.0]
    lit = profile >= LIT_LEVEL * float(np.median(bright))
    edges = np.diff(np.concatenate(([0], lit.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])


def _smooth(profile: Floats, width: int) -> Floats:
    """Return the running mean over `width` rows, so that noise does not cut the lit part in two."""
    if profile.size < 2 * width or width < 2:
        return profile
    padded = np.pad(profile, (width // 2, width - 1 - width // 2), mode="edge")
    return np.asarray(np.convolve(padded, np.full(width, 1.0 / width), mode="valid"))


def _refuse_unfilled(field: Counts, block: int) -> None:
    """Refuse a field of which a part is dark: what is swept is no flat source."""
    across = min(block, field.shape[1])
    down, over = field.shape[0] // block, field.shape[1] // across
    blocks = field[: down * block, : over * across].reshape(down, block, over, across)
    sums = blocks.sum(axis=(1, 3), dtype=np.float64)
    typical = float(np.median(sums))
    filled = float(np.mean(sums >= LIT_LEVEL * typical)) if typical > 0.0 else 0.0
    if filled < LEAST_FILLED:
        raise UnsuitableAcquisitionError(
            f"{100.0 * filled:.0f} % of the field are lit, needs {100.0 * LEAST_FILLED:.0f} %:"
            " a patient or something else that is not the same all along",
            quantity="share of the field that is lit",
            value=filled,
            bound=LEAST_FILLED,
        )
