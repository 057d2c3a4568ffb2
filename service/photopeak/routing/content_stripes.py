"""Stripes of a bar phantom, and what images are made of: blocks, directions, frequencies."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from photopeak.model.content import ContentFinding, ContentKind

Image = NDArray[np.float64]
SMALLEST_PIXEL_MM = 0.05
LARGEST_PIXEL_MM = 50.0
"""Sizes outside of these are mistakes of a header, not pixels of a camera."""


def believable(spacing_mm: tuple[float, float]) -> bool:
    """Tell whether these can be the sizes of a pixel."""
    return SMALLEST_PIXEL_MM < min(spacing_mm) <= max(spacing_mm) < LARGEST_PIXEL_MM


def stripes_of(
    field: Image, inside: NDArray[np.bool_], spacing: tuple[float, float]
) -> ContentFinding | None:
    """Find the stripes of a bar phantom: the quadrants' own frequencies stand out of the noise."""
    rows, columns = (min(pair) for pair in zip(field.shape, inside.shape, strict=True))
    field, inside = field[:rows, :columns], inside[:rows, :columns]
    if not inside.any():
        return None
    # The edge of the field is no stripe: what lies outside gets the level of the inside.
    field = np.where(inside, field, float(field[inside].mean()))
    field, factor = binned(field, 600)
    pixel_mm = (spacing[0] + spacing[1]) / 2.0 * factor
    half_rows, half_columns = (n // 2 for n in field.shape)
    if min(half_rows, half_columns) < 24:
        return None
    found: list[tuple[float, float]] = []
    for upper in (0, half_rows):
        for left in (0, half_columns):
            quadrant = field[upper : upper + half_rows, left : left + half_columns]
            stripe = _dominant(quadrant, pixel_mm)
            if stripe is not None:
                found.append(stripe)
    if len(found) < 2:
        return None
    periods = [period for period, _ in found]
    angles = [angle for _, angle in found]
    different = any(
        abs(p - q) > 0.1 * min(p, q) or turned(a, b) > 20.0
        for i, (p, a) in enumerate(found)
        for q, b in found[i + 1 :]
    )
    features = {
        "quadrants_with_stripes": float(len(found)),
        "shortest_period_mm": min(periods),
        "longest_period_mm": max(periods),
    }
    bounds = f"{min(periods):.1f} to {max(periods):.1f} mm"
    if different:
        return ContentFinding(
            kind=ContentKind.BARS,
            confidence=0.95 if len(found) >= 3 else 0.82,
            message=f"stripes in {len(found)} quadrants with periods of {bounds}: bar phantom",
            features=features,
        )
    if len(found) >= 3 and max(periods) < 15.0:
        direction = direction_of(sum(angles) / len(angles) + 90.0)
        return ContentFinding(
            kind=ContentKind.BARS,
            confidence=0.85,
            message=f"parallel stripes over the whole field with a period of {bounds}",
            direction=direction,
            features=features,
        )
    return None


def _dominant(quadrant: Image, pixel_mm: float) -> tuple[float, float] | None:
    """Return period in mm and angle of the strongest stripe pattern; None when there is none."""
    rows, columns = quadrant.shape
    detail = quadrant - ndimage.uniform_filter(
        quadrant, size=min(max(3, round(20.0 / pixel_mm)), rows, columns) | 1, mode="nearest"
    )
    window = np.hanning(rows)[:, None] * np.hanning(columns)[None, :]
    power = np.abs(np.fft.rfft2(detail * window)) ** 2
    fy = np.fft.fftfreq(rows, pixel_mm)[:, None]
    fx = np.fft.rfftfreq(columns, pixel_mm)[None, :]
    frequency = np.hypot(fy, fx)
    band = (frequency > 1.0 / 16.0) & (frequency < 1.0 / (2.2 * pixel_mm))
    if np.count_nonzero(band) < 100:
        return None
    candidates = np.where(band, power, 0.0)
    peak = int(np.argmax(candidates))
    y, x = np.unravel_index(peak, power.shape)
    if not candidates[y, x] > 0.0:
        return None
    # Structure without a direction has much the same power all round its frequency, stripes stand
    # alone there. Noise is exponential in power: the highest of a thousand is 10 times its median.
    ring = band & (np.abs(frequency / frequency[y, x] - 1.0) < 0.15)
    if float(power[y, x]) < 60.0 * max(float(np.median(power[ring])), 1e-30):
        return None
    angle = math.degrees(math.atan2(float(fy[y, 0]), float(fx[0, x]))) % 180.0
    return 1.0 / float(frequency[y, x]), angle


def turned(first: float, second: float) -> float:
    """Return the angle between two directions, 0 to 90 degrees."""
    turn = abs(first - second) % 180.0
    return min(turn, 180.0 - turn)


def direction_of(angle_deg: float) -> str | None:
    """Return ``x`` for a line along the rows, ``y`` along the columns, None for an oblique one."""
    if turned(angle_deg, 0.0) <= 15.0:
        return "x"
    if turned(angle_deg, 90.0) <= 15.0:
        return "y"
    return None


def binned(image: Image, size: int) -> tuple[Image, int]:
    """Return `image` summed in square blocks until no side exceeds `size`, and the block."""
    factor = max(1, math.ceil(max(image.shape) / size))
    if factor == 1:
        return image, 1
    rows, columns = (n // factor for n in image.shape)
    if 0 in (rows, columns):
        return image, 1
    cut = image[: rows * factor, : columns * factor]
    by_row = np.add.reduce(cut.reshape(rows, factor, -1), axis=1)
    return np.add.reduce(by_row.reshape(rows, columns, factor), axis=2), factor
