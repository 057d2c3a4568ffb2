"""What every scan of a uniform cylinder has to be like, and what voids or warns.

Another scanner, a nuclide without positrons, what is no cylinder along the slices, and a scan without
its attenuation voids; what the header does not tell, and other corrections that were left out, warn.
"""

from __future__ import annotations

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.cylinder_conditions import cylinder_conditions
from photopeak_analyzers.nuclides import imaged_lines_kev
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.pet.scaled_slices import Mask, ScaledSlices
from photopeak_analyzers.pet.volume_conditions import seen_by_a_pet_scanner
from photopeak_analyzers.volume_conditions import attenuation_corrected, scatter_corrected

ANNIHILATION_KEV = 511.0
"""Photons of a positron."""

MOST_SATURATED = 0.001
"""Share of the voxels of a slice that may stand at the largest number."""

CORRECTIONS = (
    ("NORM", "normalisation"),
    ("DTIM", "correction of dead time"),
    ("RAN", "correction of randoms"),
)
"""Beginnings of the words of CorrectedImage, and what they stand for."""


def scan_conditions(
    slices: ScaledSlices,
    cylinder: Cylinder,
    used: tuple[int, int],
    mask: Mask,
    clause: str,
) -> tuple[Precondition, ...]:
    """Check a series and the cylinder in it.

    Parameters
    ----------
    used
        Slices that are looked at, the last one beyond them.
    mask
        Pixels that are.
    """
    volume = slices.volume
    return (
        seen_by_a_pet_scanner(volume, Scope(), clause),
        emits_positrons(volume, clause),
        attenuation_corrected(volume, clause, Severity.HARD),
        scatter_corrected(volume, clause),
        *(_listed(volume, word, name, clause) for word, name in CORRECTIONS),
        *cylinder_conditions(cylinder, slices.pixel_mm, clause),
        _not_saturated(slices, used, mask, clause),
    )


def emits_positrons(volume: Volume, clause: str) -> Precondition:
    """Check the nuclide: one without positrons voids, one that the header does not name warns."""
    nuclide = volume.nuclide
    outcome = Outcome.UNKNOWN
    if nuclide is not None:
        positrons = ANNIHILATION_KEV in imaged_lines_kev(nuclide)
        outcome = Outcome.MET if positrons else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.SOFT if nuclide is None else Severity.HARD,
        outcome=outcome,
        quantity="nuclide",
        value=nuclide,
        expected="a source of positrons",
        clause=clause,
    )


def _listed(volume: Volume, word: str, name: str, clause: str) -> Precondition:
    outcome, value = Outcome.UNKNOWN, None
    if volume.corrections is not None:
        found = sorted(each for each in volume.corrections if each.startswith(word))
        value = found[0] if found else "not made"
        outcome = Outcome.MET if found else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=Severity.SOFT,
        outcome=outcome,
        quantity=name,
        value=value,
        expected="made",
        clause=clause,
    )


def _not_saturated(
    slices: ScaledSlices, used: tuple[int, int], mask: Mask, clause: str
) -> Precondition:
    share = slices.saturated_share(*used, mask)
    return bounded(
        PreconditionCode.OVERFLOW,
        "voxels of a slice at the largest number",
        0.0 if share is None else share,
        upper=MOST_SATURATED,
        unit="1",
        severity=Severity.HARD,
        scope=Scope(),
        clause=clause,
    )
