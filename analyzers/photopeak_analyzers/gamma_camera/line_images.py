"""Lines in one image of one head, measured: widths, where they stand, millimetres per pixel.

What the tests of line sources share. Lines are found in the image (which way they run, from where
to where), cut into strips of at most 30 mm, and each is measured in each strip as IEC 60789 and NEMA
NU 1 prescribe. Millimetres per pixel come from the distance of the lines, which is known, and not
from the header.

The uncertainty of a mean width holds counting (each crossing and each peak, by linear propagation)
and the calibration: the spread of the distance of the lines over the strips, or counting where that
is more, and the tolerance of the known distance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.line_noise import equivalent_width_noise
from photopeak_analyzers.numerics.line_places import LinePlaces, find_lines
from photopeak_analyzers.numerics.line_spread import (
    HALF,
    LONGEST_STRIP_MM,
    TENTH,
    LineSpread,
    line_spreads,
    strips_of,
)
from photopeak_analyzers.numerics.profiles import width_at
from photopeak_analyzers.numerics.regression import fit_line
from photopeak_analyzers.numerics.width_noise import width_noise
from photopeak_analyzers.uncertainty import rectangular

END_MM = 10.0
"""Left out at each end of a line, where its brightness falls; a quarter of a short one at most."""

SHORTEST_MM = 15.0
"""Of a line that is measured: two thirds of it are then inside its ends."""

FINE_PIXEL = 0.2
"""Pixel in FWHM up to which NEMA takes the highest channel for the peak, and beyond the parabola."""

WIDEST_SHARE = 0.8
"""FWHM over the distance of the lines, beyond which they run into one another."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTask:
    """What is known before an image is measured.

    Attributes
    ----------
    distance_mm, tolerance_mm
        Known distance of neighbouring lines, and by how much it may be wrong.
    mm_per_pixel
        Calibration from elsewhere (a slit mask); None to take it from the lines.
    field_mm
        (height, width) of the field in which widths are taken; None for the whole image.
    parabola
        True to take the vertex of the parabola where pixels are coarse (NEMA).
    most_lines
        More are something else.
    """

    distance_mm: float
    tolerance_mm: float = 0.1
    mm_per_pixel: float | None = None
    field_mm: tuple[float, float] | None = None
    parabola: bool = True
    most_lines: int = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineImage:
    """Lines of one image as measured.

    Attributes
    ----------
    direction
        ``x`` for a profile that runs along X, across lines that run along Y.
    lines
        How many lines were found.
    half, tenth, equivalent
        Mean FWHM, FWTM (None where tails overlap or are cut) and equivalent width, in mm.
    mm_per_pixel
        Calibration used; `calibrated` tells whether it comes from lines or a stated number.
    header_pixel_mm
        Pixel across the lines as the header has it.
    tilt_deg, bend_px
        Of the lines against the pixels, and RMS deviation from straight lines.
    peak_counts
        Lowest peak of a line in a strip.
    spreads, windows, distances
        The lines in their strips; counts about each, and distance of each channel from its middle.
    parabola
        True when the parabola was used.
    """

    direction: str
    places: LinePlaces
    lines: int
    half: Estimate
    tenth: Estimate | None
    equivalent: Estimate
    mm_per_pixel: Estimate
    calibrated: bool
    header_pixel_mm: float
    tilt_deg: float
    bend_px: float
    peak_counts: float
    spreads: tuple[LineSpread, ...]
    windows: Floats
    distances: Floats
    strip_rows: int
    parabola: bool

    @property
    def pixel_in_fwhm(self) -> float:
        """Side of a pixel over FWHM."""
        return self.mm_per_pixel.value / self.half.value

    @property
    def header_deviation_percent(self) -> float:
        """How far the pixel of the header is from the calibration, in percent."""
        return 100.0 * (self.header_pixel_mm / self.mm_per_pixel.value - 1.0)


