"""Conditions of the comparison of heads: each image by itself, and what must be alike in all.

What voids (HARD): a single head, a background of some heads alone, a window beside the photopeak, another collimator, window or
pixel than the other heads, too few counts, an overflow, a source that looks larger to one head,
no duration, and times that are not known where one head counted after the other. What warns
(SOFT): a source that looks a little larger, other angles or distances, a high rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import (
    duration_is_known,
    enough_counts,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.gamma_camera.head_matching_images import HeadImage
from photopeak_analyzers.source_conditions import (
    Photopeaks,
    nuclide_is_one_of,
    window_on_photopeak,
)

EXTENT_WARNS_PERCENT, EXTENT_VOIDS_PERCENT = 5.0, 20.0
"""By which a source may look larger to one head than to another: farther off, cut, or another one."""

DISTANCE_MM = 5.0
"""By which the distances of the source from the heads may differ."""


def image_conditions(
    image: HeadImage,
    nuclides: Photopeaks | None,
    *,
    asked: float,
    invalid_below: float,
    maximum_rate_cps: float,
    clause: str,
) -> list[Precondition]:
    """Check one image."""
    acquisition, head, scope = image.acquisition, image.head, image.scope
    found = [
        duration_is_known(head.duration_s, severity=Severity.HARD, scope=scope, clause=clause),
        enough_counts(
            "counts",
            head.total,
            asked=asked,
            invalid_below=invalid_below,
            scope=scope,
            clause=clause,
        ),
        rate_within(
            head.rate_cps,
            upper=maximum_rate_cps,
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        no_overflow(acquisition, head.highest_pixel, scope=scope, clause=clause),
        pixel_is_square(image.pixel_mm, scope=scope, clause=clause),
    ]
    if nuclides:
        found += [
            nuclide_is_one_of(acquisition, nuclides, clause),
            *window_on_photopeak(
                acquisition.energy_window(head.energy_window),
                acquisition.nuclide,
                nuclides,
                width_percent=None,
                strict=False,
                scope=scope,
                clause=clause,
            ),
        ]
    else:
        found.append(
            known(
                PreconditionCode.NUCLIDE,
                "nuclide",
                None,
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
            )
        )
    return found


def common_conditions(images: Sequence[HeadImage], scope: Scope, clause: str) -> list[Precondition]:
    """Check what must be alike in all heads of one window."""
    extents = [image.extent_mm for image in images]
    backgrounds = sum(image.background is not None for image in images)
    distances = [image.distance_mm for image in images]
    there = [each for each in distances if each is not None]
    found = [
        bounded(
            PreconditionCode.SET,
            "heads compared",
            float(len(images)),
            lower=2.0,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        _alike(PreconditionCode.COLLIMATOR, "collimators", images, _collimator, scope, clause),
        _alike(PreconditionCode.WINDOW, "energy windows", images, _window, scope, clause),
        _alike(PreconditionCode.PIXEL, "pixels and matrices", images, _pixels, scope, clause),
        graded(
            PreconditionCode.GEOMETRY,
            "difference between the extents of the source",
            100.0 * (max(extents) / max(min(extents), 1e-9) - 1.0),
            soft=(None, EXTENT_WARNS_PERCENT),
            hard=(None, EXTENT_VOIDS_PERCENT),
            unit="%",
            scope=scope,
            clause=clause,
            expected="the same source at the same distance",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "difference between the distances of the source",
            max(there) - min(there) if len(there) == len(images) else None,
            upper=DISTANCE_MM,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
    ]
    if backgrounds:
        found.append(
            bounded(
                PreconditionCode.BACKGROUND,
                "heads with a background",
                float(backgrounds),
                lower=float(len(images)),
                unit="1",
                severity=Severity.HARD,
                scope=scope,
                clause=clause,
                expected="a background of every head, or of none",
            )
        )
    if any(image.angles_deg for image in images):
        found.append(
            bounded(
                PreconditionCode.ORIENTATION,
                "sets of angles that the heads passed",
                float(len({image.angles_deg for image in images})),
                upper=1.0,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=clause,
                expected="every head on the same way around the source",
            )
        )
    if one_after_the_other(images):
        starts_known = all(image.started_at is not None for image in images)
        found.append(
            known(
                PreconditionCode.TIME,
                "start of each acquisition",
                "known" if starts_known else None,
                severity=Severity.HARD,
                scope=scope,
                clause=clause,
                expected="times, because one head counted after the other",
            )
        )
    return found


def one_after_the_other(images: Sequence[HeadImage]) -> bool:
    """Tell whether the heads counted at different times, as far as is known."""
    starts = {image.started_at for image in images}
    return len(starts) > 1 or (
        starts == {None} and len({id(image.acquisition) for image in images}) > 1
    )


def _collimator(image: HeadImage) -> str | None:
    detector = image.detector
    if detector is None or detector.collimator_type is None:
        return None
    return f"{detector.collimator_type} {detector.collimator_name}".strip()


def _window(image: HeadImage) -> str | None:
    window = image.acquisition.energy_window(image.head.energy_window)
    return None if window is None else f"{window.lower_kev:.1f} to {window.upper_kev:.1f} keV"


def _pixels(image: HeadImage) -> str:
    rows, columns = image.head.counts.shape
    return f"{rows} x {columns} of {image.pixel_mm[0]:.3f} mm"


def _alike(
    code: PreconditionCode,
    quantity: str,
    images: Sequence[HeadImage],
    of: Callable[[HeadImage], str | None],
    scope: Scope,
    clause: str,
) -> Precondition:
    """Check that a fact is the same for all heads; where one is not known this warns."""
    facts = [of(image) for image in images]
    there = sorted({fact for fact in facts if fact is not None})
    outcome = Outcome.MET if None not in facts else Outcome.UNKNOWN
    if len(there) > 1:
        outcome = Outcome.NOT_MET
    return Precondition(
        code=code,
        severity=Severity.SOFT if outcome is Outcome.UNKNOWN else Severity.HARD,
        outcome=outcome,
        scope=scope,
        quantity=quantity,
        value=", ".join(there) or None,
        expected="the same for all heads",
        clause=clause,
    )
