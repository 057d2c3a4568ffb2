"""What a scan of point sources has to be like for the resolution to be judged.

Another nuclide, an iterative reconstruction, pixels that are not square or coarser than half of the
FWHM, saturated voxels and a source in the noise void: the number would say nothing about the
scanner. A filter, coarse voxels, a place beside those of the text, and what nobody tells, warn.
Counts and randoms are those that a person gives, else those of the header; too few counts by the
header warn, because some consoles write those of one slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Reading,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.frame_conditions import pixel_is_square
from photopeak_analyzers.pet.point_widths import PointWidths
from photopeak_analyzers.pet.volume_conditions import (
    PetReconstruction,
    how_reconstructed,
    no_voxel_is_full,
    nuclide_among,
    seen_by_a_pet_scanner,
    words_of_reconstruction,
)

JJF_CLAUSE = "JJF (PET/CT, draft) 7.1.1"
NEMA_CLAUSE = "NEMA NU 2-2018 3"

VOXELS_PER_FWHM = 3.0
"""Voxels of at most a third of the FWHM."""

LEAST_PIXELS, LEAST_SLICES = 2.0, 1.2
"""On the FWHM; fewer do not show the shape of a source. Slices are as thick as the crystals make them."""

LEAST_OVER_NOISE = 10.0
"""Peak over the standard deviation of the voxels beside: below, half of it is no place."""

LARGEST_RANDOMS_PCT = 5.0
"""Randoms over all coincidences."""

NEAREST_TO_THE_AXIS_MM = 3.0
"""Closer to the axis the direction of the radius is chance."""

CENTRE_SHARE = 0.06
"""A source closer to the middle of the axial field than this share of it is in the central plane."""

OUTER_SHARE = 0.375
OUTER_TOLERANCE = 0.06
"""The second plane of NEMA NU 2 lies at 3/8 of the axial field from its middle."""

NOMINAL_RADII_MM = (10, 100, 200)
RADIUS_TOLERANCE_MM = (5.0, 10.0, 10.0)
"""How far from a radius of the text a source still is at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What one text asks for: its clause, nuclides, places and counts; and whether for the axial width."""

    clause: str
    nuclides: tuple[str, ...]
    places: int
    least_counts: float
    axial: bool


JJF = Text(clause=JJF_CLAUSE, nuclides=("F-18",), places=3, least_counts=1e5, axial=False)
NEMA = Text(clause=NEMA_CLAUSE, nuclides=("F-18", "Na-22"), places=6, least_counts=5e5, axial=True)

COUNTS = Reading(
    name="acquired_counts",
    label="Counts of the position with fewest",
    label_zh="计数最少位置的采集计数",
    unit="{counts}",
    minimum=0.0,
    maximum=1e12,
    required=False,
    hint="Prompts of the acquisition, where the header does not have them.",
)
RANDOMS = Reading(
    name="randoms_share",
    label="Largest share of randoms",
    label_zh="最大随机符合占比",
    unit="%",
    minimum=0.0,
    maximum=100.0,
    required=False,
    hint="Random over all coincidences, of the position with most.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PetResolutionParameters(Parameters):
    """Where the axis of the scanner is, and how the volume was made."""

    reconstruction: PetReconstruction = parameter(  # noqa: RUF009 - a field, as by dataclasses.field
        PetReconstruction.HEADER,
        doc="How the volume was reconstructed, where its header does not tell.",
        clause="JJF (draft) 7.1.1: filtered back projection, no smoothing or apodisation",
    )
    axis_x_mm: float | None = parameter(
        None,
        doc="Axis of the scanner in patient coordinates; the middle of the slices when not given.",
        unit="mm",
        minimum=-1000.0,
        maximum=1000.0,
    )
    axis_y_mm: float | None = parameter(
        None,
        doc="Axis of the scanner in patient coordinates; the middle of the slices when not given.",
        unit="mm",
        minimum=-1000.0,
        maximum=1000.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What is known of counts and randoms of an acquisition, and whether a person said it."""

    counts: float | None
    counts_stated: bool
    randoms_pct: float | None


