"""What a cylinder has to be like for a calibration factor, and what voids or warns.

What is no uniform cylinder, slices of another scanner, another nuclide, projections of another scan, a window beside the photopeak, a saturated voxel, and a
cylinder whose size contradicts the stated volume void. What the header does not tell, corrections that
were left out, and an activity that is not known well warn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_parameters import largest_rate_cps, least_counts, refuse_above
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.cylinder_conditions import cylinder_conditions
from photopeak_analyzers.frame_conditions import enough_counts, rate_within
from photopeak_analyzers.known_activity import (
    FilledParameters,
    Filling,
    filling_conditions,
    some_window_on_photopeak,
)
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.reference_moment import DecayReference, Moment, decay_correction_is_known
from photopeak_analyzers.spect.quantity import Scan, ValueUnit
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
    no_voxel_overflows,
    nuclide_is,
    seen_by_a_gamma_camera,
)
from photopeak_analyzers.volume_conditions import attenuation_corrected, scatter_corrected

CLAUSE = "practice: image calibration factor, uniform cylinder of known activity"
"""No standard in force prescribes the test."""

VOLUME_SOFT, VOLUME_HARD = (0.9, 1.1), (0.7, 1.3)
"""Volume of the contour over the stated one: a wall that is blurred, or a number mistyped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationParameters(FilledParameters):
    """Which part of the cylinder is taken, and what its values are. The numbers are practice."""

    radius_share: float = parameter(
        0.7, doc="Share of the radius that is taken.", minimum=0.3, maximum=0.9
    )
    length_share: float = parameter(
        0.7, doc="Share of the length that is taken, about the middle.", minimum=0.2, maximum=0.9
    )
    margin_mm: float = parameter(
        20.0,
        doc="By how much the region of the total counts exceeds the cylinder.",
        unit="mm",
        minimum=5.0,
        maximum=100.0,
    )
    units: ValueUnit = parameter(  # noqa: RUF009 - a field, as everywhere
        ValueUnit.HEADER, doc="What the values are; as the header has it by default."
    )
    decay_reference: DecayReference = parameter(  # noqa: RUF009
        DecayReference.HEADER, doc="Moment that the values were corrected to for decay."
    )
    voi_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty (k = 1) for the choice of the region.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )
    minimum_counts: float = least_counts(10e6, doc="Counts of all views; fewer is a warning.")
    invalid_below_counts: float = least_counts(
        1e6, doc="Counts of all views below which nothing is judged."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause=CLAUSE)

    def __post_init__(self) -> None:
        FilledParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")


def conditions_of(
    volume: Volume,
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    filling: Filling,
    scan: Scan,
    moment: Moment,
    started_at: datetime,
    cylinder_ml: float,
    parameters: CalibrationParameters,
) -> tuple[Precondition, ...]:
    """Check a volume, its filling and its scan."""
    scope = Scope()
    total = scan.total_counts
    if total is None and volume.counts_accumulated is not None:
        total = float(volume.counts_accumulated)
    found = [
        seen_by_a_gamma_camera(volume, CLAUSE),
        nuclide_is(volume, parameters.nuclide, CLAUSE),
        some_window_on_photopeak(volume.energy_windows, filling.source.nuclide, CLAUSE),
        no_voxel_overflows(reconstruction, CLAUSE),
        attenuation_corrected(volume, CLAUSE),
        scatter_corrected(volume, CLAUSE),
        decay_correction_is_known(moment, CLAUSE),
        *cylinder_conditions(cylinder, reconstruction.pixel_mm, CLAUSE),
        graded(
            PreconditionCode.GEOMETRY,
            "volume of the cylinder in the image over the stated one",
            cylinder_ml / filling.volume_ml,
            soft=VOLUME_SOFT,
            hard=VOLUME_HARD,
            unit="1",
            scope=scope,
            clause=CLAUSE,
        ),
        *filling_conditions(filling, started_at, CLAUSE),
        enough_counts(
            "counts of all views",
            total,
            asked=parameters.minimum_counts,
            invalid_below=parameters.invalid_below_counts,
            scope=scope,
            clause=CLAUSE,
        ),
    ]
    found += [
        rate_within(
            head.rate_cps,
            upper=parameters.maximum_rate_cps,
            severity=Severity.SOFT,
            scope=head.scope,
            clause=CLAUSE,
        )
        for head in scan.heads
    ]
    if scan.duration_s is not None:
        found.append(
            bounded(
                PreconditionCode.DURATION,
                "half-lives during the scan",
                scan.duration_s / filling.source.half_life.seconds,
                upper=1.0,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=CLAUSE,
            )
        )
    return tuple(found)
