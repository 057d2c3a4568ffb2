"""What the views of a cylinder have to be like for the volume sensitivity, and what voids or warns.

Voids: another nuclide, no window on a photopeak, a picture that has not about the size of the cylinder
(a point source, a body), a volume that contradicts it, a saturated pixel, no duration. Warns: few counts, a rate at which counts are
lost, less than a turn, views that differ, a head
that the header lists and nothing is of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from photopeak_analyzers.acquisition import Counts, Tomographic
from photopeak_analyzers.common_parameters import (
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_above,
)
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.frame_conditions import (
    detector_is_known,
    duration_is_known,
    enough_counts,
    heads_are_complete,
    no_overflow,
    pixel_is_square,
    rate_within,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.known_activity import (
    FilledParameters,
    Filling,
    filling_conditions,
    some_window_on_photopeak,
)
from photopeak_analyzers.source_conditions import nuclide_is_one_of, photopeaks

CLAUSE = "NEMA NU 1, system volume sensitivity"

LIT = 0.5
"""Share of the highest row or column from which on it is lit."""

CHORD = 0.866
"""Share of its diameter over which a cylinder is lit, without attenuation: sqrt(1 - LIT**2)."""

SIZE_SOFT, SIZE_HARD = (0.8, 1.25), (0.7, 1.35)
"""Bounds of the size seen, relative to that of the cylinder; attenuation flattens its views."""

VOLUME_SOFT, VOLUME_HARD = (0.9, 1.1), (0.7, 1.3)
"""Stated volume over that by diameter and length: an odd phantom, or a number mistyped."""

MOST_ELAPSED = 3.0
"""Time that passes over time of counting: heads that move longer stand still."""

WHOLE_TURN_DEG = 360.0

VIEWS_PERCENT = 10.0
"""Percent by which the views of a cylinder in the middle may differ, (max - min) / (max + min)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSensitivityParameters(FilledParameters):
    """The cylinder, what the header leaves out, and what the views need."""

    diameter_mm: float = parameter(
        200.0, doc="Inner diameter of the cylinder.", unit="mm", minimum=50.0, maximum=400.0
    )
    length_mm: float = parameter(
        200.0,
        doc="Inner length of the cylinder, by which the sensitivity per length is found.",
        unit="mm",
        clause=CLAUSE,
        minimum=50.0,
        maximum=500.0,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(1e6, doc="Counts of all views; fewer is a warning.")
    invalid_below_counts: float = least_counts(
        1e5, doc="Counts of all views below which nothing is judged."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause=CLAUSE)

    def __post_init__(self) -> None:
        FilledParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")


def extent_mm(counts: Counts, side_mm: float, axis: int) -> float:
    """Return over which length the sums along `axis` are lit."""
    profile = np.asarray(counts, dtype=np.float64).sum(axis=axis)
    return float((profile > LIT * profile.max()).sum()) * side_mm


def series_conditions(
    projections: Tomographic,
    filling: Filling,
    started_at: datetime,
    total: float,
    heads: int,
    groups: int,
    parameters: VolumeSensitivityParameters,
) -> tuple[Precondition, ...]:
    """Check what all heads have in common; `groups` of detector and energy window have frames."""
    arc = projections.scan_arc_deg
    cylinder_ml = math.pi / 4.0 * parameters.diameter_mm**2 * parameters.length_mm / 1000.0
    nuclide = parameters.nuclide or filling.source.nuclide
    return (
        nuclide_is_one_of(projections, photopeaks((nuclide,)), CLAUSE),
        some_window_on_photopeak(projections.energy_windows, filling.source.nuclide, CLAUSE),
        *filling_conditions(filling, started_at, CLAUSE),
        enough_counts(
            "counts of all views",
            total,
            asked=parameters.minimum_counts,
            invalid_below=parameters.invalid_below_counts,
            scope=Scope(),
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.FRAMES,
            "arc of all heads",
            None if arc is None else arc * heads,
            lower=WHOLE_TURN_DEG,
            unit="deg",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
            expected="a whole turn",
        ),
        heads_are_complete(projections, groups, clause=CLAUSE),
        graded(
            PreconditionCode.GEOMETRY,
            "stated volume over that of the cylinder",
            filling.volume_ml / cylinder_ml,
            soft=VOLUME_SOFT,
            hard=VOLUME_HARD,
            unit="1",
            scope=Scope(),
            clause=CLAUSE,
        ),
    )


def elapsed_is_likely(elapsed_s: float, counted_s: float) -> Precondition:
    """Check, as a warning, that heads counted for much of the time that passed."""
    return bounded(
        PreconditionCode.DURATION,
        "all the time that passed over that of counting",
        elapsed_s / counted_s,
        upper=MOST_ELAPSED,
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )


def head_conditions(
    projections: Tomographic,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    spread_pct: float,
    parameters: VolumeSensitivityParameters,
) -> tuple[Precondition, ...]:
    """Check the views of one head in one window."""
    scope = head.scope
    sizes = (
        ("length of the cylinder in the views", extent_mm(head.counts, pixel_mm[0], 1),
         parameters.length_mm),
        ("width of the cylinder in the views", extent_mm(head.counts, pixel_mm[1], 0) / CHORD,
         parameters.diameter_mm),
    )  # fmt: skip
    return (
        detector_is_known(head.detector, scope=scope, clause=CLAUSE),
        duration_is_known(head.duration_s, severity=Severity.HARD, scope=scope, clause=CLAUSE),
        no_overflow(projections, head.highest_pixel, scope=scope, clause=CLAUSE),
        pixel_is_square(pixel_mm, scope=scope, clause=CLAUSE),
        rate_within(
            head.rate_cps,
            upper=parameters.maximum_rate_cps,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        *(
            graded(
                PreconditionCode.GEOMETRY,
                quantity,
                seen,
                soft=(SIZE_SOFT[0] * size, SIZE_SOFT[1] * size),
                hard=(SIZE_HARD[0] * size, SIZE_HARD[1] * size),
                unit="mm",
                scope=scope,
                clause=CLAUSE,
            )
            for quantity, seen, size in sizes
        ),
        bounded(
            PreconditionCode.CENTRED,
            "difference of the views",
            spread_pct,
            upper=VIEWS_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
    )
