"""What makes the sensitivity of a PET scanner uncertain. JJF draft (PET/CT calibration), Annex E.

``S = R_0 / A``: the rate without attenuation has the exponent 1, the activity -1 (E.3; the 1 that E.5.4
prints for the activity is a slip, its table has -1 again). All components are relative.
"""

from __future__ import annotations

import math

from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.uncertainty import Budget, Component, Distribution, Evaluation

COUNTING, TIME, WALL, METER = (
    "counting",
    "time of decay correction",
    "wall thickness of the sleeves",
    "activity meter",
)
"""Names of the components that Annex E lists."""

CLOCK_HALF_WIDTH_S = 30.0
"""JJF draft E.5.1.2: times are known to half a minute, rectangular."""

WALL_HALF_WIDTH_MM = 0.1
"""JJF draft E.5.1.3: the accumulated wall is known to 0.1 mm, rectangular."""

ALUMINIUM_PER_MM = 0.0228
"""Linear attenuation coefficient of aluminium for 511 keV in 1/mm. JJF draft E.5.1.3."""


def counting(counts: float, noise: float | None = None) -> Component:
    """Return the component of a number of counts; `noise` where it is not their square root."""
    return Component(
        name=COUNTING,
        standard=(math.sqrt(counts) if noise is None else noise) / counts,
        evaluation=Evaluation.A,
        value=counts,
        unit="{counts}",
    )


def clock(half_width_s: float, half_life_s: float) -> Component:
    """Return the component of the time between activity and acquisition: ``ln 2 dt / T``."""
    return Component.stated(TIME, LN2 * half_width_s / half_life_s, Distribution.RECTANGULAR)


def wall(half_width_mm: float, attenuation_per_mm: float) -> Component:
    """Return the component of the thickness of metal: ``2 mu dX``."""
    return Component.stated(
        WALL, 2.0 * attenuation_per_mm * half_width_mm, Distribution.RECTANGULAR
    )


def meter(expanded: float, coverage: float = 2.0) -> Component:
    """Return the component of the activity meter, by the expanded uncertainty of its certificate."""
    return Component.stated(METER, expanded, coverage=coverage, sensitivity=-1.0)


JJF_ANNEX_E = Budget(
    components=(
        counting(10_000.0),
        clock(CLOCK_HALF_WIDTH_S, 109.8 * 60.0),
        wall(WALL_HALF_WIDTH_MM, ALUMINIUM_PER_MM),
        meter(0.032),
    )
)
"""The example of Annex E: 10 000 counts, a meter known to 3.2 % (k = 2); U = 3.8 %, k = 2."""