def measure_lines(counts: Counts, spacing_mm: tuple[float, float], task: LineTask) -> LineImage:
    """Measure the lines of an image.

    Parameters
    ----------
    counts
        One image, shape ``(rows, columns)``.
    spacing_mm
        (row, column) spacing of the pixels in the header.

    Raises
    ------
    UnsuitableAcquisitionError
        If the image shows no lines, too many, or none in the field.
    """
    places = find_lines(counts)
    _refuse_number(places, task.most_lines)
    turned = counts if places.upright else counts.T
    along_mm, across_mm = spacing_mm if places.upright else spacing_mm[::-1]
    field = None if task.field_mm is None else (
        task.field_mm if places.upright else task.field_mm[::-1]
    )  # fmt: skip
    rows = _rows(places, turned.shape[0], along_mm, None if field is None else field[0])
    height = max(min(int(LONGEST_STRIP_MM / along_mm), rows[1] - rows[0]), 1)
    pitch = _pitch(places, turned.shape[1], task.distance_mm / across_mm)
    # Nothing but the lines is looked at: noise far from them has peaks of its own.
    columns = (math.floor(places.places[0] - pitch), math.ceil(places.places[-1] + pitch) + 1)
    everywhere = _spreads(turned, pitch, rows, columns, height, parabola=False)
    parabola = task.parabola and FINE_PIXEL * float(np.mean([s.half for s in everywhere])) < 1.0
    if parabola:
        everywhere = _spreads(turned, pitch, rows, columns, height, parabola=True)
    profiles, _ = strips_of(turned, rows, height)
    noise = [_noise(profiles[s.strip], s) for s in everywhere]
    calibration, calibrated = _calibration(everywhere, noise, task, across_mm)
    inside = _inside(everywhere, turned.shape[1], across_mm, None if field is None else field[1])
    kept = [everywhere[i] for i in inside]
    reach = max(math.floor(pitch / 2.0), 1)
    windows = np.stack([profiles[s.strip][_top(s) - reach : _top(s) + reach + 1] for s in kept])
    offsets = np.arange(-reach, reach + 1)
    tenths = [i for i in inside if everywhere[i].tenth is not None]
    tilt_deg, bend_px = _tilt(everywhere, along_mm, across_mm)
    return LineImage(
        direction="x" if places.upright else "y",
        places=places,
        lines=len({s.line for s in everywhere}),
        half=_mean([s.half for s in kept], [noise[i][0] for i in inside], calibration),
        tenth=_mean(
            [everywhere[i].tenth or 0.0 for i in tenths], [noise[i][1] for i in tenths], calibration
        )
        if tenths
        else None,
        equivalent=_mean([s.equivalent for s in kept], [_equivalent_noise(s) for s in kept], calibration),
        mm_per_pixel=calibration,
        calibrated=calibrated,
        header_pixel_mm=across_mm,
        tilt_deg=tilt_deg,
        bend_px=bend_px,
        peak_counts=min(s.peak.height for s in kept),
        spreads=tuple(kept),
        windows=windows,
        distances=np.stack([offsets + _top(s) - s.position for s in kept]),
        strip_rows=height,
        parabola=parabola,
    )  # fmt: skip


def _refuse_number(places: LinePlaces, most: int) -> None:
    count = len(places.places)
    if not 1 <= count <= most:
        raise UnsuitableAcquisitionError(
            f"the image shows {count} lines, needs 1 to {most}: slits, bars or something else",
            quantity="lines",
            value=float(count),
            bound=float(most),
        )


def _rows(
    places: LinePlaces, size: int, pixel_mm: float, field_mm: float | None
) -> tuple[int, int]:
    """Return the rows of the lines without their ends, in the field."""
    first, last = places.extent
    length_mm = (last - first) * pixel_mm
    if length_mm < SHORTEST_MM:
        raise UnsuitableAcquisitionError(
            f"the lines are {length_mm:.0f} mm long, needs {SHORTEST_MM:g} mm",
            quantity="length of the lines",
            value=length_mm,
            bound=SHORTEST_MM,
        )
    # A line that leaves the image on one side has no end there.
    end = round(min(END_MM, length_mm / 4.0) / pixel_mm)
    first, last = first + (end if first > 0 else 0), last - (end if last < size else 0)
    if field_mm is not None:
        low, high = _span(size, pixel_mm, field_mm)
        first, last = max(first, low), min(last, high)
    if last - first < 1:
        raise UnsuitableAcquisitionError(
            "no part of the lines lies in the central field of view",
            quantity="rows of the lines in the field",
            value=float(max(last - first, 0)),
            bound=1.0,
        )
    return first, last


def _span(size: int, pixel_mm: float, field_mm: float) -> tuple[int, int]:
    """Return the first pixel whose middle lies in a field about the middle, and the one behind."""
    half = field_mm / pixel_mm / 2.0
    middle = (size - 1) / 2.0
    return max(math.ceil(middle - half), 0), min(math.floor(middle + half) + 1, size)


def _pitch(places: LinePlaces, size: int, expected: float) -> float:
    """Return the distance of the lines in pixels, or the width of the window of a single one."""
    gaps = [after - before for before, after in pairwise(places.places)]
    pitch = float(np.median(gaps)) if gaps else expected
    # Half of it has to fit beside the outermost lines, or they would be passed over.
    room = min(places.places[0], size - 1 - places.places[-1])
    return max(min(pitch, 2.0 * math.floor(room - 3.0)), 2.0)


