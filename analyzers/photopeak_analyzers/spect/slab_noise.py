"""A slab of slices as their mean, the noise in it, and what noise does to its extremes.

The noise comes from the slices themselves: those at even and at odd places have the same phantom and
different noise, so that half of their difference has the noise of the slab. Where the reconstruction
correlates neighbouring slices it is too small, and so are uncertainties that rest on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.gamma_camera.uniformity import (
    Text,
    differential_uniformity,
    integral_uniformity,
)
from photopeak_analyzers.numerics.smoothing import convolve, reciprocal_weights, smooth
from photopeak_analyzers.spect.reconstruction import Floats

PixelMask = NDArray[np.bool_]

WIDE_STEPS = (2, 4)
"""Distances, in pixels, of the nine points of the further smoothings."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slab:
    """Mean of `slices` slices.

    Attributes
    ----------
    mean
        Shape ``(rows, columns)``.
    smoothed
        After the nine-point smoothing over the analysed pixels, 0 outside of them.
    mask
        Analysed pixels.
    noise, smoothed_noise
        Standard deviation of a pixel of each, from the slices.
    """

    mean: Floats
    smoothed: Floats
    mask: PixelMask
    noise: float
    smoothed_noise: float
    slices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What noise alone does: spread of the results, and what a uniform slab would show."""

    iu: float
    du: float
    cov: float
    iu_floor: float
    du_floor: float


def slab_of(slices: Floats, mask: PixelMask) -> Slab:
    """Return the slab of these slices, shape ``(slices, rows, columns)``; two at least."""
    mean = slices.mean(axis=0)
    even = slices.shape[0] // 2 * 2
    half = (slices[0:even:2].mean(axis=0) - slices[1:even:2].mean(axis=0)) / 2.0
    # Activity may settle along the axis: a difference of all pixels alike is no noise.
    half -= half[mask].mean()
    # The last slice of an odd number has no partner and makes the slab a little less noisy.
    share = (even / slices.shape[0]) ** 0.5
    return Slab(
        mean=mean,
        smoothed=smooth(mean, mask),
        mask=mask,
        noise=float(half[mask].std()) * share,
        smoothed_noise=float(smooth(half, mask)[mask].std()) * share,
        slices=slices.shape[0],
    )


def uniformity_of(smoothed: Floats, mask: PixelMask) -> tuple[float, float]:
    """Return integral and differential uniformity in percent."""
    return (
        integral_uniformity(smoothed, mask).percent,
        differential_uniformity(smoothed, mask, Text.NEMA).percent,
    )


def variation(image: Floats, mask: PixelMask) -> float:
    """Return the standard deviation of the pixels in percent of their mean."""
    inside = image[mask]
    return 100.0 * float(inside.std()) / float(inside.mean())


def spread_by_noise(slab: Slab, rng: np.random.Generator, draws: int) -> Spread:
    """Draw the noise anew and return what it does to maxima and minima.

    White noise is smoothed and brought to the deviation of the smoothed noise of the slab. It is added
    to the slab without its own noise, which would count twice.
    """
    white = rng.standard_normal((draws, *slab.mean.shape))
    drawn = smooth(white, slab.mask)
    drawn *= slab.smoothed_noise / drawn[:, slab.mask].std()
    flat = np.where(slab.mask, slab.mean[slab.mask].mean(), 0.0)
    likely = slab.smoothed - _noise_left(slab, drawn)
    with_noise = np.array([uniformity_of(likely + each, slab.mask) for each in drawn])
    floor = np.array([uniformity_of(flat + each, slab.mask) for each in drawn])
    varied = [variation(slab.mean + slab.noise * each, slab.mask) for each in white]
    return Spread(
        iu=float(with_noise[:, 0].std(ddof=1)),
        du=float(with_noise[:, 1].std(ddof=1)),
        cov=float(np.std(varied, ddof=1)),
        iu_floor=float(floor[:, 0].mean()),
        du_floor=float(floor[:, 1].mean()),
    )


def _noise_left(slab: Slab, drawn: Floats) -> Floats:
    """Return the part of the detail of the smoothed slab that noise explains.

    Detail is what two further smoothings take away; noise explains as much of its variance as drawn
    noise has.
    """
    detail = _detail(slab.smoothed, slab.mask)
    observed = float(np.square(detail[slab.mask]).mean())
    expected = float(np.square(_detail(drawn, slab.mask)[:, slab.mask]).mean())
    return detail * (min(expected / observed, 1.0) if observed > 0.0 else 0.0)


def _detail(images: Floats, mask: PixelMask) -> Floats:
    wide = images
    for step in WIDE_STEPS:
        wide = convolve(wide, step) * reciprocal_weights(mask, wide.dtype, step)
    return np.asarray(images - wide)
