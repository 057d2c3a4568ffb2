"""What a reconstructed cylinder has to be like for its uniformity to be judged.

What is no cylinder voids: no disc, one of an impossible size, pixels that are not square, another
nuclide, a saturated voxel. With something in it, it is not measured at all. Few counts void where so
few are certain to hide everything; a coarse pixel, a cylinder of another size and attenuation that
was not corrected warn.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_parameters import (
    largest_pixel,
    least_counts,
    noise_draws,
    pixel_spacing,
    refuse_above,
    refuse_without_photopeak,
)
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.spect.phantom_conditions import (
    phantom_is_fine_enough,
    phantom_is_measurable,
)
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
)
from photopeak_analyzers.spect.slab_noise import Slab

CLAUSE = "practice: uniform cylinder, tomographic uniformity"
"""No standard in force prescribes the test; WS 523-2019 did not adopt it."""

SMALLEST_SHARE = 0.3
"""Share of the radius below which too little of the cylinder is left to be analysed."""

MOST_LEFT_OUT = 0.25
"""Share of the slices that a bubble may take; a phantom with rods has more."""

LEAST_SLICES = 4
"""Fewer tell nothing of the noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectUniformityParameters(Parameters):
    """Which part of the cylinder is analysed, and what it needs. The numbers are practice."""

    nuclide: str | None = parameter("Tc-99m", doc="Nuclide of the cylinder; None for any.")
    radius_share: float = parameter(
        0.9, doc="Share of the radius that is analysed.", minimum=SMALLEST_SHARE, maximum=0.95
    )
    wall_mm: float | None = parameter(
        None,
        doc="Analyse up to this distance from the wall instead; the IAEA toolkit leaves out 20 mm.",
        unit="mm",
        minimum=5.0,
        maximum=60.0,
    )
    length_from: float = parameter(
        0.2, doc="Where the slab begins, as share of the length.", minimum=0.05, maximum=0.5
    )
    length_to: float = parameter(
        0.8, doc="Where the slab ends, as share of the length.", minimum=0.5, maximum=0.95
    )
    minimum_slices: int = parameter(
        10, doc="Slices of the slab; fewer is a warning.", minimum=LEAST_SLICES, maximum=200
    )
    largest_slice_deviation_pct: float = parameter(
        10.0,
        doc="A slice whose mean deviates more from the median of the slab is left out: a bubble.",
        unit="%",
        minimum=1.0,
        maximum=50.0,
    )
    minimum_counts: float = least_counts(10e6, doc="Counts of all views; fewer is a warning.")
    invalid_below_counts: float = least_counts(
        1e6, doc="Counts of all views below which nothing is judged."
    )
    largest_pixel_mm: float = largest_pixel()
    pixel_spacing_mm: float | None = pixel_spacing()
    draws: int = noise_draws()
    seed: int = parameter(20, doc="Of the draws.", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)

    def analysed_mm(self, cylinder: Cylinder) -> float:
        """Return the radius of what is analysed; never less than the third that no wall reaches."""
        if self.wall_mm is None:
            return self.radius_share * cylinder.radius_mm
        return max(cylinder.radius_mm - self.wall_mm, SMALLEST_SHARE * cylinder.radius_mm)


def conditions_of(
    volume: Volume,
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    slab: Slab,
    left_out: float,
    total_counts: float | None,
    parameters: SpectUniformityParameters,
) -> tuple[Precondition, ...]:
    """Check a volume.

    `left_out` is the share of slices whose means stand out, `total_counts` that of the projections,
    None when nobody tells.
    """
    scope = Scope()
    return (
        *phantom_is_measurable(volume, reconstruction, cylinder, parameters, CLAUSE),
        bounded(
            PreconditionCode.FRAMES,
            "slices of the slab",
            float(slab.slices),
            lower=float(parameters.minimum_slices),
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "share of the slices whose means stand out",
            left_out,
            upper=MOST_LEFT_OUT,
            unit="1",
            severity=Severity.HARD,
            scope=scope,
            clause=CLAUSE,
            expected="a cylinder that is the same all along",
        ),
        *phantom_is_fine_enough(reconstruction, total_counts, parameters, CLAUSE),
    )
