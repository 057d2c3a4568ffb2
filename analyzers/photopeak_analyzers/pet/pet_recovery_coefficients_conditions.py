"""What a phantom with hot spheres has to be like for its recovery in PET, and what voids or warns.

Refused: values that are no Bq/mL, and all that :mod:`~photopeak_analyzers.pet.body_phantom` and
:mod:`~photopeak_analyzers.pet.sphere_pattern` refuse. Voids: another scanner or nuclide, saturation, a
background far from what was filled in, noise that hides the largest sphere, spheres off their pattern.
Warns: corrections left out, a ratio other than 10:1, a calibration that is off by more than 10 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.known_activity import FilledParameters, Filling, filling_conditions
from photopeak_analyzers.nuclides import canonical_name
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.voxel_noise import VoxelNoise
from photopeak_analyzers.pet.image_values import ValueUnit
from photopeak_analyzers.pet.reference_time import agreement_conditions
from photopeak_analyzers.pet.sphere_pattern import Spheres
from photopeak_analyzers.pet.volume_conditions import pixels_show_spheres, scan_of_spheres
from photopeak_analyzers.reference_moment import DecayReference, Moment, decay_correction_is_known
from photopeak_analyzers.sphere_pattern_condition import pattern_is_kept

NUCLIDE = "F-18"

RATIO_SOFT = (9.0, 11.0)
"""Concentration of the spheres over that of the background: 10:1, as well as it can be filled."""

BACKGROUND_SOFT, BACKGROUND_HARD = (0.9, 1.1), (0.5, 2.0)
"""Background in the image over that filled in. EARL asks for SUV within 10 %; beyond the second pair
a reading is wrong."""

VARIATION_PERCENT = 15.0
"""Of the voxels of the background, that warns. Practice."""

NOISE_PERCENT = (5.0, 25.0)
"""Standard deviation of the mean of the largest sphere that warns, and that voids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PetRecoveryParameters(FilledParameters):
    """The values, and how their noise is drawn."""

    circle_mm: float = parameter(
        57.2,
        doc="Radius of the circle of the centres.",
        unit="mm",
        clause="NEMA NU 2-2018 7.3",
        minimum=40.0,
        maximum=80.0,
    )
    units: ValueUnit = parameter(  # noqa: RUF009 - a field, as everywhere
        ValueUnit.HEADER, doc="What the values are; as the header has it by default."
    )
    decay_reference: DecayReference = parameter(  # noqa: RUF009
        DecayReference.HEADER, doc="Moment that the values were corrected to for decay."
    )
    draws: int = parameter(
        48, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=1000
    )
    seed: int = parameter(21, doc="Of the draws.", minimum=0, maximum=2**31 - 1)


def conditions_of(
    volume: Volume,
    spheres: Spheres,
    noise: VoxelNoise,
    largest: Estimate,
    filling: Filling,
    background: Filling | None,
    ratios: tuple[float | None, float | None],
    moment: Moment,
    clause: str,
    parameters: PetRecoveryParameters,
) -> tuple[Precondition, ...]:
    """Check a volume, its spheres and their filling.

    Parameters
    ----------
    ratios
        Of the fillings of spheres and background, and of the background in the image to its filling.
    """
    scope = Scope()
    nuclide = canonical_name(parameters.nuclide or NUCLIDE) or NUCLIDE
    found = [
        *scan_of_spheres(volume, nuclide, _slices(volume, spheres), clause),
        decay_correction_is_known(moment, clause),
        *agreement_conditions(volume, moment, filling.source.half_life.seconds, clause),
        *pixels_show_spheres(volume, clause),
        pattern_is_kept(spheres.residual_mm, clause),
        graded(
            PreconditionCode.COUNTS,
            "standard deviation of the mean of the largest sphere",
            100.0 * largest.relative if largest.value > 0.0 else None,
            soft=(None, NOISE_PERCENT[0]),
            hard=(None, NOISE_PERCENT[1]),
            unit="%",
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.COUNTS,
            "variation of the voxels of the background",
            100.0 * noise.deviation / noise.level if noise.level > 0.0 else None,
            upper=VARIATION_PERCENT,
            unit="%",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        *filling_conditions(filling, moment.at, clause),
    ]
    if background is not None:
        found += filling_conditions(background, moment.at, clause, "background ")
    found.append(
        bounded(
            PreconditionCode.BACKGROUND,
            "concentration of the spheres over that of the background",
            ratios[0],
            lower=RATIO_SOFT[0],
            upper=RATIO_SOFT[1],
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        )
    )
    if ratios[1] is not None:
        found.append(
            graded(
                PreconditionCode.BACKGROUND,
                "background in the image over that filled in",
                ratios[1],
                soft=BACKGROUND_SOFT,
                hard=BACKGROUND_HARD,
                unit="1",
                scope=scope,
                clause=clause,
            )
        )
    return tuple(found)


def _slices(volume: Volume, spheres: Spheres) -> slice:
    """Return the slices that the largest sphere lies in."""
    side, radius = volume.voxel_spacing_mm[0], max(spheres.diameters_mm) / 2.0
    first = math.floor((spheres.position_mm - radius) / side)
    return slice(max(first, 0), math.ceil((spheres.position_mm + radius) / side) + 1)
