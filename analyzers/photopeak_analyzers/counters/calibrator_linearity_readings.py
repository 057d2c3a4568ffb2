"""What is read for the linearity of a calibrator, and the parameters of the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Measurement,
    Note,
    Precondition,
    Reading,
    ReadingKind,
    parameter,
)
from photopeak_analyzers.counters.calibrator_budget import ComparisonParameters
from photopeak_analyzers.counters.calibrator_conditions import OVER_BACKGROUND
from photopeak_analyzers.counters.calibrator_readings import (
    LARGEST_MBQ,
    MeterReading,
    activity_column,
    display_uncertainty,
    meter_readings,
    time_column,
)
from photopeak_analyzers.figures import Figure
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.decay import LN2

CLAUSE = "practice: radionuclide calibrator, linearity of the response to activity"

DECAY = Reading(
    name="decay",
    label="Readings of a decaying source",
    label_zh="衰减法读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(activity_column(), time_column(required=True)),
    minimum_rows=3,
    maximum_rows=2000,
    required=False,
    hint="From the highest activity in use down to about 1 MBq; the source stays the same.",
)

SHIELDS = Reading(
    name="shields",
    label="Readings in calibrated shields",
    label_zh="屏蔽套法读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(
        Column("shield", kind=ReadingKind.TEXT, label="Shield", label_zh="屏蔽套"),
        activity_column(),
        Column(
            "factor",
            label="Attenuation factor",
            label_zh="衰减因子",
            minimum=1.0,
            maximum=1e6,
            required=False,
            hint="1 without a shield; empty where it is to be found.",
        ),
        time_column(),
    ),
    minimum_rows=2,
    maximum_rows=200,
    required=False,
    hint="The first row without a shield.",
)

HIGHEST = Reading(
    name="highest_used_mbq",
    label="Highest activity in use",
    label_zh="临床使用的最高活度",
    unit="MBq",
    minimum=0.1,
    maximum=LARGEST_MBQ,
    required=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearityParameters(ComparisonParameters):
    """Parameters of the test."""

    lowest_mbq: float = parameter(
        1.0,
        doc="Activity down to which a decay is to be followed; ending above it warns.",
        unit="MBq",
        minimum=0.001,
        maximum=10_000.0,
    )
    shield_percent: float = parameter(
        0.5,
        doc="Relative standard uncertainty of the factor of a shield.",
        unit="%",
        minimum=0.0,
        maximum=20.0,
    )
    half_life_tolerance_percent: float = parameter(
        10.0,
        doc="By how much the fitted half-life may differ from that of the nuclide; more is another"
        " nuclide.",
        unit="%",
        minimum=0.1,
        maximum=100.0,
    )
    draws: int = parameter(
        2000,
        doc="How often noise is drawn for the uncertainty of the largest deviation.",
        minimum=100,
        maximum=10_000,
    )
    seed: int = parameter(1, doc="Seed of the draws.", minimum=0, maximum=2**31 - 1)


@dataclass(slots=True)
class Part:
    """What one of the two ways gave."""

    measurements: list[Measurement] = field(default_factory=list)
    preconditions: list[Precondition] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def split_decay(inputs: Inputs) -> tuple[list[MeterReading], list[MeterReading]]:
    """Return the readings of the decay that are judged, and those too near to the background."""
    read = sorted(meter_readings(inputs.rows(DECAY), inputs), key=_moment)
    judged = [each for each in read if above_background(each)]
    return judged, [each for each in read if not above_background(each)]


def elapsed_s(read: Sequence[MeterReading], since: MeterReading) -> list[float]:
    """Return the times of readings after another one; 0 for those without a time."""
    return [
        0.0 if each.at is None or since.at is None else (each.at - since.at).total_seconds()
        for each in read
    ]


def relative_uncertainties(
    read: Sequence[MeterReading], life: HalfLife, parameters: LinearityParameters
) -> np.ndarray:
    """Return the relative standard uncertainty of each reading for itself."""
    digit = np.array([display_uncertainty(each, parameters) for each in read])
    clock = LN2 * parameters.clock_s / life.seconds
    least = 1e-6
    return np.sqrt(digit**2 + (parameters.repeatability_percent / 100.0) ** 2 + clock**2 + least**2)


def above_background(reading: MeterReading) -> bool:
    """Tell whether a reading is so far above its background that it is judged."""
    return reading.mbq >= OVER_BACKGROUND * abs(reading.background_mbq)


def _moment(reading: MeterReading) -> float:
    return 0.0 if reading.at is None else reading.at.timestamp()
