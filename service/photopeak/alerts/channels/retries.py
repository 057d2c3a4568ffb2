"""When to try again, and when to leave a whole channel alone. Pure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

PLAN_S = (
    5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0,
)  # fmt: skip
"""Pauses after each failed attempt, in s; about three days in all (Standard Webhooks 1.0.0)."""

JITTER = 0.2
"""Most that a pause is lengthened by, as a part of it: many messages must not come back at once."""

LONGEST_RETRY_AFTER_S = 86_400.0
"""The other side may ask for as much patience, not more."""

HOLDS_S = (5.0, 60.0, 300.0)
"""How long a channel is left alone after its first, second and any further failure in a row."""

DISABLE_AFTER = timedelta(days=3)
"""A channel that has failed for so long, and nothing else, is not tried any more."""


def again_at(
    attempts: int, *, now: datetime, retry_after_s: float | None, rng: random.Random
) -> datetime | None:
    """Return when to try a message again that has failed `attempts` times, or None for never."""
    if attempts > len(PLAN_S):
        return None
    pause_s = PLAN_S[attempts - 1] * (1.0 + JITTER * rng.random())
    return now + timedelta(seconds=max(pause_s, bounded(retry_after_s)))


def hold_until(failures: int, *, now: datetime, retry_after_s: float | None) -> datetime:
    """Return until when a channel is left alone that has failed `failures` times in a row."""
    pause_s = HOLDS_S[min(failures, len(HOLDS_S)) - 1]
    return now + timedelta(seconds=max(pause_s, bounded(retry_after_s)))


def bounded(retry_after_s: float | None) -> float:
    """Return the patience that is asked for, within bounds."""
    return min(max(retry_after_s or 0.0, 0.0), LONGEST_RETRY_AFTER_S)


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a ``Retry-After`` (RFC 9110 10.2.3), None for what is none.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> retry_after_s("120", now=noon), retry_after_s("Sun, 01 Mar 2026 12:01:00 GMT", now=noon)
    (120.0, 60.0)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())
