"""Equipment that sends: noted with every series, and told about when no device is known for it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from photopeak.model.alerts import Alert, AlertSeverity
from photopeak.model.header import InstanceHeader
from photopeak.model.routing import RoutingDecision
from photopeak.reading.text import displayable
from photopeak.storage import alerts, devices
from photopeak.storage.database import Transaction

_LONGEST = 64


def note(
    tx: Transaction,
    header: InstanceHeader,
    decision: RoutingDecision,
    *,
    calling_ae_title: str,
    now: datetime,
) -> None:
    """Note which equipment a series comes from.

    Equipment that is none of the configured devices opens an alert that informs, one for each; it
    is closed when a series of the same equipment is recognised.

    Parameters
    ----------
    calling_ae_title
        Who sent the series; empty for an upload.
    """
    manufacturer, model, serial_number, station = facts = tuple(
        displayable(text)[:_LONGEST]
        for text in (header.manufacturer, header.model, header.serial_number, header.station)
    )
    sender = displayable(calling_ae_title)[:_LONGEST]
    devices.note_sighting(
        tx,
        calling_ae_title=sender,
        manufacturer=manufacturer,
        model=model,
        serial_number=serial_number,
        station=station,
        device_id=decision.device_id,
        now=now,
    )
    # A scanner sends under its own name today and through an archive tomorrow: it is one scanner.
    identity = facts if any(facts) else (sender,)
    key = f"equipment:{hashlib.sha256(repr(identity).casefold().encode()).hexdigest()[:32]}"
    if decision.device_id is not None:
        alerts.close(tx, key, now=now)
        return
    parts = [" ".join(text for text in (manufacturer, model) if text) or "maker unknown"]
    parts += [f"serial number {serial_number}"] if serial_number else []
    parts += [f"station {station}"] if station else []
    parts += [f"sent as {sender}"] if sender else []
    alerts.raise_alert(
        tx,
        Alert(
            key=key,
            severity=AlertSeverity.INFO,
            title="New scanner seen",
            message=f"{', '.join(parts)}: {_reason(decision)}",
        ),
        now=now,
    )


def _reason(decision: RoutingDecision) -> str:
    """Return what the search for the device found."""
    found = [step.message for step in decision.steps if step.stage == "device"]
    return found[-1] if found else "the device is not known"
