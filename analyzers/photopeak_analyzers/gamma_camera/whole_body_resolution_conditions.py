"""What the images of a whole-body sweep over line sources have to show, beyond their lines.

Nothing but the lines: counts elsewhere, or lines wider than twice what is allowed, are a patient or
another source and void. A capillary that is filled too short, or a head that is missing, warns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized

import numpy as np

from photopeak_analyzers.acquisition import WholeBody
from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import Precondition, PreconditionCode, Severity
from photopeak_analyzers.gamma_camera.line_sets import Found, Measured, Place
from photopeak_analyzers.gamma_camera.sweep_conditions import (
    rate_in_field,
    rate_in_field_condition,
)

LEAST_LENGTH_MM = 120.0
"""Over which a capillary is filled."""

WIDEST_MM = 30.0
"""FWHM beyond which what was swept is no line source: twice what is allowed."""

LEAST_SHARE = 0.3
"""Share of the counts of the image within a FWHM of the lines: a patient has them elsewhere."""

HEADS = 2
"""Above and below the table."""


def rates_of(
    acquisition: WholeBody,
    found: Found,
    *,
    field_length_mm: float | None,
    lower: float,
    upper: float,
    clause: str,
) -> list[Precondition]:
    """Check the rate of every head of a sweep while the source was before it."""
    return [
        rate_in_field_condition(
            rate_in_field(acquisition, each.head, each.pixel_mm, field_length_mm),
            lower=lower,
            upper=upper,
            scope=place.scope(direction),
            clause=clause,
        )
        for place, images in found.items()
        for direction, measured in images.items()
        for each in measured
        if each.acquisition is acquisition
    ]


def lines_alone(found: Found, *, clause: str) -> list[Precondition]:
    """Check that capillaries were filled far enough, and that the image shows nothing else."""
    conditions = []
    for place, images in found.items():
        for direction, measured in images.items():
            scope = place.scope(direction)
            for quantity, value, unit, lower, upper in (
                ("length of the lines", min(map(_length_mm, measured)), "mm", LEAST_LENGTH_MM, None),
                ("FWHM of the lines", max(m.image.half.value for m in measured), "mm", None, WIDEST_MM),
                ("share of the counts that is in the lines", min(map(_share, measured)), "1",
                 LEAST_SHARE, None),
            ):  # fmt: skip
                conditions.append(
                    bounded(
                        PreconditionCode.GEOMETRY,
                        quantity,
                        value,
                        lower=lower,
                        upper=upper,
                        unit=unit,
                        severity=Severity.SOFT if lower == LEAST_LENGTH_MM else Severity.HARD,
                        scope=scope,
                        clause=clause,
                    )
                )
    return conditions


def _length_mm(measured: Measured) -> float:
    """Return over which length the lines are bright, to a pixel."""
    first, last = measured.image.places.extent
    along_mm = measured.pixel_mm[0] if measured.image.places.upright else measured.pixel_mm[1]
    return (last - first + 1) * along_mm


def _share(measured: Measured) -> float:
    """Return the share of the counts within a FWHM of the lines, over their length."""
    places = measured.image.places
    turned = measured.head.counts if places.upright else measured.head.counts.T
    profile = turned[places.extent[0] : places.extent[1]].sum(axis=0, dtype=np.float64)
    width = measured.image.half.value / measured.image.mm_per_pixel.value
    near = np.zeros(profile.size, dtype=bool)
    for middle in places.places:
        near[max(math.floor(middle - width), 0) : math.ceil(middle + width) + 1] = True
    return float(profile[near].sum()) / measured.head.total


def both_heads(place: Place, heads: Mapping[str, Sized], *, clause: str) -> list[Precondition]:
    """Check, as a warning, that both heads measured each direction."""
    return [
        bounded(
            PreconditionCode.SET,
            "heads measured, above and below the table",
            float(len(widths)),
            lower=float(HEADS),
            unit="1",
            severity=Severity.SOFT,
            scope=place.scope(direction),
            clause=clause,
        )
        for direction, widths in heads.items()
    ]