def _spreads(
    image: Counts,
    pitch: float,
    rows: tuple[int, int],
    columns: tuple[int, int],
    height: int,
    *,
    parabola: bool,
) -> list[LineSpread]:
    # Lines at every pitch: one that is missing of a mask is not passed over in the count.
    spreads = line_spreads(
        image,
        pitch=pitch,
        rows=rows,
        columns=columns,
        height=height,
        parabola=parabola,
        regular=True,
    )
    if not spreads:
        raise UnsuitableAcquisitionError(
            "no line falls to half its height on both sides",
            quantity="lines that fall to half their height",
            value=0.0,
            bound=1.0,
        )
    width = float(np.median([s.half for s in spreads]))
    if width > WIDEST_SHARE * pitch:
        raise UnsuitableAcquisitionError(
            f"the lines are {width:.1f} pixels wide and {pitch:.1f} pixels apart,"
            f" needs at most {100.0 * WIDEST_SHARE:g} % of that",
            quantity="FWHM over the distance of the lines",
            value=width / pitch,
            bound=WIDEST_SHARE,
        )
    return list(spreads)


def _noise(profile: Floats, spread: LineSpread) -> tuple[float, float, float]:
    """Return the uncertainties of FWHM, FWTM and middle of a line, in pixels."""
    peak = spread.peak
    half, middle = width_noise(profile, peak, width_at(profile, peak, HALF), HALF)
    tenth = 0.0
    if spread.tenth is not None:
        tenth, _ = width_noise(profile, peak, width_at(profile, peak, TENTH), TENTH)
    return half, tenth, middle  # fmt: skip


def _top(spread: LineSpread) -> int:
    return round(spread.position)


def _equivalent_noise(spread: LineSpread) -> float:
    return float(equivalent_width_noise(spread.equivalent, spread.counts, spread.peak.height))


def _inside(
    spreads: list[LineSpread], size: int, pixel_mm: float, field_mm: float | None
) -> list[int]:
    """Return which lines stand in the field."""
    if field_mm is None:
        return list(range(len(spreads)))
    low, high = _span(size, pixel_mm, field_mm)
    inside = [i for i, s in enumerate(spreads) if low <= s.position <= high - 1]
    if not inside:
        raise UnsuitableAcquisitionError(
            "no line stands in the central field of view",
            quantity="lines in the field",
            value=0.0,
            bound=1.0,
        )
    return inside


def _calibration(
    spreads: list[LineSpread],
    noise: list[tuple[float, float, float]],
    task: LineTask,
    header_mm: float,
) -> tuple[Estimate, bool]:
    """Return mm per pixel, and whether that comes from more than the header."""
    if task.mm_per_pixel is not None:
        return Estimate(value=task.mm_per_pixel, uncertainty=0.0), True
    places = {(s.strip, s.line): (s.position, noise[i][2]) for i, s in enumerate(spreads)}
    gaps, variances = [], []
    for (strip, line), (position, u) in places.items():
        following = places.get((strip, line + 1))
        if following is not None:
            gaps.append(following[0] - position)
            variances.append(u * u + following[1] ** 2)
    if not gaps:
        return Estimate(value=header_mm, uncertainty=0.0), False
    mean = float(np.mean(gaps))
    u = math.sqrt(sum(variances)) / len(gaps)
    if len(gaps) >= 3:
        u = max(u, float(np.std(gaps, ddof=1)) / math.sqrt(len(gaps)))
    relative = math.hypot(u / mean, rectangular(task.tolerance_mm) / task.distance_mm)
    value = task.distance_mm / mean
    return Estimate(value=value, uncertainty=value * relative), True


def _mean(widths: list[float], noise: list[float], calibration: Estimate) -> Estimate:
    """Return the mean of widths in pixels as an estimate in mm."""
    mean = float(np.mean(widths))
    u = math.sqrt(sum(n * n for n in noise)) / len(widths)
    value = mean * calibration.value
    return Estimate(value=value, uncertainty=value * math.hypot(u / mean, calibration.relative))


def _tilt(spreads: list[LineSpread], along_mm: float, across_mm: float) -> tuple[float, float]:
    """Return the mean tilt of the lines, and their RMS deviation from straight ones, in pixels."""
    slopes, squares, free = [], 0.0, 0
    for line in sorted({s.line for s in spreads}):
        of_line = [s for s in spreads if s.line == line]
        if len(of_line) < 2:
            continue
        along = np.array([s.along for s in of_line])
        place = np.array([s.position for s in of_line])
        fitted = fit_line(along, place)
        slopes.append(fitted.slope.value)
        squares += float((fitted.fit.residuals**2).sum())
        free += len(of_line) - 2
    if not slopes:
        return 0.0, 0.0
    tilt = math.degrees(math.atan(float(np.mean(slopes)) * across_mm / along_mm))
    return tilt, math.sqrt(squares / free) if free > 0 else 0.0
