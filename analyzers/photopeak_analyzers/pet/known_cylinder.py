"""A cylinder of known activity in a PET series: where it is, what it shows, and of which moment.

The image is read before anything is asked of a person, so that the wrong picture is refused for what
it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Inputs,
    Note,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.given import one
from photopeak_analyzers.known_activity import Filling, filling_conditions, nuclide_of, started
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.nuclides import half_life
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.pet.cylinder_parameters import CYLINDER, KnownCylinderParameters
from photopeak_analyzers.pet.cylinder_region import Region, region_of
from photopeak_analyzers.pet.cylinder_scan_conditions import scan_conditions
from photopeak_analyzers.pet.header_conditions import header_conditions
from photopeak_analyzers.pet.image_values import ImageValues, values_of
from photopeak_analyzers.pet.reference_time import agreement_conditions, moment_of
from photopeak_analyzers.pet.scaled_slices import ScaledSlices, cylinder_in, scaled_slices
from photopeak_analyzers.reference_moment import (
    Moment,
    decay_correction_is_known,
    moment_note,
)
from photopeak_analyzers.uncertainty import Component, Evaluation

ML_PER_MM3 = 1e-3

VOLUME_SOFT, VOLUME_HARD = (0.9, 1.1), (0.7, 1.3)
"""Volume of the contour over the stated one: a wall that is blurred, or a number mistyped."""

NOISE_PERCENT, MOST_NOISE_PERCENT = 1.0, 5.0
"""Standard uncertainty of the mean by noise: more than meter and volume leave, and nothing to tell."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownCylinder:
    """What a series shows of a cylinder.

    Attributes
    ----------
    mean
        Of the inner region, in the unit of `values`.
    """

    volume: Volume
    slices: ScaledSlices
    cylinder: Cylinder
    region: Region
    values: ImageValues
    moment: Moment
    nuclide: str
    half_life: HalfLife

    @property
    def mean(self) -> float:
        """Mean of the inner region, in the unit of `values`."""
        return self.region.mean * self.values.factor

    @property
    def contour_ml(self) -> float:
        """Volume of the cylinder in the image."""
        return math.pi * self.cylinder.radius_mm**2 * self.cylinder.length_mm * ML_PER_MM3

    @property
    def whole(self) -> bool:
        """Whether both ends of the cylinder lie in the volume."""
        return self.cylinder.first > -0.5 and self.cylinder.last < self.slices.count - 0.5

    def components(self, voi_percent: float) -> tuple[Component, ...]:
        """Return the relative components of the mean."""
        return (
            Component(
                name="scatter of the slices",
                standard=self.region.scatter,
                evaluation=Evaluation.A,
            ),
            Component(name="choice of the region", standard=voi_percent / 100.0),
        )

    def notes(self) -> tuple[Note, ...]:
        """Say what the values are, and which moment they refer to."""
        found = [moment_note(self.moment), *self.values.notes]
        inferred = self.volume.header.get("RadiopharmaceuticalStartInferred")
        if inferred:
            found.append(
                Note(
                    code="ADMINISTRATION_DATE",
                    message="the header tells the time of the administration without its date:"
                    f" it is taken on {inferred}",
                    values={"taken": str(inferred)},
                )
            )
        return tuple(found)


def known_cylinder(
    inputs: Inputs, parameters: KnownCylinderParameters, *, suv: bool = False
) -> KnownCylinder:
    """Return the cylinder in the series that is given.

    Raises
    ------
    UnsuitableAcquisitionError
        If there is none, or what its values mean is not known.
    """
    volume = one(inputs, CYLINDER, Volume)
    values = values_of(volume, parameters.units, suv=suv)
    slices = scaled_slices(volume)
    cylinder = cylinder_in(slices)
    region = region_of(slices, cylinder, wall_mm=parameters.wall_mm, end_share=parameters.end_share)
    nuclide = nuclide_of(volume.nuclide, parameters.nuclide)
    life = half_life(nuclide, inputs.variant)
    started(volume)
    return KnownCylinder(
        volume=volume,
        slices=slices,
        cylinder=cylinder,
        region=region,
        values=values,
        moment=moment_of(volume, life.seconds, parameters.decay_reference),
        nuclide=nuclide,
        half_life=life,
    )


def known_cylinder_conditions(
    found: KnownCylinder, filling: Filling | None, volume_ml: float | None, clause: str
) -> tuple[Precondition, ...]:
    """Check a series, what its header says, and its filling as far as it is given."""
    region = found.region
    conditions = [
        *scan_conditions(
            found.slices, found.cylinder, (region.first, region.last), region.mask, clause
        ),
        decay_correction_is_known(found.moment, clause),
        *agreement_conditions(found.volume, found.moment, found.half_life.seconds, clause),
        *header_conditions(found.volume, filling, found.nuclide, found.half_life.seconds, clause),
        graded(
            PreconditionCode.COUNTS,
            "standard uncertainty of the mean by the scatter of the slices",
            100.0 * region.scatter,
            soft=(None, NOISE_PERCENT),
            hard=(None, MOST_NOISE_PERCENT),
            unit="%",
            scope=Scope(),
            clause=clause,
            expected="enough counts",
        ),
    ]
    if filling is not None:
        conditions += filling_conditions(filling, started(found.volume), clause)
    if volume_ml is not None and found.whole:
        conditions.append(
            graded(
                PreconditionCode.GEOMETRY,
                "volume of the cylinder in the image over the stated one",
                found.contour_ml / volume_ml,
                soft=VOLUME_SOFT,
                hard=VOLUME_HARD,
                unit="1",
                scope=Scope(),
                clause=clause,
            )
        )
    elif volume_ml is not None:
        conditions.append(
            bounded(
                PreconditionCode.GEOMETRY,
                "volume of the cylinder in the image over the stated one",
                None,
                lower=VOLUME_SOFT[0],
                upper=VOLUME_SOFT[1],
                unit="1",
                severity=Severity.SOFT,
                scope=Scope(),
                clause=clause,
                expected="both ends in the volume",
            )
        )
    return tuple(conditions)
