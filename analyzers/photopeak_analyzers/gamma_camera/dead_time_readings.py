"""Numbers that a person gives to the test of dead time: rates of two sources, rates to be corrected."""

from __future__ import annotations

import math

from photopeak_analyzers.conditions import bounded
from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Measurement,
    Precondition,
    PreconditionCode,
    Reading,
    ReadingKind,
    Scope,
    Severity,
)
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.gamma_camera.dead_time_conditions import CLAUSE
from photopeak_analyzers.gamma_camera.dead_time_fits import HeadFit, corrected
from photopeak_analyzers.gamma_camera.rate_series import RateSeries
from photopeak_analyzers.numerics.dead_time import from_two_sources
from photopeak_analyzers.shorthand import measurements

MICRO = 1e6
"""Microseconds in a second."""

TWO_SOURCES = Reading(
    name="two_sources",
    label="Net rates of two sources",
    unit="{counts}/s",
    kind=ReadingKind.TABLE,
    columns=(
        Column("detector", "1"),
        Column("first_cps", "{counts}/s"),
        Column("second_cps", "{counts}/s"),
        Column("both_cps", "{counts}/s"),
    ),
    required=False,
    hint="One row per head: each source alone, then both together, background taken off.",
)
MEASURED = Reading(
    name="measured_rates",
    label="Rates to be corrected",
    unit="{counts}/s",
    kind=ReadingKind.TABLE,
    columns=(Column("detector", "1"), Column("rate_cps", "{counts}/s")),
    required=False,
    hint="Observed rates in the same window and arrangement, one row each.",
)


def by_two_sources(inputs: Inputs) -> list[Measurement]:
    """Return the dead time of every head whose rates of two sources are given."""
    found: list[Measurement] = []
    for detector, first, second, both in _table(inputs, TWO_SOURCES):
        scope = Scope.of(detector=int(detector))
        if any(each.scope == scope for each in found):
            raise ParameterError(
                f"two lines of {TWO_SOURCES.name} are of detector {detector:g}",
                quantity=TWO_SOURCES.name,
                bound=1,
            )
        tau = from_two_sources(first, second, both)
        found += measurements(scope, [("tau_two_sources_us", MICRO * tau, None)])
    return found


def rates_to_correct(inputs: Inputs, series: RateSeries) -> list[float]:
    """Return the rates of a head that are to be corrected, each once."""
    rows = _table(inputs, MEASURED)
    mine = [rate for detector, rate in rows if series.detector in (None, int(detector))]
    return list(dict.fromkeys(mine))


def correct(
    series: RateSeries, head: HeadFit, rate_cps: float
) -> tuple[list[Measurement], Precondition]:
    """Return the corrected rate, if there is one, and whether there can be one."""
    scope = Scope.of(**dict(series.scope.items), observed_cps=rate_cps)
    largest = head.best.dead_time.largest_cps
    condition = bounded(
        PreconditionCode.RATE,
        "rate to be corrected",
        rate_cps,
        upper=largest if math.isfinite(largest) else None,
        unit="{counts}/s",
        severity=Severity.SOFT,
        scope=scope,
        clause=CLAUSE,
    )
    found = corrected(head.best, rate_cps)
    if found is None:
        return [], condition
    true, uncertainty = found
    share = None if uncertainty is None else uncertainty / rate_cps
    return measurements(
        scope,
        [
            ("corrected_rate_cps", true, uncertainty),
            ("correction_factor", true / rate_cps, share),
        ],
    ), condition


def _table(inputs: Inputs, reading: Reading) -> list[tuple[float, ...]]:
    given = inputs.readings.get(reading.name)
    if given is None or not isinstance(given.value, tuple):
        return []
    for row in given.value:
        if row[0] not in range(1, 100) or not all(each > 0.0 for each in row):
            raise ParameterError(
                f"a line of {reading.name} is {', '.join(f'{each:g}' for each in row)}, needs"
                f" {', '.join(column.name for column in reading.columns)}, rates above 0",
                quantity=reading.name,
                bound=0.0,
            )
    return list(given.value)
