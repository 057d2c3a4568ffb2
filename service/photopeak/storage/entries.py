"""Measurements that people entered: found again when they come twice, one test set each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from photopeak.model.test_sets import TestSetKey, TestSetRecord
from photopeak.storage import readings, test_sets
from photopeak.storage.database import Transaction
from photopeak.storage.errors import StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import entries
from photopeak.storage.tables.results import test_sets as sets


def known(tx: Transaction, content: str, request_key: str | None) -> str | None:
    """Return the id of the test set that an entry opened or joined before, if it did.

    Parameters
    ----------
    content
        Digest of what the entry holds.
    request_key
        Digest of the key that its sender gave it.

    Raises
    ------
    StateError
        If the key belongs to an entry of other content.
    """
    serialise(tx, (f"entry {content}", *([f"entry key {request_key}"] if request_key else [])))
    if request_key is not None:
        query = sa.select(entries.c.content).where(entries.c.request_key == request_key)
        other = tx.connection.execute(query).scalar_one_or_none()
        if other not in (None, content):
            raise StateError("the key belongs to a measurement of other content")
    query = sa.select(entries.c.test_set_id).where(entries.c.content == content)
    return tx.connection.execute(query).scalar_one_or_none()


def keep(
    tx: Transaction,
    test_set_id: str,
    content: str,
    request_key: str | None,
    *,
    entered_by: str,
    now: datetime,
) -> None:
    """Remember an entry that is new."""
    tx.connection.execute(
        sa.insert(entries).values(
            content=content,
            request_key=request_key,
            test_set_id=test_set_id,
            entered_by=entered_by,
            entered_at=now,
        )
    )


def find_or_create(
    tx: Transaction, key: TestSetKey, names: Collection[str], *, days: int, now: datetime
) -> tuple[TestSetRecord, bool]:
    """Return the test set that an entry completes, or a new one, and whether it is new.

    It completes the newest set of its key, over the days that a set of this test may take, that
    waits and has neither been entered by a person before nor has any of its readings.
    """
    serialise(tx, (f"test sets of {key.device_id} {key.test} {key.day}",))
    for candidate in test_sets.of_days(tx, key, days=days):
        there = {reading.name for reading in readings.latest(tx, candidate.id)}
        if candidate.open and candidate.performed_at is None and there.isdisjoint(names):
            return candidate, False
    return test_sets.create(tx, key, now=now), True


def describe(
    tx: Transaction,
    record: TestSetRecord,
    *,
    performed_at: datetime,
    day: date,
    operator: str,
    detector: int | None,
    now: datetime,
) -> None:
    """Say of a test set when and by whom it was measured, and of which head.

    A set that holds a series stays on the day that its series tell.
    """
    values = {"performed_at": performed_at, "operator": operator, "detector": detector}
    if day != record.key.day and not record.members:
        key = replace(record.key, day=day)
        serialise(tx, (f"test sets of {key.device_id} {key.test} {key.day}",))
        values |= {"day": day.isoformat(), "ordinal": test_sets.next_ordinal(tx, key)}
    tx.connection.execute(
        sa.update(sets).where(sets.c.id == record.id).values(**values, updated_at=now)
    )
