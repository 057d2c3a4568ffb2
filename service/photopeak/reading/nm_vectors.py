"""Which frame is which: the vectors of multi-frame objects (PS3.3 C.8.4.8), and what to do without.

A frame is never found by its position, unless only one arrangement is possible; then the fact that
it had to be inferred is kept as a warning.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from photopeak.reading.dataset import DataSet
from photopeak.reading.errors import StructureError
from photopeak.reading.tags import TAGS
from photopeak.reading.text import displayable

STATIC, WHOLE_BODY, DYNAMIC = "STATIC", "WHOLE BODY", "DYNAMIC"
TOMO, RECON_TOMO = "TOMO", "RECON TOMO"
GATED, GATED_TOMO, RECON_GATED_TOMO = "GATED", "GATED TOMO", "RECON GATED TOMO"
_HEADS = ("EnergyWindowVector", "DetectorVector")
_GATES = ("RRIntervalVector", "TimeSlotVector")
VECTORS: Mapping[str, tuple[str, ...]] = {
    STATIC: _HEADS,
    WHOLE_BODY: _HEADS,
    DYNAMIC: (*_HEADS, "PhaseVector", "TimeSliceVector"),
    GATED: (*_HEADS, *_GATES),
    TOMO: (*_HEADS, "RotationVector", "AngularViewVector"),
    GATED_TOMO: (*_HEADS, "RotationVector", *_GATES, "AngularViewVector"),
    RECON_TOMO: ("SliceVector",),
    RECON_GATED_TOMO: (*_GATES, "SliceVector"),
}
"""Vectors by value 3 of ImageType, the slowest first."""

Vectors = Mapping[str, Sequence[int | None]]


def structure_of(data_set: DataSet) -> tuple[str, str]:
    """Return value 3 of ImageType, and a warning if it had to be inferred from the vectors.

    Raises
    ------
    StructureError
        If nothing tells.
    """
    values = data_set.words("ImageType")
    if len(values) > 2 and values[2]:
        return displayable(values[2]).upper()[:32], ""
    pointer = set(data_set.integers("FrameIncrementPointer") or ())

    def named(keyword: str) -> bool:
        return TAGS[keyword][0] in pointer or bool(data_set.integers(keyword))

    gated = any(named(keyword) for keyword in _GATES)
    for structure, with_gates, keyword in (
        (RECON_TOMO, RECON_GATED_TOMO, "SliceVector"),
        (TOMO, GATED_TOMO, "AngularViewVector"),
        (DYNAMIC, GATED, "TimeSliceVector"),
        (STATIC, GATED, "DetectorVector"),
    ):
        if named(keyword):
            told = f"ImageType does not tell the kind of image, {keyword} does"
            return with_gates if gated else structure, told
    if (data_set.integer("NumberOfFrames") or 1) == 1 and not data_set.items(
        "RotationInformationSequence"
    ):
        return STATIC, "ImageType does not tell the kind of image: a single frame is a static one"
    raise StructureError("neither ImageType nor any vector tells what kind of image this is")


def vectors_of(data_set: DataSet, structure: str, frames: int) -> tuple[Vectors, tuple[str, ...]]:
    """Return the vectors of an object, each as long as it has frames, and what was inferred.

    A number that cannot be known is None.

    Raises
    ------
    StructureError
        If a vector does not fit the frames, or frames cannot be told apart.
    """
    names = VECTORS[structure]
    found: dict[str, Sequence[int | None]] = {}
    for name in names:
        vector = _vector(data_set, name, frames)
        if vector is not None:
            found[name] = vector
    missing = [name for name in names if name not in found]
    if not missing:
        return found, ()
    sizes = _sizes(data_set, structure, frames)
    several = [name for name in missing if sizes[name] > 1]
    for name in missing:
        if name not in several:
            found[name] = [1] * frames
    if several:
        found |= _inferred(data_set, names, several, sizes, found, frames)
    return found, (f"{', '.join(missing)} had to be inferred: the object does not have it",)


def _inferred(
    data_set: DataSet,
    names: Sequence[str],
    several: Sequence[str],
    sizes: Mapping[str, int],
    found: Vectors,
    frames: int,
) -> dict[str, Sequence[int | None]]:
    if frames == 1:
        return {name: [None] for name in several}
    constant = all(len(set(vector)) == 1 for vector in found.values())
    if len(several) == 1 and constant and sizes[several[0]] == frames:
        return {several[0]: list(range(1, frames + 1))}
    pointer = data_set.integers("FrameIncrementPointer") or ()
    order = [name for tag in pointer for name in names if TAGS[name][0] == tag]
    if constant and set(several) <= set(order) and math.prod(sizes[n] for n in several) == frames:
        # The pointer lists the vectors that once were there; the last one varies fastest.
        nested = [name for name in order if name in several]
        table = list(itertools.product(*(range(1, sizes[name] + 1) for name in nested)))
        return {name: [row[k] for row in table] for k, name in enumerate(nested)}
    told = ", ".join(f"{name.removesuffix('Vector')} {sizes[name]}" for name in several)
    raise StructureError(
        f"{frames} frames cannot be told apart: {', '.join(several)} missing (header: {told})"
    )


def _vector(data_set: DataSet, name: str, frames: int) -> Sequence[int] | None:
    values = data_set.integers(name)
    if values is None:
        if data_set.numbers(name):
            raise StructureError(f"{name} does not consist of whole numbers")
        return None
    if len(values) != frames:
        raise StructureError(f"{name} has {len(values)} values for {frames} frames")
    if min(values) < 1:
        raise StructureError(f"{name} contains {min(values)}; numbers begin with 1")
    return values


def _sizes(data_set: DataSet, structure: str, frames: int) -> dict[str, int]:
    """Return how many values each vector takes, as far as the header tells; at least 1."""

    def told(keyword: str, sequence: str) -> int:
        return max(1, data_set.integer(keyword) or 0, len(data_set.items(sequence)))

    sizes = {
        "EnergyWindowVector": told("NumberOfEnergyWindows", "EnergyWindowInformationSequence"),
        "DetectorVector": told("NumberOfDetectors", "DetectorInformationSequence"),
        "PhaseVector": told("NumberOfPhases", "PhaseInformationSequence"),
        "RotationVector": told("NumberOfRotations", "RotationInformationSequence"),
        "RRIntervalVector": max(
            1,
            data_set.integer("NumberOfRRIntervals") or 0,
            len(gated_intervals(data_set)),
        ),
        "TimeSlotVector": max(1, data_set.integer("NumberOfTimeSlots") or 0),
    }
    gates = 1
    if "TimeSlotVector" in VECTORS[structure]:
        gates = sizes["RRIntervalVector"] * sizes["TimeSlotVector"]
    sizes["SliceVector"] = frames // gates or 1
    outer = sizes["EnergyWindowVector"] * sizes["DetectorVector"]
    turn = data_set.item("RotationInformationSequence")
    views = turn.integer("NumberOfFramesInRotation")
    sizes["AngularViewVector"] = views or frames // (outer * sizes["RotationVector"] * gates) or 1
    phase = data_set.item("PhaseInformationSequence")
    slices = phase.integer("NumberOfFramesInPhase")
    sizes["TimeSliceVector"] = slices or frames // (outer * sizes["PhaseVector"]) or 1
    return sizes


def gated_intervals(data_set: DataSet) -> tuple[DataSet, ...]:
    """Return what is known of each R-R interval (PS3.3 C.8.4.13), in the order of their numbers."""
    return data_set.item("GatedInformationSequence").items("DataInformationSequence")
