"""What a CT of a water phantom has to be like, and what voids or warns.

Voids: another kind of volume or unit, what is no water, a phantom that is not round, too small, cut by the
field of view or far from its middle, a region that shows more than water, oblong pixels. Warns: a phantom
a little beside the middle, and a header that does not tell what a result may be compared with
(voltage, kernel, thickness of the slices).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photopeak_analyzers.acquisition import Volume
from photopeak_analyzers.conditions import bounded, graded, known
from photopeak_analyzers.contract import (
    Outcome,
    Parameters,
    Precondition,
    PreconditionCode,
    Scope,
    Severity,
    parameter,
)
from photopeak_analyzers.ct.round_outline import RoundOutline
from photopeak_analyzers.frame_conditions import pixel_is_square, pixel_within

CLAUSE = "JJF draft 5.2 (CT part); practice: CT number, noise and uniformity of water"
"""The draft refers to JJG 961-2017 for the CT part."""

MOST_FROM_WATER_HU = 50.0
"""No scanner that works is so far off; acrylic has 120 HU, polyethylene -90."""

LEAST_AGREEING = 0.6
"""Share of the surface that lies on the circle: a table or holder hides less than the rest."""

MOST_CUT = 0.02
"""Share of the surface that lies outside of what was measured."""

LEAST_MARGIN_MM = 2.0
"""From the phantom to the end of the field of view."""

OFF_CENTRE_MM = (10.0, 40.0)
"""Distance from the middle of the field of view that warns, and that voids: noise and the path through
the beam filter change with it."""

LARGEST_DIAMETER_MM = 500.0

ALIKE = (1.5, 3.0)
"""Noise of a region at the edge over that at the centre that warns, and that voids: there it is less."""

LARGEST_PIXEL_MM = 2.0

TOLD = (
    ("KVP", "tube voltage", "kV"),
    ("ConvolutionKernel", "reconstruction kernel", ""),
    ("SliceThickness", "slice thickness", "mm"),
)
"""What two results have to have in common before they are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterParameters(Parameters):
    """Where the regions lie. Shares are those of practice; the clause does not state them."""

    centre_area_percent: float = parameter(
        10.0,
        doc="Area of the region of the CT number, of that of the phantom.",
        unit="%",
        minimum=1.0,
        maximum=50.0,
    )
    noise_area_percent: float = parameter(
        40.0,
        doc="Area of the region of the noise, of that of the phantom.",
        unit="%",
        minimum=1.0,
        maximum=60.0,
    )
    edge_diameter_percent: float = parameter(
        10.0,
        doc="Diameter of the four regions at the edge and of the one at the centre that they are"
        " compared with, of that of the phantom.",
        unit="%",
        minimum=2.0,
        maximum=25.0,
    )
    edge_distance_mm: float = parameter(
        10.0,
        doc="From the edge of the phantom to the regions at the edge.",
        unit="mm",
        minimum=2.0,
        maximum=50.0,
    )
    least_diameter_mm: float = parameter(
        160.0, doc="Least diameter of the phantom.", unit="mm", minimum=80.0, maximum=400.0
    )
    draws: int = parameter(
        512, doc="How often the noise is drawn for the uncertainty.", minimum=16, maximum=5000
    )
    seed: int = parameter(21, doc="Of the draws.", minimum=0, maximum=2**31 - 1)