def conditions_of_a_volume(
    volume: Volume,
    parameters: PetResolutionParameters,
    text: Text,
    scanned: Scanned,
    scope: Scope,
) -> list[Precondition]:
    """Check what all sources of a volume share."""
    how = how_reconstructed(volume, parameters.reconstruction)
    words = words_of_reconstruction(volume)
    voids = how in (PetReconstruction.ITERATIVE, PetReconstruction.RECOVERY)
    outcome = {PetReconstruction.HEADER: Outcome.UNKNOWN, PetReconstruction.FBP: Outcome.MET}
    return [
        seen_by_a_pet_scanner(volume, scope, text.clause),
        nuclide_among(volume, text.nuclides, scope, text.clause),
        no_voxel_is_full(volume, scope, text.clause),
        pixel_is_square(volume.voxel_spacing_mm[1:], scope=scope, clause=text.clause),
        Precondition(
            code=PreconditionCode.CORRECTION,
            severity=Severity.HARD if voids else Severity.SOFT,
            outcome=outcome.get(how, Outcome.NOT_MET),
            scope=scope,
            quantity="reconstruction",
            value=None if how is PetReconstruction.HEADER else words or str(how),
            expected="filtered back projection without smoothing or apodisation",
            clause=text.clause,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "counts of the acquisition",
            scanned.counts,
            lower=text.least_counts,
            unit="{counts}",
            severity=Severity.HARD if scanned.counts_stated else Severity.SOFT,
            scope=scope,
            clause=text.clause,
        ),
        bounded(
            PreconditionCode.RATE,
            "randoms over all coincidences",
            scanned.randoms_pct,
            upper=LARGEST_RANDOMS_PCT,
            unit="%",
            severity=Severity.SOFT if scanned.randoms_pct is None else Severity.HARD,
            scope=scope,
            clause=text.clause,
        ),
    ]


def conditions_of_a_source(
    source: PointWidths, nominal_mm: int | None, text: Text, scope: Scope
) -> list[Precondition]:
    """Check one source; `nominal_mm` is the radius of the text that it lies at, or None."""
    place = source.place
    found = [
        graded(
            PreconditionCode.PIXEL,
            f"FWHM in {name}",
            value,
            soft=(VOXELS_PER_FWHM, None),
            hard=(least, None),
            unit="1",
            scope=scope,
            clause=text.clause,
        )
        for name, value, least in (
            ("pixels", source.pixels, LEAST_PIXELS),
            ("slices", source.slices, LEAST_SLICES),
        )
        if name == "pixels" or text.axial
    ]
    if source.over_noise is not None:
        found.append(
            bounded(
                PreconditionCode.COUNTS,
                "peak over the noise beside the source",
                source.over_noise,
                lower=LEAST_OVER_NOISE,
                unit="1",
                severity=Severity.HARD,
                scope=scope,
                clause=text.clause,
            )
        )
    found.append(
        bounded(
            PreconditionCode.CENTRED,
            "distance of the source from the axis",
            place.radius_mm,
            lower=NEAREST_TO_THE_AXIS_MM,
            unit="mm",
            severity=Severity.HARD,
            scope=scope,
            clause=text.clause,
            expected="a source off the axis, which has a radial direction",
        )
    )
    if place.radius_mm >= NEAREST_TO_THE_AXIS_MM:
        found.append(
            Precondition(
                code=PreconditionCode.GEOMETRY,
                severity=Severity.SOFT,
                outcome=Outcome.NOT_MET if nominal_mm is None else Outcome.MET,
                scope=scope,
                quantity="radius of the source",
                value=place.radius_mm,
                unit="mm",
                expected="10 mm +- 5 mm, 100 mm or 200 mm +- 10 mm",
                clause=text.clause,
            )
        )
    if text.axial and place.axial_share > CENTRE_SHARE:
        found.append(
            bounded(
                PreconditionCode.GEOMETRY,
                "distance from the middle of the slices over their whole extent",
                place.axial_share,
                lower=OUTER_SHARE - OUTER_TOLERANCE,
                upper=OUTER_SHARE + OUTER_TOLERANCE,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=text.clause,
                expected="the middle, or 3/8 of the axial field from it",
            )
        )
    return found


def enough_places(places: int, text: Text) -> Precondition:
    """Ask, as a warning, for the other positions of the text: they may still come."""
    return bounded(
        PreconditionCode.SET,
        "positions of the source",
        float(places),
        lower=float(text.places),
        unit="1",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=text.clause,
    )


def nominal_radius(radius_mm: float) -> int | None:
    """Return the radius of the texts at which a source lies, or None."""
    pairs: Sequence[tuple[int, float]] = tuple(
        zip(NOMINAL_RADII_MM, RADIUS_TOLERANCE_MM, strict=True)
    )
    return next((r for r, tolerance in pairs if abs(radius_mm - r) <= tolerance), None)
