"""What a reconstructed volume shows: an even cylinder, hot spheres, or a phantom with rods."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.routing.content_planar import unknown
from photopeak.routing.content_stripes import Image, believable

SAMPLED_SLICES = 40
"""Slices that are looked at; phantoms do not change faster."""
BODY_WIDTH_MM = (260.0, 340.0)
BODY_HEIGHT_MM = (190.0, 260.0)
"""Outline of the body phantom, 300 x 230 mm (IEC 61675-1), with room for blurring."""
BLUR_MM = 4.0
"""Standard deviation of the blur that takes the noise off and leaves a 10 mm sphere visible."""
ROUND = 1.12
"""Largest ratio of width and height of a cylinder lying along the axis."""


@dataclass(frozen=True, slots=True)
class _Section:
    """One slice: outline in mm, how the inside varies, hot spots, and the share of cold pixels."""

    width_mm: float
    height_mm: float
    area_mm2: float
    variation: float
    hot: int
    cold: float


def classify_volume(
    slices: list[Image], spacing_mm: tuple[float, float], *, offset: float = 0.0
) -> ContentFinding:
    """Tell what a volume shows from some of its slices.

    Parameters
    ----------
    slices
        Transverse slices in physical units.
    spacing_mm
        (row, column) spacing.
    offset
        What is added to every value so that air is 0 (1000 for each CT slice summed).
    """
    if not believable(spacing_mm):
        return unknown("the size of the voxels is not known")
    if not slices or min(slices[0].shape) < 16:
        return unknown("the volume is too small to tell")
    values = np.stack(slices) + offset
    sums = values.sum(axis=(1, 2))
    if not np.all(np.isfinite(sums)) or float(sums.max()) <= 0.0:
        return unknown("the volume holds no positive values")
    sections = [
        section
        for plane, total in zip(values, sums, strict=True)
        if total > 0.4 * float(sums.max()) and (section := _section(plane, spacing_mm)) is not None
    ]
    if len(sections) < 3:
        return unknown("fewer than three slices show an outline")
    width = float(np.median([s.width_mm for s in sections]))
    height = float(np.median([s.height_mm for s in sections]))
    areas = np.array([s.area_mm2 for s in sections])
    steady = float(np.mean(np.abs(areas / np.median(areas) - 1.0) < 0.1))
    # A sphere is seen in several slices; an artefact at the end of a phantom is not.
    hot = sorted(s.hot for s in sections)[-3]
    cold = float(np.percentile([s.cold for s in sections], 90.0))
    variation = float(np.median([s.variation for s in sections]))
    features = {
        "width_mm": width,
        "height_mm": height,
        "steady": steady,
        "hot_spots": float(hot),
        "cold_share": cold,
        "variation": variation,
    }
    outline = f"{width:.0f} x {height:.0f} mm"
    body = BODY_WIDTH_MM[0] <= width <= BODY_WIDTH_MM[1] and (
        BODY_HEIGHT_MM[0] <= height <= BODY_HEIGHT_MM[1] and width > ROUND * height
    )
    if body and 4 <= hot <= 8:
        return ContentFinding(
            kind=ContentKind.HOT_SPHERES,
            confidence=0.9 if steady > 0.6 else 0.7,
            message=f"a body phantom of {outline} with {hot} hot spheres in one plane",
            sources=hot,
            features=features,
        )
    shape = max(width, height) / max(min(width, height), 1e-9)
    if shape > ROUND or steady < 0.6:
        return ContentFinding(
            kind=ContentKind.UNKNOWN,
            confidence=0.0,
            message=f"an outline of {outline} that is no cylinder and no body phantom",
            features=features,
        )
    if cold > 0.03 or hot > 0:
        return ContentFinding(
            kind=ContentKind.RODS if hot == 0 else ContentKind.HOT_SPHERES,
            confidence=0.82 if hot == 0 and cold > 0.04 and variation < 0.2 else 0.6,
            message=f"a cylinder of {width:.0f} mm with structures inside",
            sources=hot or None,
            features=features,
        )
    return ContentFinding(
        kind=ContentKind.CYLINDER,
        confidence=0.9 if variation < 0.12 and steady > 0.8 else 0.7,
        message=f"an even cylinder of {width:.0f} mm, varying by {variation:.1%}",
        features=features,
    )


def _section(plane: Image, spacing_mm: tuple[float, float]) -> _Section | None:
    sigma = (BLUR_MM / spacing_mm[0], BLUR_MM / spacing_mm[1])
    level = ndimage.gaussian_filter(plane, sigma, mode="nearest", truncate=3.0)
    bright = float(np.percentile(level, 99.0))
    if bright <= 0.0:
        return None
    # Hot spheres raise the level of the brightest pixels, so the outline is sought twice.
    rough = level > 0.15 * bright
    if np.count_nonzero(rough) < 20:
        return None
    typical = float(np.median(level[rough]))
    labels, count = ndimage.label(level > 0.5 * typical)
    if count == 0:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    mask: NDArray[np.bool_] = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)) + 1)
    rows, columns = np.nonzero(mask)
    height = (rows.max() - rows.min() + 1) * spacing_mm[0]
    width = (columns.max() - columns.min() + 1) * spacing_mm[1]
    inner = ndimage.binary_erosion(mask, iterations=max(2, math.ceil(8.0 / min(spacing_mm))))
    if np.count_nonzero(inner) < 20:
        return None
    inside = level[inner]
    middle = float(np.median(inside))
    if middle <= 0.0:
        return None
    spots, found = ndimage.label(inner & (level > 1.6 * middle))
    spot_sizes = np.bincount(spots.ravel())[1:] * spacing_mm[0] * spacing_mm[1]
    return _Section(
        width_mm=float(width),
        height_mm=float(height),
        area_mm2=float(np.count_nonzero(mask)) * spacing_mm[0] * spacing_mm[1],
        variation=float(inside.std() / middle),
        hot=int(np.count_nonzero(spot_sizes > 30.0)) if found else 0,
        cold=float(np.mean(inside < 0.75 * middle)),
    )
