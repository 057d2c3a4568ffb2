"""What a camera makes of a line or a point, as spread functions with their modulation.

An image with lines (line sources, a slit mask) gives the spread across them, all strips together; one
point gives the spread along both axes, each the sum over the other, without the background beside it;
a reconstruction gives that of each of its points or lines along both axes of its slices. The spread
of lines is taken as counted, up to half of their distance, and of one alone up to 50 mm.

Uncertainties hold counting (planar) or the noise of the voxels beside the sources (reconstructed), and
that of the millimetres per channel where these were measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Counts, Volume
from photopeak_analyzers.errors import FitError, UnsuitableAcquisitionError
from photopeak_analyzers.figures import Curve
from photopeak_analyzers.gamma_camera.line_figures import spread_curve
from photopeak_analyzers.gamma_camera.line_images import LineImage, LineTask, measure_lines
from photopeak_analyzers.gamma_camera.line_modulation import frequencies_of, modulation_of
from photopeak_analyzers.numerics.centroids import point_centroids, refuse_at_border
from photopeak_analyzers.numerics.coarse_image import coarse_image
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.line_places import find_lines
from photopeak_analyzers.numerics.modulation import Modulation, modulation, without_pixel
from photopeak_analyzers.numerics.profiles import parabola_peak, width_at
from photopeak_analyzers.numerics.source_widths import centred, width_along
from photopeak_analyzers.numerics.width_noise import width_noise
from photopeak_analyzers.spect.reconstruction import Reconstruction, reconstruction_of
from photopeak_analyzers.spect.volume_sources import Place, find_sources, noise_beside

MOST_LINES = 60
"""More are bars."""

LEAST_SLITS = 5
"""Parallel lines from which on they are a slit mask, whose pitch the standards fix."""

SINGLE_WINDOW_MM = 100.0
"""Window of a line that stands alone: half of it to both sides, where the tails of scatter end."""

REACH_FWHM = 3.0
"""Window about a point, to both sides, in FWHM; the tails of a Gaussian end there."""

END_SHARE = 0.15
"""Of the slices of a reconstructed line, left out at each end."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Response:
    """One spread function.

    Attributes
    ----------
    direction
        ``x`` or ``y``: the axis along which the spread is taken.
    source
        Number of a source of a reconstruction; None in a planar image.
    shows
        ``lines``, ``slits``, ``point`` or ``reconstruction``.
    channel_mm, calibrated
        Millimetres per channel, and whether they were measured rather than read from the header.
    half
        FWHM in mm.
    spread
        The spread function as a curve, its top at 1.
    peak_counts, tilt_deg
        Lowest peak of a line in a strip or highest pixel of a point; tilt of lines. None otherwise.
    end_share
        Lines at the ends of their window, over their top: what is cut off is not transformed.
    background_share
        Background that was taken off the window of a point, over the counts that were left.
    lines
        The lines as measured.
    """

    direction: str
    source: int | None = None
    shows: str
    modulation: Modulation
    channel_mm: Estimate
    calibrated: bool
    half: Estimate
    spread: Curve
    peak_counts: float | None = None
    tilt_deg: float | None = None
    end_share: float | None = None
    background_share: float | None = None
    lines: LineImage | None = None

    @property
    def pixel_in_fwhm(self) -> float:
        """Side of a channel over FWHM."""
        return self.channel_mm.value / self.half.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRules:
    """What is known of the sources; distances in mm.

    Attributes
    ----------
    line_distance_mm
        Of neighbouring lines; None to take millimetres per pixel from the header.
    slit_pitch_mm, tolerance_mm
        Of a slit mask, and by how much a distance may be wrong.
    taper
        Let the ends of the window fall to 0.
    pixel_correction
        Take off what the width of a pixel does to the modulation.
    """

    line_distance_mm: float | None
    slit_pitch_mm: float
    tolerance_mm: float
    taper: bool
    pixel_correction: bool = False

    def applied(self, found: Modulation) -> Modulation:
        """Return a modulation with or without the pixel, as it is wanted."""
        return without_pixel(found) if self.pixel_correction else found


def responses_of_image(
    counts: Counts, spacing_mm: tuple[float, float], rules: ResponseRules
) -> tuple[Response, ...]:
    """Return the spread across the lines of an image, or along both axes of its point.

    Raises
    ------
    UnsuitableAcquisitionError
        If it shows neither lines nor one point.
    """
    try:
        places = find_lines(counts)
    except UnsuitableAcquisitionError as reason:
        if not float(counts.sum(dtype=np.float64)) > 0.0:
            raise
        coarse = coarse_image(counts[None])
        points = coarse.places(0, coarse.level())
        if len(points) != 1:
            raise UnsuitableAcquisitionError(
                f"the image shows neither lines nor one point: {len(points)} sources",
                quantity="sources",
                value=float(len(points)),
                bound=1.0,
            ) from reason
        return _of_point(counts, spacing_mm, rules)
    mask = len(places.places) >= LEAST_SLITS
    distance_mm = rules.line_distance_mm
    if distance_mm is None and mask:
        distance_mm = rules.slit_pitch_mm
    header_mm = spacing_mm[1] if places.upright else spacing_mm[0]
    image = measure_lines(
        counts,
        spacing_mm,
        LineTask(
            distance_mm=distance_mm or SINGLE_WINDOW_MM,
            tolerance_mm=rules.tolerance_mm,
            mm_per_pixel=header_mm if distance_mm is None else None,
            most_lines=MOST_LINES,
        ),
    )
    return (
        Response(
            direction=image.direction,
            shows="slits" if mask else "lines",
            modulation=rules.applied(modulation_of(image, taper=rules.taper)),
            channel_mm=image.mm_per_pixel,
            calibrated=image.calibrated and distance_mm is not None,
            half=image.half,
            spread=spread_curve("", image),
            peak_counts=image.peak_counts,
            tilt_deg=image.tilt_deg,
            end_share=_end_share(image.windows),
            lines=image,
        ),
    )


