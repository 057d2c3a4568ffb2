"""Constancy of a gamma counter: a check source against its rate on the reference day.

Practice: see :mod:`~photopeak_analyzers.counters.check_source`.
"""

from __future__ import annotations

from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Variant
from photopeak_analyzers.counters.check_source import (
    CHECK_FIGURES,
    CHECK_METRICS,
    CHECK_READINGS,
    CheckSourceParameters,
    measure_check_source,
)
from photopeak_analyzers.shorthand import metrics

CLAUSE = "practice: gamma counter, constancy with a check source"


def measure(inputs: Inputs, parameters: CheckSourceParameters) -> Analysis:
    """Compare a check source with its reference."""
    return measure_check_source(inputs, parameters, CLAUSE)


ANALYZER = Analyzer(
    id="gamma_counter_constancy",
    title="Constancy of the gamma counter",
    title_zh="γ计数器稳定性",
    version="1",
    variants=(Variant(name="local", title="A long-lived source in its tube", clause=CLAUSE),),
    roles=(),
    readings=CHECK_READINGS,
    metrics=metrics(CLAUSE, *CHECK_METRICS),
    parameters=CheckSourceParameters,
    measure=measure,
    figures=CHECK_FIGURES,
)
"""The test, as registered."""
