"""Which moments and days can be meant here: those that every time zone has, and nobody mistypes."""

from __future__ import annotations

from datetime import date

FIRST_YEAR = 1900
LAST_YEAR = 2199


def plausible(day: date) -> bool:
    """Tell whether a day or a moment can be meant.

    One at the end of the calendar is a slip, and has no name in the zones beyond it.
    """
    return FIRST_YEAR <= day.year <= LAST_YEAR
