"""A point source seen through several energy windows: which images belong to which place.

Nobody has to say where the source stood: the images of one place show it within a few millimetres of
each other, those of two places far apart. What the windows are is told by their centres. A head that sees
the source in no image looked on while the other one was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from photopeak_analyzers.acquisition import FrameStack, Planar
from photopeak_analyzers.contract import Inputs, Note, Role, Scope
from photopeak_analyzers.errors import AnalysisError, UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import (
    LONGEST_S,
    SHORTEST_S,
    HeadCounts,
    frames_by_head,
    refuse_impossible,
)
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.numerics.centroids import point_centroids
from photopeak_analyzers.numerics.point_image import PointPosition, square_centroid
from photopeak_analyzers.shorthand import distinct, in_words
from photopeak_analyzers.source_conditions import OTHER_PEAK_PERCENT, nearest_line, offset_percent

SAME_PLACE_MM = 15.0
"""Farther apart than any two windows are, and nearer than any two places of the clauses."""

SQUARE_FWHM = 4.0
"""Side of the square in FWHM. NEMA NU 1-2007 2.5 (GB/T 18989-2013 E.5.4)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointImage:
    """One image of the source.

    Attributes
    ----------
    line_kev
        Photopeak on which the window lies.
    point
        Centroid of the square about the highest pixel, nothing taken off.
    net_position
        (row, column) by a circle that follows the source, the background taken off.
    fwhm_px
        (row, column) width of the source.
    background
        Counts per pixel beside the source.
    sources
        How many are seen.
    """

    acquisition: FrameStack
    head: HeadCounts
    line_kev: float
    pixel_mm: tuple[float, float]
    point: PointPosition
    net_position: tuple[float, float]
    fwhm_px: tuple[float, float]
    background: float
    sources: int

    @property
    def position_mm(self) -> tuple[float, float]:
        """(y, x) of the centroid from the middle of the matrix."""
        return self._mm(self.point.position)

    @property
    def net_position_mm(self) -> tuple[float, float]:
        """(y, x) of `net_position` from the middle of the matrix."""
        return self._mm(self.net_position)

    @property
    def uncertainty_mm(self) -> tuple[float, float]:
        """(y, x), of the centroid, by counting."""
        down, across = self.point.uncertainty
        return (down * self.pixel_mm[0], across * self.pixel_mm[1])

    @property
    def off_source_fwhm(self) -> float:
        """Distance of the centroid from the source that stands out, in widths of the source."""
        return math.hypot(
            *(
                (a - b) / width
                for a, b, width in zip(
                    self.point.position, self.net_position, self.fwhm_px, strict=True
                )
            )
        )

    def _mm(self, position: tuple[float, float]) -> tuple[float, float]:
        down, across = (
            (place - (size - 1) / 2.0) * side
            for place, size, side in zip(
                position, self.head.counts.shape, self.pixel_mm, strict=True
            )
        )
        return (down, across)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadPoints:
    """What one head saw: for each place its images by photopeak, places in the order found.

    `refused` says of images that show no source why.
    """

    detector: int | None
    lines_kev: tuple[float, ...]
    places: tuple[dict[float, PointImage], ...]
    refused: tuple[AnalysisError, ...] = ()

    @property
    def scope(self) -> Scope:
        """The detector."""
        return Scope.of(detector=self.detector)

    @property
    def images(self) -> tuple[PointImage, ...]:
        """All images."""
        return tuple(image for place in self.places for image in place.values())

    def of_line(self, line_kev: float) -> tuple[PointImage, ...]:
        """Return the images of one window."""
        return tuple(place[line_kev] for place in self.places if line_kev in place)

    @property
    def torn(self) -> int:
        """Objects with one image for each window that show the source at several places."""
        found: dict[int, list[tuple[float, int]]] = {}
        for number, place in enumerate(self.places):
            for line, image in place.items():
                found.setdefault(id(image.acquisition), []).append((line, number))
        return sum(
            len({line for line, _ in seen}) == len(seen) and len({at for _, at in seen}) > 1
            for seen in found.values()
        )

    @property
    def copies(self) -> int:
        """Places at which two windows show the same counts in every pixel."""
        return sum(
            any(
                np.array_equal(a.head.counts, b.head.counts)
                for a, b in combinations(place.values(), 2)
                if np.issubdtype(a.head.counts.dtype, np.integer)
            )
            for place in self.places
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refused:
    """A head that saw the source, and why nothing can be measured of it."""

    detector: int | None
    reason: AnalysisError

    @property
    def scope(self) -> Scope:
        """The detector."""
        return Scope.of(detector=self.detector)


def head_points(
    inputs: Inputs,
    role: Role,
    *,
    lines_kev: tuple[float, ...],
    least_half_px: int,
    stated_pixel_mm: float | None,
) -> tuple[tuple[HeadPoints, ...], tuple[Refused, ...], list[Note]]:
    """Return the images of every head by place and window, heads without, and what was left out.

    Parameters
    ----------
    lines_kev
        Photopeaks of which images count; a window on none of them is left out.
    least_half_px
        Pixels to both sides of the highest one that the square has at least.

    Raises
    ------
    UnsuitableAcquisitionError
        If no window is on a photopeak, or of every head: no image shows a point, two images are of
        one place and window, or its images differ in their pixels.
    """
    found: dict[int | None, list[PointImage]] = {}
    without: dict[int | None, list[AnalysisError]] = {}
    notes: list[Note] = []
    for acquisition in every(inputs, role, Planar):
        pixel_mm = pixel_spacing_mm(acquisition, stated_pixel_mm)
        for head in _every_frame(acquisition):
            line = _line_of(acquisition, head, lines_kev)
            if line is None:
                notes.append(_left_out(acquisition, head))
                continue
            try:
                image = _image(acquisition, head, line, pixel_mm, least_half_px)
            except AnalysisError as refusal:
                without.setdefault(head.detector, []).append(refusal)
            else:
                found.setdefault(head.detector, []).append(image)
    if not found and not without:
        raise UnsuitableAcquisitionError(
            "no energy window lies on a photopeak of Ga-67,"
            f" needs {' or '.join(f'{line:g}' for line in lines_kev)} keV",
            quantity="energy windows on a photopeak",
            value=0,
            bound=2,
        )
    heads, refused = [], []
    for detector, images in sorted(found.items(), key=lambda item: item[0] or 0):
        try:
            head_found = _by_place(detector, images)
        except UnsuitableAcquisitionError as refusal:
            refused.append(Refused(detector=detector, reason=refusal))
        else:
            heads.append(replace(head_found, refused=tuple(without.get(detector, ()))))
    if not heads:
        raise refused[0].reason if refused else next(iter(without.values()))[0]
    notes += [_onlooker(d, reasons[0]) for d, reasons in without.items() if d not in found]
    return tuple(heads), tuple(refused), distinct(notes)


def _every_frame(acquisition: FrameStack) -> list[HeadCounts]:
    """Return every frame as an image of its own: the places may be frames of one object."""
    found = []
    for (detector, window), positions in frames_by_head(acquisition).items():
        for position in positions:
            counts = acquisition.counts[position]
            duration = acquisition.frames[position].duration_s
            found.append(
                HeadCounts(
                    detector=detector,
                    energy_window=window,
                    counts=counts,
                    highest_pixel=float(counts.max()),
                    duration_s=duration
                    if duration is not None and SHORTEST_S <= duration <= LONGEST_S
                    else None,
                    frames=1,
                )
            )
    return found


def _line_of(
    acquisition: FrameStack, head: HeadCounts, lines_kev: tuple[float, ...]
) -> float | None:
    window = acquisition.energy_window(head.energy_window)
    if window is None:
        raise UnsuitableAcquisitionError(
            f"the energy window of {head.subject} is not known, needs the windows to be told apart",
            quantity="energy window",
        )
    line = nearest_line(window, lines_kev)
    return line if abs(offset_percent(window, line)) <= OTHER_PEAK_PERCENT else None


def _left_out(acquisition: FrameStack, head: HeadCounts) -> Note:
    window = acquisition.energy_window(head.energy_window)
    limits = "" if window is None else f" of {window.lower_kev:g} to {window.upper_kev:g} keV"
    return Note(
        code="WINDOW_NOT_ANALYSED",
        message=f"the energy window{limits} lies on no photopeak of the test and is left out",
        scope=Scope.of(detector=head.detector),
    )


def _onlooker(detector: int | None, reason: AnalysisError) -> Note:
    scope = Scope.of(detector=detector)
    return Note(
        code="HEAD_WITHOUT_POINTS",
        message=f"{in_words(scope)} sees the source in no image and is left out: {reason}",
        scope=scope,
    )


def _image(
    acquisition: FrameStack,
    head: HeadCounts,
    line_kev: float,
    pixel_mm: tuple[float, float],
    least_half_px: int,
) -> PointImage:
    refuse_impossible(head.counts)
    seen = point_centroids(head.counts[np.newaxis])
    # Half of 4 FWHM without the highest pixel itself.
    half = max(round((SQUARE_FWHM * max(seen.fwhm) - 1.0) / 2.0), least_half_px)
    row, column = (float(place) for place in seen.positions[0])
    return PointImage(
        acquisition=acquisition,
        head=head,
        line_kev=line_kev,
        pixel_mm=pixel_mm,
        point=square_centroid(head.counts, 2 * half + 1),
        net_position=(row, column),
        fwhm_px=seen.fwhm,
        background=float(seen.background[0]),
        sources=seen.sources,
    )


def _by_place(detector: int | None, images: list[PointImage]) -> HeadPoints:
    first = images[0]
    places: list[dict[float, PointImage]] = []
    for image in images:
        _refuse_other_pixels(first, image)
        place = next((p for p in places if _same_place(p, image)), None)
        if place is None:
            places.append({image.line_kev: image})
        elif image.line_kev in place:
            y, x = image.position_mm
            raise UnsuitableAcquisitionError(
                f"two images of {image.head.subject} show the source at x {round(x)} mm, y {round(y)} mm"
                f" at {image.line_kev:g} keV, needs 1",
                quantity="images of one place and window",
                value=2,
                bound=1,
            )
        else:
            place[image.line_kev] = image
    return HeadPoints(
        detector=detector,
        lines_kev=tuple(sorted({image.line_kev for image in images})),
        places=tuple(dict(sorted(place.items())) for place in places),
    )


def _same_place(place: dict[float, PointImage], image: PointImage) -> bool:
    there = next(iter(place.values())).net_position_mm
    return math.dist(there, image.net_position_mm) <= SAME_PLACE_MM


def _refuse_other_pixels(first: PointImage, image: PointImage) -> None:
    shapes = [each.head.counts.shape for each in (first, image)]
    if shapes[0] != shapes[1] or not np.allclose(first.pixel_mm, image.pixel_mm, rtol=1e-6):
        words = [
            f"{rows} x {columns} pixels of {each.pixel_mm[0]:g} mm"
            for each, (rows, columns) in zip((first, image), shapes, strict=True)
        ]
        raise UnsuitableAcquisitionError(
            f"images of {image.head.subject} have {words[0]} and {words[1]}, need the same",
            quantity="pixels of the images",
            value=words[1],
            bound=words[0],
        )
