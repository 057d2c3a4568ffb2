"""Since when tests are scheduled, and on which days devices are not in use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.judgement import Status
from photopeak.model.schedule import Attempt, NotInUse, Span, Task
from photopeak.model.trends import EventKind
from photopeak.storage import audit
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import results
from photopeak.storage.tables.schedule import not_in_use, scheduled_since
from photopeak.storage.tables.trends import service_events

MOST_DAYS = 366
"""Longest time that one word takes a device out of use."""

SinceByTask = Mapping[tuple[str, str, str], datetime]
"""Since when tests are scheduled, by device, test and text."""

_SERVED = (EventKind.SERVICE, EventKind.CORRECTIVE_ACTION)


def put_in_force(tx: Transaction, tasks: Iterable[Task], *, now: datetime) -> None:
    """Remember since when each test is scheduled, and forget those that are not any more.

    What was scheduled before stays scheduled since then.
    """
    serialise(tx, ("scheduled since",))
    c = scheduled_since.c
    wanted = {(task.device_id, task.test, task.variant) for task in tasks}
    known = set(since(tx))
    for device_id, test, variant in sorted(known - wanted):
        tx.connection.execute(
            sa.delete(scheduled_since).where(
                c.device_id == device_id, c.test == test, c.variant == variant
            )
        )
    new = [
        {"device_id": device_id, "test": test, "variant": variant, "since": now}
        for device_id, test, variant in sorted(wanted - known)
    ]
    if new:
        tx.connection.execute(sa.insert(scheduled_since), new)


def since(tx: Transaction) -> SinceByTask:
    """Return since when tests are scheduled."""
    query = sa.select(
        scheduled_since.c.device_id,
        scheduled_since.c.test,
        scheduled_since.c.variant,
        scheduled_since.c.since,
    )
    return {(row[0], row[1], row[2]): row[3] for row in tx.connection.execute(query)}


def pause(
    tx: Transaction,
    *,
    device_id: str,
    first: date,
    last: date,
    reason: str,
    who: str,
    now: datetime,
) -> NotInUse:
    """Note that a device is not in use on some days, both included.

    Raises
    ------
    StateError
        If there is no reason, the days are in the wrong order or too many, or lie within days that
        are noted already.
    """
    reason = reason.strip()
    if not reason:
        raise StateError("give a reason why it is not in use")
    if not first <= last <= first + timedelta(days=MOST_DAYS - 1):
        raise StateError(f"from {first} to {last} is not 1 to {MOST_DAYS} days")
    serialise(tx, (f"not in use {device_id}",))
    if any(p.first <= first and last <= p.last for p in pauses(tx, device_id=device_id)):
        raise StateError(f"{device_id} is noted as not in use from {first} to {last} already")
    noted = NotInUse(
        id=new_id(), device_id=device_id, first=first, last=last, reason=reason, who=who, at=now
    )
    tx.connection.execute(
        sa.insert(not_in_use).values(
            id=noted.id,
            device_id=device_id,
            first=first,
            last=last,
            reason=reason,
            who=who,
            at=now,
            undone_by="",
            undo_reason="",
        )
    )
    audit.append(
        tx,
        at=now,
        actor=who,
        action="device.not_in_use",
        subject=device_id,
        detail={"id": noted.id, "first": first.isoformat(), "last": last.isoformat()},
        reason=reason,
    )
    return noted


def resume(tx: Transaction, pause_id: str, *, reason: str, who: str, now: datetime) -> NotInUse:
    """Take back that a device is not in use; a second time changes nothing.

    Raises
    ------
    NotFoundError
        If there is no such note.
    """
    row = tx.connection.execute(
        sa.select(not_in_use).where(not_in_use.c.id == pause_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no time without use {pause_id}")
    noted = _pause(row)
    done = tx.connection.execute(
        sa.update(not_in_use)
        .where(not_in_use.c.id == pause_id, not_in_use.c.undone_at.is_(None))
        .values(undone_at=now, undone_by=who, undo_reason=reason.strip())
    )
    if done.rowcount:
        days = {"first": noted.first.isoformat(), "last": noted.last.isoformat()}
        audit.append(
            tx,
            at=now,
            actor=who,
            action="device.in_use_again",
            subject=noted.device_id,
            detail={"id": pause_id, "before": days, "after": None},
            reason=reason.strip(),
        )
    return noted


def pauses(
    tx: Transaction,
    *,
    device_id: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> tuple[NotInUse, ...]:
    """Return the times without use that were not taken back, the first first.

    `since` and `until` leave out those that end before and begin after.
    """
    c = not_in_use.c
    query = sa.select(not_in_use).where(c.undone_at.is_(None))
    if device_id is not None:
        query = query.where(c.device_id == device_id)
    if since is not None:
        query = query.where(c.last >= since)
    if until is not None:
        query = query.where(c.first <= until)
    return tuple(_pause(row) for row in tx.connection.execute(query.order_by(c.first, c.id)))


def service_spans(tx: Transaction, *, since: datetime) -> dict[str, tuple[Span, ...]]:
    """Return when devices are under service: from a service or corrective action that answers an
    alert or a result, until the passing repeat that returns the device.

    Those that ended before `since` are left out. Other events are a moment, not a time.
    """  # noqa: D205 - one sentence
    c = service_events.c
    query = (
        sa.select(c.device_id, c.at, c.returned_by, results.c.finished_at)
        .select_from(service_events.outerjoin(results, results.c.id == c.returned_by))
        .where(c.current.is_(True), c.withdrawn.is_(False), c.kind.in_(_SERVED))
        .where(sa.or_(c.answers_alert.is_not(None), c.answers_result.is_not(None)))
        .where(sa.or_(c.returned_by.is_(None), results.c.finished_at >= since))
    )
    found: dict[str, tuple[Span, ...]] = {}
    for device_id, at, returned_by, returned_at in tx.connection.execute(query):
        end = max(at, returned_at) if returned_by is not None else None
        found[device_id] = (*found.get(device_id, ()), Span(start=at, end=end))
    return found


def measured(
    tx: Transaction,
    device_ids: Collection[str],
    tests: Collection[str],
    *,
    since: datetime,
    before: datetime,
) -> tuple[tuple[str, str, Attempt], ...]:
    """Return the current results of some tests that were measured within a time, oldest first, each
    with its device and test.

    Those that do not know when they were measured count when they were finished.
    """  # noqa: D205 - one sentence
    c = results.c
    moment = sa.func.coalesce(c.acquired_at, c.finished_at, type_=c.finished_at.type)
    base = (
        sa.select(c.device_id, c.test, c.variant, c.id, c.status, moment.label("at"))
        .where(c.device_id.in_(sorted(device_ids)), c.test.in_(sorted(tests)))
        .where(c.current.is_(True))
    )
    found = []
    for wanted in (
        sa.and_(c.acquired_at >= since, c.acquired_at < before),
        sa.and_(c.acquired_at.is_(None), c.finished_at >= since, c.finished_at < before),
    ):
        found += [
            (
                row.device_id,
                row.test,
                Attempt(
                    result_id=row.id, status=Status(row.status), at=row.at, variant=row.variant
                ),
            )
            for row in tx.connection.execute(base.where(wanted))
        ]
    return tuple(sorted(found, key=lambda entry: (entry[2].at, entry[2].result_id)))


def _pause(row: Any) -> NotInUse:
    return NotInUse(
        id=row.id,
        device_id=row.device_id,
        first=row.first,
        last=row.last,
        reason=row.reason,
        who=row.who,
        at=row.at,
    )
