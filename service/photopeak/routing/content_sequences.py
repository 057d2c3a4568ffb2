"""What a sequence of frames shows: a rate sweep, a decaying source, point sources going round."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from photopeak.model.content import ContentFinding, ContentKind
from photopeak.routing.content_planar import regions, smoothed, unknown
from photopeak.routing.content_stripes import binned

DECAY_SPAN_S = 3600.0
"""A series of this length follows the decay of its source rather than a hand that moves it."""
POINT_SHARE = 0.25
"""Least share of the counts near the source for a view of point sources."""
LARGEST_SPOTS = 0.08
"""Largest share of the pixels of a view that point sources cover."""
LARGEST_RESIDUAL_PX = 1.5
"""Largest RMS distance of the centroids from a sine; scatter of a real source is far below."""


def classify_rates(rates_cps: NDArray[np.float64], span_s: float | None) -> ContentFinding | None:
    """Tell what a sequence of count rates is; None when it is steady.

    Parameters
    ----------
    rates_cps
        Rate of each frame of one detector, in order of time.
    span_s
        Time from the first frame to the end of the last; None when unknown.
    """
    if rates_cps.size < 5 or float(rates_cps.max()) <= 0.0:
        return None
    # The median of three keeps a single odd frame from being the maximum.
    padded = np.concatenate([rates_cps[:1], rates_cps, rates_cps[-1:]])
    middle = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    peak = int(np.argmax(middle))
    highest = float(middle[peak])
    lowest = float(middle.min())
    after = int(np.count_nonzero(middle[peak:] < 0.98 * highest))
    before = int(np.count_nonzero(middle[:peak] < 0.98 * highest))
    features = {
        "highest_cps": highest,
        "lowest_cps": lowest,
        "frames_before": float(before),
        "frames_after": float(after),
    }
    if span_s is not None and span_s > DECAY_SPAN_S and highest > 1.2 * lowest:
        falling = float(np.mean(np.diff(middle) <= 0.02 * highest))
        return ContentFinding(
            kind=ContentKind.DECAY_SERIES,
            confidence=0.9 if falling > 0.8 else 0.6,
            message=f"the rate changes from {highest:.0f} to {lowest:.0f} cps in {span_s / 3600:.1f} h",
            features=features,
        )
    if highest < 1.5 * max(lowest, 1.0):
        return None
    swept = before >= 3 and after >= 5
    return ContentFinding(
        kind=ContentKind.RATE_SWEEP,
        confidence=0.92 if swept and highest > 10_000.0 else 0.6,
        message=(
            f"the rate rises to {highest:.0f} cps in frame {peak + 1}"
            f" and falls in the {after} frames after it"
        ),
        features=features,
    )


def classify_rotation(
    views: NDArray[np.float64], angles_deg: NDArray[np.float64], pixel_mm: float
) -> ContentFinding:
    """Tell whether projections of one detector show point sources going round.

    Parameters
    ----------
    views
        Counts of shape ``(views, rows, columns)``, binned to at most 128 columns.
    angles_deg
        Angle of each view.
    pixel_mm
        Size of the pixels of `views`.
    """
    if views.shape[0] < 8:
        return unknown(f"{views.shape[0]} views are too few to follow a source")
    totals = views.sum(axis=(1, 2))
    if float(totals.min()) < 50.0:
        return unknown("some views hold no counts")
    counts = []
    shares = []
    for view in views[:: max(1, views.shape[0] // 16)]:
        level = smoothed(view)
        top = float(np.partition(level.ravel(), -3)[-3])
        spots = regions(level, 0.3 * top, (pixel_mm, pixel_mm))
        spots = [s for s in spots if s.counts > 0.03 * sum(t.counts for t in spots)]
        counts.append(len(spots))
        shares.append(sum(s.counts for s in spots) / float(level.sum()))
        wide = sum(s.pixels for s in spots) > LARGEST_SPOTS * view.size
        if not spots or wide or max(2.0 * s.long_mm for s in spots) > 60.0:
            return _not_points(views, totals)
    if float(np.median(shares)) < POINT_SHARE:
        return _not_points(views, totals)
    # Sources hide behind each other in some views, so the views that show most tell the number.
    sources = int(np.percentile(counts, 80.0, method="lower"))
    residual, amplitude = _sine(views, angles_deg)
    features = {
        "sources": float(sources),
        "residual_px": residual,
        "amplitude_px": amplitude,
        "share": float(np.median(shares)),
    }
    good = residual < LARGEST_RESIDUAL_PX and sources <= 5
    what = "a point source goes" if sources == 1 else f"{sources} point sources go"
    return ContentFinding(
        kind=ContentKind.POINT_SINOGRAM,
        confidence=0.93 if good else 0.6,
        message=f"{what} round on a sine to {residual:.2f} pixels",
        sources=sources,
        features=features,
    )


def _sine(views: NDArray[np.float64], angles_deg: NDArray[np.float64]) -> tuple[float, float]:
    """Return RMS residual and amplitude, in pixels, of the sine through the transaxial centroids.

    The centroid of each view weighs the profile by its square, which leaves the background out.
    """
    profile = views.sum(axis=1)
    profile = np.clip(profile - np.median(profile, axis=1, keepdims=True), 0.0, None) ** 2
    columns = np.arange(profile.shape[1], dtype=np.float64)
    weight = profile.sum(axis=1)
    if not np.all(weight > 0.0):
        return math.inf, 0.0
    centroid = profile @ columns / weight
    theta = np.radians(angles_deg)
    design = np.stack([np.ones_like(theta), np.cos(theta), np.sin(theta)], axis=1)
    solution, *_ = np.linalg.lstsq(design, centroid, rcond=None)
    residual = centroid - design @ solution
    return float(np.sqrt(np.mean(residual**2))), float(np.hypot(solution[1], solution[2]))


def _not_points(views: NDArray[np.float64], totals: NDArray[np.float64]) -> ContentFinding:
    """Projections of something extended: steady totals speak for a phantom in the middle."""
    spread = float(totals.std() / totals.mean())
    summed = smoothed(views.sum(axis=0))
    level = float(np.percentile(summed, 98.0))
    filled = float(np.mean(summed > 0.5 * level))
    features = {"spread": spread, "filled": filled}
    if spread < 0.1 and filled > 0.1:
        return ContentFinding(
            kind=ContentKind.CYLINDER,
            confidence=0.7,
            message=f"projections of something extended whose counts vary by {spread:.1%}",
            features=features,
        )
    return ContentFinding(
        kind=ContentKind.UNKNOWN,
        confidence=0.0,
        message="projections that show neither point sources nor an even phantom",
        features=features,
    )


def bin_views(stack: NDArray[np.generic], size: int = 128) -> tuple[NDArray[np.float64], int]:
    """Return every view binned to at most `size` pixels a side, and the block."""
    first, factor = binned(np.asarray(stack[0], dtype=np.float64), size)
    if factor == 1:
        return np.asarray(stack, dtype=np.float64), 1
    views = np.empty((stack.shape[0], *first.shape))
    views[0] = first
    for index in range(1, stack.shape[0]):
        views[index] = binned(np.asarray(stack[index], dtype=np.float64), size)[0]
    return views, factor
