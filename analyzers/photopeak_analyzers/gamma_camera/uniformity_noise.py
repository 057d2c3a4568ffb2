r"""What counting noise does to flood uniformity: uncertainty, bias and floor.

Integral and differential uniformity are differences of extremes of correlated pixels. Linear
propagation through the two extreme pixels overstates their scatter (0.27 percentage points
instead of 0.10 at 10 000 counts per pixel on a good flood), and says nothing of the bias: noise
makes every flood look worse. So the noise is simulated.

*Model.* The flood without its noise, not the noisy flood itself, which would count the noise
twice. The smoothed flood is smoothed twice more, with the nine points 2 and 4 pixels apart. Of the
detail that this takes away the share is put back that noise cannot explain, ``1 - (expected
variance) / (observed variance)``: nothing on a flat flood, nearly all on one with the pattern of
its tubes. Detail beyond five standard deviations of its noise is put back whole, so that a defect
of one pixel survives.

*Draws.* Each is the model plus :math:`\sqrt{model}` times a standard normal number per pixel,
smoothed as the flood was (the number of counts per pixel is far above where Poisson and normal
differ). The standard deviation over the draws is the uncertainty (against the scatter of 200 floods
of 10 000 counts per pixel it is 0.97 to 1.4 times as large, flat to strongly patterned), their mean minus the value of
the model is the bias; the same draws on a perfectly flat flood give the floor, the value that a
perfect detector would show at these counts.

*Cost.* All draws go through the same vectorised lines as the measured flood, in single precision
on the binned image. The uncertainty is itself known to about ``1 / sqrt(draws)``, because extremes
have long tails: 25 % with the default 16 draws, at about 1.4 ms per flood; 7 % with 200 draws, at
about 8 ms, for a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.gamma_camera.uniformity import (
    GROUP_PIXELS,
    Direction,
    PreparedFlood,
    Text,
    complete_groups,
    group_extremes,
    percent_of,
)
from photopeak_analyzers.numerics.field_of_view import PixelMask
from photopeak_analyzers.numerics.smoothing import convolve, reciprocal_weights

WIDE_STEPS = (2, 4)
"""Distances, in pixels, of the nine points of the further smoothings."""

DETAIL_NOISE = 0.3467
"""Noise of what the further smoothings take away, relative to a pixel: the root of the sum of the
squared differences of the two kernels."""

SIGNIFICANT_SIGMA = 5.0
"""Detail that exceeds its noise by this much is certain; at the edge, where fewer pixels are
averaged, that is four."""

_CHUNK = 8
"""Draws that go through the arithmetic at once: few enough to stay in the cache."""

_FLOOR_DRAWS = 4
"""Draws of the flat flood: its numbers scatter by 7 %, their mean by 3.5 %."""

Numbers = NDArray[Any]
"""Integral and differential uniformity, and the latter along X and Y: shape ``(4, draws)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Standard deviation over the draws, and the bias that the noise adds, in percent."""

    uncertainty: float
    bias: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNoise:
    """Effect of noise on the numbers of one field of view.

    The floors are what a perfect detector would show at these counts, in percent.
    """

    integral: Spread
    differential: Spread
    differential_x: Spread
    differential_y: Spread
    floor_integral: float
    floor_differential: float


def standard_noise(
    rng: np.random.Generator, draws: int, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Return one number of mean 0 and variance 1 per draw and pixel, shape ``(draws, *shape)``.

    Each is the number of ones among 16 random bits: normal as far as a flood can tell (the sum
    of nine of them all the more), at a fifth of the cost.
    """
    bits = rng.integers(0, 2**16, size=(draws, *shape), dtype=np.uint16)
    ones = np.bitwise_count(bits).astype(np.float32)
    return (ones - np.float32(8.0)) / np.float32(2.0)


def noise_free_model(flood: PreparedFlood) -> NDArray[np.float64]:
    """Return the smoothed flood without the noise that is left in it."""
    wide = flood.smoothed
    for step in WIDE_STEPS:
        wide = convolve(wide, step) * reciprocal_weights(flood.ufov, wide.dtype, step)
    detail = flood.smoothed - wide
    noise = DETAIL_NOISE * np.sqrt(np.maximum(wide, 0.0))
    certain = np.abs(detail) > SIGNIFICANT_SIGMA * noise
    doubtful = flood.ufov & ~certain
    observed = float(np.square(detail[doubtful]).sum())
    explained = float(np.square(noise[doubtful]).sum())
    real = max(0.0, 1.0 - explained / observed) if observed > 0.0 else 0.0
    return wide + np.where(certain, detail, real * detail)


