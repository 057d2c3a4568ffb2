"""What a reconstruction of points or lines has to be like for its resolution to be judged.

Another nuclide, pixels that are not square or coarser than half the FWHM, a saturated voxel, and a
reconstruction that recovers resolution void: the number would say nothing about the camera.
A pixel or a filter that differs from the text, and what the header leaves open, warns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_parameters import refuse_without_photopeak
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
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
    no_voxel_overflows,
    nuclide_is,
    seen_by_a_gamma_camera,
)

NEMA_CLAUSE = "NEMA NU 1-2007 4.2, 4.3"
WS523_CLAUSE = "WS 523-2019, tomographic spatial resolution"

PIXELS_PER_FWHM = 2.0
"""Fewer pixels on the FWHM do not show the shape of a source."""

LARGEST_PIXEL_MM = 2.5
"""Of NEMA NU 1-2007 4.2, for points in air."""

LEAST_OVER_NOISE = 10.0
"""Peak over the standard deviation of the voxels beside: below, half of it is no place."""

RECOVERS = re.compile(
    r"(?<![a-z])(rr|psf|crm|evolution|astonish|flash|xspect|recovery|tera[- ]?tomo)", re.IGNORECASE
)
"""Names of reconstructions that model the resolution of the collimator."""

ITERATIVE = re.compile(r"osem|mlem|ml-em|iterative|(?<![a-z])map(?![a-z])", re.IGNORECASE)
FILTERED = re.compile(r"fbp|filtered|ramp", re.IGNORECASE)
OTHER_FILTER = re.compile(r"butter|hann|hamm|gauss|metz|wiener|parzen|cosine", re.IGNORECASE)


class Reconstructed(StrEnum):
    """How the volume was reconstructed; HEADER leaves it to the words of the header."""

    HEADER = "header"
    FBP_RAMP = "fbp_ramp"
    OTHER = "other"
    RECOVERY = "resolution_recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectResolutionParameters(Parameters):
    """Where the sources are, and how the volume was made."""

    nuclide: str | None = parameter("Tc-99m", doc="Nuclide of the sources; None for any.")
    reconstruction: Reconstructed = parameter(  # noqa: RUF009 - a field, as by dataclasses.field
        Reconstructed.HEADER,
        doc="How the volume was reconstructed, where its header does not tell.",
        clause="NEMA NU 1-2007 4.2: filtered back projection, ramp filter",
    )
    central_radius_mm: float = parameter(
        20.0,
        doc="Distance from the middle of the slices up to which a source is the central one.",
        unit="mm",
        minimum=1.0,
        maximum=60.0,
    )
    slab_mm: float = parameter(
        10.0,
        doc="Thickness of the slabs in which a line is measured.",
        unit="mm",
        clause="NEMA NU 1-2007 4.3",
        minimum=1.0,
        maximum=50.0,
    )
    line_end_mm: float = parameter(
        15.0,
        doc="Length at each end of a line that is not used.",
        unit="mm",
        minimum=0.0,
        maximum=100.0,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_without_photopeak(self.nuclide)


def words_of_reconstruction(volume: Volume) -> str:
    """Return what the header says of method and filter; empty when it says nothing."""
    words = (volume.header.get(k) for k in ("ReconstructionMethod", "ConvolutionKernel"))
    return ", ".join(str(word) for word in words if word)


def how_reconstructed(volume: Volume, parameters: SpectResolutionParameters) -> Reconstructed:
    """Return the kind of reconstruction; HEADER when nobody tells."""
    if parameters.reconstruction is not Reconstructed.HEADER:
        return parameters.reconstruction
    words = words_of_reconstruction(volume)
    if RECOVERS.search(words):
        return Reconstructed.RECOVERY
    if ITERATIVE.search(words) or OTHER_FILTER.search(words):
        return Reconstructed.OTHER
    return Reconstructed.FBP_RAMP if FILTERED.search(words) else Reconstructed.HEADER


def conditions_of(
    volume: Volume,
    reconstruction: Reconstruction,
    parameters: SpectResolutionParameters,
    *,
    clause: str,
    central: int,
    peripheral: int,
    needs_peripheral: bool,
    points: bool,
    fwhm_pixels: float,
    over_noise: float | None,
) -> tuple[Precondition, ...]:
    """Check one volume.

    Parameters
    ----------
    central, peripheral
        Sources found near the middle of the slices, and away from it.
    fwhm_pixels
        Smallest FWHM of the slices, in pixels.
    over_noise
        Lowest peak over the noise beside the sources; None without noise.
    """
    scope = Scope()
    return (
        seen_by_a_gamma_camera(volume, clause),
        nuclide_is(volume, parameters.nuclide, clause),
        no_voxel_overflows(reconstruction, clause),
        _reconstructed(volume, parameters, clause),
        bounded(
            PreconditionCode.FRAMES,
            "sources near the middle of the slices",
            float(central),
            lower=1.0,
            upper=1.0,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.FRAMES,
            "sources away from the middle of the slices",
            float(peripheral),
            lower=2.0 if needs_peripheral else 0.0,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        pixel_is_square(reconstruction.pixel_mm, scope=scope, clause=clause),
        bounded(
            PreconditionCode.PIXEL,
            "FWHM in pixels",
            fwhm_pixels,
            lower=PIXELS_PER_FWHM,
            unit="{pixels}",
            severity=Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        *(
            (
                pixel_within(
                    "side of a pixel",
                    reconstruction.pixel_mm,
                    upper=LARGEST_PIXEL_MM,
                    severity=Severity.SOFT,
                    scope=scope,
                    clause=clause,
                ),
            )
            if points
            else ()
        ),
        *(
            ()
            if over_noise is None
            else (
                bounded(
                    PreconditionCode.COUNTS,
                    "lowest peak over the noise beside the sources",
                    over_noise,
                    lower=LEAST_OVER_NOISE,
                    unit="1",
                    severity=Severity.HARD,
                    scope=scope,
                    clause=clause,
                ),
            )
        ),
    )


def _reconstructed(
    volume: Volume, parameters: SpectResolutionParameters, clause: str
) -> Precondition:
    how = how_reconstructed(volume, parameters)
    outcome = {
        Reconstructed.HEADER: Outcome.UNKNOWN,
        Reconstructed.FBP_RAMP: Outcome.MET,
    }.get(how, Outcome.NOT_MET)
    return Precondition(
        code=PreconditionCode.CORRECTION,
        severity=Severity.HARD if how is Reconstructed.RECOVERY else Severity.SOFT,
        outcome=outcome,
        quantity="reconstruction",
        value=None if how is Reconstructed.HEADER else words_of_reconstruction(volume) or str(how),
        expected="filtered back projection with a ramp filter, resolution not recovered",
        clause=clause,
    )
