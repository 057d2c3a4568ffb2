"""What markers in a nuclear image and in CT have to be like: parameters and conditions of registrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.marker_positions import Marker

LEAST_MARKERS = 3

MOST_SPREAD_PERCENT = 10.0
"""Of what is dense near a marker in CT: more is a table, a holder or another marker."""

MOST_CUT_PERCENT = 1.0
"""Of a marker at the very end of a volume: more is a marker that goes on outside of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerParameters(Parameters):
    """How markers are looked for. The numbers are practice."""

    search_mm: float = parameter(
        15.0,
        doc="How far from its place in the nuclear image a marker is looked for in CT.",
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
        5.0,
        doc="Largest side of a pixel of the nuclear image.",
        unit="mm",
        minimum=0.5,
        maximum=20.0,
    )
    draws: int = parameter(
        128, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=1000
    )
    seed: int = parameter(20, doc="Of the draws.", minimum=0, maximum=2**31 - 1)


def frame_is_shared(nuclear: Volume, ct: Volume, *, name: str, clause: str) -> Precondition:
    """Check that both are of one frame of reference; `name` is what is compared with CT.

    Another one voids; a header that does not name it warns.
    """
    frames = (nuclear.origin.frame_of_reference_uid, ct.origin.frame_of_reference_uid)
    told = all(frames)
    same = Outcome.MET if frames[0] == frames[1] else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.GEOMETRY,
        severity=Severity.HARD if told else Severity.SOFT,
        outcome=same if told else Outcome.UNKNOWN,
        quantity="frame of reference of CT",
        value=frames[1] or None,
        expected=frames[0] or f"that of {name}",
        clause=clause,
    )


def modality_is(volume: Volume, role: str, wanted: str, clause: str) -> Precondition:
    """Check the kind of scanner of the volume given in a role."""
    outcome = Outcome.MET if volume.modality == wanted else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.HARD,
        outcome=outcome,
        quantity=f"kind of the volume given as {role}",
        value=volume.modality or None,
        expected=wanted,
        clause=clause,
    )


def enough_markers(number: int, clause: str) -> Precondition:
    """Check that there are three markers: fewer tell nothing of a turn."""
    return bounded(
        PreconditionCode.FRAMES,
        "markers",
        float(number),
        lower=float(LEAST_MARKERS),
        unit="1",
        severity=Severity.HARD,
        scope=Scope(),
        clause=clause,
    )


def markers_stand_alone(
    dense: Sequence[Marker], parameters: MarkerParameters, clause: str
) -> tuple[Precondition, ...]:
    """Check that CT shows each marker for itself, in air."""
    return (
        bounded(
            PreconditionCode.GEOMETRY,
            "share of what is dense in CT that lies far from its marker",
            100.0 * max(each.spread for each in dense),
            upper=MOST_SPREAD_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=Scope(),
            clause=clause,
            expected="markers in air",
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "smallest distance between two markers in CT",
            _smallest_distance(dense),
            lower=parameters.window_mm,
            unit="mm",
            severity=Severity.HARD,
            scope=Scope(),
            clause=clause,
            expected="a marker in CT for each one",
        ),
    )


def markers_are_whole(markers: Sequence[Marker], name: str, clause: str) -> Precondition:
    """Check that no marker goes on beyond what a volume shows; `name` is what that is called."""
    return bounded(
        PreconditionCode.GEOMETRY,
        f"part of a marker that lies at the end of {name}",
        100.0 * max(each.cut for each in markers),
        upper=MOST_CUT_PERCENT,
        unit="%",
        severity=Severity.HARD,
        scope=Scope(),
        clause=clause,
        expected="markers that are wholly in the field of view",
    )


def _smallest_distance(dense: Sequence[Marker]) -> float | None:
    pairs = combinations((each.position for each in dense), 2)
    return min((float(np.linalg.norm(a - b)) for a, b in pairs), default=None)
