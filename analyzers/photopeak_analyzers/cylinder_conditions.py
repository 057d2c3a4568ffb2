"""Conditions that all tests of a reconstructed cylinder share."""

from __future__ import annotations

from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import pixel_is_square
from photopeak_analyzers.numerics.cylinder import LEAST_FILLED, Cylinder

LEAST_ROUND = 0.95
"""Short over long axis of the contour of a cylinder that stands along the slices."""

COMMON_DIAMETER_MM = (180.0, 240.0)
POSSIBLE_DIAMETER_MM = (100.0, 350.0)
"""Cylinders in use have 200 to 216 mm."""


def cylinder_conditions(
    cylinder: Cylinder, pixel_mm: tuple[float, float], clause: str
) -> tuple[Precondition, ...]:
    """Check that a volume shows a cylinder along the slices, in square pixels."""
    scope = Scope()
    return (
        bounded(
            PreconditionCode.GEOMETRY,
            "short over long axis of the contour",
            cylinder.roundness,
            lower=LEAST_ROUND,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="a cylinder along the slices",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "share of the contour in a circle of its area",
            cylinder.filled,
            lower=LEAST_FILLED,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="a cylinder along the slices",
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "diameter of the cylinder",
            2.0 * cylinder.radius_mm,
            soft=COMMON_DIAMETER_MM,
            hard=POSSIBLE_DIAMETER_MM,
            unit="mm",
            scope=scope,
            clause=clause,
        ),
        pixel_is_square(pixel_mm, scope=scope, clause=clause),
    )
