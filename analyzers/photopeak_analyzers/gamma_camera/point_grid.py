"""Counts of one point source at many places of a field, from images.

An image holds the source at one place: static images one each, or the frames of a dynamic one. The
place is the centroid of a square about the highest pixel, the counts are those of the whole image.
Counts are brought to the start of the first image of their head, decay during each one included.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.acquisition import Dynamic, EnergyWindow, FrameStack
from photopeak_analyzers.common_parameters import CorrectionState
from photopeak_analyzers.contract import Note, Scope
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frames_by_head import frames_by_head, refuse_impossible
from photopeak_analyzers.given import pixel_spacing_mm
from photopeak_analyzers.numerics.decay import rate_at_reference
from photopeak_analyzers.numerics.field_of_view import LARGEST_MM, FieldOfView
from photopeak_analyzers.numerics.point_image import square_centroid
from photopeak_analyzers.source_conditions import Photopeaks, lies_elsewhere

PITCH_MM = 30.0
"""Spacing of the places along X and Y. IEC 60789 / GB/T 18989-2013 3.3.1.2.1 c."""

POINT_SHARE = 0.5
"""Of the counts of an image, what lies in a square of the pitch at least if it shows a point."""

MOST_POINTS = 5_000
"""Places that are looked at; a field of 600 mm has 400."""

MOST_COUNTS = 1e12
"""At one place; no camera counts as many in a year."""

LEAST_POINTS = 3
"""Places without which there is no mean to deviate from."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What was counted at one place.

    Attributes
    ----------
    x_mm, y_mm
        From the centre of the matrix, to the right and down.
    counts
        Of the whole image.
    start_s
        After the start of the first place of the group.
    share
        Of the counts, how much lies in the square about the source; None in a table.
    highest
        Largest pixel; None in a table.
    image, pixel_mm
        The acquisition that shows it, with its pixel spacing; None in a table.
    """

    x_mm: float
    y_mm: float
    counts: float
    start_s: float
    duration_s: float
    share: float | None = None
    highest: float | None = None
    image: FrameStack | None = None
    pixel_mm: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointGroup:
    """The places of one head with the correction in one state, in the order of time.

    Attributes
    ----------
    image
        The first acquisition, whose header tells the field; None for a table.
    corrected
        Counts of each place at the start of the first, for one and the same duration.
    """

    scope: Scope
    detector: int | None
    energy_window: int | None
    correction: str | None
    image: FrameStack | None
    pixel_mm: tuple[float, float] | None
    places: tuple[Place, ...]
    corrected: Floats

    def positions(self) -> tuple[Floats, Floats]:
        """Return y and x of the places, in mm."""
        return (
            np.array([place.y_mm for place in self.places]),
            np.array([place.x_mm for place in self.places]),
        )

    def inside(self, field: FieldOfView) -> NDArray[np.bool_]:
        """Tell which places lie in a field."""
        return field.holds(*self.positions())

    @property
    def factors(self) -> Floats:
        """Corrected counts over the counts as they were, which scale their noise."""
        return np.asarray(self.corrected / [max(place.counts, 1.0) for place in self.places])


def groups_of_images(
    images: Sequence[FrameStack],
    *,
    nuclides: Photopeaks,
    stated_pixel_mm: float | None,
    correction: CorrectionState,
    half_life_s: float,
) -> tuple[tuple[PointGroup, ...], list[Note]]:
    """Return the places by head and by state of the uniformity correction.

    Windows that lie on no photopeak are left out; the notes say how many frames that are.

    Raises
    ------
    UnsuitableAcquisitionError
        If an image is empty, shows no point, or says not when it began or how long it took.
    """
    found: dict[tuple[int | None, int | None, str | None], list[tuple[datetime, Place]]] = {}
    stand_ins: dict[tuple[int | None, int | None, str | None], FrameStack] = {}
    left_out: dict[EnergyWindow, int] = {}
    count = 0
    for image in images:
        pixel_mm = pixel_spacing_mm(image, stated_pixel_mm)
        state = correction.stated or _state(image)
        for (detector, window), positions in frames_by_head(image).items():
            described = image.energy_window(window)
            if described is not None and lies_elsewhere(described, image.nuclide, nuclides):
                left_out[described] = left_out.get(described, 0) + len(positions)
                continue
            count += len(positions)
            if count > MOST_POINTS:
                raise UnsuitableAcquisitionError(
                    f"there are more than {MOST_POINTS} places, needs at most as many",
                    quantity="places of the source",
                    value=count,
                    bound=MOST_POINTS,
                )
            key = (detector, window, state)
            stand_ins.setdefault(key, image)
            found.setdefault(key, []).extend(_places(image, positions, pixel_mm))
    groups = tuple(
        _group(
            sorted(timed, key=lambda each: each[0]),
            detector=detector,
            window=window,
            state=state,
            image=stand_ins[detector, window, state],
            pixel_mm=pixel_spacing_mm(stand_ins[detector, window, state], stated_pixel_mm),
            half_life_s=half_life_s,
        )
        for (detector, window, state), timed in sorted(
            found.items(), key=lambda item: tuple(str(part) for part in item[0])
        )
    )
    return groups, [_left_out(window, frames) for window, frames in left_out.items()]


def _left_out(window: EnergyWindow, frames: int) -> Note:
    return Note(
        code="WINDOW_NOT_ANALYSED",
        message=f"{frames} frames in the window from {window.lower_kev:g} to {window.upper_kev:g} keV"
        " lie on no photopeak and are left out",
        values={
            "lower_kev": window.lower_kev,
            "upper_kev": window.upper_kev,
            "frames": frames,
        },
    )


def _state(image: FrameStack) -> str | None:
    if image.corrections is None:
        return None
    return "on" if "UNIF" in image.corrections else "off"


def _places(
    image: FrameStack, positions: Sequence[int], pixel_mm: tuple[float, float]
) -> list[tuple[datetime, Place]]:
    found = []
    side = 2 * max(round(PITCH_MM / 2.0 / min(pixel_mm)), 1) + 1
    elapsed = 0.0
    for position in positions:
        frame, counts = image.frames[position], image.counts[position]
        refuse_impossible(counts)
        duration = frame.duration_s
        if duration is None or not duration > 0.0:
            raise UnsuitableAcquisitionError(
                "a frame of the source does not say how long it took", quantity="duration"
            )
        started = frame.started_at
        if started is None and image.started_at is not None:
            # The frames of a sequence follow each other; static ones began together.
            began = elapsed if isinstance(image, Dynamic) else 0.0
            started = image.started_at + timedelta(seconds=began)
        if started is None:
            raise UnsuitableAcquisitionError(
                "an image of the source does not say when it began, which its decay needs",
                quantity="start of the acquisition",
            )
        elapsed += duration
        spot = square_centroid(counts, side)
        total = float(counts.sum(dtype=np.float64))
        if spot.counts < POINT_SHARE * total:
            raise UnsuitableAcquisitionError(
                f"{100.0 * spot.counts / total:.0f} % of the counts of an image lie in a square of"
                f" {PITCH_MM:g} mm, a point source needs {100.0 * POINT_SHARE:g} %",
                quantity="share of the counts about the highest pixel",
                value=spot.counts / total,
                bound=POINT_SHARE,
            )
        middle = tuple((size - 1) / 2.0 for size in counts.shape)
        found.append(
            (
                started,
                Place(
                    x_mm=(spot.position[1] - middle[1]) * pixel_mm[1],
                    y_mm=(spot.position[0] - middle[0]) * pixel_mm[0],
                    counts=total,
                    start_s=0.0,
                    duration_s=duration,
                    share=spot.counts / total,
                    highest=spot.highest,
                    image=image,
                    pixel_mm=pixel_mm,
                ),
            )
        )
    return found


def _group(
    timed: Sequence[tuple[datetime, Place]],
    *,
    detector: int | None,
    window: int | None,
    state: str | None,
    image: FrameStack,
    pixel_mm: tuple[float, float],
    half_life_s: float,
) -> PointGroup:
    first = timed[0][0]
    places = tuple(
        dataclasses.replace(place, start_s=(started - first).total_seconds())
        for started, place in timed
    )
    return PointGroup(
        scope=Scope.of(detector=detector, energy_window=window, correction=state),
        detector=detector,
        energy_window=window,
        correction=state,
        image=image,
        pixel_mm=pixel_mm,
        places=places,
        corrected=corrected_counts(places, half_life_s),
    )


def corrected_counts(places: Sequence[Place], half_life_s: float) -> Floats:
    """Return the counts of places at the start of the first, for the duration of the first.

    Raises
    ------
    UnsuitableAcquisitionError
        If a place lies beyond any detector, or counted more than any.
    """
    most = max(place.counts for place in places)
    if most > MOST_COUNTS:
        raise UnsuitableAcquisitionError(
            f"a place has {most:g} counts, needs at most {MOST_COUNTS:g}",
            quantity="counts at a place",
            value=most,
            bound=MOST_COUNTS,
        )
    farthest = max(max(abs(place.x_mm), abs(place.y_mm)) for place in places)
    if farthest > LARGEST_MM:
        raise UnsuitableAcquisitionError(
            f"a place lies {farthest:.0f} mm from the centre, needs at most {LARGEST_MM:g} mm",
            quantity="distance of a place from the centre",
            value=farthest,
            bound=LARGEST_MM,
        )
    duration = places[0].duration_s
    return np.array(
        [
            duration * rate_at_reference(place.counts, place.start_s, place.duration_s, half_life_s)
            for place in places
        ]
    )
