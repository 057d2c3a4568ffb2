"""Alerts: one per cause, open until the cause is gone, and everything that ever happened to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote

_TOGETHER = " + "
"""Stands between the energy windows of a configuration."""


class AlertState(StrEnum):
    """Where an alert stands; one that is over opens as a new alert when its cause returns.

    A withdrawn one was ended by a person, for no repeat could.
    """

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class AlertSeverity(StrEnum):
    """How soon a person should look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The higher, the sooner."""
        return tuple(AlertSeverity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One number that an alert is about: a metric, and of what it was measured.

    In place of a metric stands the code of a condition where there is no number to speak of.
    `group` is that of the test set: what a rule keeps apart, such as a correction state. `window`
    names the energy windows, as the configuration does: a flood of one nuclide says nothing of
    another. Empty where it is not known.
    """

    metric: str
    scope: Mapping[str, str | int | float] = field(default_factory=lambda: MappingProxyType({}))
    group: str = ""
    window: str = ""

    def seen_through(self, window: str) -> bool:
        """Tell whether what was measured in energy windows says anything of this number."""
        if not self.window or not window:
            return True
        return set(self.window.split(_TOGETHER)) <= set(window.split(_TOGETHER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What an alert says. Alerts with the same `key` are one as long as it is not closed.

    One about a test has the key that `key_of` makes of the identity: device, detector, test with
    its variant, and `rule`, the kind of judgement; the site is that of the database. `breaches`
    are the numbers that have to be good again, `acquired_at` tells when they were measured.
    """

    key: str
    severity: AlertSeverity
    title: str
    message: str
    device_id: str | None = None
    test: str | None = None
    variant: str = ""
    detector: int | None = None
    rule: str = ""
    result_id: str | None = None
    series_instance_uid: str | None = None
    breaches: tuple[Breach, ...] = ()
    acquired_at: datetime | None = None


def key_of(
    device_id: str, test: str, rule: str, *, variant: str = "", detector: int | None = None
) -> str:
    """Return the key of an alert about a test: the same for the same identity, and for no other.

    >>> key_of("camera-1", "intrinsic_uniformity", "mandatory", variant="nema", detector=2)
    'test/camera-1/intrinsic_uniformity/nema/2/mandatory'
    """
    head = "-" if detector is None else str(detector)
    return f"{keys_of(device_id, test, variant)}{head}/{quote(rule, safe='')}"


def keys_of(device_id: str, test: str, variant: str) -> str:
    """Return what the keys of all detectors and rules of a test begin with."""
    return "/".join(["test", *(quote(part, safe="") for part in (device_id, test, variant)), ""])


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

    @property
    def over(self) -> bool:
        """True when it is closed or withdrawn."""
        return self.closed_at is not None


class AlertEventKind(StrEnum):
    """What happened to an alert."""

    OPENED = "opened"
    REPEATED = "repeated"
    WORSE = "worse"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One thing that happened to an alert; `by` is empty where nobody did it.

    `result_id` is the result by which it opened, came again, got worse or was resolved.
    """

    id: str
    alert_id: str
    kind: AlertEventKind
    at: datetime
    severity: AlertSeverity
    by: str = ""
    reason: str = ""
    message: str = ""
    result_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A wish not to be told of some alerts for a time; what it leaves empty matches everything.

    It keeps messages back and hides nothing on any page.
    """

    id: str
    device_id: str | None
    test: str | None
    rule: str
    reason: str
    created_by: str
    created_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""

    def active(self, now: datetime) -> bool:
        """Tell whether it holds at a moment."""
        return self.created_at <= now < (self.ended_at or self.ends_at)

    def matches(self, alert: Alert) -> bool:
        """Tell whether it speaks of an alert."""
        return (
            (self.device_id is None or alert.device_id == self.device_id)
            and (self.test is None or alert.test == self.test)
            and (not self.rule or alert.rule == self.rule)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What people were told of a cause, by the key of its alerts.

    `since` is when it opened at first, `first_told_at` and `told_at` when people heard of it first
    and last, `severity` what they heard. `flaps` counts how often it went and came back meanwhile.
    """

    key: str
    alert_id: str
    since: datetime
    severity: AlertSeverity
    first_told_at: datetime
    told_at: datetime
    escalated_at: datetime | None = None
    flaps: int = 0
