"""What SPECT and CT of markers have to be like for their registration, and what voids or warns.

Voids: two spaces, another kind of volume, fewer than three markers, a marker that CT does not show alone
and for itself, a saturated voxel, oblong pixels. Warns: a header that does not name the space, coarse
pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.marker_positions import Marker, densest_hu
from photopeak_analyzers.spect.reconstruction import Reconstruction, no_voxel_overflows

CLAUSE = "practice: alignment of SPECT and CT; markers as JJF draft 7.4"
"""No standard in force prescribes the test for SPECT."""

LEAST_MARKERS = 3

NOISE_MM = (1.0, 5.0)
"""Standard uncertainty of the largest distance by noise that warns, and that voids."""

MOST_SPREAD_PERCENT = 10.0
"""Of what is dense near a marker in CT: more is a table, a holder or another marker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationParameters(Parameters):
    """How markers are looked for. The numbers are practice."""

    search_mm: float = parameter(
        15.0,
        doc="How far from its place in SPECT a marker is looked for in CT.",
        unit="mm",
        minimum=5.0,
        maximum=50.0,
    )
    window_mm: float = parameter(
        12.0,
        doc="Half side of the cube about a marker in CT whose centroid is taken.",
        unit="mm",
        minimum=3.0,
        maximum=30.0,
    )
    least_hu: float = parameter(
        -200.0,
        doc="What the densest voxel of a marker has at least; air has -1000.",
        unit="[hnsf'U]",
        minimum=-900.0,
        maximum=3000.0,
    )
    largest_pixel_mm: float = parameter(
        5.0, doc="Largest side of a pixel of SPECT.", unit="mm", minimum=0.5, maximum=20.0
    )
    draws: int = parameter(
        128, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=1000
    )
    seed: int = parameter(20, doc="Of the draws.", minimum=0, maximum=2**31 - 1)


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
    frames = (spect.origin.frame_of_reference_uid, ct.origin.frame_of_reference_uid)
    told = all(frames)
    same = Outcome.MET if frames[0] == frames[1] else Outcome.NOT_MET
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
        Precondition(
            code=PreconditionCode.GEOMETRY,
            severity=Severity.HARD if told else Severity.SOFT,
            outcome=same if told else Outcome.UNKNOWN,
            quantity="frame of reference of CT",
            value=frames[1] or None,
            expected=frames[0] or "that of SPECT",
            clause=CLAUSE,
        ),
        _modality(spect, "spect", "NM"),
        _modality(ct, "ct", "CT"),
        bounded(
            PreconditionCode.FRAMES,
            "markers",
            float(len(dense)),
            lower=float(LEAST_MARKERS),
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
        ),
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
        bounded(
            PreconditionCode.GEOMETRY,
            "share of what is dense in CT that lies far from its marker",
            100.0 * max(each.spread for each in dense),
            upper=MOST_SPREAD_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="markers in air",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "smallest distance between two markers in CT",
            _smallest_distance(dense),
            lower=parameters.window_mm,
            unit="mm",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="a marker in CT for each in SPECT",
        ),
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


def _smallest_distance(dense: list[Marker]) -> float | None:
    pairs = combinations((each.position for each in dense), 2)
    return min((float(np.linalg.norm(a - b)) for a, b in pairs), default=None)


def _modality(volume: Volume, name: str, wanted: str) -> Precondition:
    outcome = Outcome.MET if volume.modality == wanted else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.HARD,
        outcome=outcome,
        quantity=f"kind of the volume given as {name}",
        value=volume.modality or None,
        expected=wanted,
        clause=CLAUSE,
    )
