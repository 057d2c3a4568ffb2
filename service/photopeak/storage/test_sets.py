"""Test sets: which series wait together for which test, and who works on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from photopeak.model.identity import new_id
from photopeak.model.test_sets import TestSetKey, TestSetMember, TestSetRecord, TestSetState
from photopeak.storage import paging
from photopeak.storage.database import Transaction
from photopeak.storage.errors import NotFoundError, StateError
from photopeak.storage.locks import serialise
from photopeak.storage.paging import Page
from photopeak.storage.tables.results import members, test_sets
from photopeak.storage.tables.service import workers
from photopeak.storage.test_set_rows import records, with_members


def find_or_create(
    tx: Transaction,
    key: TestSetKey,
    *,
    role: str,
    series_instance_uid: str,
    maximum: int | None,
    now: datetime,
    suits: Callable[[TestSetRecord], bool] = lambda _: True,
) -> TestSetRecord:
    """Return the test set of a key that a series joins in a role; twice the same is the same set.

    It is the one that has this series already; else the newest of those that `suits` accepts if it
    has no result yet, or still lacks something, and has room for the role (`maximum` members, None
    for any number); else a new one.
    """
    serialise(tx, (f"test sets of {key.device_id} {key.test} {key.day}",))
    query = sa.select(test_sets).where(*_matches(key)).order_by(test_sets.c.ordinal.desc())
    candidates = records(tx, query)
    for candidate in candidates:
        if any(m.series_instance_uid == series_instance_uid for m in candidate.in_role(role)):
            return candidate
    for candidate in [c for c in candidates if suits(c)][:1]:
        room = maximum is None or len(candidate.in_role(role)) < maximum
        if candidate.joinable and room:
            return candidate
    return create(tx, key, now=now)


def create(tx: Transaction, key: TestSetKey, *, now: datetime) -> TestSetRecord:
    """Return a new test set of a key, the next one of its day."""
    row = {
        "id": new_id(),
        "device_id": key.device_id,
        "test": key.test,
        "variant": key.variant,
        "group_key": key.group,
        "day": key.day.isoformat(),
        "ordinal": next_ordinal(tx, key),
        "state": TestSetState.WAITING,
        "waiting_for": "",
        "reason": "",
        "purpose": "",
        "parameters": {},
        "limits": [],
        "attempt": 0,
        "losses": 0,
        "created_at": now,
        "updated_at": now,
    }
    tx.connection.execute(sa.insert(test_sets).values(row))
    return get(tx, str(row["id"]))


def next_ordinal(tx: Transaction, key: TestSetKey) -> int:
    """Return the number of a further test set of a key."""
    last = sa.select(sa.func.max(test_sets.c.ordinal)).where(*_matches(key))
    return (tx.connection.execute(last).scalar() or 0) + 1


def first_day(tx: Transaction, key: TestSetKey, *, days: int, uid: str) -> date:
    """Return the day of the set that a series joins which may have begun some days before.

    It is that of the one that has this series already; else of the newest that is still open;
    else that of the key.

    Parameters
    ----------
    days
        Over how many a set may be spread, the day of the key included.
    """
    candidates = of_days(tx, key, days=days)
    mine = [c for c in candidates if any(m.series_instance_uid == uid for m in c.members)]
    still_open = [c for c in candidates if c.joinable]
    return next((c.key.day for c in (*mine, *still_open)), key.day)


def of_days(tx: Transaction, key: TestSetKey, *, days: int) -> tuple[TestSetRecord, ...]:
    """Return the test sets of a key over so many days, the day of the key last; the newest first."""
    earliest = key.day - timedelta(days=days - 1)
    query = (
        sa.select(test_sets)
        .where(*_alike(key))
        .where(test_sets.c.day.between(earliest.isoformat(), key.day.isoformat()))
        .order_by(test_sets.c.day.desc(), test_sets.c.ordinal.desc())
    )
    return records(tx, query)


def add_member(
    tx: Transaction, test_set_id: str, member: TestSetMember, *, now: datetime
) -> TestSetRecord:
    """Put a series into a role, or renew its generation.

    A member that is new, or of a newer generation, sends the set back to WAITING: a job that runs
    on it meanwhile loses its claim. Who assigned a member stays who did.
    """
    record = get(tx, test_set_id)
    uid = member.series_instance_uid
    known = next((m for m in record.in_role(member.role) if m.series_instance_uid == uid), None)
    values = {
        "generation": member.generation,
        "parameters": dict(member.parameters),
        "acquired_at": member.acquired_at,
    }
    if known is None:
        tx.connection.execute(
            sa.insert(members).values(
                test_set_id=test_set_id,
                role=member.role,
                series_instance_uid=member.series_instance_uid,
                assigned_by=member.assigned_by,
                added_at=now,
                **values,
            )
        )
    elif known.generation < member.generation:
        tx.connection.execute(
            sa.update(members)
            .where(*_is_member(test_set_id, member.role, member.series_instance_uid))
            .values(**values)
        )
    else:
        return record
    _change(
        tx, test_set_id, state=TestSetState.WAITING, worker_id=None, updated_at=now, reason="",
        **_no_longer_more(record),
    )  # fmt: skip
    return get(tx, test_set_id)


def _no_longer_more(record: TestSetRecord) -> dict[str, str]:
    """Forget what the images told to be missing: it may be there now, the next analysis will tell."""
    return {"waiting_for": ""} if record.wants_more else {}


def remove_member(
    tx: Transaction, test_set_id: str, role: str, series_instance_uid: str, *, now: datetime
) -> None:
    """Take a series out of a role, because it belongs elsewhere; what is left waits again."""
    done = tx.connection.execute(
        sa.delete(members).where(*_is_member(test_set_id, role, series_instance_uid))
    )
    if done.rowcount:
        _change(
            tx,
            test_set_id,
            state=TestSetState.WAITING,
            worker_id=None,
            partial="",
            reason="",
            updated_at=now,
        )


def get(tx: Transaction, test_set_id: str) -> TestSetRecord:
    """Return a test set.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    found = records(tx, sa.select(test_sets).where(test_sets.c.id == test_set_id))
    if not found:
        raise NotFoundError(f"there is no test set {test_set_id}")
    return found[0]


