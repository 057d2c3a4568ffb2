"""Which alerts keep others back: who knows the greater trouble need not hear of its consequences."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from photopeak.alerts.lifecycle import CONDITIONS, LIMIT_RULES, WITHOUT_NUMBER
from photopeak.model.alerts import Alert, AlertRecord

OVERDUE = "OVERDUE"
"""Rule of a test that did not come in time."""

NOTHING_ARRIVES = frozenset({"storage", "listener", "journal"})
"""First words of the keys of alerts of the service while which no test can arrive."""

_DEVICE = "device:"
"""What the keys of alerts begin with that say that a device does not work as a whole."""
_OF_LIMITS = LIMIT_RULES | WITHOUT_NUMBER | {CONDITIONS, OVERDUE, ""}


def held_back(
    records: Iterable[AlertRecord], *, idle_devices: Collection[str] = ()
) -> frozenset[str]:
    """Return the keys of the alerts that others keep back for now.

    Tests that are overdue are kept back by what stops everything: the storage or the listener is
    down, the device does not work, or is not in use. A rule of trends is kept back by a breach of
    a limit on the same numbers: that something drifts is no news when it is out already.

    Parameters
    ----------
    idle_devices
        Devices that are not in use today.
    """
    alerts = [r.alert for r in records if not r.over]
    deaf = any(alert.key.split(" ")[0] in NOTHING_ARRIVES for alert in alerts)
    stopped = {a.device_id for a in alerts if a.key.startswith(_DEVICE)} | set(idle_devices)
    breached = [alert for alert in alerts if alert.rule in LIMIT_RULES]
    held = set()
    for alert in alerts:
        if alert.rule == OVERDUE:
            if deaf or alert.device_id in stopped:
                held.add(alert.key)
        elif is_trend(alert) and any(_same_numbers(alert, other) for other in breached):
            held.add(alert.key)
    return frozenset(held)


def is_trend(alert: Alert) -> bool:
    """Tell whether an alert speaks of where numbers go, not of what they are."""
    return bool(alert.test) and alert.rule not in _OF_LIMITS


def _same_numbers(trend: Alert, breach: Alert) -> bool:
    if (trend.device_id, trend.test) != (breach.device_id, breach.test):
        return False
    if trend.variant and trend.variant != breach.variant:
        return False
    if None not in (trend.detector, breach.detector) and trend.detector != breach.detector:
        return False
    mine = {each.metric for each in trend.breaches}
    return not mine or bool(mine & {each.metric for each in breach.breaches})
