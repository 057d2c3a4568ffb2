"""What an image-quality phantom has to be like, and what voids or warns.

Refused: no phantom, another size, no lung insert, spheres that do not keep the pattern or are cut, no room
for the background. Voids: another scanner or nuclide, pixels that are not square, saturation, a ratio far
from 4, spheres far from the slice, noise that hides everything. Warns: a ratio or a background beside
the clause, a short or cut phantom, coarse pixels, corrections left out, a time that does not simulate
a whole-body scan.
"""

from __future__ import annotations

import numpy as np

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded
from photopeak_analyzers.contract import (
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
)
from photopeak_analyzers.pet.body_phantom import BodyPhantom
from photopeak_analyzers.pet.image_quality_results import variability
from photopeak_analyzers.pet.image_quality_values import ImageQuality
from photopeak_analyzers.pet.pet_image_quality_parameters import (
    Concentrations,
    ImageQualityParameters,
)
from photopeak_analyzers.pet.sphere_pattern import Spheres
from photopeak_analyzers.pet.volume_conditions import pixels_show_spheres, scan_of_spheres
from photopeak_analyzers.sphere_pattern_condition import pattern_is_kept

NEMA_CLAUSE = "NEMA NU 2-2018 7 (image quality, accuracy of corrections)"
JJF_CLAUSE = "JJF draft (PET/CT) 7.3, (4) to (6)"

RATIO = 4.0
"""Concentration of the spheres over that of the background. JJF draft 7.3; NEMA NU 2-2018 7.3."""

RATIO_SOFT, RATIO_HARD = (0.95 * RATIO, 1.05 * RATIO), (0.5 * RATIO, 3.0 * RATIO)
"""+- 5 % is as well as it can be filled; the old protocols of 8:1 are measured, and warned of."""

BACKGROUND_KBQ_ML, BACKGROUND_SHARE = 5.3, 0.05
"""Concentration of the background at the start, and how far off it may be. JJF draft 7.3."""

INSIDE_MM = 180.0
"""Least length of the inside. JJF draft, Annex B."""

INSIDE_TOLERANCE_MM = 3.0
"""By which half-way crossings of coarse slices may be short."""

PLANE_SOFT_MM, PLANE_HARD_MM = 2.5, 6.0
"""Of a sphere from the middle of its slice: half a thick slice, and half the smallest sphere with its wall."""

NOISE_PERCENT = (10.0, 25.0)
"""Variability of the largest circles that warns, and that voids: nearly no counts."""

MINUTES_PER_MM = 30.0 / 1000.0
"""Time of a step of the table for a whole-body scan of 1 m in 30 min. JJF draft 7.3."""

TIME_SHARE = 0.05


def conditions_of(
    volume: Volume,
    body: BodyPhantom,
    spheres: Spheres,
    quality: ImageQuality,
    filled: Concentrations | None,
    table_step_mm: float | None,
    clause: str,
    parameters: ImageQualityParameters,
) -> tuple[Precondition, ...]:
    """Check a volume, the phantom in it, and what it was filled with."""
    scope = Scope()
    largest = max(quality.spheres, key=lambda sphere: sphere.diameter_mm)
    plane_mm = quality.planes[len(quality.planes) // 2] * volume.voxel_spacing_mm[0]
    begin, end = body.ends_mm
    extent = volume.values.shape[0] * volume.voxel_spacing_mm[0]
    length = (extent if end is None else end) - (0.0 if begin is None else begin)
    found = [
        *scan_of_spheres(
            volume,
            parameters.nuclide_name,
            slice(quality.planes[0], quality.planes[-1] + 1),
            clause,
        ),
        *pixels_show_spheres(volume, clause),
        pattern_is_kept(spheres.residual_mm, clause),
        graded(
            PreconditionCode.CENTRED,
            "largest distance of a sphere from the slice through the spheres",
            float(np.abs(spheres.centres_mm[:, 0] - plane_mm).max()),
            soft=(None, PLANE_SOFT_MM),
            hard=(None, PLANE_HARD_MM),
            unit="mm",
            scope=scope,
            clause=clause,
        ),
        bounded(
            PreconditionCode.GEOMETRY,
            "length of the inside in the volume",
            length,
            lower=INSIDE_MM - INSIDE_TOLERANCE_MM,
            unit="mm",
            severity=Severity.SOFT,
            scope=scope,
            clause=clause,
        ),
        graded(
            PreconditionCode.COUNTS,
            "variability of the largest background circles",
            variability(largest).value,
            soft=(None, NOISE_PERCENT[0]),
            hard=(None, NOISE_PERCENT[1]),
            unit="%",
            scope=scope,
            clause=clause,
        ),
    ]
    if filled is not None:
        found += _filled(volume, filled, clause)
    if table_step_mm is not None:
        found.append(_duration(volume, table_step_mm, clause))
    return tuple(found)


def _filled(volume: Volume, filled: Concentrations, clause: str) -> list[Precondition]:
    at = volume.started_at
    return [
        graded(
            PreconditionCode.BACKGROUND,
            "concentration of the spheres over that of the background",
            filled.ratio.value,
            soft=RATIO_SOFT,
            hard=RATIO_HARD,
            unit="1",
            scope=Scope(),
            clause=clause,
        ),
        bounded(
            PreconditionCode.BACKGROUND,
            "concentration of the background at the start",
            None if at is None else filled.background(at),
            lower=(1.0 - BACKGROUND_SHARE) * BACKGROUND_KBQ_ML,
            upper=(1.0 + BACKGROUND_SHARE) * BACKGROUND_KBQ_ML,
            unit="kBq/mL",
            severity=Severity.SOFT,
            scope=Scope(),
            clause=clause,
        ),
    ]


def _duration(volume: Volume, step_mm: float, clause: str) -> Precondition:
    """Check, as a warning, that the time is that of a step of a whole-body scan."""
    written = volume.header.get("ActualFrameDuration")
    minutes = written / 60_000.0 if isinstance(written, (int, float)) else None
    wanted = MINUTES_PER_MM * step_mm
    return bounded(
        PreconditionCode.DURATION,
        "time of the acquisition",
        minutes,
        lower=(1.0 - TIME_SHARE) * wanted,
        upper=(1.0 + TIME_SHARE) * wanted,
        unit="min",
        severity=Severity.SOFT,
        scope=Scope(),
        clause=clause,
        expected="30 min for 1 m of a whole-body scan",
    )
