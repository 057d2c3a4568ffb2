"""What a phantom with cold spheres and rods has to be like for its picture to be judged.

What is no cylinder voids, as for a uniform one (:mod:`~photopeak_analyzers.cylinder_conditions`);
without cold spheres, or without a uniform part, nothing is measured at all. Rods that are nowhere seen, a thin
uniform part, spheres or rods of which not even the largest are visible, few counts and a coarse pixel warn.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.common_parameters import (
    largest_pixel,
    least_counts,
    noise_draws,
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
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.numerics.cylinder import Cylinder
from photopeak_analyzers.spect.phantom_conditions import (
    phantom_is_fine_enough,
    phantom_is_measurable,
)
from photopeak_analyzers.spect.reconstruction import (
    Reconstruction,
)

CLAUSE = "practice: cylinder with cold spheres and rods, overall SPECT performance"
"""No standard in force prescribes the test; WS 523-2019 did not adopt it."""

MOST_PARTS = 12
LARGEST_PART_MM = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectImageQualityParameters(Parameters):
    """What is in the phantom, and what is asked of its picture. The numbers are practice."""

    nuclide: str | None = parameter("Tc-99m", doc="Nuclide of the phantom; None for any.")
    sphere_diameters_mm: tuple[float, ...] = parameter(
        (31.8, 25.4, 19.1, 15.9, 12.7, 9.5),
        doc="Diameters of the cold spheres in the order in which they follow each other, evenly spread,"
        " 2 to 12 of at most 50 mm.",
        unit="mm",
    )
    sphere_circle_mm: float = parameter(
        57.0,
        doc="Radius of the circle of the spheres; it is looked for 10 mm to either side.",
        unit="mm",
        minimum=30.0,
        maximum=90.0,
    )
    rod_diameters_mm: tuple[float, ...] = parameter(
        (12.7, 11.1, 9.5, 7.9, 6.4, 4.8),
        doc="Diameters of the rods of each sector in the order of the sectors, 2 to 12 of at most"
        " 50 mm; they stand two diameters apart.",
        unit="mm",
    )
    search_mm: float = parameter(
        8.0,
        doc="How far from its place in the pattern each sphere is looked for, in each direction.",
        unit="mm",
        minimum=0.0,
        maximum=20.0,
    )
    visible_significance: float = parameter(
        3.0,
        doc="A sphere or a sector is visible when what lacks exceeds its uncertainty this many times.",
        minimum=1.0,
        maximum=10.0,
    )
    visible_modulation: float = parameter(
        0.1, doc="And a sector, when its modulation reaches this.", minimum=0.0, maximum=0.5
    )
    section_margin_mm: float = parameter(
        10.0,
        doc="Distance of the uniform part from the surface of the largest sphere and from the rods.",
        unit="mm",
        minimum=0.0,
        maximum=40.0,
    )
    minimum_uniform_slices: int = parameter(
        3, doc="Slices of the uniform part; fewer is a warning.", minimum=2, maximum=50
    )
    minimum_counts: float = least_counts(10e6, doc="Counts of all views; fewer is a warning.")
    invalid_below_counts: float = least_counts(
        1e6, doc="Counts of all views below which nothing is judged."
    )
    largest_pixel_mm: float = largest_pixel()
    draws: int = noise_draws()
    seed: int = parameter(45, doc="Of the draws.", minimum=0, maximum=2**31 - 1)

    def __post_init__(self) -> None:
        Parameters.__post_init__(self)
        refuse_above(self, "invalid_below_counts", "minimum_counts")
        refuse_without_photopeak(self.nuclide)
        for name in ("sphere_diameters_mm", "rod_diameters_mm"):
            _check_diameters(name, getattr(self, name))


def _check_diameters(name: str, diameters: tuple[float, ...]) -> None:
    if not 2 <= len(diameters) <= MOST_PARTS:
        raise ParameterError(
            f"{name} has {len(diameters)} values, needs 2 to {MOST_PARTS}",
            quantity=name,
            value=len(diameters),
            bound=f"2 to {MOST_PARTS}",
        )
    for each in diameters:
        if not 1.0 <= each <= LARGEST_PART_MM:
            raise ParameterError(
                f"{name} holds {each:g} mm, needs 1 to {LARGEST_PART_MM:g} mm",
                quantity=name,
                value=each,
                bound=f"1 to {LARGEST_PART_MM:g} mm",
            )
    if len(set(diameters)) < len(diameters):
        raise ParameterError(
            f"{name} holds a diameter twice, needs each once", quantity=name, bound="each once"
        )


def conditions_of(
    volume: Volume,
    reconstruction: Reconstruction,
    cylinder: Cylinder,
    uniform_slices: int,
    rod_slices: int,
    parameters: SpectImageQualityParameters,
    *,
    sphere_visible: bool,
    rods_visible: bool,
) -> tuple[Precondition, ...]:
    """Check a volume; `rod_slices` is 0 where no rods were found.

    `sphere_visible` and `rods_visible` tell whether at least the largest ones are.
    """
    scope = Scope()
    counts = volume.counts_accumulated
    total_counts = None if counts is None else float(counts)
    return (
        *phantom_is_measurable(volume, reconstruction, cylinder, parameters, CLAUSE),
        bounded(
            PreconditionCode.FRAMES,
            "slices of the uniform part",
            float(uniform_slices),
            lower=float(parameters.minimum_uniform_slices),
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
        ),
        bounded(
            PreconditionCode.FRAMES,
            "slices that show rods",
            float(rod_slices),
            lower=1.0,
            unit="1",
            severity=Severity.SOFT,
            scope=scope,
            clause=CLAUSE,
            expected="rods of the diameters that are declared",
        ),
        *(
            bounded(
                PreconditionCode.FRAMES,
                f"visible {parts}",
                float(visible),
                lower=1.0,
                unit="1",
                severity=Severity.SOFT,
                scope=scope,
                clause=CLAUSE,
                expected="the largest at least",
            )
            for parts, visible in (("spheres", sphere_visible), ("sectors of rods", rods_visible))
            if parts == "spheres" or rod_slices > 0
        ),
        *phantom_is_fine_enough(reconstruction, total_counts, parameters, CLAUSE),
    )
