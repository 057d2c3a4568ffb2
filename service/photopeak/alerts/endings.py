"""Alerts that nothing ends: a repeat could not, for what it would be judged by is gone.

An alert about a test ends by a passing repeat and by nothing else. Where there can be none, a person
withdraws it with a reason. What happened once and is over, such as an instance that came twice, is no
test at all, and ends the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from photopeak.alerts.inhibition import OVERDUE
from photopeak.alerts.lifecycle import LIMIT_RULES
from photopeak.evaluation.judge import STATED_SET
from photopeak.model.alerts import Alert, Breach
from photopeak.model.catalogue import TestDescription
from photopeak.model.devices import Device
from photopeak.model.judgement import Limit, LimitSet
from photopeak.schedule.occurrences import Calendar
from photopeak.storage import limits, results
from photopeak.storage.database import Transaction

NO_DEVICE = "it belongs to no device"
DEVICE_GONE = "its device is not configured any more"
DETECTOR_GONE = "its device has no such detector any more"
TEST_GONE = "its test is not installed any more"
LIMIT_GONE = "its limit is not in force any more"
NOT_SCHEDULED = "its test is not scheduled for the device"
HAPPENED = "it tells of something that happened once"

SENDER_UNKNOWN = "it ends when its sender is known, which may never be"

_HAPPENED = ("conflict ", "rule:", "row refused ")
"""What the keys of alerts about something that happened once begin with."""
STRANGERS = ("caller:", "equipment:")
"""What the keys of alerts about senders that no device is configured for begin with."""


class Configured(Protocol):
    """What the API and the pages know of the site."""

    @property
    def devices(self) -> Callable[[], Sequence[Device]]:
        """The devices."""

    @property
    def tests(self) -> Callable[[], Sequence[TestDescription]]:
        """The tests that are installed."""

    @property
    def calendar(self) -> Callable[[], Calendar]:
        """What is scheduled."""


def why_endless_at(tx: Transaction, alert: Alert, site: Configured) -> str:
    """Return :func:`why_endless` by what is configured now."""
    return why_endless(
        tx,
        alert,
        devices=site.devices(),
        tests={test.id for test in site.tests()},
        calendar=site.calendar(),
    )


def why_endless(
    tx: Transaction,
    alert: Alert,
    *,
    devices: Sequence[Device],
    tests: Collection[str],
    calendar: Calendar,
) -> str:
    """Return why nothing but a person can end an alert; empty where something else can.

    Parameters
    ----------
    devices, tests, calendar
        What is configured, the ids of the tests that are installed, and what is scheduled.
    """
    if alert.test is None:
        if alert.key.startswith(STRANGERS):
            return SENDER_UNKNOWN
        return HAPPENED if alert.key.startswith(_HAPPENED) else ""
    if alert.rule == OVERDUE:
        return ""
    if alert.device_id is None:
        return NO_DEVICE
    device = next((d for d in devices if d.id == alert.device_id), None)
    if device is None:
        return DEVICE_GONE
    if alert.detector is not None and alert.detector > (device.detectors or alert.detector):
        return DETECTOR_GONE
    if alert.test not in tests:
        return TEST_GONE
    if alert.rule in LIMIT_RULES and not _limited(tx, alert):
        return LIMIT_GONE
    return "" if _scheduled(calendar, device, alert) else NOT_SCHEDULED


def _limited(tx: Transaction, alert: Alert) -> bool:
    """Tell whether limits in force, or bounds that inputs state, judge all numbers of an alert."""
    if alert.result_id is not None:
        verdicts = results.get(tx, alert.result_id).verdicts
        if any(v.kind == alert.rule and v.limit_set == STATED_SET for v in verdicts):
            return True
    sets = [s for s in limits.in_force(tx) if s.kind == alert.rule and _of_device(s, alert)]
    return all(
        any(_judges(limit, alert, breach) for entry in sets for limit in entry.limits)
        for breach in alert.breaches
    )


def _of_device(limit_set: LimitSet, alert: Alert) -> bool:
    return not limit_set.devices or alert.device_id in limit_set.devices


def _judges(limit: Limit, alert: Alert, breach: Breach) -> bool:
    return (
        limit.test == alert.test
        and limit.variant in (alert.variant, "*")
        and limit.metric == breach.metric
        and all(breach.scope.get(part) == value for part, value in limit.scope.items())
    )


def _scheduled(calendar: Calendar, device: Device, alert: Alert) -> bool:
    """Tell whether somebody is asked to repeat a test; at a site without a schedule, always."""
    if not calendar.schedule.rules:
        return True
    tasks = calendar.tasks(device)
    return any(t.test == alert.test and t.variant in ("", alert.variant) for t in tasks)