def conditions_of(
    ct: Volume,
    pixel_mm: tuple[float, float],
    found: RoundOutline,
    ct_number_hu: float,
    unevenness: float | None,
    parameters: WaterParameters,
) -> tuple[Precondition, ...]:
    """Check volume and phantom; `unevenness` is the largest noise of an edge over that of the centre."""
    return (
        _is("kind of the volume", ct.modality, "CT", PreconditionCode.FRAMES),
        _is("unit of the values", ct.units, "HU", PreconditionCode.CORRECTION),
        _hard("CT number of the phantom", ct_number_hu, -MOST_FROM_WATER_HU, MOST_FROM_WATER_HU,
              "[hnsf'U]", "water"),
        _hard("share of the surface that lies on a circle", 100.0 * found.agreeing,
              100.0 * LEAST_AGREEING, None, "%", "a round phantom across the slices"),
        _hard("share of the surface that was not measured", 100.0 * found.cut, None,
              100.0 * MOST_CUT, "%", "a phantom that is wholly in the field of view"),
        _hard("distance of the phantom to the end of the field of view",
              margin_mm(ct, pixel_mm, found), LEAST_MARGIN_MM, None, "mm",
              "a phantom that is wholly in the field of view"),
        _hard("diameter of the phantom", 2.0 * found.radius_mm, parameters.least_diameter_mm,
              LARGEST_DIAMETER_MM, "mm", "a water phantom"),
        graded(
            PreconditionCode.CENTRED,
            "distance of the phantom from the middle of the field of view",
            off_centre_mm(ct, pixel_mm, found),
            soft=(None, OFF_CENTRE_MM[0]),
            hard=(None, OFF_CENTRE_MM[1]),
            unit="mm",
            scope=Scope(),
            clause=CLAUSE,
        ),
        graded(
            PreconditionCode.GEOMETRY,
            "noise of a region at the edge over that of the centre",
            unevenness,
            soft=(None, ALIKE[0]),
            hard=(None, ALIKE[1]),
            unit="1",
            scope=Scope(),
            clause=CLAUSE,
            expected="water alone in each region: no bubble, no wall, no insert",
        ),
        *(
            known(
                PreconditionCode.CORRECTION,
                name,
                ct.header.get(keyword),
                severity=Severity.SOFT,
                scope=Scope(),
                clause=CLAUSE,
                unit=unit,
                expected="told by the header: results are compared with those of the same one",
            )
            for keyword, name, unit in TOLD
        ),
        pixel_is_square(pixel_mm, scope=Scope(), clause=CLAUSE),
        pixel_within("side of a pixel", pixel_mm, upper=LARGEST_PIXEL_MM,
                     severity=Severity.SOFT, scope=Scope(), clause=CLAUSE),
    )  # fmt: skip


def off_centre_mm(ct: Volume, pixel_mm: tuple[float, float], found: RoundOutline) -> float:
    """Return the distance of the axis of the phantom from the middle of the matrix."""
    rows, columns = ct.values.shape[1:]
    return math.hypot(
        (found.centre[0] - (rows - 1) / 2.0) * pixel_mm[0],
        (found.centre[1] - (columns - 1) / 2.0) * pixel_mm[1],
    )


def margin_mm(ct: Volume, pixel_mm: tuple[float, float], found: RoundOutline) -> float:
    """Return how far the phantom is from the end of the matrix, or of what was reconstructed of it."""
    room = [
        min(c + 0.5, n - 0.5 - c) * side
        for c, n, side in zip(found.centre, ct.values.shape[1:], pixel_mm, strict=True)
    ]
    diameter = ct.header.get("ReconstructionDiameter")
    if isinstance(diameter, float | int) and 0.0 < diameter < 5000.0:
        room.append(diameter / 2.0 - off_centre_mm(ct, pixel_mm, found))
    return float(min(room)) - found.radius_mm


def _is(quantity: str, value: str, wanted: str, code: PreconditionCode) -> Precondition:
    return Precondition(
        code=code,
        severity=Severity.HARD,
        outcome=Outcome.MET if value == wanted else Outcome.NOT_MET,
        quantity=quantity,
        value=value or None,
        expected=wanted,
        clause=CLAUSE,
    )


def _hard(
    quantity: str,
    value: float,
    lower: float | None,
    upper: float | None,
    unit: str,
    expected: str,
) -> Precondition:
    return bounded(
        PreconditionCode.GEOMETRY,
        quantity,
        value,
        lower=lower,
        upper=upper,
        unit=unit,
        severity=Severity.HARD,
        scope=Scope(),
        clause=CLAUSE,
        expected=expected,
    )
