"""Service events and corrective actions: immutable versions, of which the newest is in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.trends import EpochEffect, EventKind, ServiceEvent
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.paging import Page
from photopeak.storage.tables.trends import service_events

_MOST = 2000
"""Events of one device that its trends look at: the latest."""


def add(tx: Transaction, event: ServiceEvent) -> ServiceEvent:
    """Keep a new event and return it with its id."""
    kept = replace(event, id=new_id(), version=1)
    _insert(tx, kept)
    return kept


def revise(tx: Transaction, event: ServiceEvent) -> ServiceEvent:
    """Keep an event as the next version of what it is; the one before stays as it was.

    Raises
    ------
    NotFoundError
        If there is no such event.
    StateError
        If `event.version` is not the one in force: somebody else has changed it meanwhile.
    """
    serialise(tx, (f"event {event.id}",))
    known = get(tx, event.id)
    if known.version != event.version:
        raise StateError(f"event {event.id} has the version {known.version} by now")
    kept = replace(event, version=known.version + 1)
    tx.connection.execute(
        sa.update(service_events).where(service_events.c.id == event.id).values(current=False)
    )
    _insert(tx, kept)
    return kept


def get(tx: Transaction, event_id: str) -> ServiceEvent:
    """Return an event as it is in force.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    found = versions(tx, event_id)
    if not found:
        raise NotFoundError(f"there is no event {event_id}")
    return found[-1]


def versions(tx: Transaction, event_id: str) -> tuple[ServiceEvent, ...]:
    """Return every version of an event, the first first."""
    query = (
        sa.select(service_events)
        .where(service_events.c.id == event_id)
        .order_by(service_events.c.version)
    )
    return tuple(_event(row) for row in tx.connection.execute(query))


def of_device(
    tx: Transaction, device_id: str, *, withdrawn: bool = False
) -> tuple[ServiceEvent, ...]:
    """Return the events of a device as they are in force, the first first; withdrawn on demand."""
    c = service_events.c
    query = (
        sa.select(service_events)
        .where(c.device_id == device_id, c.current.is_(True))
        .order_by(c.at.desc(), c.id.desc())
        .limit(_MOST)
    )
    found = [_event(row) for row in tx.connection.execute(query)]
    return tuple(event for event in reversed(found) if withdrawn or not event.withdrawn)


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    device_id: str | None = None,
    kinds: Collection[EventKind] = (),
) -> Page[ServiceEvent]:
    """Return events in force, withdrawn ones among them, the latest first.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    c = service_events.c
    query = sa.select(service_events).where(c.current.is_(True))
    if device_id is not None:
        query = query.where(c.device_id == device_id)
    if kinds:
        query = query.where(c.kind.in_(sorted(kinds)))
    rows, following = paging.fetch(tx.connection, query, c.at, c.id, limit=limit, cursor=cursor)
    return Page(tuple(_event(row) for row in rows), following)


def _insert(tx: Transaction, event: ServiceEvent) -> None:
    values = {name: getattr(event, name) for name in ServiceEvent.__dataclass_fields__}
    tx.connection.execute(sa.insert(service_events).values(**values, current=True))


def _event(row: Any) -> ServiceEvent:
    values = {name: getattr(row, name) for name in ServiceEvent.__dataclass_fields__}
    values["kind"] = EventKind(values["kind"])
    values["epoch"] = EpochEffect(values["epoch"])
    return ServiceEvent(**values)
