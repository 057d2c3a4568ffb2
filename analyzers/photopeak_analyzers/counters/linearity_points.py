"""The points of a linearity: counts of one source that decays, or of a series of dilutions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from photopeak_analyzers.contract import Column, Reading, ReadingKind, Row
from photopeak_analyzers.counters.sample_readings import (
    Counted,
    counts_column,
    live_column,
    start_column,
)
from photopeak_analyzers.errors import UnsuitableAcquisitionError

POINTS = Reading(
    name="points",
    label="Counts over the range of activities",
    label_zh="各活度下的计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(
        counts_column(),
        live_column(),
        start_column(),
        Column("activity_kbq", "kBq", label="Activity of a dilution", label_zh="稀释样品活度",
               minimum=1e-9, maximum=1e9, required=False,
               hint="Of every sample at the first start, in any scale; empty where one source"
               " decays."),
        Column("u_activity_pct", "%", label="Standard uncertainty of the dilution, k = 1",
               label_zh="稀释相对标准不确定度(k=1)", minimum=0.0, maximum=50.0, required=False),
    ),
    minimum_rows=4,
    maximum_rows=1000,
    hint="One row for each count; the time as the counter divides by it.",
)  # fmt: skip


def elapsed_s(counts: Sequence[Counted]) -> list[float]:
    """Return when each count began after the first, in s."""
    moments = [each.at for each in counts if each.at is not None]
    first = min(moments)
    return [(at - first).total_seconds() for at in moments]


def activities_of(
    rows: Sequence[Row], dilution_percent: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the activities at the first start, and their relative uncertainties; 1 of one source.

    Raises
    ------
    UnsuitableAcquisitionError
        If some rows have an activity, and some have none.
    """
    stated = [row.has("activity_kbq") for row in rows]
    if not any(stated):
        return np.ones(len(rows)), np.zeros(len(rows))
    if not all(stated):
        raise UnsuitableAcquisitionError(
            f"{sum(stated)} of {len(rows)} rows of {POINTS.name} have an activity_kbq, needs all of"
            " them or none",
            quantity=f"activity_kbq of {POINTS.name}",
            value=sum(stated),
            bound=len(rows),
        )
    percent = [
        row.number("u_activity_pct") if row.has("u_activity_pct") else dilution_percent
        for row in rows
    ]
    return np.array([row.number("activity_kbq") for row in rows]), np.array(percent) / 100.0
