"""Timing and energy resolution of a PET scanner, as its own test or its maker's gives them.

Practice: no standard at hand describes how a user measures them, so the numbers are entered with their
uncertainty and followed against the baseline of the device. The bounds of the readings tell a share from
a percentage and nanoseconds from picoseconds.
"""

from __future__ import annotations

from photopeak_analyzers.contract import (
    Analysis,
    Analyzer,
    Inputs,
    Parameters,
    Reading,
    Scope,
    Variant,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.shorthand import NumberRow, measurements, metrics

CLAUSE = "practice: timing and energy resolution as the scanner states them"

TIMING = Reading(
    name="timing_resolution_ps",
    label="Timing resolution (FWHM)",
    label_zh="时间分辨率(FWHM)",
    unit="ps",
    minimum=30.0,
    maximum=10_000.0,
    required=False,
    hint="Of coincidences, as the scanner states it; empty without time of flight.",
)

ENERGY = Reading(
    name="energy_resolution_pct",
    label="Energy resolution (FWHM)",
    label_zh="能量分辨率(FWHM)",
    unit="%",
    minimum=1.0,
    maximum=50.0,
    required=False,
    hint="At 511 keV.",
)


def measure(inputs: Inputs, _: Parameters) -> Analysis:
    """Take what was stated."""
    numbers: list[NumberRow] = [
        (reading.name, inputs.number(reading.name), inputs.readings[reading.name].uncertainty)
        for reading in (TIMING, ENERGY)
        if reading.name in inputs.readings
    ]
    if not numbers:
        raise MissingReadingError(
            "neither the timing resolution nor the energy resolution is given, needs one of them",
            quantity="readings",
            value=0,
            bound=1,
        )
    return Analysis(measurements=tuple(measurements(Scope(), numbers)), preconditions=())


ANALYZER = Analyzer(
    id="pet_timing_energy_resolution",
    title="Timing and energy resolution",
    title_zh="时间与能量分辨率",
    version="1",
    variants=(Variant(name="local", title="As stated by the scanner", clause=CLAUSE),),
    roles=(),
    readings=(TIMING, ENERGY),
    metrics=metrics(
        CLAUSE,
        (TIMING.name, "ps", "dt", "Timing resolution", "时间分辨率", 0),
        (ENERGY.name, "%", "ER", "Energy resolution", "能量分辨率", 1),
    ),
    parameters=Parameters,
    measure=measure,
)
"""The test, as registered."""
