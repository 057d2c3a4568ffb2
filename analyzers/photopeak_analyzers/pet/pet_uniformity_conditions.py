"""Which part of a cylinder is looked at for uniformity, and what voids or warns.

Beyond what holds for every scan of a cylinder, noise must leave something to tell: where noise alone
spreads the squares by as much as half of the recommended limit a warning stands, and by all of it
nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import (
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.pet.cylinder_scan_conditions import scan_conditions
from photopeak_analyzers.pet.scaled_slices import Mask, ScaledSlices
from photopeak_analyzers.reference_moment import DecayReference, stated_reference

CLAUSE = "practice: tomographic uniformity of PET; squares as NEMA NU 2-1994, uniformity"
"""No standard in force prescribes the test; that of 1994 did."""

NOISE_PERCENT, MOST_NOISE_PERCENT = 5.0, 10.0
"""Largest deviation of a square by noise alone: half of the recommended limit, and all of it."""

DECAY_PERCENT, MOST_DECAY_PERCENT = 1.0, 5.0
"""Decay between slices that warns, and that makes as much as the recommended limit of the profile."""

COUNTED = frozenset({"CNTS", "PROPCNTS"})
ALIKE_DURATIONS = 1.01
"""Counts of frames that took other times differ by as much."""

COMMON_LENGTH_MM = 100.0
"""A shorter part of a cylinder is a warning: the slab is thin then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PetUniformityParameters(Parameters):
    """Which part of the cylinder is looked at. The numbers are practice."""

    wall_mm: float = parameter(
        20.0,
        doc="Distance from the wall that is left out.",
        unit="mm",
        minimum=5.0,
        maximum=100.0,
    )
    lid_mm: float = parameter(
        10.0,
        doc="Distance from an end of the cylinder that is left out, where the end is in the volume.",
        unit="mm",
        minimum=0.0,
        maximum=100.0,
    )
    square_mm: float = parameter(
        10.0, doc="Side of the squares.", unit="mm", minimum=2.0, maximum=40.0
    )
    end_share: float = parameter(
        0.1, doc="Share of the slices at either end that are end slices.", minimum=0.0, maximum=0.4
    )
    slab_mm: float = parameter(
        100.0,
        doc="Length of the slab in the middle, or of what there is.",
        unit="mm",
        minimum=10.0,
        maximum=1000.0,
    )
    noise_seed: int = parameter(
        0,
        doc="Seed of the noise that is drawn: the same seed gives the same uncertainty.",
        minimum=0,
        maximum=2**32 - 1,
    )


def conditions_of(
    volume: Volume,
    slices: ScaledSlices,
    cylinder: Cylinder,
    used: tuple[int, int],
    mask: Mask,
    floor: float,
) -> tuple[Precondition, ...]:
    """Check a series, the cylinder in it, and its noise.

    Parameters
    ----------
    floor
        Largest deviation of a square that noise alone makes in a common inner slice, relative.
    """
    scope = Scope()
    return (
        *scan_conditions(slices, cylinder, used, mask, CLAUSE),
        known(
            PreconditionCode.TIME,
            "correction for decay",
            volume.decay_correction or None,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
            expected="a stated correction for decay",
        ),
        *_alike_in_time(volume),
        bounded(
            PreconditionCode.GEOMETRY,
            "length of the slices that are looked at",
            (used[1] - used[0]) * slices.voxel_mm[0],
            lower=COMMON_LENGTH_MM,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.COUNTS,
            "largest deviation of a square of a slice by noise alone",
            100.0 * floor,
            soft=(None, NOISE_PERCENT),
            hard=(None, MOST_NOISE_PERCENT),
            unit="%",
            scope=scope,
            clause=CLAUSE,
            expected="enough counts",
        ),
    )


def _alike_in_time(volume: Volume) -> Iterator[Precondition]:
    """Check that neither decay nor durations make slices of several bed positions differ."""
    if stated_reference(volume) is DecayReference.NONE:
        yield graded(
            PreconditionCode.TIME,
            "decay from the first frame to the last, which was not corrected",
            _decay_percent(volume),
            soft=(None, DECAY_PERCENT),
            hard=(None, MOST_DECAY_PERCENT),
            unit="%",
            scope=Scope(),
            clause=CLAUSE,
        )
    shortest, longest = (
        volume.header.get(f"{each}FrameDuration") for each in ("Shortest", "Longest")
    )
    if volume.units in COUNTED and isinstance(shortest, float) and isinstance(longest, float):
        yield bounded(
            PreconditionCode.DURATION,
            "longest over shortest duration of a frame, of values that are counts",
            longest / shortest,
            upper=ALIKE_DURATIONS,
            unit="1",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=CLAUSE,
        )


def _decay_percent(volume: Volume) -> float | None:
    last = volume.header.get("LastAcquisitionDateTime")
    if volume.started_at is None or volume.nuclide is None or not isinstance(last, str):
        return None
    elapsed_s = (datetime.fromisoformat(last) - volume.started_at).total_seconds()
    try:
        left = decay_factor(elapsed_s, half_life(volume.nuclide, "local").seconds)
    except ParameterError:
        return None
    return 100.0 * (1.0 - left)
