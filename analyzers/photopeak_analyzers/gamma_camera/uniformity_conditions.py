"""Conditions of the uniformity clauses, as far as the acquisition shows whether they were kept.

What voids a result (HARD) and what puts a warning on it (SOFT):

* A fact that says the *wrong test* was done voids: another nuclide, a window on another peak, a
  collimator on an intrinsic flood, a rate above the limit, a saturated pixel, a pixel out of range,
  a UFOV that does not fit the flood.
* A fact that the header *does not tell* warns, because most headers leave something out and the
  number does not depend on the header: the nuclide when the window lies on its peak, the
  collimator, the duration, the correction state. It voids where nothing else vouches for it: no
  nuclide and no window; no window under IEC, whose window of 20 % is part of the method; no
  detector, because the number would have no owner.
* Too few counts warn down to half of what the clause asks, then void: noise only ever adds to
  non-uniformity, so a good result with few counts is good, and a bad one has to be repeated.
* A UFOV taken from the image warns, and voids when an acceptance or status test asks for a
  declared one.

Distance, shielding and age of the source are not in any header and are checked only when stated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from photopeak_analyzers.acquisition import CollimatorType, FrameStack
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Outcome,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.frame_conditions import (
    collimator_is,
    detector_is_known,
    duration_is_known,
    enough_counts,
    heads_are_complete,
    no_overflow,
    pixel_is_square,
    pixel_within,
    rate_within,
    uniformity_correction_is_known,
)
from photopeak_analyzers.frames_by_head import HeadCounts
from photopeak_analyzers.gamma_camera.uniformity import PreparedFlood
from photopeak_analyzers.gamma_camera.uniformity_inputs import (
    ChosenField,
    FieldSource,
    UniformityParameters,
)
from photopeak_analyzers.source_conditions import nuclide_is_one_of, window_on_photopeak

IEC_WINDOW_WIDTH_PERCENT = 20.0
"""Full width of the window, +-10 % about the peak. IEC 60789 / GB/T 18989-2013 table 1."""

CENTROID_PERCENT = 5.0
"""Percent of the field of view by which the centroid of the flood may miss its centre."""

FAR_FIELDS = 5.0
"""Distance of the point source in longest sides of the UFOV. E.4.3, 3.3.1.1.1 c."""

CLEARED_PERCENT = 10.0
"""Percent of the UFOV beyond which clearing its edge means that the UFOV is wrong."""

CLEARED_DEPTH_PIXELS = 3
"""Pixels from the border beyond which a cleared area is no edge but a defect, such as a tube."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What one text asks of the acquisition.

    Attributes
    ----------
    clause
        Where the text says so.
    intrinsic
        True without a collimator, False with a parallel-hole one.
    nuclides
        What the source may be, with the photopeaks in keV that a window may lie on.
    window_width_percent
        Full width the window must have; None leaves it to the manufacturer.
    strict_window
        True when the window is part of the method and a wrong one voids the result.
    counts_in_centre
        True when the count is asked of the centre pixel, False of the mean.
    rate_severity
        What follows from too high a rate.
    pixel_mm
        (smallest, largest) side of the analysed pixel in mm.
    minimum_rate_cps
        Least count rate, where a high one is the subject; it then has to be known.
    """

    clause: str
    intrinsic: bool
    nuclides: Mapping[str, tuple[float, ...]]
    window_width_percent: float | None
    strict_window: bool
    counts_in_centre: bool
    rate_severity: Severity
    pixel_mm: tuple[float | None, float]
    minimum_rate_cps: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "nuclides", MappingProxyType(dict(self.nuclides)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceGeometry:
    """What is stated of the point source: its distance, and whether to take its dome out."""

    distance_mm: float | None = None
    take_dome_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Numbers of one flood that conditions are about."""

    total_counts: float
    centre_counts: float
    mean_counts: float
    rate_cps: float | None
    centroid_percent: tuple[float, float]
    pixels_beyond: int


def of_acquisition(
    acquisition: FrameStack, floods: tuple[HeadCounts, ...], conditions: Conditions
) -> tuple[Precondition, ...]:
    """Check what concerns the acquisition as a whole: its nuclide and the number of its frames."""
    frames = heads_are_complete(acquisition, len(floods), clause=conditions.clause)
    return (nuclide_is_one_of(acquisition, conditions.nuclides, conditions.clause), frames)


