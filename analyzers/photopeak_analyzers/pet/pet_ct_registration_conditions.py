"""What PET and CT of markers have to be like for their registration, and what refuses, voids or warns.

Refuses: two frames of reference; no coordinates are then shared, and a distance would mean nothing.
Voids: another kind of volume or nuclide, fewer than three markers, a marker that either image does
not show whole and for itself, one that clips, oblong pixels. Warns: what the header or a person does not
tell (counts of a marker, random coincidences, the frame of reference), faint or clipped contrast agent,
markers in something denser than air, coarse voxels, a marker that does not move with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Inputs,
    Measurement,
    Precondition,
    PreconditionCode,
    Reading,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.marker_conditions import (
    MarkerParameters,
    enough_markers,
    frame_is_shared,
    markers_are_whole,
    markers_stand_alone,
    modality_is,
)
from photopeak_analyzers.marker_positions import Marker, box_about, densest_hu, surroundings_hu
from photopeak_analyzers.marker_registration import Registration
from photopeak_analyzers.pet.random_coincidences import randoms_percent
from photopeak_analyzers.source_conditions import nuclide_is_one_of

CLAUSE = "JJF draft 7.4"

NUCLIDES = {"F-18": (511.0,)}

LEAST_CONTRAST_HU = 500.0
"""Of the contrast agent in a marker."""

CLIPPED_HU = 3000.0
"""Twelve bits end at 3071 HU; as dense as that a marker throws streaks."""

MOST_OF_AIR_HU = -800.0
"""Foam included; in anything denser the clause adds nothing to the values."""

LEAST_COUNTS = 5e5
"""Of each marker."""

MOST_RANDOMS_PERCENT = 5.0
"""Random coincidences, of all."""

MOST_FOREIGN_PERCENT = 2.0
"""Of what counts for a marker of PET without belonging to it: that moves the centroid by half a
millimetre at most, a quarter of the reference value."""

NOISE_MM = (0.5, 2.0)
"""Standard uncertainty of the largest distance by noise that warns, and that voids."""

MOST_ALIKE = 4.0
"""Voxels of a slice that may stand at the end of their type: where each slice has its own scale its
highest voxel does, and those beside it that a marker lies between are alike."""

MOST_RESIDUAL_MM = 2.0
"""What a rigid motion leaves over: more is a marker that moved, or was taken for another."""

COUNTS = Reading(
    name="marker_counts",
    label="Counts of the faintest marker",
    label_zh="单个标记物最少计数",
    unit="{counts}",
    minimum=0.0,
    maximum=1e12,
    required=False,
)
RANDOMS = Reading(
    name="randoms_percent",
    label="Random coincidences of all",
    label_zh="随机符合占总符合的百分比",
    unit="%",
    minimum=0.0,
    maximum=100.0,
    required=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PetRegistrationParameters(MarkerParameters):
    """How markers are looked for."""


def refuse_other_frame(pet: Volume, ct: Volume) -> None:
    """Refuse two volumes that say themselves to share no coordinates.

    Raises
    ------
    UnsuitableAcquisitionError
        If both name a frame of reference, and another one.
    """
    frames = (pet.origin.frame_of_reference_uid, ct.origin.frame_of_reference_uid)
    if all(frames) and frames[0] != frames[1]:
        raise UnsuitableAcquisitionError(
            f"CT has the frame of reference {frames[1]}, needs that of PET, {frames[0]}:"
            " the two share no coordinates",
            quantity="frame of reference of CT",
            value=frames[1],
            bound=frames[0],
        )


def conditions_of(
    inputs: Inputs,
    pet: Volume,
    ct: Volume,
    found: Registration,
    motion: Sequence[Measurement],
    parameters: PetRegistrationParameters,
) -> tuple[Precondition, ...]:
    """Check what both volumes are, and their markers; `motion` is the rigid one that fits."""
    dense = found.dense
    densest = [densest_hu(ct, each.index, parameters.window_mm) for each in dense]
    return (
        frame_is_shared(pet, ct, name="PET", clause=CLAUSE),
        modality_is(pet, "pet", "PT", CLAUSE),
        modality_is(ct, "ct", "CT", CLAUSE),
        nuclide_is_one_of(pet, NUCLIDES, CLAUSE),
        enough_markers(len(dense), CLAUSE),
        _soft(
            PreconditionCode.COUNTS,
            "counts of the faintest marker",
            _given(inputs, COUNTS),
            lower=LEAST_COUNTS,
            unit="{counts}",
        ),
        _soft(
            PreconditionCode.RATE,
            "random coincidences",
            randoms_percent(pet)
            if RANDOMS.name not in inputs.readings
            else _given(inputs, RANDOMS),
            upper=MOST_RANDOMS_PERCENT,
            unit="%",
        ),
        *_noise(found.u_largest_mm),
        graded(
            PreconditionCode.GEOMETRY,
            "density of the faintest marker in CT",
            min(densest),
            soft=(LEAST_CONTRAST_HU, None),
            hard=(parameters.least_hu, None),
            unit="[hnsf'U]",
            scope=Scope(),
            clause=CLAUSE,
        ),
        _soft(
            PreconditionCode.OVERFLOW,
            "density of the densest marker in CT",
            max(densest),
            upper=CLIPPED_HU,
            unit="[hnsf'U]",
        ),
        _soft(
            PreconditionCode.GEOMETRY,
            "usual value about a marker in CT",
            max(surroundings_hu(ct, each.index, parameters.window_mm) for each in dense),
            upper=MOST_OF_AIR_HU,
            unit="[hnsf'U]",
        ),
        *markers_stand_alone(dense, parameters, CLAUSE),
        markers_are_whole(dense, "CT", CLAUSE),
        markers_are_whole(found.nuclear, "PET", CLAUSE),
        bounded(
            PreconditionCode.GEOMETRY,
            "share of what is above 5 % of a marker of PET that does not belong to it",
            100.0 * max(each.spread for each in found.nuclear),
            upper=MOST_FOREIGN_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=Scope(),
            clause=CLAUSE,
            expected="no other marker in the box of one",
        ),
        bounded(
            PreconditionCode.OVERFLOW,
            "voxels of a marker of PET at the largest value that can be stored",
            float(max(_clipped(pet, each, parameters) for each in found.nuclear)),
            upper=MOST_ALIKE,
            unit="1",
            severity=Severity.HARD,
            scope=Scope(),
            clause=CLAUSE,
        ),
        *(
            _soft(
                PreconditionCode.GEOMETRY,
                "largest distance that a rigid motion leaves",
                each.value,
                upper=MOST_RESIDUAL_MM,
                unit="mm",
            )
            for each in motion
            if each.metric == "rigid_residual_mm"
        ),
        pixel_is_square(pet.voxel_spacing_mm[1:], scope=Scope(), clause=CLAUSE),
        pixel_is_square(ct.voxel_spacing_mm[1:], scope=Scope(), clause=CLAUSE),
        _small_enough(pet, "PET", parameters),
        _small_enough(ct, "CT", parameters),
    )


def _given(inputs: Inputs, reading: Reading) -> float | None:
    return inputs.number(reading.name) if reading.name in inputs.readings else None


def _soft(
    code: PreconditionCode,
    quantity: str,
    value: float | None,
    *,
    lower: float | None = None,
    upper: float | None = None,
    unit: str,
) -> Precondition:
    return bounded(
        code,
        quantity,
        value,
        lower=lower,
        upper=upper,
        unit=unit,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )


def _noise(u_largest_mm: float | None) -> tuple[Precondition, ...]:
    if u_largest_mm is None:
        return ()
    return (
        graded(
            PreconditionCode.COUNTS,
            "standard uncertainty of the largest distance",
            u_largest_mm,
            soft=(None, NOISE_MM[0]),
            hard=(None, NOISE_MM[1]),
            unit="mm",
            scope=Scope(),
            clause=CLAUSE,
            expected="counts enough to tell a distance",
        ),
    )


def _small_enough(volume: Volume, name: str, parameters: PetRegistrationParameters) -> Precondition:
    slices, rows, columns = volume.voxel_spacing_mm
    return pixel_within(
        f"side of a voxel of {name}",
        (slices, max(rows, columns)),
        upper=parameters.largest_pixel_mm,
        severity=Severity.SOFT,
        scope=Scope(),
        clause=CLAUSE,
    )


def _clipped(pet: Volume, marker: Marker, parameters: PetRegistrationParameters) -> int:
    """Return how many voxels of a marker stand at the end of their type, within one slice."""
    if not np.issubdtype(pet.values.dtype, np.integer):
        return 0
    box = box_about(pet, marker.index, parameters.window_mm)
    at_the_end = pet.values[box] == np.iinfo(pet.values.dtype).max
    return int(at_the_end.sum(axis=(1, 2)).max())
