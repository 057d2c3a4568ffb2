"""Devices: those of the configuration, and what was seen of equipment in the objects that came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from photopeak.model.devices import Device
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.tables.service import devices, sightings
from photopeak.storage.types import dumps


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDevice:
    """A device; `configured` is False for one that the configuration does not name any more."""

    device: Device
    configured: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Equipment as its objects describe it; `device_id` None when no device matches."""

    calling_ae_title: str
    manufacturer: str
    model: str
    serial_number: str
    station: str
    device_id: str | None
    first_seen_at: datetime
    last_seen_at: datetime


def put_in_force(tx: Transaction, configured: Iterable[Device], *, now: datetime) -> None:
    """Make these the configured devices; others stay readable, because results name them."""
    serialise(tx, ("devices",))
    wanted = {device.id: _definition(device) for device in configured}
    known = {row.id: row for row in tx.connection.execute(sa.select(devices)).all()}
    for identity, row in known.items():
        if identity not in wanted and row.configured:
            _update(tx, identity, configured=False, changed_at=now)
    for identity, definition in wanted.items():
        values = {"configured": True, "definition": definition, "changed_at": now}
        found = known.get(identity)
        if found is None:
            tx.connection.execute(sa.insert(devices).values(id=identity, **values))
        elif not found.configured or dumps(found.definition) != dumps(definition):
            _update(tx, identity, **values)


def every(tx: Transaction) -> tuple[StoredDevice, ...]:
    """Return all devices, by id."""
    query = sa.select(devices).order_by(devices.c.id)
    return tuple(
        StoredDevice(
            device=_device(row.id, row.definition),
            configured=row.configured,
            changed_at=row.changed_at,
        )
        for row in tx.connection.execute(query)
    )


def note_sighting(
    tx: Transaction,
    *,
    calling_ae_title: str,
    manufacturer: str,
    model: str,
    serial_number: str,
    station: str,
    device_id: str | None,
    now: datetime,
) -> None:
    """Note that an object of this equipment came."""
    seen = {
        "calling_ae_title": calling_ae_title,
        "manufacturer": manufacturer,
        "model": model,
        "serial_number": serial_number,
        "station": station,
    }
    digest = hashlib.sha256(dumps(seen).encode()).hexdigest()
    serialise(tx, (f"sighting {digest}",))
    done = tx.connection.execute(
        sa.update(sightings)
        .where(sightings.c.digest == digest)
        .values(last_seen_at=now, device_id=device_id)
    )
    if done.rowcount == 0:
        tx.connection.execute(
            sa.insert(sightings).values(
                digest=digest, **seen, device_id=device_id, first_seen_at=now, last_seen_at=now
            )
        )


def seen(tx: Transaction) -> tuple[Sighting, ...]:
    """Return the equipment that sent something, the last seen first."""
    query = sa.select(sightings).order_by(sightings.c.last_seen_at.desc(), sightings.c.digest)
    names = Sighting.__dataclass_fields__
    return tuple(
        Sighting(**{name: row._mapping[name] for name in names})  # noqa: SLF001 - public name
        for row in tx.connection.execute(query)
    )


def _update(tx: Transaction, identity: str, **values: Any) -> None:
    tx.connection.execute(sa.update(devices).where(devices.c.id == identity).values(**values))


def _definition(device: Device) -> dict[str, Any]:
    definition = {name: getattr(device, name) for name in Device.__dataclass_fields__}
    del definition["id"]
    since = device.in_use_since
    return {**definition, "in_use_since": None if since is None else since.isoformat()}


def _device(identity: str, definition: dict[str, Any]) -> Device:
    values = dict(definition)
    for name in ("ae_titles", "networks"):
        values[name] = tuple(values[name])
    for name in ("match", "parameters"):
        values[name] = MappingProxyType(values[name])
    since = values.get("in_use_since")
    values["in_use_since"] = None if since is None else date.fromisoformat(since)
    return Device(id=identity, **values)
