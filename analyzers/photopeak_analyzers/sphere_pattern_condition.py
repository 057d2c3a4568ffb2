"""Whether hot spheres keep the pattern of their phantom, for PET and SPECT alike."""

from __future__ import annotations

from photopeak_analyzers.conditions import graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope

RESIDUAL_SOFT_MM, RESIDUAL_HARD_MM = 2.0, 6.0
"""Root mean square distance of the centroids from the pattern."""


def pattern_is_kept(residual_mm: float, clause: str) -> Precondition:
    """Check how far the spheres lie from their pattern."""
    return graded(
        PreconditionCode.GEOMETRY,
        "distance of the spheres from their pattern",
        residual_mm,
        soft=(None, RESIDUAL_SOFT_MM),
        hard=(None, RESIDUAL_HARD_MM),
        unit="mm",
        scope=Scope(),
        clause=clause,
    )
