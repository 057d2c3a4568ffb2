"""What the clause asks of a point source at the places of a grid, and what voids.

HARD: another nuclide, off its peak, a collimator, an overflow, an oblong pixel, a head that is not known,
counts below half of what is asked, a rate above the bound, places that leave most of the field out, that are
no grid, or that are said to be counted at the same time. SOFT: fewer counts, counts from elsewhere,
unequal times (the rates are compared), gaps in the grid, a pitch that is not 30 mm, an unknown
correction. Every image is checked, not the first alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import CollimatorType, FrameStack
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import (
    Note,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    detector_is_known,
    enough_counts,
    field_is_declared,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.gamma_camera.point_grid import PITCH_MM, PointGroup
from photopeak_analyzers.gamma_camera.uniformity_inputs import (
    UNFIT_WITHOUT_DECLARED_FIELD,
    declared_field,
)
from photopeak_analyzers.numerics.field_of_view import FieldOfView, Shape
from photopeak_analyzers.source_conditions import (
    Photopeaks,
    nuclide_is_one_of,
    window_on_photopeak,
)

IEC_WIDTH_PERCENT = 20.0
"""Full width of the energy window. IEC 60789 / GB/T 18989-2013 3 b, table 1."""

CLEAN_SHARE = 0.9
"""Of the counts of an image, in the square of 30 mm about the source; the rest came from elsewhere."""

PITCH_TOLERANCE_MM = 2.0
"""By which the spacing of the grid may miss 30 mm."""

CLOSEST_MM, WIDEST_MM = 15.0, 60.0
"""Spacing beyond which the places are no grid of 30 mm: one place again and again, or other units."""

ONE_BY_ONE = 0.9
"""Of the sum of the durations, the least time that places one after the other can take."""

FILLED, MOSTLY_EMPTY = 0.85, 0.5
"""Places over what the area of the field has room for: fewer warns, fewer voids."""

EQUAL_PERCENT = 1.0
"""Percent by which the durations may differ."""


class Asked(Protocol):
    """Parameters that say what is asked of the places."""

    @property
    def minimum_counts(self) -> float:
        """At each place."""

    @property
    def invalid_below_counts(self) -> float:
        """At each place."""

    @property
    def maximum_rate_cps(self) -> float:
        """At each place."""

    @property
    def ufov_must_be_known(self) -> bool:
        """Whether a UFOV taken from the grid voids."""

    def configured_field(self) -> FieldOfView | None:
        """Return the UFOV that the parameters declare, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridField:
    """The UFOV, and whether somebody declared it."""

    field: FieldOfView
    declared: bool


def field_of(group: PointGroup, asked: Asked) -> GridField:
    """Return the UFOV: as configured, else of the header, else the grid with half a pitch around."""
    configured = asked.configured_field()
    if configured is not None:
        return GridField(field=configured, declared=True)
    if group.image is not None and group.pixel_mm is not None:
        shape = group.image.counts.shape[1:]
        of_header, _ = declared_field(group.image.detector(group.detector), shape, group.pixel_mm)
        if of_header is not None:
            return GridField(field=of_header, declared=True)
    y, x = group.positions()
    field = FieldOfView(
        shape=Shape.RECTANGLE,
        width_mm=float(np.ptp(x)) + PITCH_MM,
        height_mm=float(np.ptp(y)) + PITCH_MM,
        centre_offset_mm=(float(y.min() + y.max()) / 2.0, float(x.min() + x.max()) / 2.0),
    )
    return GridField(field=field, declared=False)


def field_notes(group: PointGroup, field: GridField) -> list[Note]:
    """Say when nobody declared the UFOV."""
    if field.declared:
        return []
    width, height = field.field.width_mm, field.field.height_mm
    return [
        Note(
            code="UFOV_ESTIMATED",
            message=f"the UFOV was taken from the places: {width:.0f} x {height:.0f} mm",
            scope=group.scope,
            values={"width_mm": width, "height_mm": height},
            unfit_for=UNFIT_WITHOUT_DECLARED_FIELD,
        )
    ]


def series_conditions(
    images: Sequence[FrameStack], nuclides: Photopeaks, clause: str
) -> list[Precondition]:
    """Check the nuclide of every image."""
    return [nuclide_is_one_of(image, nuclides, clause) for image in images]


