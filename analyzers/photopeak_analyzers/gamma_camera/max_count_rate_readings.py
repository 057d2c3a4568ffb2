"""Largest count rates that a person read off the display, as WS 523-2019 has it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from photopeak_analyzers.contract import Column, Inputs, Measurement, Reading, ReadingKind, Scope
from photopeak_analyzers.errors import ParameterError
from photopeak_analyzers.shorthand import measurements

READ_KEY = "max_count_rate_read_cps"

READ = Reading(
    name="read_rates",
    label="Largest rates read off the display",
    unit="{counts}/s",
    kind=ReadingKind.TABLE,
    columns=(Column("detector", "1"), Column("rate_cps", "{counts}/s")),
    required=False,
    hint="One row per head.",
)


def read_rates(inputs: Inputs) -> list[Measurement]:
    """Return what a person read off the display, by head.

    Raises
    ------
    ParameterError
        If a line is no head with a rate, or two are of one head.
    """
    reading = inputs.readings.get(READ.name)
    if reading is None or not isinstance(reading.value, tuple):
        return []
    found: list[Measurement] = []
    for row in reading.value:
        if not (row[0] in range(1, 100) and row[1] > 0.0):
            raise ParameterError(
                f"a line of {READ.name} is {', '.join(f'{each:g}' for each in row)}, needs the number"
                " of a head and a rate above 0",
                quantity=READ.name,
                bound=0.0,
            )
        scope = Scope.of(detector=int(row[0]))
        if any(each.scope == scope for each in found):
            message = f"two lines of {READ.name} are of detector {row[0]:g}"
            raise ParameterError(message, quantity=READ.name, bound=1)
        found += measurements(scope, [(READ_KEY, row[1], None)])
    return found


def read_alone(found: Sequence[Measurement], metric: str) -> list[Measurement]:
    """Return as the result what was read of heads for which nothing else tells it."""
    measured = {each.scope.get("detector") for each in found if each.metric == metric}
    return [
        dataclasses.replace(each, metric=metric)
        for each in found
        if each.metric == READ_KEY and each.scope.get("detector") not in measured
    ]
