"""Parameters of image quality: the phantom, how well it is known, and what it was filled with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from photopeak_analyzers.contract import Parameters, parameter
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.nuclides import canonical_name
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.numerics.decay import decay_factor
from photopeak_analyzers.pet.sphere_pattern import LEAST_DIAMETER_MM

SPHERES = 6
SMALLEST_MM, LARGEST_MM = 3.0, 60.0
LEAST_PLACING = 3
"""Spheres of 16 mm and more that place the pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageQualityParameters(Parameters):
    """The phantom, and how well its places and concentrations are known."""

    diameters_mm: tuple[float, ...] = parameter(
        (37.0, 28.0, 22.0, 17.0, 13.0, 10.0),
        doc="Inner diameters in mm, 3 to 60, in their order on the circle, the largest first.",
        unit="mm",
        clause="NEMA NU 2-2018 7.3; JJF draft, Annex B",
    )
    cold_mm: tuple[float, ...] = parameter(
        (),
        doc="Diameters of the spheres that hold no activity, 3 to 60 mm; all are hot by default.",
        unit="mm",
        clause="NEMA NU 2-2012 7.3 (28 and 37 mm); JJF draft, Annex D",
    )
    circle_mm: float = parameter(
        57.2,
        doc="Radius of the circle of the centres.",
        unit="mm",
        clause="NEMA NU 2-2018 7.3",
        minimum=40.0,
        maximum=80.0,
    )
    nuclide: str = parameter(
        "F-18", doc="Nuclide of the test.", clause="NEMA NU 2-2018 7.2; JJF draft 7.3"
    )
    ratio_percent: float = parameter(
        2.0,
        doc="Relative standard uncertainty (k = 1) of the ratio of the concentrations, where the"
        " readings have none.",
        unit="%",
        minimum=0.0,
        maximum=50.0,
    )
    position_mm: float = parameter(
        0.6,
        doc="Standard uncertainty of the place of a sphere along each axis of its slice: regions may"
        " be moved by 1 mm.",
        unit="mm",
        clause="JJF draft 7.3",
        minimum=0.0,
        maximum=5.0,
    )
    lung_end_mm: float = parameter(
        10.0,
        doc="By which the lung insert is left out at either end of the inside of the phantom.",
        unit="mm",
        minimum=0.0,
        maximum=60.0,
    )

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        _refuse_other_spheres(self.diameters_mm)
        for diameter in self.cold_mm:
            if diameter not in self.diameters_mm:
                raise ParameterError(
                    f"cold_mm has {diameter:g} mm, which is none of diameters_mm",
                    quantity="cold_mm",
                    value=diameter,
                )
        if canonical_name(self.nuclide) is None:
            raise ParameterError(
                f"nuclide is {self.nuclide}, which is not in the table of nuclides",
                quantity="nuclide",
                value=self.nuclide,
            )

    @property
    def nuclide_name(self) -> str:
        """The nuclide as the table writes it."""
        return canonical_name(self.nuclide) or self.nuclide


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentrations:
    """What spheres and background were filled with.

    Attributes
    ----------
    ratio
        a_H over a_B at one moment, with its standard uncertainty.
    background_kbq_per_ml, background_at
        a_B and the moment it refers to.
    """

    ratio: Estimate
    background_kbq_per_ml: float
    background_at: datetime
    half_life_s: float

    def background(self, moment: datetime) -> float:
        """Return a_B in kBq/mL at a moment."""
        elapsed = (moment - self.background_at).total_seconds()
        return self.background_kbq_per_ml * decay_factor(elapsed, self.half_life_s)


def _refuse_other_spheres(diameters_mm: tuple[float, ...]) -> None:
    if len(diameters_mm) != SPHERES:
        raise ParameterError(
            f"diameters_mm has {len(diameters_mm)} spheres, needs {SPHERES}",
            quantity="diameters_mm",
            value=len(diameters_mm),
            bound=SPHERES,
        )
    for diameter in diameters_mm:
        if not SMALLEST_MM <= diameter <= LARGEST_MM:
            raise ParameterError(
                f"diameters_mm has {diameter:g} mm, needs {SMALLEST_MM:g} to {LARGEST_MM:g} mm",
                quantity="diameters_mm",
                value=diameter,
                bound=LARGEST_MM,
            )
    if any(a <= b for a, b in pairwise(diameters_mm)):
        raise ParameterError(
            "diameters_mm needs to fall from the largest to the smallest", quantity="diameters_mm"
        )
    large = sum(d >= LEAST_DIAMETER_MM for d in diameters_mm)
    if large < LEAST_PLACING:
        raise ParameterError(
            f"diameters_mm has {large} spheres of {LEAST_DIAMETER_MM:g} mm and more,"
            f" needs {LEAST_PLACING} to place the pattern",
            quantity="diameters_mm",
            value=large,
            bound=LEAST_PLACING,
        )
