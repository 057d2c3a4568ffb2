"""Conditions on a PET volume that its tests share: scanner, nuclide, saturation, reconstruction."""

from __future__ import annotations

import re
from enum import StrEnum

import numpy as np

from photopeak_analyzers.acquisition import Counts, Volume
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Outcome, Precondition, PreconditionCode, Scope, Severity
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.volume_conditions import attenuation_corrected, scatter_corrected

LARGEST_PIXEL_MM = 5.0
"""Side of a pixel that still shows the smallest spheres of the body phantom."""

RECOVERS = re.compile(
    r"(?<![a-z])psf|truex|(?<![a-z])ultrahd|sharp[ -]?ir|vp(hd|fx)[- ]?s(?![a-z])|vue ?point.*sharp|q[. ]?clear"
    r"|(?<![a-z])(rm|pvc)(?![a-z])|hyper[ -]?dpr|resolution (recovery|model)",
    re.IGNORECASE,
)
"""Names of reconstructions that model the resolution of the scanner."""

ITERATIVE = re.compile(
    r"os-?em|ml-?em|ramla|blob|iterative|vp(hd|fx)|vue ?point|(?<![a-z])(map|hyper)(?![a-z])"
    r"|\d+i\s?\d+s|bsrem|qcfx",
    re.IGNORECASE,
)
FILTERED_BACK = re.compile(r"fbp|back[ -]?proj|3d[ -]?rp|reproj|dift", re.IGNORECASE)
SMOOTHED = re.compile(
    r"gauss|butter|hann|hamm|shepp|metz|wiener|parzen|cosine|(?<![a-z])post", re.IGNORECASE
)


class PetReconstruction(StrEnum):
    """How a volume was reconstructed; HEADER leaves it to the words of the header."""

    HEADER = "header"
    FBP = "fbp"
    FBP_SMOOTHED = "fbp_smoothed"
    ITERATIVE = "iterative"
    RECOVERY = "resolution_recovery"


def words_of_reconstruction(volume: Volume) -> str:
    """Return what the header says of method and filter; empty when it says nothing."""
    words = (volume.header.get(k) for k in ("ReconstructionMethod", "ConvolutionKernel"))
    return ", ".join(str(word) for word in words if word)


def how_reconstructed(volume: Volume, stated: PetReconstruction) -> PetReconstruction:
    """Return the kind of reconstruction as stated, else as the header says; HEADER when nobody tells."""
    if stated is not PetReconstruction.HEADER:
        return stated
    words = words_of_reconstruction(volume)
    if RECOVERS.search(words):
        return PetReconstruction.RECOVERY
    if ITERATIVE.search(words):
        return PetReconstruction.ITERATIVE
    if FILTERED_BACK.search(words):
        smoothed = SMOOTHED.search(words) is not None
        return PetReconstruction.FBP_SMOOTHED if smoothed else PetReconstruction.FBP
    return PetReconstruction.HEADER


def seen_by_a_pet_scanner(volume: Volume, scope: Scope, clause: str) -> Precondition:
    """Check the modality: slices of another scanner void, a volume that does not tell warns."""
    modality = volume.modality or None
    outcome = Outcome.UNKNOWN
    if modality is not None:
        outcome = Outcome.MET if modality == "PT" else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.FRAMES,
        severity=Severity.SOFT if modality is None else Severity.HARD,
        outcome=outcome,
        scope=scope,
        quantity="modality of the volume",
        value=modality,
        expected="PT",
        clause=clause,
    )


def nuclide_among(
    volume: Volume, wanted: tuple[str, ...], scope: Scope, clause: str
) -> Precondition:
    """Check the nuclide: another one voids, one that the header does not name warns."""
    nuclide = volume.nuclide
    outcome = Outcome.UNKNOWN
    if nuclide is not None:
        outcome = Outcome.MET if nuclide in wanted else Outcome.NOT_MET
    return Precondition(
        code=PreconditionCode.NUCLIDE,
        severity=Severity.SOFT if nuclide is None else Severity.HARD,
        outcome=outcome,
        scope=scope,
        quantity="nuclide",
        value=nuclide,
        expected=" or ".join(wanted),
        clause=clause,
    )


def no_voxel_is_full(volume: Volume, scope: Scope, clause: str) -> Precondition:
    """Check that not two voxels of a slice stand at the largest value that can be stored.

    PET consoles scale every slice so that its highest voxel, and that one alone, has the largest value.
    """
    return bounded(
        PreconditionCode.OVERFLOW,
        "voxels of a slice at the largest value that can be stored",
        _most_full(volume.values),
        upper=1.0,
        unit="{voxels}",
        severity=Severity.HARD,
        scope=scope,
        clause=clause,
    )


MOST_FULL = 20.0
"""Voxels of a slice at the largest value that the middle of a large sphere may share."""


def spheres_are_not_full(volume: Volume, slices: slice, clause: str) -> Precondition:
    """Check that no slice through spheres is saturated: that a clipped sphere would fill.

    Values of few counts, and the flat middle of a sphere, meet the highest voxel of their slice by chance.
    """
    return bounded(
        PreconditionCode.OVERFLOW,
        "voxels of a slice at the largest value that can be stored",
        _most_full(volume.values[slices]),
        upper=MOST_FULL,
        unit="{voxels}",
        severity=Severity.HARD,
        scope=Scope(),
        clause=clause,
    )


def scan_of_spheres(
    volume: Volume, nuclide: str, slices: slice, clause: str
) -> tuple[Precondition, ...]:
    """Check scanner, nuclide, saturation and corrections of a phantom with spheres in `slices`."""
    return (
        seen_by_a_pet_scanner(volume, Scope(), clause),
        nuclide_among(volume, (nuclide,), Scope(), clause),
        spheres_are_not_full(volume, slices, clause),
        attenuation_corrected(volume, clause),
        scatter_corrected(volume, clause),
    )


def pixels_show_spheres(volume: Volume, clause: str) -> tuple[Precondition, ...]:
    """Check that pixels are square, and not too coarse for the smallest spheres."""
    pixel = volume.voxel_spacing_mm[1:]
    return (
        pixel_is_square(pixel, scope=Scope(), clause=clause),
        pixel_within(
            "side of a pixel",
            pixel,
            upper=LARGEST_PIXEL_MM,
            scope=Scope(),
            clause=clause,
            severity=Severity.SOFT,
        ),
    )


def _most_full(values: Counts) -> float:
    """Return the most voxels of a slice that stand at the largest value that can be stored."""
    if not np.issubdtype(values.dtype, np.integer):
        return 0.0
    top = np.iinfo(values.dtype).max
    return float(max(int(np.count_nonzero(plane == top)) for plane in values))