def _end_share(windows: Floats) -> float:
    """Return the height of the outermost channels over that of the middle one, of all lines."""
    summed = windows.sum(axis=0)
    return float((summed[0] + summed[-1]) / (2.0 * summed[summed.size // 2]))


def responses_of_volume(volume: Volume, rules: ResponseRules) -> tuple[Response, ...]:
    """Return the spread of every source of a reconstruction along both axes of its slices."""
    reconstruction = reconstruction_of(volume)
    places = find_sources(reconstruction)
    noise = noise_beside(reconstruction, places)
    return tuple(
        response for place in places for response in _of_source(reconstruction, place, noise, rules)
    )


def _of_point(
    counts: Counts, spacing_mm: tuple[float, float], rules: ResponseRules
) -> tuple[Response, ...]:
    point = point_centroids(counts[None])
    middle, background = point.positions[0], float(point.background[0])
    refuse_at_border(point)
    first = [max(round(m - REACH_FWHM * w), 0) for m, w in zip(middle, point.fwhm, strict=True)]
    last = [
        min(round(m + REACH_FWHM * w) + 1, size)
        for m, w, size in zip(middle, point.fwhm, counts.shape, strict=True)
    ]
    window = np.asarray(counts[first[0] : last[0], first[1] : last[1]], dtype=np.float64)
    net = float(window.sum()) - background * window.size
    if not net > 0.0:
        raise UnsuitableAcquisitionError(
            f"the point has {net:.0f} counts above the background, needs more than 0",
            quantity="counts of the point",
            value=net,
            bound=0.0,
        )
    found = []
    for axis, direction in ((1, "x"), (0, "y")):
        gross = window.sum(axis=1 - axis)
        profile = gross - background * window.shape[1 - axis]
        distances = np.arange(profile.size) + first[axis] - middle[axis]
        half, u_half = _half(profile, gross)
        side_mm = spacing_mm[axis]
        fwhm_mm = half * side_mm
        found.append(
            Response(
                direction=direction,
                shows="point",
                modulation=rules.applied(
                    modulation(
                        profile[None],
                        distances[None],
                        frequencies_of(side_mm, fwhm_mm),
                        taper=rules.taper,
                        variances=gross[None],
                    )
                ),
                channel_mm=Estimate(value=side_mm, uncertainty=0.0),
                calibrated=False,
                half=Estimate(value=fwhm_mm, uncertainty=u_half * side_mm),
                spread=Curve(label="", x=distances * side_mm, y=profile / float(profile.max())),
                peak_counts=float(window.max()),
                background_share=background * window.size / net,
            )
        )
    return tuple(found)


def _half(profile: Floats, gross: Floats) -> tuple[float, float]:
    """Return FWHM and its uncertainty in channels."""
    peak = parabola_peak(profile)
    try:
        width = width_at(profile, peak, 0.5)
    except FitError as reason:
        raise UnsuitableAcquisitionError(
            "the point does not fall to half its height in its window",
            quantity="counts at the border of the window",
        ) from reason
    # What was counted and not what is left of it is known to its root.
    u, _ = width_noise(profile, peak, width, 0.5)
    return width.width, u * math.sqrt(float(gross.sum()) / float(profile.sum()))


def _of_source(
    reconstruction: Reconstruction, place: Place, noise: float, rules: ResponseRules
) -> list[Response]:
    first, last = place.slices
    end = round(END_SHARE * (last - first)) if place.is_line else 0
    slab = reconstruction.values[first + end : last - end].sum(axis=0)
    spread = noise * math.sqrt(last - first - 2 * end)
    near = place.voxel[1:]
    centre = centred(slab, near)
    widths = [width_along(slab, axis, centre, reconstruction.pixel_mm, spread) for axis in (0, 1)]
    found = []
    for axis, direction in ((1, "x"), (0, "y")):
        width = widths[axis]
        side_mm = reconstruction.pixel_mm[axis]
        middle_mm = (width.left_mm + width.right_mm) / 2.0
        # A profile is summed over one FWHM to both sides in the other direction.
        summed = 2.0 * widths[1 - axis].pixels + 1.0
        distances = (width.offset_mm - middle_mm) / side_mm
        found.append(
            Response(
                direction=direction,
                source=place.number,
                shows="reconstruction",
                modulation=rules.applied(
                    modulation(
                        width.profile[None],
                        distances[None],
                        frequencies_of(side_mm, width.fwhm.value),
                        taper=rules.taper,
                        variances=np.full((1, width.profile.size), spread**2 * summed),
                    )
                ),
                channel_mm=Estimate(value=side_mm, uncertainty=0.0),
                calibrated=False,
                half=width.fwhm,
                spread=Curve(
                    label="",
                    x=width.offset_mm - middle_mm,
                    y=width.profile / float(width.profile.max()),
                ),
            )
        )
    return found
