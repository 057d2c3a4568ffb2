"""What SPECT and CT of markers have to be like for their registration, and what voids or warns.

Voids: two spaces, another kind of volume, fewer than three markers, a marker that CT does not show alone
and for itself, a saturated voxel, oblong pixels. Warns: a header that does not name the space, coarse
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.marker_conditions import (
    MarkerParameters,
    enough_markers,
    frame_is_shared,
    markers_are_whole,
    markers_stand_alone,
    modality_is,
)
from photopeak_analyzers.marker_positions import Marker, densest_hu
from photopeak_analyzers.spect.reconstruction import Reconstruction, no_voxel_overflows

CLAUSE = "practice: alignment of SPECT and CT; markers as JJF draft 7.4"
"""No standard in force prescribes the test for SPECT."""

NOISE_MM = (1.0, 5.0)
"""Standard uncertainty of the largest distance by noise that warns, and that voids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationParameters(MarkerParameters):
    """How markers are looked for."""


def conditions_of(
    spect: Volume,
    ct: Volume,
    reconstruction: Reconstruction,
    dense: list[Marker],
    u_largest_mm: float | None,
    parameters: RegistrationParameters,
) -> tuple[Precondition, ...]:
    """Check that both volumes are of one space and what they should be, and their markers.

    `u_largest_mm` is what noise does to the largest distance; None where the noise is not known.
    """
    scope = Scope()
    noise: tuple[Precondition, ...] = ()
    if u_largest_mm is not None:
        noise = (
            graded(
                PreconditionCode.COUNTS,
                "standard uncertainty of the largest distance",
                u_largest_mm,
                soft=(None, NOISE_MM[0]),
                hard=(None, NOISE_MM[1]),
                unit="mm",
                scope=scope,
                clause=CLAUSE,
                expected="counts enough to tell a distance",
            ),
        )
    return (
        *noise,
        frame_is_shared(spect, ct, name="SPECT", clause=CLAUSE),
        modality_is(spect, "spect", "NM", CLAUSE),
        modality_is(ct, "ct", "CT", CLAUSE),
        enough_markers(len(dense), CLAUSE),
        bounded(
            PreconditionCode.GEOMETRY,
            "density of the faintest marker in CT",
            min(densest_hu(ct, each.index, parameters.window_mm) for each in dense),
            lower=parameters.least_hu,
            unit="[hnsf'U]",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
        *markers_stand_alone(dense, parameters, CLAUSE),
        markers_are_whole(dense, "CT", CLAUSE),
        no_voxel_overflows(reconstruction, CLAUSE),
        pixel_is_square(reconstruction.pixel_mm, scope=scope, clause=CLAUSE),
        pixel_within(
            "side of a pixel",
            reconstruction.pixel_mm,
            upper=parameters.largest_pixel_mm,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
    )
