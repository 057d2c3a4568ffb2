"""A slit mask in one image of one head: every slit in every strip of a field of view, measured.

Each field is cut along the slits into equal strips of at most 30 mm that fill it, and every slit of
every strip gives a line-spread function. A slit counts in the UFOV when half a pitch to both sides
lies in it, because beyond is the lead ring, and in the CFOV when it stands in the CFOV itself; each
time over the whole length of the strip. Nothing is taken off for background or for the width of the
slits. IEC 60789 / GB/T 18989-2013 3.2.1.3; NEMA NU 1-2007 (GB/T 18989-2013 E.1.3, E.1.4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.gamma_camera.line_images import FINE_PIXEL
from photopeak_analyzers.gamma_camera.slit_places import Slits
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.field_of_view import CFOV_SCALE, FieldOfView
from photopeak_analyzers.numerics.line_grid import Grid, LinePoints
from photopeak_analyzers.numerics.line_noise import equivalent_width_noise, line_noise
from photopeak_analyzers.numerics.line_spread import (
    HALF,
    LONGEST_STRIP_MM,
    TENTH,
    LineSpread,
    line_spreads,
    strips_of,
)
from photopeak_analyzers.uncertainty import rectangular

STRIP_SLACK = 1e-3
"""Share by which a strip may exceed 30 mm, for the rounding of pixel sizes."""

UFOV, CFOV = "ufov", "cfov"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """What is known of the mask and how it is to be measured.

    Attributes
    ----------
    pitch_mm, tolerance_mm
        Distance of the slits, and by how much it may be wrong.
    parabola
        True to take the vertex of the parabola where pixels are coarse (NEMA, E.1.4).
    by_field
        True for millimetres by the slits of each field itself (IEC 3.2.1.3.1 c), False for those
        of the whole UFOV (NEMA E.1.4).
    """

    pitch_mm: float
    tolerance_mm: float
    parabola: bool
    by_field: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlitField:
    """The line-spread functions of one field; arrays of one element each, lengths in pixels.

    Attributes
    ----------
    spreads, points
        As measured, and where they are.
    position, u_position
        Middle at half height, with what counting makes uncertain in it.
    half, u_half, tenth, u_tenth, equivalent, u_equivalent
        Widths alike; `tenth` only of those lines that fall to a tenth within half a pitch.
    grid
        Equally spaced parallel lines, fitted.
    mm_per_pixel
        Pitch over the mean distance of neighbouring slits.
    shown
        Share of the line-spread functions that the mask should show in the field and the image has.
    strip_rows
        Height of a strip.
    """

    spreads: tuple[LineSpread, ...]
    points: LinePoints
    position: Floats
    u_position: Floats
    half: Floats
    u_half: Floats
    tenth: Floats
    u_tenth: Floats
    equivalent: Floats
    u_equivalent: Floats
    grid: Grid
    mm_per_pixel: Estimate
    shown: float
    strip_rows: int

    @property
    def peak_counts(self) -> float:
        """Lowest peak of a slit in a strip."""
        return min(spread.peak.height for spread in self.spreads)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlitImage:
    """A mask as measured in both fields; `parabola` tells how the peaks were taken."""

    slits: Slits
    fields: dict[str, SlitField]
    parabola: bool

    @property
    def pixel_in_fwhm(self) -> float:
        """Side of a pixel across the slits over the mean FWHM of the UFOV."""
        return 1.0 / float(self.fields[UFOV].half.mean())

    @property
    def tilt_deg(self) -> float:
        """Tilt of the slits against the pixels."""
        slope = self.fields[UFOV].grid.slope
        return math.degrees(math.atan(slope * self.slits.across_mm / self.slits.along_mm))

    @property
    def header_deviation_percent(self) -> float:
        """How far the pixel of the header is from that by the mask, in percent."""
        return 100.0 * (self.slits.header_mm / self.fields[UFOV].mm_per_pixel.value - 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Strips:
    """A field cut into strips: profiles, the row of the middle of each, their height, the lines."""

    field: FieldOfView
    profiles: Floats
    along: Floats
    height: int
    spreads: tuple[LineSpread, ...]


def measure_slits(slits: Slits, ufov: FieldOfView, mask: Mask) -> SlitImage:
    """Measure the slits in the UFOV and in the CFOV.

    Parameters
    ----------
    ufov
        In mm by the mask, from the centre of the matrix.

    Raises
    ------
    UnsuitableAcquisitionError
        If a field holds no strip or no slit.
    FitError
        If the slits in a field are too few for a grid.
    """
    strips = _cut(slits, ufov, ufov, parabola=False)
    coarse = FINE_PIXEL * float(np.mean([s.half for s in strips.spreads])) < 1.0
    parabola = mask.parabola and coarse
    if parabola:
        strips = _cut(slits, ufov, ufov, parabola=True)
    whole = _measured(slits, ufov, strips, mask, None)
    central = _measured(
        slits,
        ufov,
        _cut(slits, ufov, ufov.scaled(CFOV_SCALE), parabola=parabola),
        mask,
        None if mask.by_field else whole.mm_per_pixel,
    )
    return SlitImage(slits=slits, fields={UFOV: whole, CFOV: central}, parabola=parabola)


def _cut(slits: Slits, ufov: FieldOfView, field: FieldOfView, *, parabola: bool) -> _Strips:
    """Cut a field into strips and measure the slits that are whole in them."""
    rows, _ = slits.span(field)
    _, columns = slits.span(ufov)
    longest = math.floor(LONGEST_STRIP_MM / slits.along_mm * (1.0 + STRIP_SLACK))
    length = max(rows[1] - rows[0], 1)
    # As many strips as needed, all of one height: together they fill the field.
    height = max(length // math.ceil(length / max(longest, 1)), 1)
    profiles, along = strips_of(slits.counts, rows, height)
    found = line_spreads(
        slits.counts,
        pitch=slits.pitch,
        rows=rows,
        columns=columns,
        height=height,
        parabola=parabola,
        regular=True,
    )
    kept = _whole(slits, ufov, field, height, found) if found else ()
    inside = tuple(spread for spread, keep in zip(found, kept, strict=True) if keep)
    if not inside:
        raise UnsuitableAcquisitionError(
            "no slit stands in the field of view with half a pitch to both sides",
            quantity="slits in the field",
            value=0.0,
            bound=1.0,
        )
    return _Strips(field=field, profiles=profiles, along=along, height=height, spreads=inside)


def _whole(
    slits: Slits,
    ufov: FieldOfView,
    field: FieldOfView,
    height: int,
    found: tuple[LineSpread, ...],
) -> NDArray[np.bool_]:
    """Tell which slits are whole in a field, by the grid of all of them."""
    line, strip = (np.array([getattr(s, name) for s in found]) for name in ("line", "strip"))
    points = LinePoints(line=line, strip=strip, along=np.array([s.along for s in found]))
    position = np.array([s.position for s in found])
    grid = points.fit(position)
    return slits.whole(ufov, field, height, points.along, position - grid.residuals)


def _measured(
    slits: Slits, ufov: FieldOfView, strips: _Strips, mask: Mask, given: Estimate | None
) -> SlitField:
    """Return the numbers of a field; its millimetres are `given` or come from its own slits."""
    spreads = strips.spreads
    strip = np.array([s.strip for s in spreads])
    position = np.array([s.position for s in spreads])
    half = np.array([s.half for s in spreads])
    peak = np.array([s.peak.height for s in spreads])
    equivalent = np.array([s.equivalent for s in spreads])
    fallen = np.array([s.tenth is not None for s in spreads])
    tenth = np.array([s.tenth for s in spreads if s.tenth is not None], dtype=np.float64)
    at_half = line_noise(strips.profiles, strip, position, half, peak, HALF)
    at_tenth = line_noise(
        strips.profiles, strip[fallen], position[fallen], tenth, peak[fallen], TENTH
    )
    points = LinePoints(
        line=np.array([s.line for s in spreads]), strip=strip, along=strips.along[strip]
    )
    grid = points.fit(position)
    return SlitField(
        spreads=spreads,
        points=points,
        position=position,
        u_position=at_half.middle,
        half=half,
        u_half=at_half.width,
        tenth=tenth,
        u_tenth=at_tenth.width,
        equivalent=equivalent,
        u_equivalent=equivalent_width_noise(equivalent, [s.counts for s in spreads], peak),
        grid=grid,
        mm_per_pixel=given or _calibration(points, position, at_half.middle, mask),
        shown=_shown(slits, ufov, strips, points, grid),
        strip_rows=strips.height,
    )


def _calibration(points: LinePoints, position: Floats, noise: Floats, mask: Mask) -> Estimate:
    """Return the pitch over the mean distance of neighbouring slits."""
    first, second = points.neighbours()
    count = first.size
    if count < 2:
        raise UnsuitableAcquisitionError(
            f"the field of view shows {count} distances of neighbouring slits, needs 2",
            quantity="distances of neighbouring slits",
            value=float(count),
            bound=2.0,
        )
    distances = position[second] - position[first]
    mean = float(distances.mean())
    counting = math.sqrt(float((noise[first] ** 2 + noise[second] ** 2).sum())) / count
    u = max(counting, float(distances.std(ddof=1)) / math.sqrt(count))
    relative = math.hypot(u / mean, rectangular(mask.tolerance_mm) / mask.pitch_mm)
    value = mask.pitch_mm / mean
    return Estimate(value=value, uncertainty=value * relative)


def _shown(
    slits: Slits, ufov: FieldOfView, strips: _Strips, points: LinePoints, grid: Grid
) -> float:
    """Return which share of the places that the grid has in the field were measured."""
    _, columns = slits.span(ufov)
    ends = (np.array(columns) - grid.offset) / grid.pitch
    numbers = np.arange(math.floor(ends.min()) - 1, math.ceil(ends.max()) + 2)
    count = strips.along.size
    line, strip = np.repeat(numbers, count), np.tile(np.arange(count), numbers.size)
    along = strips.along[strip]
    place = grid.offset + grid.pitch * line + grid.slope * along
    # A place at the very border may or may not have been taken: a pixel inwards it has to be.
    expected = np.ones(place.shape, dtype=bool)
    for step in (-1.0, 1.0):
        expected &= slits.whole(ufov, strips.field, strips.height, along, place + step)
    wanted = set(zip(line[expected].tolist(), strip[expected].tolist(), strict=True))
    found = set(zip(points.line.tolist(), points.strip.tolist(), strict=True))
    return len(wanted & found) / len(wanted) if wanted else 1.0
