"""Repeatability of a radionuclide calibrator: readings of one source that is not moved.

Practice: ten readings, each less the background and corrected for decay to the first;
``d_i = 100 (A_i - mean) / mean``, the relative standard deviation, and the largest of the d_i. With an
expected standard deviation also ``chi^2 = sum (A_i - mean)^2 / s^2``.

The uncertainty of the standard deviation is ``s / sqrt(2 (n - 1))``, that of the largest deviation is
drawn (:mod:`~photopeak_analyzers.numerics.repeats`).
"""

from __future__ import annotations

from photopeak_analyzers.contract import Analysis, Analyzer, Inputs, Variant
from photopeak_analyzers.counters.calibrator_repeats import (
    REPEAT_FIGURES,
    REPEAT_METRICS,
    REPEAT_READINGS,
    RepeatParameters,
    measure_repeats,
)
from photopeak_analyzers.shorthand import metrics

CLAUSE = "practice: radionuclide calibrator, readings of one source that is not moved"


def measure(inputs: Inputs, parameters: RepeatParameters) -> Analysis:
    """Compare the readings with their mean."""
    return measure_repeats(inputs, parameters, CLAUSE)


ANALYZER = Analyzer(
    id="calibrator_repeatability",
    title="Repeatability of the radionuclide calibrator",
    title_zh="活度计重复性",
    version="1",
    variants=(Variant(name="local", title="Ten readings", clause=CLAUSE),),
    roles=(),
    readings=REPEAT_READINGS,
    metrics=metrics(CLAUSE, *REPEAT_METRICS),
    parameters=RepeatParameters,
    measure=measure,
    figures=REPEAT_FIGURES,
)
"""The test, as registered."""
