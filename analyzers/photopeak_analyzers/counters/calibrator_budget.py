"""The uncertainty of readings against an activity that is known: relative, component by component."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from photopeak_analyzers.common_parameters import clock_uncertainty
from photopeak_analyzers.contract import parameter
from photopeak_analyzers.counters.calibrator_readings import (
    DisplayParameters,
    MeterReading,
    resolution_mbq,
)
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.decay import LN2
from photopeak_analyzers.uncertainty import Budget, Component, Evaluation


def repeatability() -> Any:
    """Declare ``repeatability_percent: float``."""
    return parameter(
        0.3,
        doc="Relative standard deviation of one reading, as the test of repeatability found it.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )


def wanted_readings(default: int = 10) -> Any:
    """Declare ``wanted_readings: int``."""
    return parameter(
        default, doc="Readings that the test asks for; fewer warn.", minimum=1, maximum=1000
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonParameters(DisplayParameters):
    """Parameters of tests that compare readings with a known activity."""

    repeatability_percent: float = repeatability()
    clock_s: float = clock_uncertainty()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What readings are compared with.

    Attributes
    ----------
    mbq
        At its own moment.
    elapsed_s
        From that moment to the readings.
    relative
        Standard uncertainty; None when nobody stated it.
    coverage
        k of the certificate that stated it.
    name
        Of the component, such as ``certificate``.
    """

    mbq: float
    elapsed_s: float
    relative: float | None
    coverage: float = 1.0
    name: str = "certificate"


def comparison_budget(
    read: Sequence[MeterReading],
    ratios: Sequence[float],
    known: Known,
    life: HalfLife,
    parameters: ComparisonParameters,
) -> Budget:
    """Return the relative budget of the mean ratio of readings to what was to be expected.

    The scatter of two and more readings is their own; one has that of the parameters. The digits of
    the display are the same for readings that do not differ, so that their mean is not better.
    """
    number = len(ratios)
    mean = float(np.mean(ratios))
    if number > 1:
        scatter = Component(
            name="scatter of the readings",
            standard=float(np.std(ratios, ddof=1)) / math.sqrt(number) / mean,
            evaluation=Evaluation.A,
            degrees_of_freedom=number - 1,
        )
    else:
        scatter = Component(
            name="repeatability of the calibrator",
            standard=parameters.repeatability_percent / 100.0,
        )
    digit = max(resolution_mbq(each.gross_mbq, parameters) / each.mbq for each in read)
    background = max(each.background_u_mbq / each.mbq for each in read)
    parts = [
        scatter,
        Component(name="last digit of the display", standard=digit),
        Component(name="background", standard=background),
        Component(
            name=known.name,
            standard=known.relative or 0.0,
            coverage=known.coverage,
            sensitivity=-1.0,
            value=known.mbq,
            unit="MBq",
        ),
        Component(name="clock", standard=LN2 * parameters.clock_s / life.seconds),
    ]
    if life.uncertainty_s is not None:
        lives = abs(known.elapsed_s) / life.seconds
        parts.append(
            Component(
                name="half-life",
                standard=life.uncertainty_s / life.seconds,
                sensitivity=LN2 * lives,
                value=life.seconds,
                unit="s",
            )
        )
    return Budget(components=tuple(parts))
