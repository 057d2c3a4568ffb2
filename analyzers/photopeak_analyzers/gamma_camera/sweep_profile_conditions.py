"""What a sweep has to show for its profile along the motion to be that of the motion."""

from __future__ import annotations

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.gamma_camera.sweep_profile import SweepProfile

LARGEST_CHANGE_PERCENT = 5.0
"""Of what is seen across the motion along it: a sheet of Co-57 is even to that."""


def steady_pattern(profile: SweepProfile, *, scope: Scope, clause: str) -> list[Precondition]:
    """Check that what is seen across the motion is the same all along it."""
    if profile.changing_percent is None:
        return []
    return [
        bounded(
            PreconditionCode.GEOMETRY,
            "change along the motion of what is seen across it",
            profile.changing_percent,
            upper=LARGEST_CHANGE_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
            expected="a flat source, not bars or a patient",
        )
    ]
