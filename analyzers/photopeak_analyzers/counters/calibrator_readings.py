"""What a person writes down at a radionuclide calibrator, and what every test makes of it first.

A reading less the background of the empty well is an activity. Its standard uncertainty holds the
last digit of the display, the repeatability of the instrument, the background where its uncertainty was given
and, where readings of different times are compared, the clock and the half-life.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from photopeak_analyzers.contract import (
    Column,
    Inputs,
    Note,
    Parameters,
    Reading,
    ReadingKind,
    Row,
    parameter,
)
from photopeak_analyzers.errors import MissingReadingError, UnsuitableAcquisitionError
from photopeak_analyzers.nuclide_table import NUCLIDES, TABLE_VERSION, HalfLife
from photopeak_analyzers.nuclides import half_life, half_life_uncertainty_s
from photopeak_analyzers.numerics.decay import LN2, decay_factor
from photopeak_analyzers.uncertainty import rectangular

LARGEST_MBQ = 1_000_000.0
"""More than a therapy source or a batch of a cyclotron; a larger number is in another unit."""

SMALLEST_MBQ = 1e-9
"""A net reading of less, a thousandth of a becquerel, is what rounding leaves."""

MOST_NEGATIVE_MBQ = -1_000.0
"""Of a display whose zero was set with a source nearby."""

NAMES = tuple(sorted(nuclide.name for nuclide in NUCLIDES if nuclide.half_lives))
"""Nuclides with a half-life."""


def nuclide_reading(
    *, label: str = "Nuclide of the source", label_zh: str = "放射源核素"
) -> Reading:
    """Return the reading ``nuclide``."""
    return Reading(
        name="nuclide",
        label=label,
        label_zh=label_zh,
        unit="1",
        kind=ReadingKind.CHOICE,
        choices=NAMES,
    )


BACKGROUND = Reading(
    name="background_mbq",
    label="Background of the empty well",
    label_zh="空井本底",
    unit="MBq",
    minimum=MOST_NEGATIVE_MBQ,
    maximum=LARGEST_MBQ,
    required=False,
    hint="On the same setting, with the liner; 0 where the calibrator takes it off by itself.",
)


def activity_column(name: str = "activity_mbq", label: str = "Reading", zh: str = "示值") -> Column:
    """Return a column of displayed activities."""
    return Column(name, "MBq", label=label, label_zh=zh, minimum=0.0, maximum=LARGEST_MBQ)


def background_column() -> Column:
    """Return the column ``background_mbq``, which goes before the background of all readings."""
    return Column(
        BACKGROUND.name,
        "MBq",
        label="Background on this setting",
        label_zh="该设置下的本底",
        minimum=MOST_NEGATIVE_MBQ,
        maximum=LARGEST_MBQ,
        required=False,
    )


def setting_column() -> Column:
    """Return the column ``setting``."""
    return Column(
        "setting",
        kind=ReadingKind.CHOICE,
        choices=NAMES,
        label="Nuclide set on the calibrator",
        label_zh="活度计核素设置",
        required=False,
        hint="Empty when it is that of the source.",
    )


def time_column(*, required: bool = False) -> Column:
    """Return the column ``time``."""
    return Column("time", kind=ReadingKind.TIME, label="Time", label_zh="时刻", required=required)


def display_digits() -> Any:
    """Declare ``display_digits: int``."""
    return parameter(4, doc="Digits that the display shows of an activity.", minimum=2, maximum=9)


def display_step() -> Any:
    """Declare ``display_step_mbq: float``."""
    return parameter(
        0.01,
        doc="Smallest step of the display on its lowest range.",
        unit="MBq",
        minimum=0.0,
        maximum=100.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayParameters(Parameters):
    """Parameters of tests that read a display."""

    display_digits: int = display_digits()
    display_step_mbq: float = display_step()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """One reading of a display.

    Attributes
    ----------
    mbq
        Above background.
    gross_mbq, background_mbq
        As displayed with and without the source.
    background_u_mbq
        Standard uncertainty of that background, as it was given; 0 where it was not.
    at
        None when nobody wrote it down.
    position
        Row of the table, counted from 1.
    """

    mbq: float
    gross_mbq: float
    background_mbq: float
    background_u_mbq: float
    at: datetime | None
    position: int


def resolution_mbq(gross_mbq: float, parameters: DisplayParameters) -> float:
    """Return the standard uncertainty of a displayed number by its last digit, in MBq.

    >>> round(resolution_mbq(74.13, DisplayParameters(display_digits=4)), 6)
    0.002887
    """
    step = parameters.display_step_mbq
    if gross_mbq > 0.0:
        last = 10.0 ** (math.floor(math.log10(gross_mbq)) - parameters.display_digits + 1)
        step = max(step, last)
    return rectangular(step / 2.0)


def display_uncertainty(reading: MeterReading, parameters: DisplayParameters) -> float:
    """Return the relative standard uncertainty of a net reading by its last digit and its background."""
    digit = resolution_mbq(reading.gross_mbq, parameters)
    return math.hypot(digit, reading.background_u_mbq) / reading.mbq


def background_of(inputs: Inputs) -> float | None:
    """Return the background in MBq, None when it was not read."""
    if BACKGROUND.name not in inputs.readings:
        return None
    return inputs.number(BACKGROUND.name)


def nuclide_of(inputs: Inputs, name: str = "nuclide") -> str:
    """Return a nuclide that was chosen.

    Raises
    ------
    MissingReadingError
        If none was.
    """
    given = inputs.readings.get(name)
    if given is None or not isinstance(given.value, str):
        raise MissingReadingError(f"the reading {name} is missing", quantity=name)
    return given.value


def meter_readings(
    rows: Iterable[Row], inputs: Inputs, column: str = "activity_mbq"
) -> list[MeterReading]:
    """Return the readings of a table, the background of the well taken off.

    Raises
    ------
    UnsuitableAcquisitionError
        If nothing is left of a reading.
    """
    of_all = background_of(inputs) or 0.0
    given = inputs.readings.get(BACKGROUND.name)
    u_of_all = (given.uncertainty if given is not None else None) or 0.0
    found = []
    for row in rows:
        gross = row.number(column)
        own = row.has(BACKGROUND.name)
        background = row.number(BACKGROUND.name) if own else of_all
        if not gross - background >= SMALLEST_MBQ:
            raise UnsuitableAcquisitionError(
                f"row {row.position} of {row.table} reads {gross:g} MBq with a background of"
                f" {background:g} MBq, needs more than the background",
                quantity=f"{column} in row {row.position} of {row.table}",
                value=gross,
                bound=background,
            )
        found.append(
            MeterReading(
                mbq=gross - background,
                gross_mbq=gross,
                background_mbq=background,
                background_u_mbq=0.0 if own else u_of_all,
                at=row.moment("time") if row.has("time") else None,
                position=row.position,
            )
        )
    return found


def read_at(reading: MeterReading, inputs: Inputs, table: str) -> datetime:
    """Return when a reading was taken, else when the whole was.

    Raises
    ------
    MissingReadingError
        If neither is known.
    """
    at = reading.at or inputs.performed_at
    if at is None:
        raise MissingReadingError(
            f"row {reading.position} of {table} has no time, and nobody said when the test was"
            " performed",
            quantity="time",
        )
    return at


def at_first(readings: Sequence[MeterReading], life: HalfLife) -> list[float]:
    """Return the activities at the moment of the first reading, in MBq.

    Those without a time count as read at that moment.
    """
    times = [each.at for each in readings if each.at is not None]
    first = min(times, default=None)
    return [
        each.mbq
        if each.at is None or first is None
        else each.mbq / decay_factor((each.at - first).total_seconds(), life.seconds)
        for each in readings
    ]


def decay_uncertainty(elapsed_s: float, life: HalfLife, clock_s: float) -> float:
    """Return the relative standard uncertainty of a decay factor: of its clock and its half-life."""
    clock = LN2 * clock_s / life.seconds
    of_life = LN2 * abs(elapsed_s) / life.seconds * (life.uncertainty_s or 0.0) / life.seconds
    return math.hypot(clock, of_life)


def used_half_life(nuclide: str, variant: str) -> tuple[HalfLife, Note]:
    """Return a half-life with its uncertainty, and the note that says which one it is."""
    life = dataclasses.replace(
        half_life(nuclide, variant), uncertainty_s=half_life_uncertainty_s(nuclide, variant)
    )
    return life, Note(
        code="HALF_LIFE_USED",
        message=f"half-life of {nuclide}: {life.seconds:g} s, u = {life.uncertainty_s:.2g} s"
        f" ({life.source}; table of nuclides {TABLE_VERSION})",
        values={
            "nuclide": nuclide,
            "half_life_s": life.seconds,
            "uncertainty_s": life.uncertainty_s or 0.0,
            "source": life.source,
            "table": TABLE_VERSION,
        },
    )
