"""What a person writes down at a gamma counter or a probe: counts, background, and their rates.

A count is a number of events in a live time; its rate less that of the background, at the moment it
began, takes the decay during the count into account. Uncertainties are those of Poisson counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Parameters,
    Reading,
    ReadingKind,
    Row,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError
from photopeak_analyzers.nuclide_table import HalfLife
from photopeak_analyzers.numerics.counting import Estimate, rate
from photopeak_analyzers.numerics.decay import LN2, decay_factor, mean_decay

MOST_COUNTS, LONGEST_S = 1e12, 1e6
"""Bounds of what a counter can show; 1e6 s are eleven days."""


def counts_column() -> Column:
    """Return the column ``counts``."""
    return Column(
        "counts", "{counts}", label="Counts", label_zh="计数", minimum=0.0, maximum=MOST_COUNTS
    )


def live_column() -> Column:
    """Return the column ``live_s``."""
    return Column(
        "live_s", "s", label="Live time", label_zh="活时间", minimum=0.001, maximum=LONGEST_S
    )


def start_column(*, required: bool = True) -> Column:
    """Return the column ``start``."""
    return Column(
        "start", kind=ReadingKind.TIME, label="Start", label_zh="开始时刻", required=required
    )


BACKGROUND = Reading(
    name="background",
    label="Counts without a source",
    label_zh="本底计数",
    unit="{counts}",
    kind=ReadingKind.TABLE,
    columns=(counts_column(), live_column()),
    maximum_rows=1000,
    required=False,
    hint="In the same window, with an empty tube; several counts are added.",
)


def clock_uncertainty() -> Any:
    """Declare ``clock_s: float``."""
    return parameter(
        17.3,
        doc="Standard uncertainty of the time from the activity to the count; 30 s either way.",
        unit="s",
        minimum=0.0,
        maximum=86_400.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParameters(Parameters):
    """What is asked of counts."""

    minimum_counts: float = parameter(
        10_000.0,
        doc="Counts below which a count is a warning: 10 000 are known to 1 %.",
        unit="{counts}",
        minimum=0.0,
        maximum=1e10,
    )
    maximum_rate_cps: float = parameter(
        20_000.0,
        doc="Rate above which losses by dead time are to be feared.",
        unit="{counts}/s",
        minimum=1.0,
        maximum=1e7,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One count; `at` is its start, None when nobody wrote it down, `position` its row."""

    counts: float
    live_s: float
    at: datetime | None
    position: int

    @property
    def gross(self) -> Estimate:
        """Rate with the background."""
        return rate(self.counts, self.live_s)

    def net(self, background: Estimate | None, half_life_s: float | None = None) -> Estimate:
        """Return the rate less background, at the start of the count where a half-life is given."""
        gross = self.gross
        off = background or Estimate(value=0.0, uncertainty=0.0)
        kept = 1.0 if half_life_s is None else mean_decay(self.live_s, half_life_s)
        return Estimate(
            value=(gross.value - off.value) / kept,
            uncertainty=math.hypot(gross.uncertainty, off.uncertainty) / kept,
        )


def counted(rows: Iterable[Row], performed_at: datetime | None = None) -> list[Counted]:
    """Return the counts of a table; one without a start began when a person says it was measured."""
    return [
        Counted(
            counts=row.number("counts"),
            live_s=row.number("live_s"),
            at=row.moment("start") if row.has("start") else performed_at,
            position=row.position,
        )
        for row in rows
    ]


def rows_of(inputs: Inputs, reading: Reading) -> tuple[Row, ...]:
    """Return the rows of a table that the test cannot do without.

    Raises
    ------
    MissingReadingError
        If it was not supplied.
    """
    rows = inputs.rows(reading)
    if not rows:
        raise MissingReadingError(f"the reading {reading.name} is missing", quantity=reading.name)
    return rows


def background_of(inputs: Inputs) -> Estimate | None:
    """Return the rate of the background; None when nothing was counted without a source."""
    rows = counted(inputs.rows(BACKGROUND))
    if not rows:
        return None
    return rate(sum(each.counts for each in rows), sum(each.live_s for each in rows))


def began(each: Counted, what: str) -> datetime:
    """Return when a count began.

    Raises
    ------
    MissingReadingError
        If nobody wrote it down, nor when the test was made.
    """
    if each.at is None:
        raise MissingReadingError(
            f"row {each.position} of {what} has no start, and the time of the measurement is not"
            " given",
            quantity=f"start in row {each.position} of {what}",
        )
    return each.at


def decayed(elapsed_s: float, life: HalfLife) -> float:
    """Return the share of an activity that is left after a time."""
    return decay_factor(elapsed_s, life.seconds)


def decay_uncertainty(elapsed_s: float, life: HalfLife, *, clock_s: float) -> tuple[float, float]:
    """Return the relative standard uncertainties of a decay: of its clock, and of its half-life."""
    decays = LN2 / life.seconds
    of_life = (life.uncertainty_s or 0.0) / life.seconds
    return decays * clock_s, decays * abs(elapsed_s) * of_life