def conditions_of(
    group: PointGroup, field: GridField, nuclides: Photopeaks, asked: Asked, clause: str
) -> list[Precondition]:
    """Check the places of one head."""
    scope = group.scope
    found = _of_every_image(group, nuclides, clause)
    durations = [place.duration_s for place in group.places]
    counts = [place.counts for place in group.places]
    shares = [place.share for place in group.places if place.share is not None]
    rates = [c / t for c, t in zip(counts, durations, strict=True)]
    found += [
        enough_counts(
            "counts at the place with the fewest",
            min(counts),
            asked=asked.minimum_counts,
            invalid_below=asked.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
        rate_within(
            max(rates),
            upper=asked.maximum_rate_cps,
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.DURATION,
            "difference between the longest and the shortest duration",
            100.0 * (max(durations) / min(durations) - 1.0),
            upper=EQUAL_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        known(
            PreconditionCode.CORRECTION,
            "uniformity correction",
            group.correction,
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
            expected="a stated correction",
        ),
        field_is_declared(
            field.declared,
            "declared" if field.declared else None,
            must=asked.ufov_must_be_known,
            scope=scope,
            clause=clause,
        ),
        *_grid_conditions(group, field.field, scope, clause),
    ]
    if shares:
        found.append(
            bounded(
                PreconditionCode.GEOMETRY,
                "smallest share of the counts of an image in a square of 30 mm",
                min(shares),
                lower=CLEAN_SHARE,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
                expected="a point source",
            )
        )
    return found


def _of_every_image(group: PointGroup, nuclides: Photopeaks, clause: str) -> list[Precondition]:
    """Check each image; what is said of several alike is said of the first."""
    highest: dict[FrameStack, float] = {}
    for place in group.places:
        if place.image is not None:
            highest[place.image] = max(highest.get(place.image, 0.0), place.highest or 0.0)
    pixels = {place.image: place.pixel_mm for place in group.places}
    found: dict[Precondition, Precondition] = {}
    for image, most in highest.items():
        for each in _image_conditions(group, image, most, pixels[image], nuclides, clause):
            found.setdefault(dataclasses.replace(each, value=None), each)
    return list(found.values())


def _image_conditions(
    group: PointGroup,
    image: FrameStack,
    highest: float,
    pixel_mm: tuple[float, float] | None,
    nuclides: Photopeaks,
    clause: str,
) -> list[Precondition]:
    scope = group.scope
    found = [
        detector_is_known(group.detector, scope=scope, clause=clause),
        collimator_is(
            CollimatorType.NONE, image.detector(group.detector), scope=scope, clause=clause
        ),
        no_overflow(image, highest, scope=scope, clause=clause),
        *window_on_photopeak(
            image.energy_window(group.energy_window),
            image.nuclide,
            nuclides,
            width_percent=IEC_WIDTH_PERCENT,
            strict=True,
            scope=scope,
            clause=clause,
        ),
    ]
    if pixel_mm is not None:
        found.append(pixel_is_square(pixel_mm, scope=scope, clause=clause))
    return found


def _grid_conditions(
    group: PointGroup, field: FieldOfView, scope: Scope, clause: str
) -> list[Precondition]:
    y, x = group.positions()
    apart = np.hypot(y[:, None] - y, x[:, None] - x)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    room = _area_mm2(field) / PITCH_MM**2
    first, last = group.places[0], group.places[-1]
    taken = last.start_s + last.duration_s - first.start_s
    return [
        bounded(
            PreconditionCode.TIME,
            "time from the first place to the last, over the sum of the durations",
            taken / sum(place.duration_s for place in group.places),
            lower=ONE_BY_ONE,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="places that were counted one after the other",
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "spacing of the places",
            float(np.median(nearest)),
            soft=(PITCH_MM - PITCH_TOLERANCE_MM, PITCH_MM + PITCH_TOLERANCE_MM),
            hard=(CLOSEST_MM, WIDEST_MM),
            unit="mm",
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.FRAMES,
            "places in the UFOV, over those that it has room for",
            float((group.inside(field) & _new(apart)).sum()) / room,
            soft=(FILLED, None),
            hard=(MOSTLY_EMPTY, None),
            unit="1",
            scope=scope,
            clause=clause,
            expected=f"about {room:.0f} places",
        ),
    ]


def _new(apart: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which places are not one of the earlier ones again."""
    kept = np.zeros(len(apart), dtype=np.bool_)
    for index, distances in enumerate(apart):
        kept[index] = not (distances[:index][kept[:index]] < CLOSEST_MM).any()
    return kept


def _area_mm2(field: FieldOfView) -> float:
    if field.shape is Shape.CIRCLE:
        return math.pi * field.width_mm**2 / 4.0
    return field.width_mm * field.height_mm - 2.0 * field.corner_cut_mm**2
