"""Parameters that the tests of a flat source have in common."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.activity import dispensed
from photopeak_analyzers.common_parameters import (
    CorrectionState,
    clock_uncertainty,
    geometry_uncertainty,
    least_counts,
    meter_uncertainty,
    pixel_spacing,
    refuse_without_photopeak,
)
from photopeak_analyzers.contract import Inputs, Parameters, parameter
from photopeak_analyzers.gamma_camera.sensitivity_budget import KnownSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DishParameters(Parameters):
    """The source, what the header leaves out, and how well the activity is known."""

    nuclide: str | None = parameter(
        None, doc="Nuclide of the source, where the header does not name it."
    )
    dish_diameter_mm: float = parameter(
        150.0,
        doc="Diameter of the source; a picture of another size is not of this test.",
        unit="mm",
        clause="NEMA NU 1-2007 (GB/T 18989-2013 E.11.2)",
        minimum=30.0,
        maximum=300.0,
    )
    collimator: str | None = parameter(
        None, doc="Name of the collimator, where the header has none."
    )
    uniformity_correction: CorrectionState = parameter(  # noqa: RUF009 - a field, as everywhere
        CorrectionState.HEADER, doc="Whether the uniformity correction was on; the header else."
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    distance_tolerance_mm: float = parameter(
        1.0,
        doc="By how much the distance may differ from that of the clause.",
        unit="mm",
        clause="NEMA NU 1-2007 (GB/T 18989-2013 E.11.3)",
        minimum=0.1,
        maximum=20.0,
    )
    clock_s: float = clock_uncertainty()
    activity_meter_percent: float | None = meter_uncertainty()
    geometry_percent: float = geometry_uncertainty()
    counts_invalid_below: float = least_counts(
        10_000.0, doc="Fewer counts in an image void: the number is known to 1 % at best."
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_without_photopeak(self.nuclide)


def known_source(inputs: Inputs, nuclide: str, parameters: DishParameters) -> KnownSource:
    """Return the activity of the source as the readings tell it, by the half-life of the variant."""
    return KnownSource(
        source=dispensed(inputs, nuclide=nuclide, profile=inputs.variant, clock_s=0.0),
        clock_s=parameters.clock_s,
        meter_percent=parameters.activity_meter_percent,
        geometry_percent=parameters.geometry_percent,
    )
