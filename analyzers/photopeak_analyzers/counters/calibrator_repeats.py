"""One source read again and again: what repeatability, reproducibility and stability share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photopeak_analyzers.contract import (
    Analysis,
    Inputs,
    Note,
    Reading,
    ReadingKind,
    Scope,
    parameter,
)
from photopeak_analyzers.counters.calibrator_conditions import (
    background_condition,
    number_condition,
    time_condition,
)
from photopeak_analyzers.counters.calibrator_readings import (
    BACKGROUND,
    DisplayParameters,
    MeterReading,
    activity_column,
    at_first,
    background_of,
    decay_uncertainty,
    meter_readings,
    nuclide_of,
    nuclide_reading,
    resolution_mbq,
    time_column,
    used_half_life,
)
from photopeak_analyzers.figures import Curve, CurveFigure, CurveStyle, ReferenceLine, TableFigure
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.repeats import Repeats, chance_of_more, chi_square, repeats
from photopeak_analyzers.shorthand import MetricRow, NumberRow, measurements

READINGS = Reading(
    name="readings",
    label="Readings",
    label_zh="读数",
    unit="MBq",
    kind=ReadingKind.TABLE,
    columns=(activity_column(), time_column()),
    minimum_rows=3,
    maximum_rows=1000,
    hint="One row for each reading, in the order in which they were taken.",
)

EXPECTED = Reading(
    name="expected_rsd_pct",
    label="Expected standard deviation of a reading",
    label_zh="单次读数预期相对标准偏差",
    unit="%",
    minimum=0.001,
    maximum=20.0,
    required=False,
    hint="Of the manufacturer or of earlier tests; with it the chi-square is computed.",
)

REPEAT_READINGS = (nuclide_reading(), READINGS, BACKGROUND, EXPECTED)
"""Readings of a test of this kind."""

REPEAT_METRICS: tuple[MetricRow, ...] = (
    ("rsd_pct", "%", "s_rel", "Relative standard deviation", "相对标准偏差", 2),
    ("max_deviation_pct", "%", "d_max", "Largest deviation from the mean", "与均值的最大偏差", 2),
    ("mean_mbq", "MBq", "A", "Mean activity", "平均活度", 3),
    ("range_pct", "%", "R", "Range", "极差", 2),
    ("chi_square", "1", "chi^2", "Chi-square", "卡方", 2),
    ("chi_square_probability", "1", "p", "Chance of a larger chi-square", "卡方概率", 4),
    ("resolution_pct", "%", "u_d", "Uncertainty of one reading by its last digit", "示值分辨力引入的不确定度", 3),
    ("readings", "1", "n", "Readings", "读数次数", 0),
)  # fmt: skip
"""Rows of its metrics."""

REPEAT_FIGURES = ("readings", "table")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatParameters(DisplayParameters):
    """Parameters of a test of repeated readings."""

    wanted_readings: int = parameter(
        10, doc="Readings that the test asks for; fewer warn.", minimum=3, maximum=1000
    )
    draws: int = parameter(
        2000,
        doc="How often readings are drawn for the uncertainty of the largest deviation.",
        minimum=100,
        maximum=10_000,
    )
    seed: int = parameter(1, doc="Seed of the draws.", minimum=0, maximum=2**31 - 1)


def measure_repeats(inputs: Inputs, parameters: RepeatParameters, clause: str) -> Analysis:
    """Return mean and scatter of readings, each corrected for decay to the first."""
    nuclide = nuclide_of(inputs)
    life, note = used_half_life(nuclide, inputs.variant)
    read = meter_readings(inputs.rows(READINGS), inputs)
    activities = at_first(read, life)
    found = repeats(activities, draws=parameters.draws, seed=parameters.seed)
    background = background_of(inputs)
    return Analysis(
        measurements=tuple(
            measurements(Scope(), _numbers(found, activities, read, life, inputs, parameters))
        ),
        preconditions=(
            number_condition(len(read), parameters.wanted_readings, clause),
            background_condition(min(each.gross_mbq for each in read), background, clause),
            time_condition(read, life, clause),
        ),
        figures=(_figure(found), _table(read, activities, found)),
        notes=(note, *_remarks(read)),
    )


def _numbers(
    found: Repeats,
    activities: Sequence[float],
    read: Sequence[MeterReading],
    life: HalfLife,
    inputs: Inputs,
    parameters: RepeatParameters,
) -> list[NumberRow]:
    mean = found.mean
    moments = [each.at for each in read if each.at is not None]
    since = [(at - min(moments)).total_seconds() for at in moments]
    # The longer the readings are after the first one, the more the half-life counts in their mean.
    of_life = mean.value * decay_uncertainty(sum(since) / len(read), life, 0.0)
    background = read[0].background_u_mbq
    last_digit = max(resolution_mbq(each.gross_mbq, parameters) for each in read)
    rows: list[NumberRow] = [
        ("rsd_pct", found.relative_percent.value, found.relative_percent.uncertainty),
        ("max_deviation_pct", found.largest_percent.value, found.largest_percent.uncertainty),
        ("mean_mbq", mean.value, math.hypot(mean.uncertainty, last_digit, background, of_life)),
        ("range_pct", float(np.ptp(found.deviations_percent)), None),
        ("resolution_pct", 100.0 * last_digit / mean.value, None),
        ("readings", found.number, None),
    ]
    if EXPECTED.name in inputs.readings:
        expected = inputs.number(EXPECTED.name) / 100.0 * mean.value
        chi = chi_square(activities, expected)
        rows += [
            ("chi_square", chi, None),
            ("chi_square_probability", chance_of_more(chi, found.number - 1), None),
        ]
    return rows


def _remarks(read: Sequence[MeterReading]) -> list[Note]:
    if len({each.gross_mbq for each in read}) > 1:
        return []
    return [
        Note(
            code="NO_SCATTER",
            message=f"all {len(read)} readings are alike: the display is coarser than the"
            " scatter of the instrument, or one reading was copied",
            values={"readings": len(read)},
        )
    ]


def _figure(found: Repeats) -> CurveFigure:
    number = np.arange(1.0, found.number + 1.0)
    spread = found.relative_percent.value
    return CurveFigure(
        name="readings",
        title="Control chart of the readings",
        x_label="Reading",
        x_unit="1",
        y_label="Deviation from the mean",
        y_unit="%",
        curves=(
            Curve(label="readings", x=number, y=found.deviations_percent, style=CurveStyle.POINTS),
        ),
        lines=(
            ReferenceLine(label="+2 s", value=2.0 * spread),
            ReferenceLine(label="mean", value=0.0),
            ReferenceLine(label="-2 s", value=-2.0 * spread),
        ),
    )


def _table(
    read: Sequence[MeterReading], activities: Sequence[float], found: Repeats
) -> TableFigure:
    return TableFigure(
        name="table",
        title="Readings",
        columns=(
            "reading", "time", "displayed (MBq)", "net, at the first reading (MBq)", "deviation (%)"
        ),
        rows=tuple(
            (
                each.position,
                None if each.at is None else each.at.isoformat(timespec="seconds"),
                each.gross_mbq,
                activity,
                float(deviation),
            )
            for each, activity, deviation in zip(
                read, activities, found.deviations_percent, strict=True
            )
        ),
    )  # fmt: skip
