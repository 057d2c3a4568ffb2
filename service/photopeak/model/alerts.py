"""An alert: something that a person should look at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertState(StrEnum):
    """Where an alert stands; a closed one opens as a new alert when its cause returns."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLOSED = "CLOSED"


class AlertSeverity(StrEnum):
    """How soon a person should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What an alert says. Alerts with the same `key` are one as long as it is not closed."""

    key: str
    severity: AlertSeverity
    title: str
    message: str
    device_id: str | None = None
    test: str | None = None
    result_id: str | None = None
    series_instance_uid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """An alert as stored; `count` tells how often its cause was seen."""

    id: str
    alert: Alert
    state: AlertState
    count: int
    opened_at: datetime
    last_seen_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    comment: str
    closed_at: datetime | None
