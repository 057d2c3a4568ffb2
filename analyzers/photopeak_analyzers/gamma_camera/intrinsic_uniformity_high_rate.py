"""Intrinsic uniformity at 75 000 counts per second: what pile-up does to a flood.

NEMA NU 1-2007 (GB/T 18989-2013 E.8): conditions, mathematics and fields of view as for the intrinsic
flood at the usual rate (E.4), at 75 000 /s. The clause has no tolerance; 10 % are allowed by
default. The rate is the one observed, all counts of the image over its duration; here it is the
subject of the test, so that one that is not known voids the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from photopeak_analyzers.common_parameters import refuse_above
from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Variant, parameter
from photopeak_analyzers.gamma_camera.intrinsic_flood import (
    IntrinsicFloodParameters,
    nema_procedure,
)
from photopeak_analyzers.gamma_camera.uniformity_analysis import FLOOD_ROLE, analyze_floods
from photopeak_analyzers.gamma_camera.uniformity_conditions import SourceGeometry
from photopeak_analyzers.gamma_camera.uniformity_figures import FIGURES
from photopeak_analyzers.gamma_camera.uniformity_results import metrics

NEMA = Variant(
    name="nema",
    title="NEMA NU 1-2007, 75 000 counts per second",
    clause="NEMA NU 1-2007 (GB/T 18989-2013 E.8)",
)

RATE_CPS = 75_000.0
"""Observed count rate of the test. E.8."""

TOLERANCE = 0.1
"""Share of it by which the rate may miss; the clause has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HighRateUniformityParameters(IntrinsicFloodParameters):
    """Parameters of the flood at a high rate."""

    minimum_rate_cps: float = parameter(
        (1.0 - TOLERANCE) * RATE_CPS,
        doc="Observed count rate from which on the flood is one at 75 000 /s.",
        unit="{counts}/s",
        clause=NEMA.clause,
        minimum=1.0,
        maximum=1e7,
    )
    maximum_rate_cps: float = parameter(
        (1.0 + TOLERANCE) * RATE_CPS,
        doc="Observed count rate up to which the flood is one at 75 000 /s.",
        unit="{counts}/s",
        clause=NEMA.clause,
        minimum=1.0,
        maximum=1e7,
    )

    def __post_init__(self) -> None:
        IntrinsicFloodParameters.__post_init__(self)
        refuse_above(self, "minimum_rate_cps", "maximum_rate_cps")


def measure(inputs: Inputs, parameters: HighRateUniformityParameters) -> Analysis:
    """Measure intrinsic uniformity at a high rate."""
    return analyze_floods(
        inputs,
        parameters,
        nema_procedure(
            parameters, clause=NEMA.clause, minimum_rate_cps=parameters.minimum_rate_cps
        ),
        SourceGeometry(distance_mm=parameters.source_distance_mm),
    )


ANALYZER = Analyzer(
    id="intrinsic_uniformity_high_rate",
    title="Intrinsic uniformity at a high count rate",
    title_zh="高计数率固有均匀性",
    version="1",
    variants=(NEMA,),
    roles=(FLOOD_ROLE,),
    metrics=tuple(
        metric
        for metric in metrics(
            infix="", index="i", clause="NEMA NU 1-2007 (GB/T 18989-2013 E.8, E.4.4)"
        )
        if not metric.key.startswith("eps_")
    ),
    parameters=HighRateUniformityParameters,
    measure=measure,
    figures=FIGURES,
)
"""The test, as registered."""
