"""What a whole-body sweep has to be like: a continuous motion along Y, at a known speed.

The counts of a sweep were not collected in all the time that it lasts: a source is before the head
while the head's field passes over it. The rate that the clauses limit is therefore the counts times
speed over length of the field. A step-and-shoot study, a matrix that lies on its side and too high a
rate void; a speed or a kind of motion that the header leaves open, and too low a rate, warn.
"""

from __future__ import annotations

from photopeak_analyzers.acquisition import WholeBody
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.uniformity_inputs import declared_field

STEPWISE = "STEP"
"""How TypeOfDetectorMotion begins where nothing moves while counting."""


def sweep_conditions(acquisition: WholeBody, *, clause: str) -> tuple[Precondition, ...]:
    """Check speed, kind of motion and which way the matrix lies."""
    rows, columns = acquisition.counts.shape[1:]
    motion = acquisition.detector_motion
    outcome = Outcome.UNKNOWN
    if motion:
        outcome = Outcome.NOT_MET if motion.startswith(STEPWISE) else Outcome.MET
    return (
        bounded(
            PreconditionCode.FRAMES,
            "scan velocity",
            _positive(acquisition.scan_velocity_mm_per_s),
            unit="mm/s",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        ),
        Precondition(
            code=PreconditionCode.FRAMES,
            severity=Severity.HARD if motion else Severity.SOFT,
            outcome=outcome,
            quantity="motion of the detector",
            value=motion or None,
            expected="a continuous motion",
            clause=clause,
        ),
        bounded(
            PreconditionCode.ORIENTATION,
            "rows over columns of the matrix",
            rows / columns,
            lower=1.0,
            unit="1",
            severity=Severity.HARD,
            scope=Scope(),
            clause=clause,
            expected="a matrix whose rows follow each other along the motion",
        ),
    )


def rate_in_field(
    acquisition: WholeBody,
    head: HeadCounts,
    pixel_mm: tuple[float, float],
    field_length_mm: float | None,
) -> float | None:
    """Return the count rate while a source shorter than the field is before the head, in counts/s.

    Parameters
    ----------
    field_length_mm
        Length of the field along the motion as stated; without it that of the header.
    """
    length_mm = field_length_mm
    if length_mm is None:
        field, _ = declared_field(acquisition.detector(head.detector), head.counts.shape, pixel_mm)
        length_mm = None if field is None else field.height_mm
    velocity = _positive(acquisition.scan_velocity_mm_per_s)
    if length_mm is None or velocity is None:
        return None
    return head.total * velocity / length_mm


def rate_in_field_condition(
    rate_cps: float | None, *, lower: float | None, upper: float, scope: Scope, clause: str
) -> Precondition:
    """Check that rate: too high voids, too low or unknown warns."""
    return graded(
        PreconditionCode.RATE,
        "count rate while the source is in the field",
        rate_cps,
        soft=(lower, upper),
        hard=(None, upper),
        unit="{counts}/s",
        scope=scope,
        clause=clause,
    )


def _positive(velocity: float | None) -> float | None:
    return velocity if velocity is not None and velocity > 0.0 else None
