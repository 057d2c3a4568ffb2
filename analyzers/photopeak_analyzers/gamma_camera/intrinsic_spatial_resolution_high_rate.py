"""Intrinsic spatial resolution at 75 000 counts per second: what pile-up does to a slit mask.

NEMA NU 1-2007 (GB/T 18989-2013 E.7): conditions, mathematics and fields of view as at the usual rate
(E.1), FWHM and FWTM, at 75 000 /s. The clause has no tolerance; 10 % are allowed by default. The
rate is the one observed, all counts of the image over its duration; here it is the subject of the
test, so that one that is not known voids the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.common_parameters import refuse_above
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Variant, parameter
from photopeak_analyzers.gamma_camera.slit_parameters import ROLES, SlitParameters
from photopeak_analyzers.gamma_camera.slit_resolution import (
    FWHM,
    FWTM,
    measure_resolution,
    width_metrics,
)
from photopeak_analyzers.gamma_camera.slit_resolution_figures import FIGURES
from photopeak_analyzers.gamma_camera.slit_sets import MASK_METRICS, NEMA, asked_by
from photopeak_analyzers.shorthand import metrics

CLAUSE = "NEMA NU 1-2007 (GB/T 18989-2013 E.7)"

RATE_CPS = 75_000.0
"""Observed count rate of the test. E.7."""

TOLERANCE = 0.1
"""Share of it by which the rate may miss; the clause has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HighRateSlitParameters(SlitParameters):
    """Parameters of the slit mask at a high rate."""

    minimum_rate_cps: float = parameter(
        (1.0 - TOLERANCE) * RATE_CPS,
        doc="Observed count rate from which on the image is one at 75 000 /s.",
        unit="{counts}/s",
        clause=CLAUSE,
        minimum=1.0,
        maximum=1e7,
    )
    maximum_rate_cps: float = parameter(
        (1.0 + TOLERANCE) * RATE_CPS,
        doc="Observed count rate up to which the image is one at 75 000 /s.",
        unit="{counts}/s",
        clause=CLAUSE,
        minimum=1.0,
        maximum=1e7,
    )

    def __post_init__(self) -> None:
        SlitParameters.__post_init__(self)
        refuse_above(self, "minimum_rate_cps", "maximum_rate_cps")


def measure(inputs: Inputs, parameters: HighRateSlitParameters) -> Analysis:
    """Measure intrinsic resolution at a high rate."""
    asked = asked_by(
        inputs.variant, parameters, CLAUSE, minimum_rate_cps=parameters.minimum_rate_cps
    )
    return measure_resolution(inputs, parameters, asked)


ANALYZER = Analyzer(
    id="intrinsic_spatial_resolution_high_rate",
    title="Intrinsic spatial resolution at a high count rate",
    title_zh="高计数率固有空间分辨率",
    version="1",
    variants=(Variant(name=NEMA, title="NEMA NU 1-2007, 75 000 counts per second", clause=CLAUSE),),
    roles=ROLES,
    metrics=metrics(CLAUSE, *width_metrics((FWHM, FWTM)), *MASK_METRICS),
    parameters=HighRateSlitParameters,
    measure=measure,
    figures=FIGURES,
)
"""The test, as registered."""
