"""Widths of one reconstructed source, along the axes of the image or any direction in its plane.

A width is found by interpolation at a half and a tenth of the peak of a profile; nothing is fitted and
no background is taken off. How far to both sides the profile is summed, and what its peak is, differs
between the texts (:class:`WidthMethod`). A Gaussian is fitted beside it, as a second opinion.

The uncertainty is that of the two crossings and of the peak, by the noise beside the sources and by what
the scatter of the profile about that Gaussian shows above it (:mod:`~photopeak_analyzers.numerics.profile_noise`).
`shared` is the correlation of neighbouring channels, 0 where they are independent: a reconstruction
spreads counts over them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.gaussian import Gaussian, fit_gaussian
from photopeak_analyzers.numerics.profile_noise import (
    gaussian_deviation,
    profile_noise,
    width_deviation,
)
from photopeak_analyzers.numerics.profiles import (
    Floats,
    Peak,
    Width,
    crossing,
    highest_channel,
    parabola_peak,
    width_at,
)

REACH_FWHM = 3.0
"""A profile reaches this many FWHM to both sides of its peak."""

PARABOLA_ABOVE_FWHM = 0.2
"""Pixels coarser than this share of the FWHM take the vertex of a parabola as their peak.

NEMA NU 1-2007 2.1 (GB/T 18989-2013 E.1.4).
"""

FITTED_FWHM = 1.5
"""The Gaussian is fitted over this many FWHM to both sides."""

FITTED_NUMBERS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineWidth:
    """A profile through a source and its widths.

    Attributes
    ----------
    offset_mm, profile
        Position from the first channel of the profile, and its values.
    fwhm, fwtm
        In mm; `fwtm` is None where the profile does not fall to a tenth.
    gaussian_mm
        FWHM of the fitted Gaussian; None where the fit does not settle.
    left_mm, right_mm, half
        Where the profile crosses half of its peak.
    pixels
        FWHM in pixels.
    """

    offset_mm: Floats
    profile: Floats
    fwhm: Estimate
    fwtm: Estimate | None
    gaussian_mm: Estimate | None
    left_mm: float
    right_mm: float
    half: float
    pixels: float


def fine_or_parabola_peak(profile: Floats) -> Peak:
    """Return the highest channel of fine profiles, the vertex of the parabola of others."""
    top = highest_channel(profile)
    sides = [crossing(profile, top.channel, top.height / 2.0, step) for step in (-1, 1)]
    if any(side is None for side in sides):
        return top
    width = sum(abs(side - top.channel) for side in sides if side is not None)
    return top if width * PARABOLA_ABOVE_FWHM >= 1.0 else parabola_peak(profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class WidthMethod:
    """How a text makes a profile and finds its peak.

    `sum_fwhm` is the number of FWHM to both sides over which it is summed in the other directions; 0 is
    a line of single voxels.
    """

    sum_fwhm: float
    peak: Callable[[Floats], Peak]


GAMMA_CAMERA = WidthMethod(sum_fwhm=1.0, peak=fine_or_parabola_peak)
"""One FWHM to both sides; peak of NEMA NU 1-2007 2.1 (GB/T 18989-2013 E.1.4)."""


def width_along(
    block: Floats,
    axis: int,
    centre: tuple[float, ...],
    sides_mm: tuple[float, ...],
    noise: float,
    shared: float = 0.0,
    *,
    method: WidthMethod = GAMMA_CAMERA,
) -> LineWidth:
    """Return the width along one axis of an array of two or three dimensions.

    Parameters
    ----------
    block
        Values; a slab of slices summed, or a volume.
    centre
        A place near the maximum of the source, in pixels.
    sides_mm
        Side of a pixel along each axis.
    noise, shared
        Standard deviation of a value of `block`, and correlation of neighbouring ones.

    Raises
    ------
    UnsuitableAcquisitionError
        If the profile does not fall to half of its peak inside the array.
    """
    at = [min(max(round(c), 0), n - 1) for c, n in zip(centre, block.shape, strict=True)]
    window, summed = [], 1
    for other in range(block.ndim):
        through = block[tuple(slice(None) if a == other else at[a] for a in range(block.ndim))]
        width = _half_width(through, at[other])
        reach = REACH_FWHM if other == axis else method.sum_fwhm
        first = max(round(centre[other] - reach * width), 0)
        last = min(round(centre[other] + reach * width) + 1, block.shape[other])
        window.append(slice(first, last))
        summed *= 1 if other == axis else last - first
    part = block[tuple(window)]
    profile = part.sum(axis=tuple(a for a in range(block.ndim) if a != axis))
    spread = noise * math.sqrt(summed)
    return measure_profile(profile, sides_mm[axis], spread, shared, method=method)


def width_across(
    image: Floats,
    direction_deg: float,
    centre: tuple[float, float],
    pixel_mm: tuple[float, float],
    noise: float,
    shared: float = 0.0,
    *,
    method: WidthMethod = GAMMA_CAMERA,
) -> LineWidth:
    """Return the width along any direction of an image, in degrees from +x (right) to +y (down).

    The image is sampled by cubic splines on a grid that is turned into the direction, with a point of
    it on `centre`.
    """
    from scipy import ndimage  # not at import: the catalogue of tests is read without it

    rough = [width_along(image, axis, centre, pixel_mm, noise).fwhm.value for axis in (0, 1)]
    step, widest = min(pixel_mm), max(rough)
    along = np.arange(
        -math.ceil(REACH_FWHM * widest / step), math.ceil(REACH_FWHM * widest / step) + 1
    )
    sides = math.ceil(method.sum_fwhm * widest / step)
    aside = np.arange(-sides, sides + 1)
    right, down = math.cos(math.radians(direction_deg)), math.sin(math.radians(direction_deg))
    x = step * (along * right - aside[:, None] * down)
    y = step * (along * down + aside[:, None] * right)
    sampled = ndimage.map_coordinates(
        image,
        [centre[0] + y / pixel_mm[0], centre[1] + x / pixel_mm[1]],
        order=3,
        mode="constant",
    )
    spread = noise * math.sqrt(aside.size)
    return measure_profile(sampled.sum(axis=0), step, spread, shared, method=method)


def measure_profile(
    profile: Floats,
    side_mm: float,
    noise: float,
    shared: float = 0.0,
    *,
    method: WidthMethod = GAMMA_CAMERA,
) -> LineWidth:
    """Measure one profile; `noise` is the standard deviation of its channels."""
    top = method.peak(profile)
    try:
        half = width_at(profile, top, 0.5)
    except FitError as error:
        raise UnsuitableAcquisitionError(
            f"a source cannot be measured: {error}",
            quantity="profile of a source",
            value=error.value,
            bound=error.bound,
        ) from error
    fit, across = _gaussian(profile, top, half.width)
    known = profile_noise(noise, shared, fit, across)

    def estimate(width: Width, share: float) -> Estimate:
        deviation = width_deviation(profile, top, width, share, known)
        return Estimate(value=width.width * side_mm, uncertainty=deviation * side_mm)

    try:
        fwtm = estimate(width_at(profile, top, 0.1), 0.1)
    except FitError:
        fwtm = None
    gaussian = None
    if fit is not None:
        gaussian = Estimate(
            value=fit.fwhm.value * side_mm,
            uncertainty=gaussian_deviation(fit, across, known) * side_mm,
        )
    return LineWidth(
        offset_mm=np.arange(profile.size, dtype=np.float64) * side_mm,
        profile=profile,
        fwhm=estimate(half, 0.5),
        fwtm=fwtm,
        gaussian_mm=gaussian,
        left_mm=half.left * side_mm,
        right_mm=half.right * side_mm,
        half=half.level,
        pixels=half.width,
    )


def centred(image: Floats, near: tuple[int, int]) -> tuple[float, float]:
    """Return the centroid of a source in an image, within one FWHM of a pixel near its maximum."""
    reach = [
        max(round(_half_width(image[:, near[1]], near[0])), 1),
        max(round(_half_width(image[near[0]], near[1])), 1),
    ]
    window = tuple(
        slice(max(c - r, 0), min(c + r + 1, n))
        for c, r, n in zip(near, reach, image.shape, strict=True)
    )
    part = np.maximum(image[window], 0.0)
    total = float(part.sum())
    rows, columns = (np.arange(w.start, w.stop) for w in window)
    return (
        float(part.sum(axis=1) @ rows) / total,
        float(part.sum(axis=0) @ columns) / total,
    )


def _half_width(profile: Floats, at: int) -> float:
    """Return the FWHM of a profile about its highest channel near `at`, in channels; at least 1."""
    around = (max(at - 2, 0), min(at + 3, profile.size))
    top = highest_channel(profile, around)
    if top.height <= 0.0:
        return 1.0
    sides = [crossing(profile, top.channel, top.height / 2.0, step) for step in (-1, 1)]
    halves = [abs(side - top.channel) for side in sides if side is not None]
    return max(2.0 * min(halves), 1.0) if halves else float(profile.size)


def _gaussian(profile: Floats, top: Peak, width: float) -> tuple[Gaussian | None, Floats]:
    """Return a Gaussian on a constant, None where it does not settle, and the channels it is fitted to."""
    first = max(math.floor(top.position - FITTED_FWHM * width), 0)
    last = min(math.ceil(top.position + FITTED_FWHM * width) + 1, profile.size)
    across = np.arange(first, last, dtype=np.float64)
    if last - first <= FITTED_NUMBERS:
        return None, across
    try:
        return fit_gaussian(across, profile[first:last]), across
    except FitError:
        return None, across
