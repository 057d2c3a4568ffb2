"""Parameters that the tests with a slit mask share, and the two series that they take."""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import AcquisitionKind
from photopeak_analyzers.common_parameters import (
    largest_rate_cps,
    least_counts,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.contract import Role, parameter
from photopeak_analyzers.gamma_camera.field_parameters import FieldParameters

_KINDS = frozenset({AcquisitionKind.PLANAR, AcquisitionKind.DYNAMIC})

SLITS_X = Role(
    name="lines_x",
    kinds=_KINDS,
    label="Slits along X",
    hint="Slit mask on the bare detector, the slits along X: they show the detector along Y.",
)
SLITS_Y = Role(
    name="lines_y",
    kinds=_KINDS,
    label="Slits along Y",
    hint="Slit mask on the bare detector, the slits along Y: they show the detector along X.",
)

ROLES = (SLITS_X, SLITS_Y)

PROFILE = {SLITS_X.name: "y", SLITS_Y.name: "x"}
"""Axis along which the profile of the slits of each role runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlitParameters(FieldParameters):
    """What the mask is, and what the acquisition has to be like."""

    pitch_mm: float = parameter(
        30.0,
        doc="Distance of the slits of the mask.",
        unit="mm",
        clause="GB/T 18989-2013 3.2.1.3.1, E.1.2",
        minimum=10.0,
        maximum=100.0,
    )
    pitch_tolerance_mm: float = parameter(
        0.05,
        doc="By how much the distance of two slits may be wrong, and a slit out of its place.",
        unit="mm",
        clause="GB/T 18989-2013 figure 4",
        minimum=0.0,
        maximum=5.0,
    )
    nuclide: str = parameter(
        "Tc-99m",
        doc="Nuclide of the point source; results of another one are to be reported apart.",
        clause="GB/T 18989-2013 3.2.1.1 a, E.1.1, E.1.5",
    )
    window_width_percent: float | None = parameter(
        None,
        doc="Width of the window the manufacturer recommends, for the NEMA text; without it the"
        " width is not checked. IEC prescribes 20 %.",
        unit="%",
        clause="GB/T 18989-2013 E.1.1",
        minimum=1.0,
        maximum=100.0,
    )
    source_distance_mm: float | None = parameter(
        None,
        doc="Distance of the point source from the mask; checked when given.",
        unit="mm",
        clause="GB/T 18989-2013 3.2.1.1 d, E.1.3",
        minimum=1.0,
        maximum=20_000.0,
    )
    pixel_spacing_mm: float | None = pixel_spacing()
    minimum_counts: float = least_counts(
        1_000.0,
        doc="Counts in the peak of each slit in each strip; fewer is a warning.",
        clause="GB/T 18989-2013 3.2.1.1 e, E.1.3",
    )
    invalid_below_counts: float = least_counts(
        500.0, doc="Counts in the peak below which nothing is judged: half of what is asked."
    )
    maximum_rate_cps: float = largest_rate_cps(20_000.0, clause="GB/T 18989-2013 3 c, E.1.1, E.2.1")

    def __post_init__(self) -> None:
        FieldParameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)
