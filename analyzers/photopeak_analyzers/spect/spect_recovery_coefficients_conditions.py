"""What a phantom with hot spheres has to be like for its recovery, and what voids or warns.

No hot spheres in the pattern: refused. Voids: slices of another scanner, another nuclide, a window beside the photopeak, a pattern
that the spheres do not keep, a saturated voxel. Warns: corrections left out, coarse voxels, noise, an activity
that is not known well, a background that is not what was filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within
from photopeak_analyzers.known_activity import (
    FilledParameters,
    Filling,
    filling_conditions,
    some_window_on_photopeak,
)
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.reference_moment import DecayReference, Moment, decay_correction_is_known
from photopeak_analyzers.spect.hot_spheres import HotSpheres
from photopeak_analyzers.spect.quantity import ValueUnit
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
    no_voxel_overflows,
    nuclide_is,
    seen_by_a_gamma_camera,
)
from photopeak_analyzers.sphere_pattern_condition import pattern_is_kept
from photopeak_analyzers.volume_conditions import attenuation_corrected, scatter_corrected

CLAUSE = "practice: recovery coefficients of hot spheres, NEMA body phantom"
"""No standard in force prescribes the test for SPECT; the phantom is that of NEMA NU 2."""

BACKGROUND_SOFT, BACKGROUND_HARD = (0.8, 1.2), (0.5, 2.0)
"""Background in the image over that filled in: beyond, a calibration or a reading is wrong."""

NOISE_PERCENT = (5.0, 25.0)
"""Standard deviation of the mean of the largest sphere that warns, and that voids."""

SMALLEST_MM, LARGEST_MM = 3.0, 80.0
LEAST_SPHERES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryParameters(FilledParameters):
    """The spheres, and what the values are."""

    diameters_mm: tuple[float, ...] = parameter(
        (37.0, 28.0, 22.0, 17.0, 13.0, 10.0),
        doc="Inner diameters in mm, 3 to 80, in their order on the circle, the largest first.",
        unit="mm",
        clause="NEMA NU 2, body phantom",
    )
    circle_mm: float = parameter(
        57.2,
        doc="Radius of the circle of the centres.",
        unit="mm",
        clause="NEMA NU 2, body phantom",
        minimum=20.0,
        maximum=150.0,
    )
    units: ValueUnit = parameter(  # noqa: RUF009 - a field, as everywhere
        ValueUnit.HEADER, doc="What the values are; as the header has it by default."
    )
    decay_reference: DecayReference = parameter(  # noqa: RUF009
        DecayReference.HEADER, doc="Moment that the values were corrected to for decay."
    )
    largest_pixel_mm: float = parameter(
        5.0, doc="Largest side of a voxel.", unit="mm", minimum=0.5, maximum=20.0
    )
    draws: int = parameter(
        64, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=1000
    )
    seed: int = parameter(20, doc="Of the draws.", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        FilledParameters.__post_init__(self)
        if len(self.diameters_mm) < LEAST_SPHERES:
            raise ParameterError(
                f"diameters_mm has {len(self.diameters_mm)} spheres, needs {LEAST_SPHERES}",
                quantity="diameters_mm",
                value=len(self.diameters_mm),
                bound=LEAST_SPHERES,
            )
        for diameter in self.diameters_mm:
            if not SMALLEST_MM <= diameter <= LARGEST_MM:
                raise ParameterError(
                    f"diameters_mm has {diameter:g} mm, needs {SMALLEST_MM:g} to {LARGEST_MM:g} mm",
                    quantity="diameters_mm",
                    value=diameter,
                    bound=LARGEST_MM,
                )
        if any(a <= b for a, b in pairwise(self.diameters_mm)):
            raise ParameterError(
                "diameters_mm needs to fall from the largest to the smallest",
                quantity="diameters_mm",
            )


def conditions_of(
    volume: Volume,
    reconstruction: Reconstruction,
    spheres: HotSpheres,
    largest: Estimate,
    filling: Filling,
    background: Filling | None,
    background_ratio: float | None,
    moment: Moment,
    started_at: datetime,
    parameters: RecoveryParameters,
) -> tuple[Precondition, ...]:
    """Check a volume, its spheres, the mean of the largest, and their filling."""
    scope = Scope()
    found = [
        seen_by_a_gamma_camera(volume, CLAUSE),
        nuclide_is(volume, parameters.nuclide, CLAUSE),
        some_window_on_photopeak(volume.energy_windows, filling.source.nuclide, CLAUSE),
        no_voxel_overflows(reconstruction, CLAUSE),
        attenuation_corrected(volume, CLAUSE),
        scatter_corrected(volume, CLAUSE),
        decay_correction_is_known(moment, CLAUSE),
        pixel_is_square(reconstruction.pixel_mm, scope=scope, clause=CLAUSE),
        pixel_within(
            "side of a pixel",
            reconstruction.pixel_mm,
            upper=parameters.largest_pixel_mm,
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.PIXEL,
            "thickness of a slice",
            reconstruction.voxel_mm[0],
            upper=parameters.largest_pixel_mm,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        pattern_is_kept(spheres.residual_mm, CLAUSE),
        graded(
            PreconditionCode.COUNTS,
            "relative noise of the mean of the largest sphere",
            100.0 * largest.relative if largest.value > 0.0 else None,
            soft=(None, NOISE_PERCENT[0]),
            hard=(None, NOISE_PERCENT[1]),
            unit="%",
            scope=scope,
            clause=CLAUSE,
            expected="counts enough to tell a recovery",
        ),
        *filling_conditions(filling, started_at, CLAUSE),
    ]
    if background is not None:
        found += filling_conditions(background, started_at, CLAUSE, "background ")
        found.append(
            graded(
                PreconditionCode.BACKGROUND,
                "background in the image over that filled in",
                background_ratio,
                soft=BACKGROUND_SOFT,
                hard=BACKGROUND_HARD,
                unit="1",
                scope=scope,
                clause=CLAUSE,
            )
        )
    return tuple(found)
