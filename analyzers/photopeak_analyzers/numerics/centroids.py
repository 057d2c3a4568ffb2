"""Finding a point source in every frame of a stack, to a hundredth of a pixel.

The background of a frame is the median outside 5 FWHM of the source and is subtracted; the
centroid is taken inside a circle of 3 FWHM, which follows the centroid until it moves by less than
0.01 pixel. Because the circle is centred on the source, a constant background that is left over
does not pull the result.

Coordinates are 0-based positions of pixel centres, (row, column). The stack is never converted as
a whole: what is needed of it are sums over blocks and small windows around the source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.coarse_image import coarse_image
from photopeak_analyzers.numerics.profiles import crossing

ROI_RADIUS_FWHM = 3.0
"""Radius of the circle over which the centroid is taken, in FWHM of the source."""

BACKGROUND_BEYOND_FWHM = 5.0
"""Distance from the source, in FWHM, beyond which pixels count as background."""

CONVERGED_PIXELS = 0.01
"""The circle has arrived when the centroid moves by less than this."""

MOST_ITERATIONS = 20

LARGEST_PROFILE_PIXELS = 64
"""Half the longest profile from which a width is taken, in pixels."""

WIDTH_FRAMES = 64
"""Frames, evenly spread, whose mean profile tells the width."""

CLEAR_OF_BORDER_FWHM = 1.5
"""Distance from the border, in FWHM, at which no part of a point is cut off: 3.5 sigma."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centroids:
    """A point source in each of n frames.

    Attributes
    ----------
    positions, uncertainties
        (row, column) in pixels and its standard uncertainty from counting, shape ``(n, 2)``.
    counts
        Counts of the source inside the circle, background subtracted, shape ``(n,)``.
    background
        Counts per pixel that were subtracted, shape ``(n,)``.
    fwhm
        (row, column) width of the source at half height in pixels, mean over the frames.
    edge_distance
        Distance of the source from the nearest border of the matrix in pixels, shape ``(n,)``.
    sources
        How many sources are seen; the positions are of use when it is one.
    converged
        True for each frame in which the circle arrived.
    """

    positions: Floats
    uncertainties: Floats
    counts: Floats
    background: Floats
    fwhm: tuple[float, float]
    edge_distance: Floats
    sources: int
    converged: NDArray[np.bool_]


def point_centroids(frames: Counts) -> Centroids:
    """Find the point source in each frame.

    Parameters
    ----------
    frames
        Shape ``(n, rows, columns)``, counts of any numeric type; not changed.

    Raises
    ------
    UnsuitableAcquisitionError
        If a frame has no source, or what is in it is no point.
    """
    coarse = coarse_image(frames)
    level = coarse.level()
    start = _refined(frames, coarse.brightest(level), level, coarse.block)
    fwhm = _width(frames, start, level)
    mean_fwhm = math.sqrt(fwhm[0] * fwhm[1])
    background = coarse.background(start.astype(np.float64), BACKGROUND_BEYOND_FWHM * mean_fwhm)
    found = _iterate(frames, start, background, ROI_RADIUS_FWHM * mean_fwhm)
    return _centroids(frames, found, background, fwhm, coarse.sources(level))


def refuse_at_border(found: Centroids) -> None:
    """Refuse points of which the border of the matrix cuts off a part.

    Raises
    ------
    UnsuitableAcquisitionError
        If a point is nearer to the border than :data:`CLEAR_OF_BORDER_FWHM`.
    """
    distance = float(found.edge_distance.min())
    needed = CLEAR_OF_BORDER_FWHM * max(found.fwhm)
    if distance < needed:
        raise UnsuitableAcquisitionError(
            f"the point is {distance:.1f} pixels from the border, needs {needed:.1f}",
            quantity="pixels between point and border",
            value=distance,
            bound=needed,
        )