def by_series(tx: Transaction, series_instance_uid: str) -> tuple[TestSetRecord, ...]:
    """Return the test sets in which a series is, the oldest first."""
    of_series = sa.select(members.c.test_set_id).where(
        members.c.series_instance_uid == series_instance_uid
    )
    return records(
        tx, sa.select(test_sets).where(test_sets.c.id.in_(of_series)).order_by(test_sets.c.id)
    )


def page(
    tx: Transaction,
    *,
    limit: int = 50,
    cursor: str | None = None,
    states: Collection[TestSetState] = (),
    device_id: str | None = None,
    test: str | None = None,
) -> Page[TestSetRecord]:
    """Return test sets, the last changed first.

    Raises
    ------
    CursorError
        If `cursor` did not come from here.
    """
    query = sa.select(test_sets)
    if states:
        query = query.where(test_sets.c.state.in_(sorted(states)))
    if device_id is not None:
        query = query.where(test_sets.c.device_id == device_id)
    if test is not None:
        query = query.where(test_sets.c.test == test)
    rows, following = paging.fetch(
        tx.connection, query, test_sets.c.updated_at, test_sets.c.id, limit=limit, cursor=cursor
    )
    return Page(with_members(tx, rows), following)


def describe(
    tx: Transaction,
    test_set_id: str,
    *,
    now: datetime,
    waiting_for: str | None = None,
    purpose: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    limits: Collection[str] | None = None,
) -> None:
    """Change what is said of a test set; None leaves a thing as it is."""
    values: dict[str, Any] = {"updated_at": now}
    if waiting_for is not None:
        values["waiting_for"] = waiting_for
    if purpose is not None:
        values["purpose"] = purpose
    if parameters is not None:
        values["parameters"] = dict(parameters)
    if limits is not None:
        values["limits"] = sorted(limits)
    _change(tx, test_set_id, **values)


def queue(tx: Transaction, test_set_id: str, *, now: datetime) -> TestSetRecord:
    """Send a test set to the workers: its next attempt, with no worker lost so far.

    Raises
    ------
    StateError
        If it is queued or running already.
    """
    done = tx.connection.execute(
        sa.update(test_sets)
        .where(test_sets.c.id == test_set_id)
        .where(test_sets.c.state.not_in((TestSetState.QUEUED, TestSetState.RUNNING)))
        .values(
            state=TestSetState.QUEUED,
            waiting_for="",
            reason="",
            attempt=test_sets.c.attempt + 1,
            losses=0,
            worker_id=None,
            job_id=None,
            updated_at=now,
        )
    )
    record = get(tx, test_set_id)
    if done.rowcount != 1:
        raise StateError(f"test set {test_set_id} is {record.state}")
    return record


def set_job(tx: Transaction, test_set_id: str, job_id: str) -> None:
    """Record the job that will work on a queued test set."""
    _change(tx, test_set_id, job_id=job_id)