def propagate_noise(
    flood: PreparedFlood, text: Text, *, rng: np.random.Generator, draws: int
) -> tuple[FieldNoise, FieldNoise]:
    """Return the effect of counting noise on the numbers of the UFOV and of the CFOV.

    Parameters
    ----------
    flood
        The prepared flood.
    text
        Which differential uniformity is meant.
    rng
        Where the noise comes from; the same state gives the same result.
    draws
        How many floods are simulated; at least 2.
    """
    box = _bounding_box(flood.ufov)
    masks = (flood.ufov[box], flood.cfov[box])
    model = noise_free_model(flood)[box]
    mean = float(model[masks[0]].mean())
    # Pixels outside are no part of any number; 1 keeps the divisions free of zeros.
    truth = np.where(masks[0], model / mean, 1.0).astype(np.float32)
    weights = reciprocal_weights(masks[0], truth.dtype) / np.float32(np.sqrt(mean))
    weights_of_model = weights * np.sqrt(truth)
    plans = tuple(_Plan.of(mask) for mask in masks)
    drawn: list[list[Numbers]] = []
    floors: list[Numbers] = []
    for start in range(0, draws, _CHUNK):
        noise = standard_noise(rng, min(_CHUNK, draws - start), masks[0].shape)
        unit = convolve(noise * masks[0])
        drawn.append(_draw(unit * weights_of_model + truth, plans, text))
        if start == 0:
            floors = _draw(unit[:_FLOOR_DRAWS] * weights + np.float32(1.0), plans, text)
    exact = _draw(truth[None], plans, text)
    ufov, cfov = (
        _field_noise(exact[i], np.concatenate([part[i] for part in drawn], axis=1), floors[i])
        for i in range(len(plans))
    )
    return ufov, cfov


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Which entries of flattened images count: 0 where they do, infinity where they do not.

    Adding or subtracting it keeps an entry from being the minimum or the maximum, at a quarter
    of the cost of gathering the others.
    """

    pixels: NDArray[np.float32]
    groups: dict[Direction, NDArray[np.float32]]

    @classmethod
    def of(cls, mask: PixelMask) -> _Plan:
        groups = {}
        for direction in Direction:
            barred = np.full(_entries(mask.shape, direction), np.inf, dtype=np.float32)
            barred[complete_groups(mask, direction)] = 0.0
            groups[direction] = barred
        pixels = np.where(mask.ravel(), np.float32(0.0), np.float32(np.inf))
        return cls(pixels, groups)


def _entries(shape: tuple[int, ...], direction: Direction) -> int:
    rows, columns = shape
    step = 1 if direction is Direction.X else columns
    return max(rows * columns - (GROUP_PIXELS - 1) * step, 0)


def _draw(images: NDArray[Any], plans: tuple[_Plan, ...], text: Text) -> list[Numbers]:
    groups = {direction: group_extremes(images, direction) for direction in Direction}
    # 100 (a - b) / (a + b) grows with a / b: only the winners need the whole formula.
    merits = {
        direction: maxima / minima if text is Text.NEMA else maxima - minima
        for direction, (maxima, minima) in groups.items()
    }
    return [_numbers(images, groups, merits, plan) for plan in plans]


def _numbers(
    images: NDArray[Any],
    groups: dict[Direction, tuple[NDArray[Any], NDArray[Any]]],
    merits: dict[Direction, NDArray[Any]],
    plan: _Plan,
) -> Numbers:
    draws = np.arange(len(images))
    percent, merit = [], []
    for direction, (maxima, minima) in groups.items():
        worst = (merits[direction] - plan.groups[direction]).argmax(axis=1)
        percent.append(percent_of(maxima[draws, worst], minima[draws, worst]))
        merit.append(merits[direction][draws, worst])
    values = images.reshape(len(images), -1)
    return np.stack(
        [
            percent_of((values - plan.pixels).max(axis=1), (values + plan.pixels).min(axis=1)),
            np.where(merit[0] >= merit[1], percent[0], percent[1]),
            *percent,
        ]
    )


def _field_noise(exact: Numbers, drawn: Numbers, floor: Numbers) -> FieldNoise:
    uncertainties = drawn.std(axis=1, ddof=1, dtype=np.float64)
    biases = drawn.mean(axis=1, dtype=np.float64) - exact[:, 0]
    spreads = [
        Spread(uncertainty=float(u), bias=float(b))
        for u, b in zip(uncertainties, biases, strict=True)
    ]
    floor_integral, floor_differential, *_ = floor.mean(axis=1, dtype=np.float64)
    return FieldNoise(
        integral=spreads[0],
        differential=spreads[1],
        differential_x=spreads[2],
        differential_y=spreads[3],
        floor_integral=float(floor_integral),
        floor_differential=float(floor_differential),
    )


def _bounding_box(mask: PixelMask) -> tuple[slice, slice]:
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
