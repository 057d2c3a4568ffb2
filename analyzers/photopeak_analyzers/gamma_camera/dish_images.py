"""Images of a flat source: at which distance, when, how long, and what was counted.

A series holds one or several heads; several series are several distances, or heads one after the
other. The distance is the row of the reading `distances` in the order of acquisition, else what routing
or a name tells; where they differ, a condition says so. Two images of one head at one distance are
refused: one label is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from photopeak_analyzers.acquisition import FrameStack, Planar
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Note,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Role,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ParameterError, UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import HeadCounts, single_frames
from photopeak_analyzers.given import every, pixel_spacing_mm
from photopeak_analyzers.numerics.counting import Estimate, rate
from photopeak_analyzers.numerics.extended_source import ExtendedSource, extended_source
from photopeak_analyzers.shorthand import distinct
from photopeak_analyzers.source_conditions import Photopeaks, on_a_photopeak
from photopeak_analyzers.source_distance import named_distance_mm

FARTHEST_MM = 1000.0

DISTANCES = Reading(
    name="distances",
    label="Distances of the source from the collimator",
    unit="mm",
    kind=ReadingKind.TABLE,
    columns=(Column("distance_mm", "mm"),),
    required=False,
    hint="One row per series, in the order in which they were acquired; only needed where the"
    " names of the series do not tell, or tell something else.",
)

_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DishImage:
    """What one head counted of the source at one distance.

    Attributes
    ----------
    distance_mm
        From the collimator to the bottom of the source; None when nothing tells.
    named_mm
        The same as a name tells it.
    started_at
        Start of the frame; None when the header does not tell.
    outline
        The source in the image; None when nothing was counted.
    background
        Rate of this head in this window without the source, over the whole image.
    """

    acquisition: FrameStack
    head: HeadCounts
    distance_mm: float | None
    named_mm: float | None
    started_at: datetime | None
    pixel_mm: tuple[float, float]
    outline: ExtendedSource | None
    background: Estimate | None

    @property
    def scope(self) -> Scope:
        """Detector and energy window."""
        return self.head.scope

    @property
    def scope_at_distance(self) -> Scope:
        """Detector, energy window and distance."""
        return Scope.of(**dict(self.scope.items), distance_mm=self.distance_mm)

    @property
    def offset_mm(self) -> float | None:
        """How far the source lies from the middle of the matrix."""
        if self.outline is None:
            return None
        middle = ((size - 1) / 2.0 for size in self.head.counts.shape)
        squares = (
            ((place - centre) * side) ** 2
            for place, centre, side in zip(self.outline.centre, middle, self.pixel_mm, strict=True)
        )
        return math.sqrt(sum(squares))


def dish_images(
    inputs: Inputs,
    role: Role,
    *,
    nuclides: Photopeaks,
    stated_pixel_mm: float | None,
    background: Role | None = None,
) -> tuple[tuple[DishImage, ...], list[Note]]:
    """Return the images of the source by head and distance, and what was left out.

    Parameters
    ----------
    nuclides
        What the source may be: windows on none of their photopeaks are left out.
    background
        Role of the images without the source, if the test has one.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing was counted in any image, or two are of one head at one distance.
    ParameterError
        If there are not as many distances as series.
    """
    acquisitions = sorted(every(inputs, role, Planar), key=lambda a: a.started_at or _EVER)
    rates = {} if background is None else background_rates(every(inputs, background, Planar))
    table = _table(inputs, len(acquisitions))
    images: list[DishImage] = []
    notes: list[Note] = []
    for position, acquisition in enumerate(acquisitions):
        pixel_mm = pixel_spacing_mm(acquisition, stated_pixel_mm)
        heads, left_out = on_a_photopeak(acquisition, single_frames(acquisition), nuclides)
        notes += left_out
        for head in heads:
            named = named_distance_mm(acquisition, head.detector)
            counted = head.total > 0.0
            images.append(
                DishImage(
                    acquisition=acquisition,
                    head=head,
                    distance_mm=named if table is None else table[position],
                    named_mm=named,
                    started_at=_start(acquisition, head),
                    pixel_mm=pixel_mm,
                    outline=extended_source(head.counts, pixel_mm) if counted else None,
                    background=rates.get((head.detector, head.energy_window)),
                )
            )
    if not any(image.outline for image in images):
        raise UnsuitableAcquisitionError(
            "no image of the source has counts", quantity="counts", value=0.0, bound=1.0
        )
    _refuse_doubles(images)
    return tuple(images), distinct(notes)


def other_names(
    image: DishImage, tolerance_mm: float, *, scope: Scope, clause: str
) -> list[Precondition]:
    """Say, as a warning, that a name tells another distance than was entered; else nothing."""
    named, entered = image.named_mm, image.distance_mm
    if named is None or entered is None or abs(named - entered) <= tolerance_mm:
        return []
    return [
        bounded(
            PreconditionCode.GEOMETRY,
            "distance by the name of the series",
            named,
            lower=entered - tolerance_mm,
            upper=entered + tolerance_mm,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
            expected="the distance that was entered",
        )
    ]


def background_rates(
    acquisitions: Sequence[FrameStack],
) -> dict[tuple[int | None, int | None], Estimate]:
    """Return the count rate of each head and window without the source; the last one given wins."""
    return {
        (head.detector, head.energy_window): rate(head.total, head.duration_s)
        for acquisition in acquisitions
        for head in single_frames(acquisition)
        if head.duration_s is not None
    }


def _start(acquisition: FrameStack, head: HeadCounts) -> datetime | None:
    """Return the start of the frame of a head, else that of the acquisition."""
    own = {
        frame.started_at
        for frame in acquisition.frames
        if frame.detector in (None, head.detector)
        and frame.energy_window in (None, head.energy_window)
    }
    return next((moment for moment in own if moment is not None), acquisition.started_at)


def _table(inputs: Inputs, series: int) -> list[float] | None:
    reading = inputs.readings.get(DISTANCES.name)
    if reading is None or not isinstance(reading.value, tuple):
        return None
    distances = [row[0] for row in reading.value]
    if len(distances) != series:
        raise ParameterError(
            f"{len(distances)} distances are given for {series} series",
            quantity=DISTANCES.name,
            value=len(distances),
            bound=series,
        )
    for distance in distances:
        if not 0.0 <= distance <= FARTHEST_MM:
            raise ParameterError(
                f"a distance is {distance:g} mm, needs 0 to {FARTHEST_MM:g} mm",
                quantity=DISTANCES.name,
                value=distance,
                bound=FARTHEST_MM,
            )
    return distances


def _refuse_doubles(images: Sequence[DishImage]) -> None:
    seen = set()
    for image in images:
        key = image.scope_at_distance
        if key in seen:
            where = (
                "an unknown distance" if image.distance_mm is None else f"{image.distance_mm:g} mm"
            )
            raise UnsuitableAcquisitionError(
                f"two images are of {image.head.subject} at {where}, needs 1",
                quantity="images of one head at one distance",
                value=2,
                bound=1,
            )
        seen.add(key)
