"""Conditions of the bar phantom: of one image, and of all images of a head together.

What voids (HARD): a head that is not known, another nuclide or photopeak, a collimator, pixels that
are no squares or too coarse for the bars, an overflow, regions that do not lie in a quadrant, bars that
run askew, and so few counts that the noise decides what is resolved. What warns (SOFT): fewer
counts than a reader needs, a high count rate (it only blurs), a small matrix, facts that the header
does not tell.
"""

from __future__ import annotations

import dataclasses
import math

from photopeak_analyzers.acquisition import CollimatorType
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Severity
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    detector_is_known,
    duration_is_known,
    matrix_is,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.gamma_camera.bar_images import CLAUSE, BarImage, BarParameters
from photopeak_analyzers.gamma_camera.bar_patterns import Pattern
from photopeak_analyzers.gamma_camera.bar_sets import (
    DIRECTIONS,
    Head,
    along,
    orientations,
    resolved,
)
from photopeak_analyzers.source_conditions import (
    nuclide_is_one_of,
    photopeaks,
    window_on_photopeak,
)

SMALLEST_MATRIX = 512
"""Pixels per side, or as many as the camera has."""

LARGEST_UNEVENNESS_PERCENT = 30.0
"""Deviation of a part of a region from its mean: beside the bars it is twice as bright, or dark."""

TILT_WARNS_DEG, TILT_VOIDS_DEG = 2.0, 10.0
"""Between the bars and the rows or columns of the image."""

PIXELS_PER_BAR_WARNS, PIXELS_PER_BAR_VOIDS = 2.0, 1.5
"""Below two pixels per bar the pixel blurs it; not far below that other sets are seen folded."""

NOISE_AT_THRESHOLD = 0.05
"""Standard uncertainty that a modulation may have where it decides whether bars are resolved."""

ORIENTATIONS = 8
"""Quarter turns, and the same with the phantom turned over. WS 523-2019."""


def image_conditions(image: BarImage, parameters: BarParameters) -> tuple[Precondition, ...]:
    """Check one image."""
    head, scope = image.head, image.scope
    acquisition = image.acquisition
    seen = [pattern for pattern in image.patterns if pattern.seen]
    nuclides = photopeaks((parameters.nuclide,))
    thinnest = min(pattern.width_mm for pattern in seen)
    return (
        dataclasses.replace(nuclide_is_one_of(acquisition, nuclides, CLAUSE), scope=scope),
        *window_on_photopeak(
            acquisition.energy_window(head.energy_window),
            acquisition.nuclide,
            nuclides,
            width_percent=None,
            strict=False,
            scope=scope,
            clause=CLAUSE,
        ),
        collimator_is(
            CollimatorType.NONE, acquisition.detector(head.detector), scope=scope, clause=CLAUSE
        ),
        detector_is_known(head.detector, scope=scope, clause=CLAUSE),
        duration_is_known(head.duration_s, severity=Severity.SOFT, scope=scope, clause=CLAUSE),
        rate_within(
            head.rate_cps,
            upper=parameters.maximum_rate_cps,
            severity=Severity.SOFT,
            scope=scope,
            clause="GB/T 18989-2013 3 c",
        ),
        bounded(
            PreconditionCode.COUNTS,
            "counts of the image",
            head.total,
            lower=parameters.minimum_counts,
            unit="{counts}",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=CLAUSE),
        pixel_is_square(image.pixel_mm, scope=scope, clause=CLAUSE),
        graded(
            PreconditionCode.PIXEL,
            "side of a pixel against the narrowest bars that are seen",
            max(image.pixel_mm),
            soft=(None, thinnest / PIXELS_PER_BAR_WARNS),
            hard=(None, thinnest / PIXELS_PER_BAR_VOIDS),
            unit="mm",
            scope=scope,
            clause=CLAUSE,
        ),
        matrix_is(acquisition, smallest=SMALLEST_MATRIX, scope=scope, clause=CLAUSE),
        graded(
            PreconditionCode.ORIENTATION,
            "angle between the bars and the rows or columns",
            max(pattern.tilt_deg for pattern in seen),
            soft=(None, TILT_WARNS_DEG),
            hard=(None, TILT_VOIDS_DEG),
            unit="deg",
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "deviation of a part of a region from its mean",
            100.0 * max(pattern.unevenness for pattern in image.patterns),
            upper=LARGEST_UNEVENNESS_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="regions inside of the quadrants",
        ),
    )


def noise_condition(image: BarImage, threshold: float) -> Precondition:
    """Check that the counts suffice to tell at the threshold whether bars are resolved.

    For a weak pattern ``u(M) = sqrt(2 / N) / (m M)`` in N pixels of m counts.
    """
    worst = max(
        math.sqrt(2.0 / _pixels(pattern)) / (pattern.mean * threshold) for pattern in image.patterns
    )
    return bounded(
        PreconditionCode.COUNTS,
        "uncertainty of a modulation at the threshold",
        worst,
        upper=NOISE_AT_THRESHOLD,
        unit="1",
        severity=Severity.HARD,
        scope=image.scope,
        clause=CLAUSE,
    )


def _pixels(pattern: Pattern) -> int:
    rows, columns = pattern.rows, pattern.columns
    return int((rows.stop - rows.start) * (columns.stop - columns.start))


def head_conditions(head: Head, threshold: float) -> list[Precondition]:
    """Check what the images of a head show together."""
    found = [
        bounded(
            PreconditionCode.SET,
            "orientations of the phantom",
            float(orientations(head.sets)),
            lower=float(ORIENTATIONS),
            unit="1",
            severity=Severity.SOFT,
            scope=head.scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "sets of bars that are not resolved",
            float(_unresolved(head, threshold)),
            lower=1.0,
            unit="1",
            severity=Severity.SOFT,
            scope=head.scope,
            clause=CLAUSE,
            expected="bars too fine for the camera: the result is an upper bound without them",
        ),
    ]
    for direction in DIRECTIONS:
        scope = along(head.scope, direction)
        seen = resolved(head.along[direction], threshold)
        found.append(
            bounded(
                PreconditionCode.FRAMES,
                f"sets of bars that are resolved along {direction}",
                float(len(seen)),
                lower=1.0,
                unit="1",
                severity=Severity.HARD,
                scope=scope,
                clause=CLAUSE,
                expected="bars that the camera resolves",
            )
        )
        if seen:
            shown = {each.number for each in head.along[direction]}
            # A set that is seen in no image at all is not resolved, and another image is no help.
            elsewhere = {number for image in head.sets for number in image} - shown
            finer = [number for number in elsewhere if number > seen[-1].number]
            found.append(
                bounded(
                    PreconditionCode.SET,
                    f"finer sets of bars that no image shows along {direction}",
                    float(len(finer)),
                    upper=0.0,
                    unit="1",
                    severity=Severity.HARD,
                    scope=scope,
                    clause=CLAUSE,
                    expected="a further image, turned by 90 degrees",
                )
            )
    return found


def _unresolved(head: Head, threshold: float) -> int:
    return max(
        sum(not (p.seen and p.modulation.value > threshold) for p in image.patterns)
        for image in head.images
    )
