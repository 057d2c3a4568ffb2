"""Messages for tests: an alert with numbers, and what a hostile console might put into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from photopeak.model.messages import MAIL, Line, LineStatus, Message, MessageKind

MORNING = datetime(2026, 3, 2, 6, 45, tzinfo=UTC)
"""A moment of a working day."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def line(**changes: Any) -> Line:
    """Return the line of a flood whose uniformity is beyond its limit."""
    values: dict[str, Any] = {
        "status": LineStatus.ACTION,
        "device": "Symbia 1",
        "device_id": "symbia-1",
        "test": "intrinsic_uniformity",
        "title": "Intrinsic uniformity",
        "title_zh": "固有均匀性",
        "detector": 2,
        "quantity": "Integral uniformity, UFOV",
        "quantity_zh": "积分均匀性（UFOV）",
        "value": 6.42,
        "unit": "%",
        "upper": 5.0,
        "rule": "mandatory",
        "since": MORNING,
        "link": "/results/r-1",
        "alert_id": "a-1",
        "result_id": "r-1",
    }
    return Line(**{**values, **changes})


def message(**changes: Any) -> Message:
    """Return a mail about the flood."""
    values: dict[str, Any] = {
        "channel": MAIL,
        "kind": MessageKind.ALERT,
        "event": "result.action",
        "title": "Intrinsic uniformity of Symbia 1 is beyond its limit",
        "lines": (line(),),
        "created_at": MORNING,
        "link": "/alerts/a-1",
        "alert_ids": ("a-1",),
    }
    return Message(**{**values, **changes})