def centroids_near(
    frames: Counts, near: Floats, *, radius_fwhm: float = ROI_RADIUS_FWHM
) -> Centroids:
    """Find in each frame the point source next to a place; others may be in the frame as well.

    Parameters
    ----------
    frames
        Shape ``(n, rows, columns)``, counts of any numeric type; not changed.
    near
        (row, column) of the place in each frame, to about a width of the source; shape ``(n, 2)``.
    radius_fwhm
        Radius of the circle. Another source nearer than the circle and its own width is in it.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing stands out there, or what is there is no point.
    """
    coarse = coarse_image(frames)
    level = coarse.level()
    start = np.rint(near).astype(np.intp)
    for axis in (0, 1):
        np.clip(start[:, axis], 0, frames.shape[1 + axis] - 1, out=start[:, axis])
    fwhm = _width(frames, start, level)
    mean_fwhm = math.sqrt(fwhm[0] * fwhm[1])
    background = coarse.background(start.astype(np.float64), BACKGROUND_BEYOND_FWHM * mean_fwhm)
    found = _iterate(frames, start, background, radius_fwhm * mean_fwhm)
    return _centroids(frames, found, background, fwhm, 1)


def _refined(
    frames: Counts, start: NDArray[np.intp], level: Floats, block: int
) -> NDArray[np.intp]:
    """Move each start to the highest point of the profiles through it."""
    half = 3 * block + 2
    window = _net_windows(frames, start, half, level)
    moved = start.copy()
    for axis in (0, 1):
        profile = window.sum(axis=2 - axis)
        # Three points together: a single one is noise at a few counts per pixel.
        smoothed = profile.copy()
        smoothed[:, 1:] += profile[:, :-1]
        smoothed[:, :-1] += profile[:, 1:]
        moved[:, axis] += smoothed.argmax(axis=1) - half
        np.clip(moved[:, axis], 0, frames.shape[1 + axis] - 1, out=moved[:, axis])
    return moved


