"""Addresses under which calendars read the schedule: their secret part is kept as a digest alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.storage import audit
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError
from photopeak.storage.tables.schedule import calendar_links

_RANDOM_BYTES = 24
_USE_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarLink:
    """One address of a calendar, for one device or (None) for all; its secret only its user has."""

    id: str
    name: str
    device_id: str | None
    created_at: datetime
    created_by: str
    used_at: datetime | None


_COLUMNS = tuple(calendar_links.c[name] for name in CalendarLink.__dataclass_fields__)


def create(
    tx: Transaction, *, name: str, device_id: str | None, who: str, now: datetime
) -> tuple[CalendarLink, str]:
    """Make an address.

    Returns
    -------
    CalendarLink, str
        The record, and the secret part of the address: the only time that it is seen.
    """
    secret = secrets.token_urlsafe(_RANDOM_BYTES)
    link = CalendarLink(
        id=new_id(),
        name=name.strip()[:100],
        device_id=device_id,
        created_at=now,
        created_by=who,
        used_at=None,
    )
    tx.connection.execute(
        sa.insert(calendar_links).values(
            id=link.id,
            digest=_digest(secret),
            name=link.name,
            device_id=device_id,
            created_at=now,
            created_by=who,
            withdrawn_by="",
        )
    )
    audit.append(
        tx,
        at=now,
        actor=who,
        action="calendar.created",
        subject=link.id,
        detail={"name": link.name, "device": device_id or ""},
    )
    return link, secret


def find(tx: Transaction, secret: str) -> CalendarLink | None:
    """Return the address with this secret part, or None when it never was or was withdrawn."""
    c = calendar_links.c
    query = sa.select(*_COLUMNS).where(c.digest == _digest(secret), c.withdrawn_at.is_(None))
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else CalendarLink(**row._mapping)  # noqa: SLF001 - a public name


def used(tx: Transaction, link: CalendarLink, *, now: datetime) -> None:
    """Note that a calendar has read it."""
    tx.connection.execute(
        sa.update(calendar_links).where(calendar_links.c.id == link.id).values(used_at=now)
    )


def use_is_news(link: CalendarLink, now: datetime) -> bool:
    """Tell whether the last use is so long ago that the new one is worth a note."""
    return link.used_at is None or now - link.used_at >= _USE_INTERVAL


def listing(tx: Transaction) -> tuple[CalendarLink, ...]:
    """Return the addresses in force, the first made first."""
    c = calendar_links.c
    query = sa.select(*_COLUMNS).where(c.withdrawn_at.is_(None)).order_by(c.created_at, c.id)
    return tuple(
        CalendarLink(**row._mapping)  # noqa: SLF001 - a public name
        for row in tx.connection.execute(query)
    )


def withdraw(tx: Transaction, link_id: str, *, who: str, now: datetime) -> None:
    """Make an address lead nowhere; a second time changes nothing.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    c = calendar_links.c
    row = tx.connection.execute(
        sa.select(c.name, c.withdrawn_at).where(c.id == link_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no calendar address {link_id}")
    if row.withdrawn_at is not None:
        return
    tx.connection.execute(
        sa.update(calendar_links).where(c.id == link_id).values(withdrawn_at=now, withdrawn_by=who)
    )
    audit.append(
        tx,
        at=now,
        actor=who,
        action="calendar.withdrawn",
        subject=link_id,
        detail={"name": row.name},
    )


def withdraw_all_of(tx: Transaction, maker: str, *, who: str, now: datetime) -> int:
    """Make every address that somebody made lead nowhere; return how many that were.

    `maker` is the name that the records know the person by.
    """
    c = calendar_links.c
    query = sa.select(c.id).where(c.created_by == maker, c.withdrawn_at.is_(None)).order_by(c.id)
    found = tx.connection.scalars(query).all()
    for link_id in found:
        withdraw(tx, link_id, who=who, now=now)
    return len(found)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
