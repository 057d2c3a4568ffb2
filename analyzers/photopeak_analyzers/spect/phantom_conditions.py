"""What every reconstructed phantom in a cylinder has to be like, whatever is in it."""

from __future__ import annotations

from typing import Protocol

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.contract import Precondition, Scope, Severity
from photopeak_analyzers.cylinder_conditions import cylinder_conditions
from photopeak_analyzers.frame_conditions import enough_counts, pixel_within
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
    no_voxel_overflows,
    nuclide_is,
    seen_by_a_gamma_camera,
)
from photopeak_analyzers.volume_conditions import attenuation_corrected


class Asked(Protocol):
    """Parameters that say what is asked of a phantom."""

    @property
    def nuclide(self) -> str | None:
        """In the phantom; None for any."""

    @property
    def largest_pixel_mm(self) -> float:
        """Side of a pixel."""

    @property
    def minimum_counts(self) -> float:
        """Of all views."""

    @property
    def invalid_below_counts(self) -> float:
        """Of all views."""


def phantom_is_measurable(
    volume: Volume, reconstruction: Reconstruction, cylinder: Cylinder, asked: Asked, clause: str
) -> tuple[Precondition, ...]:
    """Check camera, nuclide, voxels, attenuation and the cylinder."""
    return (
        seen_by_a_gamma_camera(volume, clause),
        nuclide_is(volume, asked.nuclide, clause),
        no_voxel_overflows(reconstruction, clause),
        attenuation_corrected(volume, clause),
        *cylinder_conditions(cylinder, reconstruction.pixel_mm, clause),
    )


def phantom_is_fine_enough(
    reconstruction: Reconstruction, total_counts: float | None, asked: Asked, clause: str
) -> tuple[Precondition, ...]:
    """Check the side of a pixel and the counts of all views."""
    scope = Scope()
    return (
        pixel_within(
            "side of a pixel",
            reconstruction.pixel_mm,
            upper=asked.largest_pixel_mm,
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        enough_counts(
            "counts of all views",
            total_counts,
            asked=asked.minimum_counts,
            invalid_below=asked.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
    )