def claim(
    tx: Transaction,
    test_set_id: str,
    worker_id: str,
    *,
    now: datetime,
    attempt: int | None = None,
) -> TestSetRecord | None:
    """Take a queued test set to work on; None when somebody else has it or it is not queued.

    With `attempt`, only that attempt is taken: a job of an earlier one does nothing.
    """
    statement = sa.update(test_sets).where(
        test_sets.c.id == test_set_id, test_sets.c.state == TestSetState.QUEUED
    )
    if attempt is not None:
        statement = statement.where(test_sets.c.attempt == attempt)
    done = tx.connection.execute(
        statement.values(state=TestSetState.RUNNING, worker_id=worker_id, updated_at=now)
    )
    return get(tx, test_set_id) if done.rowcount == 1 else None


def finish(
    tx: Transaction,
    test_set_id: str,
    worker_id: str,
    attempt: int,
    state: TestSetState,
    *,
    now: datetime,
    reason: str = "",
    waiting_for: str = "",
    settled: bool = False,
) -> bool:
    """End the work on a claimed test set.

    Parameters
    ----------
    settled
        A wish for a partial analysis is over: it was a full one, or cannot be done with so little.

    Returns
    -------
    bool
        False when the claim was lost (late instances, or the worker was taken for dead): then
        nothing of this work may be kept, and the transaction is to be rolled back.
    """
    wish = {"partial": ""} if settled else {}
    done = tx.connection.execute(
        sa.update(test_sets)
        .where(test_sets.c.id == test_set_id, test_sets.c.state == TestSetState.RUNNING)
        .where(test_sets.c.worker_id == worker_id, test_sets.c.attempt == attempt)
        .values(state=state, reason=reason, waiting_for=waiting_for, **wish)
        .values(worker_id=None, job_id=None, updated_at=now)
    )
    return done.rowcount == 1


def release_lost(
    tx: Transaction, *, now: datetime, stale_after_s: float, attempts: int
) -> tuple[TestSetRecord, ...]:
    """Take running test sets from workers that are gone.

    Returns
    -------
    tuple of TestSetRecord
        What was taken: QUEUED again as its next attempt, or FAILED when `attempts` workers were
        lost on it, one after the other.
    """
    alive = sa.select(workers.c.id).where(
        workers.c.stopped_at.is_(None), workers.c.seen_at > now - timedelta(seconds=stale_after_s)
    )
    query = (
        sa.select(test_sets.c.id, test_sets.c.losses)
        .where(test_sets.c.state == TestSetState.RUNNING)
        .where(sa.or_(test_sets.c.worker_id.is_(None), test_sets.c.worker_id.not_in(alive)))
        .order_by(test_sets.c.id)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for test_set_id, losses in tx.connection.execute(query).all():
        final = losses + 1 >= attempts
        _change(
            tx,
            test_set_id,
            state=TestSetState.FAILED if final else TestSetState.QUEUED,
            reason=f"{losses + 1} workers were lost on it" if final else "",
            attempt=test_sets.c.attempt if final else test_sets.c.attempt + 1,
            losses=losses + 1,
            worker_id=None,
            job_id=None,
            updated_at=now,
        )
        taken.append(get(tx, test_set_id))
    return tuple(taken)


def queued_without_job(tx: Transaction, jobs: Collection[str]) -> tuple[TestSetRecord, ...]:
    """Return queued test sets whose job is not among `jobs`, the oldest first."""
    query = (
        sa.select(test_sets)
        .where(test_sets.c.state == TestSetState.QUEUED)
        .order_by(test_sets.c.updated_at, test_sets.c.id)
    )
    known = frozenset(jobs)
    return tuple(record for record in records(tx, query) if record.job_id not in known)


def _change(tx: Transaction, test_set_id: str, **values: Any) -> None:
    done = tx.connection.execute(
        sa.update(test_sets).where(test_sets.c.id == test_set_id).values(**values)
    )
    if done.rowcount != 1:
        raise NotFoundError(f"there is no test set {test_set_id}")


def _matches(key: TestSetKey) -> tuple[sa.ColumnElement[bool], ...]:
    return (*_alike(key), test_sets.c.day == key.day.isoformat())


def _alike(key: TestSetKey) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what sets of one key and any day have in common."""
    return (
        test_sets.c.device_id == key.device_id,
        test_sets.c.test == key.test,
        test_sets.c.variant == key.variant,
        test_sets.c.group_key == key.group,
    )


def _is_member(test_set_id: str, role: str, uid: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        members.c.test_set_id == test_set_id,
        members.c.role == role,
        members.c.series_instance_uid == uid,
    )
