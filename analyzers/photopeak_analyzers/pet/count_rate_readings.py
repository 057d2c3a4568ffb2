"""Rates that a person writes down of a decaying phantom in a PET scanner, and what was stated of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from photopeak_analyzers.contract import Column, Inputs, Reading, ReadingKind, Row
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.numerics.counting import Estimate
from photopeak_analyzers.pet.noise_equivalent import Floats, RateCurve
from photopeak_analyzers.shorthand import NumberRow

LARGEST_KBQ_ML = 500.0
"""Ten times what scanners peak at, and the phantom of 22 L would hold 11 GBq: more is in Bq/mL."""


def _rate(name: str, label: str, label_zh: str, *, required: bool = True, hint: str = "") -> Column:
    return Column(
        name,
        "{counts}/s",
        label=label,
        label_zh=label_zh,
        minimum=0.0,
        maximum=1e9,
        required=required,
        hint=hint,
    )


RATES = Reading(
    name="rates",
    label="Rates of a decaying phantom",
    label_zh="衰变模体的计数率",
    unit="{counts}/s",
    kind=ReadingKind.TABLE,
    columns=(
        Column(
            "activity_kbq_ml",
            "kBq/mL",
            label="Activity concentration",
            label_zh="活度浓度",
            minimum=1e-3,
            maximum=LARGEST_KBQ_ML,
        ),
        _rate("prompts_cps", "All coincidences", "总符合计数率"),
        _rate("randoms_cps", "Randoms", "随机符合计数率"),
        _rate(
            "scatter_cps",
            "Scatter",
            "散射符合计数率",
            required=False,
            hint="Left out in all rows where the scatter fraction is entered.",
        ),
        Column(
            "duration_s",
            "s",
            label="Duration",
            label_zh="采集时间",
            minimum=0.1,
            maximum=1e6,
            required=False,
        ),
    ),
    minimum_rows=3,
    maximum_rows=500,
    required=False,
)


def _number(
    name: str, label: str, label_zh: str, unit: str, minimum: float, maximum: float
) -> Reading:
    return Reading(
        name=name,
        label=label,
        label_zh=label_zh,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        required=False,
    )


SCATTER_FRACTION = _number("scatter_fraction", "Scatter fraction", "散射分数", "%", 1.0, 95.0)
"""Less is a share and no percentage: 0.35 for 35 % would more than double the rate."""
PROMPTS = _number("prompts_cps", "All coincidences", "总符合计数率", "{counts}/s", 1e-3, 1e9)
RANDOMS = _number("randoms_cps", "Random coincidences", "随机符合计数率", "{counts}/s", 0.0, 1e9)
STATED = _number(
    "necr_peak", "Peak of the noise-equivalent rate", "噪声等效计数率峰值", "{counts}/s", 1.0, 1e9
)
STATED_ACTIVITY = _number(
    "necr_peak_activity", "Activity of that peak", "峰值处活度浓度", "kBq/mL", 1e-3, LARGEST_KBQ_ML
)


def read_curve(inputs: Inputs) -> RateCurve | None:
    """Return the rates by activity; None without the table."""
    rows = sorted(inputs.rows(RATES), key=lambda row: row.number("activity_kbq_ml"))
    if not rows:
        return None
    prompts, randoms = (_column(rows, name) for name in ("prompts_cps", "randoms_cps"))
    timed = all(row.has("duration_s") for row in rows)
    return RateCurve(
        activity=_column(rows, "activity_kbq_ml"),
        prompts=prompts,
        randoms=randoms,
        scatter_share=_scatter_share(inputs, rows, prompts - randoms),
        duration_s=_column(rows, "duration_s") if timed else None,
    )


def _column(rows: Sequence[Row], name: str) -> Floats:
    return np.array([row.number(name) for row in rows])


def _scatter_share(inputs: Inputs, rows: Sequence[Row], rest: Floats) -> Floats:
    """Return the scatter among what is not random, by row or the same for all."""
    filled = sum(row.has("scatter_cps") for row in rows)
    if filled == 0 and SCATTER_FRACTION.name in inputs.readings:
        return np.full(len(rows), inputs.number(SCATTER_FRACTION.name) / 100.0)
    if filled < len(rows):
        raise MissingReadingError(
            f"{filled} of {len(rows)} rows of {RATES.name} have scatter_cps, needs all, or none and"
            f" the reading {SCATTER_FRACTION.name}",
            quantity="scatter_cps",
            value=filled,
            bound=len(rows),
        )
    scatter = _column(rows, "scatter_cps")
    for row, part, whole in zip(rows, scatter, rest, strict=True):
        if not part <= max(whole, 0.0):
            raise UnsuitableAcquisitionError(
                f"row {row.position} of {RATES.name} has {part:g} scattered coincidences/s, needs at"
                f" most the {whole:g} that are not random",
                quantity="scatter_cps",
                value=float(part),
                bound=float(whole),
            )
    # A row with nothing but randoms is refused by the curve, with its activity.
    return scatter / np.where(rest > 0.0, rest, 1.0)


def read_randoms(inputs: Inputs) -> list[NumberRow]:
    """Return the share of the randoms of one acquisition, if its two rates are given."""
    if not {PROMPTS.name, RANDOMS.name} <= inputs.readings.keys():
        return []
    prompts, randoms = (_estimate(inputs, each.name) for each in (PROMPTS, RANDOMS))
    if randoms.value > prompts.value:
        raise UnsuitableAcquisitionError(
            f"there are {randoms.value:g} random coincidences/s, needs at most all of them,"
            f" {prompts.value:g}",
            quantity=RANDOMS.name,
            value=randoms.value,
            bound=prompts.value,
        )
    share = randoms.value / prompts.value
    u = math.hypot(randoms.uncertainty, share * prompts.uncertainty) / prompts.value
    both = all(inputs.readings[each.name].uncertainty is not None for each in (PROMPTS, RANDOMS))
    return [("randoms_pct", 100.0 * share, 100.0 * u if both else None)]


def read_stated(inputs: Inputs, *, alone: bool) -> list[NumberRow]:
    """Return what was stated: as such beside a curve, as the result without one."""
    found: list[NumberRow] = []
    for reading in (STATED, STATED_ACTIVITY):
        if reading.name in inputs.readings:
            value = inputs.number(reading.name)
            key = reading.name if alone else f"{reading.name}_stated"
            found.append((key, value, inputs.readings[reading.name].uncertainty))
    if alone and SCATTER_FRACTION.name in inputs.readings:
        given = inputs.readings[SCATTER_FRACTION.name]
        found.append(
            ("scatter_fraction_pct", inputs.number(SCATTER_FRACTION.name), given.uncertainty)
        )
    return found


def _estimate(inputs: Inputs, name: str) -> Estimate:
    return Estimate(value=inputs.number(name), uncertainty=inputs.readings[name].uncertainty or 0.0)
