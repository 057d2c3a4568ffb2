"""How all devices stand: what the rows say, put before the function that decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from photopeak.model.devices import Device
from photopeak.model.schedule import Attempt
from photopeak.schedule.occurrences import Calendar
from photopeak.schedule.status import Conditions, DeviceStatus, device_status
from photopeak.storage import schedule, standings
from photopeak.storage.database import Transaction

_EXCUSED_BEFORE = timedelta(days=400)
"""How far back days without use matter: as far as the longest window."""

_SERVED_BEFORE = timedelta(days=40)
"""How far back a service matters that is over: it gives what was missing its grace again."""


def statuses(
    tx: Transaction,
    calendar: Calendar,
    devices: Sequence[Device],
    now: datetime,
    *,
    attempts: Mapping[str, Mapping[str, Sequence[Attempt]]] | None = None,
) -> tuple[DeviceStatus, ...]:
    """Return how devices stand, in their order; a handful of short queries, however many results.

    `attempts` are those of `standings.attempts`, for who has read them already.
    """
    if attempts is None:
        wanted = {device.id for device in devices}
        attempts = standings.attempts(tx, wanted if len(wanted) == 1 else None)
    today = calendar.schedule.today(now)
    pauses = schedule.pauses(tx, since=today - _EXCUSED_BEFORE, until=today)
    served = schedule.service_spans(tx, since=now - _SERVED_BEFORE)
    since: dict[str, dict[tuple[str, str], datetime]] = {}
    for (device_id, test, variant), moment in schedule.since(tx).items():
        since.setdefault(device_id, {})[test, variant] = moment
    return tuple(
        device_status(
            calendar,
            device,
            attempts.get(device.id, {}),
            Conditions(
                not_in_use=tuple(p for p in pauses if p.device_id == device.id),
                service=served.get(device.id, ()),
                since=since.get(device.id, {}),
            ),
            now,
        )
        for device in devices
    )