def _width(frames: Counts, centres: NDArray[np.intp], level: Floats) -> tuple[float, float]:
    """Return (row, column) FWHM in pixels of the mean profile."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, WIDTH_FRAMES).astype(np.intp))
    longest = min(LARGEST_PROFILE_PIXELS, max(frames.shape[1:]) // 2)
    half = min(8, longest)
    while True:
        window = _net_windows(frames, centres[chosen], half, level[chosen], chosen)
        widths = []
        for axis in (0, 1):
            profile = window.sum(axis=2 - axis).mean(axis=0)
            widths.append(_half_height_width(profile))
        row, column = widths
        if row is not None and column is not None and max(row, column) < half / 1.5:
            return row, column
        if half == longest:
            raise UnsuitableAcquisitionError(
                f"no point source: what is brightest is wider than {half} pixels",
                quantity="width of the source in pixels",
                bound=float(half),
            )
        half = min(2 * half, longest)


def _half_height_width(profile: Floats) -> float | None:
    """Return the width at half height by linear interpolation; None if it is not reached."""
    peak = int(profile.argmax())
    left, right = (crossing(profile, peak, float(profile[peak]) / 2.0, step) for step in (-1, 1))
    return None if left is None or right is None else right - left


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    positions: Floats
    uncertainties: Floats
    counts: Floats
    converged: NDArray[np.bool_]


def _iterate(frames: Counts, start: NDArray[np.intp], background: Floats, radius: float) -> _Found:
    """Let a circle follow the centroid of what it holds."""
    n = len(frames)
    positions = start.astype(np.float64)
    uncertainties, counts = np.zeros((n, 2)), np.zeros(n)
    converged = np.zeros(n, dtype=bool)
    # Room for the circle wherever its centre lies within half a pixel of the window's.
    half = math.ceil(radius + 1.0)
    offsets = np.arange(-half, half + 1, dtype=np.float64)
    for _ in range(MOST_ITERATIONS):
        active = np.flatnonzero(~converged)
        if not active.size:
            break
        middle = np.rint(positions[active]).astype(np.intp)
        window = _windows(frames, middle, half, active)
        shift = positions[active] - middle
        weight = _circle(offsets, shift, radius)
        inside = _inside(frames.shape, middle, half)
        if inside is not None:
            weight *= inside
        signal = window - background[active, None, None]
        signal *= weight
        marginals = (signal.sum(axis=2), signal.sum(axis=1))
        total = marginals[0].sum(axis=1)
        if float(total.min()) <= 0.0:
            raise UnsuitableAcquisitionError(
                f"the source has {float(total.min()):.0f} counts above the background in a frame,"
                " needs more than 0",
                quantity="counts of the source",
                value=float(total.min()),
                bound=0.0,
            )
        moved = np.stack([m @ offsets for m in marginals], axis=1) / total[:, None]
        # Each pixel has Poisson noise: u**2 = sum(w**2 N (r - c)**2) / (sum w N)**2.
        weight *= weight
        weight *= window
        for axis, marginal in enumerate((weight.sum(axis=2), weight.sum(axis=1))):
            arm = (offsets - moved[:, axis : axis + 1]) ** 2
            # What lies in a single pixel may lie anywhere in it: a variance of 1 / 12.
            spread = np.maximum((marginal * arm).sum(axis=1), marginal.sum(axis=1) / 12.0)
            uncertainties[active, axis] = np.sqrt(spread) / total
        counts[active] = total
        step = np.abs(moved - shift).max(axis=1)
        positions[active] = middle + moved
        np.clip(positions[:, 0], 0.0, frames.shape[1] - 1.0, out=positions[:, 0])
        np.clip(positions[:, 1], 0.0, frames.shape[2] - 1.0, out=positions[:, 1])
        converged[active] = step < CONVERGED_PIXELS
    return _Found(
        positions=positions, uncertainties=uncertainties, counts=counts, converged=converged
    )


def _centroids(
    frames: Counts, found: _Found, background: Floats, fwhm: tuple[float, float], sources: int
) -> Centroids:
    rows, columns = frames.shape[1:]
    positions = found.positions
    edge = np.minimum(
        np.minimum(positions[:, 0], rows - 1 - positions[:, 0]),
        np.minimum(positions[:, 1], columns - 1 - positions[:, 1]),
    )
    return Centroids(
        positions=positions,
        uncertainties=found.uncertainties,
        counts=found.counts,
        background=background,
        fwhm=fwhm,
        edge_distance=np.asarray(edge + 0.5),
        sources=sources,
        converged=found.converged,
    )


def _net_windows(
    frames: Counts,
    middle: NDArray[np.intp],
    half: int,
    level: Floats,
    which: NDArray[np.intp] | None = None,
) -> Floats:
    """Copy squares with the background subtracted; what lies beyond the matrix is 0."""
    window = _windows(frames, middle, half, which)
    window -= level[:, None, None]
    inside = _inside(frames.shape, middle, half)
    if inside is not None:
        window *= inside
    return window


def _windows(
    frames: Counts, middle: NDArray[np.intp], half: int, which: NDArray[np.intp] | None = None
) -> Floats:
    """Copy a square of ``2 * half + 1`` pixels around a pixel of each frame.

    Beyond the matrix its border repeats.
    """
    index = np.arange(len(frames)) if which is None else which
    side = 2 * half + 1
    if _inside(frames.shape, middle, half) is None:
        # Whole squares are copied in one go, several times as fast as pixel by pixel.
        squares = np.lib.stride_tricks.sliding_window_view(frames, (side, side), axis=(1, 2))
        window = squares[index, middle[:, 0] - half, middle[:, 1] - half]
    else:
        reach = np.arange(-half, half + 1)
        rows = np.clip(middle[:, :1] + reach, 0, frames.shape[1] - 1)
        columns = np.clip(middle[:, 1:] + reach, 0, frames.shape[2] - 1)
        window = frames[index[:, None, None], rows[:, :, None], columns[:, None, :]]
    return np.asarray(window.astype(np.float64, copy=False))


def _inside(
    shape: tuple[int, ...], middle: NDArray[np.intp], half: int
) -> NDArray[np.bool_] | None:
    """Tell which pixels of the squares exist; None if all do."""
    if int(middle.min()) >= half and bool((middle.max(axis=0) + half < shape[1:]).all()):
        return None
    reach = np.arange(-half, half + 1)
    rows = middle[:, :1] + reach
    columns = middle[:, 1:] + reach
    down = (rows >= 0) & (rows < shape[1])
    across = (columns >= 0) & (columns < shape[2])
    return np.asarray(down[:, :, None] & across[:, None, :])


def _circle(offsets: Floats, centre: Floats, radius: float) -> Floats:
    """Return the share of each pixel that lies in the circle, for each centre.

    Pixels on the rim count in part, so that the result moves smoothly with the circle.
    """
    down = (offsets - centre[:, :1]) ** 2
    across = (offsets - centre[:, 1:]) ** 2
    distance = down[:, :, None] + across[:, None, :]
    np.sqrt(distance, out=distance)
    np.subtract(radius + 0.5, distance, out=distance)
    return np.asarray(np.clip(distance, 0.0, 1.0, out=distance))