def of_flood(
    acquisition: FrameStack,
    flood: HeadCounts,
    conditions: Conditions,
    parameters: UniformityParameters,
    *,
    chosen: ChosenField,
    prepared: PreparedFlood,
    observed: Observed,
    binned_mm: tuple[float, float],
) -> tuple[Precondition, ...]:
    """Check what concerns one detector in one energy window."""
    scope, clause = flood.scope, conditions.clause
    window = window_on_photopeak(
        acquisition.energy_window(flood.energy_window),
        acquisition.nuclide,
        conditions.nuclides,
        width_percent=conditions.window_width_percent,
        strict=conditions.strict_window,
        scope=scope,
        clause=clause,
    )
    counts = observed.centre_counts if conditions.counts_in_centre else observed.mean_counts
    return (
        detector_is_known(flood.detector, scope=scope, clause=clause),
        *window,
        collimator_is(
            CollimatorType.NONE if conditions.intrinsic else CollimatorType.PARALLEL,
            acquisition.detector(flood.detector),
            scope=scope,
            clause=clause,
        ),
        enough_counts(
            "counts in the centre pixel"
            if conditions.counts_in_centre
            else "mean counts per pixel",
            counts,
            asked=parameters.minimum_counts,
            invalid_below=parameters.invalid_below_counts,
            scope=scope,
            clause=clause,
        ),
        duration_is_known(flood.duration_s, severity=Severity.SOFT, scope=scope, clause=clause),
        rate_within(
            observed.rate_cps,
            lower=conditions.minimum_rate_cps,
            upper=parameters.maximum_rate_cps,
            severity=conditions.rate_severity,
            unknown=Severity.SOFT if conditions.minimum_rate_cps is None else Severity.HARD,
            scope=scope,
            clause=clause,
        ),
        pixel_within(
            "side of the analysed pixel",
            binned_mm,
            lower=conditions.pixel_mm[0],
            upper=conditions.pixel_mm[1],
            scope=scope,
            clause=clause,
        ),
        pixel_is_square(binned_mm, scope=scope, clause=clause),
        *_field(chosen, prepared, observed, parameters, conditions, scope),
        uniformity_correction_is_known(
            acquisition,
            stated=parameters.uniformity_correction.stated,
            scope=scope,
            clause=clause,
        ),
        no_overflow(acquisition, flood.highest_pixel, scope=scope, clause=clause),
    )


def of_source(
    geometry: SourceGeometry, chosen: ChosenField, scope: Scope, clause: str
) -> tuple[Precondition, ...]:
    """Check the distance of the source when it is stated; a dome says that it was too short."""
    if geometry.distance_mm is None and not geometry.take_dome_out:
        return ()
    condition = bounded(
        PreconditionCode.GEOMETRY,
        "distance of the point source",
        geometry.distance_mm,
        lower=FAR_FIELDS * chosen.field.longest_mm,
        unit="mm",
        severity=Severity.SOFT,
        scope=scope,
        clause=clause,
    )
    if geometry.take_dome_out:
        condition = dataclasses.replace(
            condition,
            outcome=Outcome.NOT_MET,
            expected="a flood without a dome to be taken out",
        )
    return (condition,)


def _field(
    chosen: ChosenField,
    prepared: PreparedFlood,
    observed: Observed,
    parameters: UniformityParameters,
    conditions: Conditions,
    scope: Scope,
) -> tuple[Precondition, ...]:
    outcome = {
        FieldSource.CONFIGURED: Outcome.MET,
        FieldSource.HEADER: Outcome.MET,
        FieldSource.HEADER_AT_UNKNOWN_ZOOM: Outcome.UNKNOWN,
        FieldSource.ESTIMATED: Outcome.NOT_MET,
    }[chosen.source]
    lenient = outcome is not Outcome.MET and not parameters.ufov_must_be_known
    removed = prepared.removed_pixels + observed.pixels_beyond
    return (
        Precondition(
            code=PreconditionCode.UFOV,
            severity=Severity.SOFT if lenient else Severity.HARD,
            outcome=outcome,
            scope=scope,
            quantity="source of the UFOV",
            value=str(chosen.source),
            expected="declared by the manufacturer",
            clause="GB/T 18989-2013 2.3.2.1",
        ),
        bounded(
            PreconditionCode.UFOV_MISMATCH,
            "pixels of the UFOV that were cleared or lie beyond the image",
            100.0 * removed / (prepared.geometric_pixels + observed.pixels_beyond),
            upper=CLEARED_PERCENT,
            unit="%",
            severity=Severity.HARD,
            scope=scope,
            clause=conditions.clause,
        ),
        bounded(
            PreconditionCode.UFOV_MISMATCH,
            "depth to which the edge of the UFOV was cleared",
            float(prepared.cleared_depth),
            upper=float(CLEARED_DEPTH_PIXELS),
            unit="{pixels}",
            severity=Severity.HARD,
            scope=scope,
            clause=conditions.clause,
        ),
        *(
            bounded(
                PreconditionCode.CENTRED,
                f"distance of the centroid from the centre of the UFOV along {axis}",
                percent,
                lower=-CENTROID_PERCENT,
                upper=CENTROID_PERCENT,
                unit="%",
                severity=Severity.SOFT,
                scope=scope,
                clause=conditions.clause,
            )
            for axis, percent in zip("YX", observed.centroid_percent, strict=True)
        ),
    )
