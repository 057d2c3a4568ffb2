"""What the texts ask of the images of a point in several windows, and where the places lie.

What voids (HARD): another nuclide, windows beside the photopeaks, too few windows, a collimator, pixels
that are too large or no squares, too few counts, more than 10 000 counts/s in a window, an overflow,
more than one source, a square that the border cuts or that does not hold the source, an image without
a source, places of the clause without an image: a displacement may be largest where nobody looked. So
do windows that were not seen by themselves: one object that shows the source at two places, or the same
counts in two windows. What warns (SOFT): what the header does not tell, and places that the clause does
not have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.conditions import bounded, known
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    detector_is_known,
    duration_is_known,
    no_overflow,
    pixel_is_square,
    pixel_within,
    rate_within,
)
from photopeak_analyzers.gamma_camera.multiple_window_texts import Asked, Place, Setup
from photopeak_analyzers.gamma_camera.uniformity_inputs import declared_field
from photopeak_analyzers.gamma_camera.window_points import HeadPoints, PointImage
from photopeak_analyzers.source_conditions import nuclide_is_one_of, window_on_photopeak

FARTHEST_FWHM = 1.0
"""Between the centroid of the square and the source that stands out: else the square lies elsewhere."""

LARGEST_PIXEL_SHARE = 0.1
"""Of the intrinsic resolution. IEC 60789 / GB/T 18989-2013 3.5.1 e."""

SHARE_DECIMALS = 9


def head_conditions(head: HeadPoints, asked: Asked, setup: Setup) -> list[Precondition]:
    """Check everything that concerns one head."""
    first = head.images[0]
    detector = first.acquisition.detector(head.detector)
    scope, clause = head.scope, asked.clause
    found = [
        detector_is_known(head.detector, scope=scope, clause=clause),
        collimator_is(CollimatorType.NONE, detector, scope=scope, clause=clause),
        pixel_is_square(first.pixel_mm, scope=scope, clause=clause),
        _pixel(first.pixel_mm, asked, setup, scope),
        bounded(
            PreconditionCode.SET,
            "energy windows on a photopeak",
            float(len(head.lines_kev)),
            lower=float(asked.windows),
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected=", ".join(f"{line:g}" for line in asked.lines_kev) + " keV",
        ),
        bounded(
            PreconditionCode.SET,
            "lowest photopeak with a window",
            head.lines_kev[0],
            upper=asked.lines_kev[0],
            unit="keV",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        *_by_themselves(head, clause),
        bounded(
            PreconditionCode.SET,
            "places with an image in every window",
            float(sum(len(place) == len(head.lines_kev) for place in head.places)),
            lower=float(len(head.places)),
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        *_places(head, asked, setup),
    ]
    for line in head.lines_kev:
        found += _window(head.of_line(line), line, asked, setup, scope)
    return found


def _by_themselves(head: HeadPoints, clause: str) -> list[Precondition]:
    """Check that every image is that of a source, of the place it is taken for, and no copy."""
    reasons = "; ".join(dict.fromkeys(str(reason) for reason in head.refused))
    return [
        bounded(
            code,
            quantity,
            float(value),
            upper=0.0,
            unit="1",
            severity=Severity.HARD,
            scope=head.scope,
            clause=clause,
            expected=expected,
        )
        for code, quantity, value, expected in (
            (PreconditionCode.COUNTS, "images without a source", len(head.refused), reasons),
            (
                PreconditionCode.GEOMETRY,
                "objects that show the source at several places",
                head.torn,
                "",
            ),
            (
                PreconditionCode.FRAMES,
                "places at which two windows have the same counts",
                head.copies,
                "",
            ),
        )
    ]


def half_ufov_mm(head: HeadPoints, setup: Setup) -> Place | None:
    """Return the half sides (y, x) of the UFOV: as stated, else as the header declares them."""
    if setup.half_ufov_mm is not None:
        return setup.half_ufov_mm
    first = head.images[0]
    field, _ = declared_field(
        first.acquisition.detector(head.detector), first.head.counts.shape, first.pixel_mm
    )
    return None if field is None else (field.height_mm / 2.0, field.width_mm / 2.0)


def places_in_shares(head: HeadPoints, half_mm: Place) -> list[Place]:
    """Return where each place lies, in half sides of the UFOV."""
    return [
        (y / half_mm[0], x / half_mm[1])
        for y, x in (next(iter(place.values())).position_mm for place in head.places)
    ]


def _places(head: HeadPoints, asked: Asked, setup: Setup) -> list[Precondition]:
    scope, clause = head.scope, asked.clause
    wanted = float(len(asked.nominal))
    half = half_ufov_mm(head, setup)
    words = "0, " + ", ".join(f"+-{share:g}" for share in asked.shares)
    ufov = known(
        PreconditionCode.UFOV,
        "UFOV",
        None if half is None else f"{2.0 * half[1]:.0f} x {2.0 * half[0]:.0f} mm",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
        expected="a declared UFOV; without one the places are only counted",
    )
    reached, farthest = float(len(head.places)), None
    if half is not None:
        offsets = [
            [
                math.hypot((y - want_y) * half[0], (x - want_x) * half[1])
                for want_y, want_x in asked.nominal
            ]
            for y, x in places_in_shares(head, half)
        ]
        farthest = max(min(each) for each in offsets)
        reached = float(
            sum(min(column) <= setup.tolerance_mm for column in zip(*offsets, strict=True))
        )
    return [
        ufov,
        bounded(
            PreconditionCode.SET,
            "places of the clause that have an image",
            reached,
            lower=wanted,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected=f"{words} of the way from the middle to the edge of the UFOV on both axes",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "distance of an image from the nearest place of the clause",
            farthest,
            upper=setup.tolerance_mm,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    ]


def _pixel(pixel_mm: Place, asked: Asked, setup: Setup, scope: Scope) -> Precondition:
    if asked.largest_pixel_mm is not None:
        return pixel_within(
            "side of a pixel",
            pixel_mm,
            upper=asked.largest_pixel_mm,
            scope=scope,
            clause=asked.clause,
        )
    fwhm = setup.intrinsic_fwhm_mm
    return bounded(
        PreconditionCode.PIXEL,
        "side of a pixel over the intrinsic FWHM for Tc-99m",
        None if fwhm is None else round(max(pixel_mm) / fwhm, SHARE_DECIMALS),
        upper=LARGEST_PIXEL_SHARE,
        unit="1",
        severity=Severity.SOFT if fwhm is None else Severity.HARD,
        scope=scope,
        clause=asked.clause,
    )


def _window(
    images: Sequence[PointImage], line_kev: float, asked: Asked, setup: Setup, head: Scope
) -> list[Precondition]:
    """Check the images of one window; of each quantity the worst one counts."""
    scope = Scope.of(**dict(head.items), line_kev=line_kev)
    clause = asked.clause
    nuclides = {"Ga-67": asked.lines_kev}
    found: list[Precondition] = []
    for image in images:
        acquisition = image.acquisition
        found += [
            nuclide_is_one_of(acquisition, nuclides, clause),
            *window_on_photopeak(
                acquisition.energy_window(image.head.energy_window),
                "Ga-67",
                nuclides,
                width_percent=asked.window_percent,
                strict=asked.window_percent is not None,
                scope=scope,
                clause=clause,
            ),
        ]
    durations = [image.head.duration_s for image in images]
    rates = [image.head.rate_cps for image in images]
    overflow = max(images, key=lambda image: image.head.highest_pixel)
    found += [
        duration_is_known(
            _worst(durations, min), severity=Severity.SOFT, scope=scope, clause=clause
        ),
        rate_within(
            _worst(rates, max),
            upper=setup.maximum_rate_cps,
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        no_overflow(overflow.acquisition, overflow.head.highest_pixel, scope=scope, clause=clause),
        *_least_counts(images, asked, scope),
        _geometry("sources", max(image.sources for image in images), 1.0, scope, clause),
        _geometry(
            "distance of the centroid from the source in its widths",
            max(image.off_source_fwhm for image in images),
            FARTHEST_FWHM,
            scope,
            clause,
        ),
        _geometry(
            "squares that the border of the image cuts",
            sum(image.point.cut for image in images),
            0.0,
            scope,
            clause,
        ),
    ]
    return list(dict.fromkeys(found))


def _least_counts(images: Sequence[PointImage], asked: Asked, scope: Scope) -> list[Precondition]:
    peak = min(image.point.highest for image in images)
    total = min(image.head.total for image in images)
    return [
        bounded(
            PreconditionCode.COUNTS,
            quantity,
            counts,
            lower=least,
            unit="{counts}",
            severity=Severity.HARD,
            scope=scope,
            clause=asked.clause,
        )
        for quantity, counts, least in (
            ("counts of the highest pixel", peak, asked.peak_counts),
            ("counts of the image", total, asked.image_counts),
        )
        if least is not None
    ]


def _geometry(quantity: str, value: float, upper: float, scope: Scope, clause: str) -> Precondition:
    return bounded(
        PreconditionCode.GEOMETRY,
        quantity,
        float(value),
        upper=upper,
        unit="1",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )


def _worst(values: Sequence[float | None], of: Callable[[Sequence[float]], float]) -> float | None:
    """Return the worst of them; None when one is not known."""
    there = [value for value in values if value is not None]
    return of(there) if len(there) == len(values) else None
