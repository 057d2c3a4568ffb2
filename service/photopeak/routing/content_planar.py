"""What one planar image shows: flood, bars, slits, line source, points, dish or background.

The features are those by which a physicist tells these images apart at a glance: how the counts
fill the field, whether they stand in lines, spots or stripes, and how far apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.routing.content_stripes import (
    Image,
    believable,
    binned,
    direction_of,
    stripes_of,
    turned,
)

ASSUMED_FIELD_MM = 540.0
"""Width of the field when the header gives no pixel size: that of a large camera."""
SLIT_PITCH_MM = 30.0
"""Distance of the slits of the resolution mask (NEMA NU 1-2007 2.1, GB/T 18989-2013 E.1)."""
SLIT_PITCH_TOLERANCE_MM = 2.0
LARGEST_DISH_MM = 200.0
"""A dish of the sensitivity test has 150 mm (NEMA NU 1-2007 3.3); larger is a flood."""
LARGEST_POINT_MM = 45.0
"""A point source seen with a collimator at a distance, at a fifth of its maximum."""
FLOOD_FILL = 0.85
"""Least share of the bounding box of a flood that is above half of its level."""
FLOOD_VARIATION = 0.10
"""Largest coefficient of variation of a flood after smoothing, noise subtracted."""
BACKGROUND_RATE_CPS = 200.0
"""Highest count rate that can be background; the limit of WS 523-2019 is 33 cps."""
ELONGATED = 4.0
"""Ratio of the axes of a region from which on it is a line."""


@dataclass(frozen=True, slots=True)
class Region:
    """A connected region: its place and axes (standard deviations) in mm, and its counts."""

    row_mm: float
    column_mm: float
    long_mm: float
    short_mm: float
    angle_deg: float
    pixels: int
    counts: float

    @property
    def elongated(self) -> bool:
        """Whether the region is a line rather than a spot."""
        return self.long_mm > ELONGATED * self.short_mm


def smoothed(image: Image) -> Image:
    """Return `image` after the 9-point filter with the weights 1, 2, 1."""
    kernel = np.array([0.25, 0.5, 0.25])
    once = ndimage.convolve1d(image, kernel, axis=0, mode="nearest")
    result: Image = ndimage.convolve1d(once, kernel, axis=1, mode="nearest")
    return result


def regions(image: Image, threshold: float, pixel_mm: tuple[float, float]) -> list[Region]:
    """Return the connected regions above `threshold`, those with most counts first."""
    labels, count = ndimage.label(image > threshold)
    if count == 0 or count > 2000:
        return []
    found = []
    for index, place in enumerate(ndimage.find_objects(labels), 1):
        inside = labels[place] == index
        pixels = int(np.count_nonzero(inside))
        rows, columns = np.nonzero(inside)
        weights = image[place][inside]
        total = float(weights.sum())
        if pixels < 3 or total <= 0.0:
            continue
        y = (rows + place[0].start) * pixel_mm[0]
        x = (columns + place[1].start) * pixel_mm[1]
        centre_y, centre_x = float(weights @ y) / total, float(weights @ x) / total
        # A twelfth of the pixel area keeps a region one pixel wide from having no width at all.
        yy = float(weights @ (y - centre_y) ** 2) / total + pixel_mm[0] ** 2 / 12.0
        xx = float(weights @ (x - centre_x) ** 2) / total + pixel_mm[1] ** 2 / 12.0
        xy = float(weights @ ((y - centre_y) * (x - centre_x))) / total
        middle, spread = (xx + yy) / 2.0, math.hypot((xx - yy) / 2.0, xy)
        found.append(
            Region(
                row_mm=centre_y,
                column_mm=centre_x,
                long_mm=math.sqrt(middle + spread),
                short_mm=math.sqrt(max(middle - spread, 1e-12)),
                angle_deg=math.degrees(0.5 * math.atan2(2.0 * xy, xx - yy)),
                pixels=pixels,
                counts=total,
            )
        )
    return sorted(found, key=lambda region: -region.counts)


def classify_planar(
    image: Image, pixel_mm: tuple[float, float] | None, duration_s: float | None
) -> ContentFinding:
    """Tell what one frame shows.

    Parameters
    ----------
    image
        Counts of shape ``(rows, columns)``.
    pixel_mm
        (row, column) spacing; None for a field of `ASSUMED_FIELD_MM`.
    duration_s
        Duration of the frame, for the count rate; None when unknown.
    """
    total = float(image.sum())
    if min(image.shape) < 16 or total < 100.0:
        return unknown(f"the image of {total:.0f} counts is too small or too empty to tell")
    assumed = ASSUMED_FIELD_MM / max(image.shape)
    spacing = pixel_mm if pixel_mm and believable(pixel_mm) else (assumed, assumed)
    coarse, factor = binned(image, 128)
    coarse_mm = (spacing[0] * factor, spacing[1] * factor)
    rate = total / duration_s if duration_s else None
    if rate is None or rate >= BACKGROUND_RATE_CPS:
        return _by_shape(image, spacing, coarse, coarse_mm)
    background = _background(coarse, rate)
    if background.kind is ContentKind.BACKGROUND:
        return background
    shape = _by_shape(image, spacing, coarse, coarse_mm)
    hidden = {ContentKind.FLOOD, ContentKind.BARS, ContentKind.UNKNOWN}
    return background if shape.kind in hidden else shape


def unknown(message: str) -> ContentFinding:
    """Return the finding that nothing is recognised."""
    return ContentFinding(kind=ContentKind.UNKNOWN, confidence=0.0, message=message)


def _by_shape(
    image: Image,
    spacing: tuple[float, float],
    coarse: Image,
    coarse_mm: tuple[float, float],
) -> ContentFinding:
    """Tell apart by how the counts are spread."""
    level = smoothed(coarse)
    top = float(np.partition(level.ravel(), -5)[-5])
    if top <= 0.0:
        return unknown("the image holds no counts worth mentioning")
    filled = _filled(level)
    if filled is not None:
        return _filled_field(image, spacing, coarse, coarse_mm, filled)
    if float(image.max()) > 0.5 * float(image.sum()):
        return unknown("one pixel holds most of the counts")
    fine, fine_factor = binned(image, 256)
    fine_mm = (spacing[0] * fine_factor, spacing[1] * fine_factor)
    return _isolated(smoothed(fine), fine_mm)


def _background(coarse: Image, rate: float) -> ContentFinding:
    """Low rate: background, unless something stands out of it."""
    rows, columns = np.nonzero(coarse)
    field = coarse[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    if field.size < 0.1 * coarse.size:
        return unknown(f"{rate:.1f} cps, all of them in one corner of the image")
    size = min(5, *field.shape)
    boxes = ndimage.uniform_filter(field, size=size, mode="nearest") * size * size
    expected = float(np.median(boxes))
    excess = (float(boxes.max()) - expected) / math.sqrt(max(expected, 1.0))
    features = {"rate_cps": rate, "excess_sigma": excess}
    # The highest of some thousand Poisson numbers lies 4 to 5 sigma out by chance.
    if excess > 10.0 and float(boxes.max()) > 2.0 * expected + 25.0:
        return ContentFinding(
            kind=ContentKind.UNKNOWN,
            confidence=0.0,
            message=f"{rate:.1f} cps, but a spot stands {excess:.0f} sigma above the rest",
            features=features,
        )
    return ContentFinding(
        kind=ContentKind.BACKGROUND,
        confidence=0.9,
        message=f"{rate:.1f} cps without any spot: background",
        features=features,
    )


def _filled(level: Image) -> NDArray[np.bool_] | None:
    """Return the largest region of much the same level, if it holds most of the counts."""
    reference = float(np.percentile(level, 99.0))
    labels, count = ndimage.label(level > 0.35 * reference)
    if count == 0:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    mask: NDArray[np.bool_] = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)) + 1)
    area = int(np.count_nonzero(mask))
    if area < 30 or float(level[mask].sum()) < 0.6 * float(level.sum()):
        return None
    # A line or a point has its level in few pixels; a field has it in most of them.
    plateau = np.count_nonzero(level[mask] > 0.5 * float(np.percentile(level[mask], 95.0))) / area
    return mask if plateau > 0.7 else None


def _filled_field(
    image: Image,
    spacing: tuple[float, float],
    coarse: Image,
    coarse_mm: tuple[float, float],
    mask: NDArray[np.bool_],
) -> ContentFinding:
    """Tell dish, bars and flood apart, by the size and structure of the region."""
    rows, columns = np.nonzero(mask)
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    height, width = (bottom - top) * coarse_mm[0], (right - left) * coarse_mm[1]
    box = mask[top:bottom, left:right]
    fill = float(np.count_nonzero(box)) / box.size
    round_fill = _inside_ellipse(box)
    features = {"height_mm": height, "width_mm": width, "fill": fill, "round_fill": round_fill}
    if max(height, width) < 0.25 * max(coarse.shape) * coarse_mm[1] and height < LARGEST_POINT_MM:
        return _isolated(smoothed(coarse), coarse_mm)
    round_shape = round_fill > 0.93 and fill < 0.88 and 0.8 < height / width < 1.25
    share = float(coarse[mask].sum()) / float(coarse.sum())
    if round_shape and max(height, width) <= LARGEST_DISH_MM:
        confidence = 0.9 if share > 0.6 and height > LARGEST_POINT_MM else 0.6
        return ContentFinding(
            kind=ContentKind.DISH,
            confidence=confidence,
            message=f"a disc of {(height + width) / 2.0:.0f} mm with {share:.0%} of the counts",
            sources=1,
            features={**features, "share": share},
        )
    factor = max(1, round(coarse_mm[0] / spacing[0]))
    stripes = stripes_of(
        image[top * factor : bottom * factor, left * factor : right * factor],
        np.kron(ndimage.binary_erosion(box), np.ones((factor, factor), dtype=np.bool_)),
        spacing,
    )
    if stripes is not None:
        return stripes
    variation = _variation(coarse, mask)
    features["variation"] = variation
    shaped = max(fill / FLOOD_FILL, round_fill / 0.93 if round_shape else 0.0)
    if shaped < 1.0 or variation > 3.0 * FLOOD_VARIATION:
        return ContentFinding(
            kind=ContentKind.UNKNOWN,
            confidence=0.0,
            message=f"a field filled to {fill:.0%} that varies by {variation:.0%}",
            features=features,
        )
    confidence = 0.97 if variation <= FLOOD_VARIATION / 2 else 0.9
    if variation > FLOOD_VARIATION:
        confidence = 0.9 - 2.0 * (variation - FLOOD_VARIATION)
    return ContentFinding(
        kind=ContentKind.FLOOD,
        confidence=confidence,
        message=f"an evenly filled field of {width:.0f} x {height:.0f} mm, varying by {variation:.1%}",
        features=features,
    )


def _inside_ellipse(box: NDArray[np.bool_]) -> float:
    """Return how far `box` agrees with the ellipse inscribed in it, 1 for exactly that shape."""
    rows, columns = box.shape
    y = (np.arange(rows) + 0.5) / rows * 2.0 - 1.0
    x = (np.arange(columns) + 0.5) / columns * 2.0 - 1.0
    ellipse = y[:, None] ** 2 + x[None, :] ** 2 <= 1.0
    return float(np.mean(ellipse == box))


def _variation(coarse: Image, mask: NDArray[np.bool_]) -> float:
    """Return the coefficient of variation inside the field, without the share of the noise."""
    inner = ndimage.binary_erosion(mask, iterations=max(2, mask.shape[0] // 32))
    if np.count_nonzero(inner) < 20:
        inner = mask
    values = smoothed(coarse)[inner]
    mean = float(values.mean())
    # Smoothing leaves (3/8)^2 of the variance of independent pixels.
    noise = (3.0 / 8.0) ** 2 * float(coarse[inner].mean())
    return math.sqrt(max(float(values.var()) - noise, 0.0)) / mean if mean > 0.0 else math.inf


def _isolated(level: Image, pixel_mm: tuple[float, float]) -> ContentFinding:
    """Few places hold the counts: lines (slits, line sources) or points."""
    reference = float(np.partition(level.ravel(), -9)[-9])
    everything = regions(level, 0.15 * reference, pixel_mm)
    total = sum(region.counts for region in everything)
    strong = [region for region in everything if region.counts > 0.02 * total]
    if not strong:
        return unknown("nothing stands out of the image")
    share = total / float(level.sum())
    features = {"regions": float(len(strong)), "share": share}
    lines = [region for region in strong if region.elongated]
    if len(lines) >= 0.7 * len(strong) and share > 0.4:
        return _lines(lines, features)
    widest = 2.0 * max(region.long_mm for region in strong)
    if not lines and len(strong) <= 9 and widest < LARGEST_POINT_MM and share > 0.25:
        confidence = 0.9 if len(strong) <= 5 and share > 0.4 else 0.7
        what = "one point source" if len(strong) == 1 else f"{len(strong)} point sources"
        return ContentFinding(
            kind=ContentKind.POINTS,
            confidence=confidence,
            message=f"{what} with {share:.0%} of the counts",
            sources=len(strong),
            features=features,
        )
    return ContentFinding(
        kind=ContentKind.UNKNOWN,
        confidence=0.0,
        message=f"{len(strong)} regions that are neither lines nor points",
        features=features,
    )


def _lines(lines: list[Region], features: dict[str, float]) -> ContentFinding:
    """Parallel lines: a slit mask when there are many at its pitch, else line sources."""
    angle = lines[0].angle_deg
    parallel = [line for line in lines if turned(line.angle_deg, angle) < 10.0]
    direction = direction_of(angle)
    along = math.radians(angle)
    places = sorted(
        line.row_mm * math.cos(along) - line.column_mm * math.sin(along) for line in parallel
    )
    # Pieces of one broken line lie on each other.
    separate = [p for i, p in enumerate(places) if i == 0 or p - places[i - 1] > 10.0]
    gaps = np.diff(separate)
    pitch = float(np.median(gaps)) if gaps.size else 0.0
    features = {**features, "lines": float(len(separate)), "pitch_mm": pitch}
    regular = bool(
        gaps.size >= 4
        and abs(pitch - SLIT_PITCH_MM) <= SLIT_PITCH_TOLERANCE_MM
        and np.mean(np.abs(gaps - pitch) < 3.0) > 0.7
    )
    where = {"x": "along X", "y": "along Y", None: "oblique"}[direction]
    if regular:
        return ContentFinding(
            kind=ContentKind.SLITS,
            confidence=0.93 if direction else 0.7,
            message=f"{len(separate)} parallel lines {where}, {pitch:.1f} mm apart: slit mask",
            direction=direction,
            sources=len(separate),
            features=features,
        )
    few = len(separate) <= 4 and len(parallel) == len(lines)
    what = "one line" if len(separate) == 1 else f"{len(separate)} lines"
    apart = f", {pitch:.0f} mm apart" if pitch else ""
    return ContentFinding(
        kind=ContentKind.LINE_SOURCE,
        confidence=0.9 if few and direction else 0.6,
        message=f"{what} {where}{apart}: line source",
        direction=direction,
        sources=len(separate),
        features=features,
    )
