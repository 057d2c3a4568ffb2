"""What a detection limit needs of its images, and what voids or warns.

Voids: another nuclide, a picture that is no single source within the region (a flood, bars, a body), a
region beyond the image, a rate at which counts are lost, overflow, pixels that are no squares, another
collimator with the source than without. Warns: a background shorter than the image it stands for, a spot
in the background where the source was, and what the header does not tell.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from photopeak_analyzers.acquisition import CollimatorType, FrameStack
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    detector_is_known,
    holds_counts,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.imaging_detection_images import Background, HeadImages
from photopeak_analyzers.gamma_camera.imaging_detection_windows import Channel

CLAUSE = "practice: limit of detection and choice of windows for nuclides of low activity"

LARGEST_SPREAD = 1.3
"""Second moment, relative to that of a disc, beyond which the picture is no single source."""

LEAST_INSIDE = 0.99
"""Share of the region that has to lie in the image."""

LARGEST_SPOT = 5.0
"""Standard uncertainties by which the background may be higher in the region than around it."""


def acquisition_conditions(
    source: FrameStack, backgrounds: Sequence[FrameStack], nuclide: str
) -> Iterator[Precondition]:
    """Check what concerns all heads."""
    named = source.nuclide
    outcome = Outcome.UNKNOWN
    if named is not None:
        outcome = Outcome.MET if named == nuclide else Outcome.NOT_MET
    yield Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.SOFT if outcome is Outcome.UNKNOWN else Severity.HARD,
        outcome=outcome,
        quantity="nuclide of the source",
        value=named,
        expected=nuclide,
        clause=CLAUSE,
    )
    for each in (source, *backgrounds):
        if each.pixel_spacing_mm is not None:
            yield pixel_is_square(each.pixel_spacing_mm, scope=Scope(), clause=CLAUSE)


def head_conditions(
    head: HeadImages, backgrounds: Sequence[FrameStack], region_mm: float
) -> Iterator[Precondition]:
    """Check the region and the source in it."""
    detector = head.acquisition.detector(head.detector)
    yield detector_is_known(head.detector, scope=head.scope, clause=CLAUSE)
    yield collimator_is(CollimatorType.PARALLEL, detector, scope=head.scope, clause=CLAUSE)
    yield bounded(
        PreconditionCode.GEOMETRY,
        "spread of the picture relative to a disc",
        head.outline.spread,
        upper=LARGEST_SPREAD,
        unit="1",
        severity=Severity.HARD,
        scope=head.scope,
        clause=CLAUSE,
        expected="one source",
    )
    yield bounded(
        PreconditionCode.GEOMETRY,
        "diameter of the source in the image",
        head.outline.diameter_mm,
        upper=region_mm,
        unit="mm",
        severity=Severity.HARD,
        scope=head.scope,
        clause=CLAUSE,
        expected="a source within the region",
    )
    yield bounded(
        PreconditionCode.GEOMETRY,
        "share of the region that lies in the image",
        head.region.inside,
        lower=LEAST_INSIDE,
        unit="1",
        severity=Severity.HARD,
        scope=head.scope,
        clause=CLAUSE,
    )
    name = detector.collimator_name if detector is not None else ""
    for each in backgrounds:
        other = each.detector(head.detector)
        found = other.collimator_name if other is not None else ""
        if other is not None:
            yield Precondition(
                code=PreconditionCode.COLLIMATOR,
                severity=Severity.HARD if name and found else Severity.SOFT,
                outcome=(
                    Outcome.UNKNOWN
                    if not (name and found)
                    else Outcome.MET
                    if name == found
                    else Outcome.NOT_MET
                ),
                scope=head.scope,
                quantity="collimator of the background",
                value=found or None,
                expected=name or "that of the source",
                clause=CLAUSE,
            )


def window_conditions(
    head: HeadImages, channels: Sequence[Channel], *, imaging_s: float, maximum_rate_cps: float
) -> Iterator[Precondition]:
    """Check each window; what one does not meet holds against every sum that it is in."""
    for own, window, background in zip(
        head.channels(), head.windows, head.backgrounds, strict=True
    ):
        found = [
            dataclasses.replace(each, scope=own.scope)
            for each in _of_window(head, window, background, imaging_s, maximum_rate_cps)
        ]
        yield from found
        for channel in channels:
            if len(channel.windows) > 1 and window.energy_window in channel.windows:
                for each in found:
                    if each.outcome is not Outcome.MET:
                        quantity = f"{each.quantity}, energy window {own.name}"
                        yield dataclasses.replace(each, scope=channel.scope, quantity=quantity)


def _of_window(
    head: HeadImages,
    window: HeadCounts,
    background: Background,
    imaging_s: float,
    maximum_rate_cps: float,
) -> Iterator[Precondition]:
    scope = window.scope
    yield holds_counts(window.highest_pixel, scope=scope, clause=CLAUSE)
    yield rate_within(
        window.rate_cps, upper=maximum_rate_cps, severity=Severity.HARD, scope=scope, clause=CLAUSE
    )
    yield no_overflow(head.acquisition, window.highest_pixel, scope=scope, clause=CLAUSE)
    yield bounded(
        PreconditionCode.BACKGROUND,
        "highest pixel of the background",
        background.highest_pixel,
        lower=1.0,
        unit="{counts}",
        severity=Severity.HARD,
        scope=scope,
        clause=CLAUSE,
        expected="a background that holds counts",
    )
    yield bounded(
        PreconditionCode.DURATION,
        "duration of the background",
        background.duration_s,
        lower=imaging_s,
        unit="s",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
        expected="at least the time of the image",
    )
    inside, outside = (float(background.counts[part].sum()) for part in (head.mask, head.around))
    pixels = float(head.around.sum())
    share = float(head.mask.sum()) / pixels if pixels else 0.0
    spread = (inside + share**2 * outside) ** 0.5
    yield bounded(
        PreconditionCode.BACKGROUND,
        "background in the region above that around it, in standard uncertainties",
        (inside - share * outside) / spread if pixels and spread > 0.0 else None,
        upper=LARGEST_SPOT,
        unit="1",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
        expected="no source in the background",
    )
