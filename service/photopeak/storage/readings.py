"""Readings of test sets: numbers that a person or another instrument supplied; none is overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from photopeak.model.results import ReadingRecord
from photopeak.model.test_sets import WAITS_FOR_MORE, TestSetState
from photopeak.storage.database import Transaction
from photopeak.storage.locks import serialise
from photopeak.storage.result_rows import reading_value
from photopeak.storage.tables.results import readings, test_sets


def put(tx: Transaction, test_set_id: str, reading: ReadingRecord, *, now: datetime) -> bool:
    """Supply a reading, or correct it: a correction is a new version, the old one stays.

    The set waits again, whatever it was: what runs on it meanwhile loses its claim, and what was
    made of it before is superseded by what the next analysis gives.

    Returns
    -------
    bool
        False when the same value was there already.
    """
    serialise(tx, (f"readings of {test_set_id}",))
    known = history(tx, test_set_id, reading.name)
    if known and same(known[-1], reading):
        return False
    tx.connection.execute(
        sa.insert(readings).values(
            test_set_id=test_set_id,
            name=reading.name,
            version=len(known) + 1,
            value=reading.value,
            unit=reading.unit,
            uncertainty=reading.uncertainty,
            at=reading.at,
            source=reading.source,
            entered_by=reading.entered_by,
            entered_at=reading.entered_at or now,
        )
    )
    reopen(tx, test_set_id, now=now)
    return True


def reopen(tx: Transaction, test_set_id: str, *, now: datetime) -> None:
    """Let a set wait again because something about it was supplied or corrected.

    One that is queued stays so: its job reads what is there when it begins.
    """
    of_set = test_sets.c.id == test_set_id
    tx.connection.execute(
        sa.update(test_sets)
        .where(of_set, test_sets.c.state.not_in((TestSetState.WAITING, TestSetState.QUEUED)))
        .values(state=TestSetState.WAITING, worker_id=None, reason="", updated_at=now)
    )
    # What the images told to be missing may have been given by hand: the next analysis will tell.
    tx.connection.execute(
        sa.update(test_sets)
        .where(of_set, test_sets.c.state == TestSetState.WAITING)
        .where(test_sets.c.waiting_for.startswith(WAITS_FOR_MORE, autoescape=True))
        .values(waiting_for="")
    )


def same(one: ReadingRecord, other: ReadingRecord) -> bool:
    """Tell whether two readings say the same, whoever supplied them."""
    return (one.value, one.unit, one.uncertainty, one.at) == (
        other.value,
        other.unit,
        other.uncertainty,
        other.at,
    )


def latest(tx: Transaction, test_set_id: str) -> tuple[ReadingRecord, ...]:
    """Return the valid reading of each name, in the order of the names."""
    query = (
        sa.select(readings)
        .where(readings.c.test_set_id == test_set_id)
        .order_by(readings.c.name, readings.c.version)
    )
    found = {row.name: _record(row) for row in tx.connection.execute(query)}
    return tuple(found.values())


def last_times(
    tx: Transaction, device_id: str, test: str, *, sets: int = 5
) -> tuple[tuple[datetime, tuple[ReadingRecord, ...]], ...]:
    """Return the readings of the last test sets of a test of a device, the newest first, with when."""
    query = (
        sa.select(test_sets.c.id, test_sets.c.performed_at, test_sets.c.created_at)
        .where(test_sets.c.device_id == device_id, test_sets.c.test == test)
        .where(sa.select(readings.c.name).where(readings.c.test_set_id == test_sets.c.id).exists())
        .order_by(test_sets.c.day.desc(), test_sets.c.ordinal.desc())
        .limit(sets)
    )
    return tuple(
        (row.performed_at or row.created_at, latest(tx, row.id))
        for row in tx.connection.execute(query).all()
    )


def history(tx: Transaction, test_set_id: str, name: str) -> tuple[ReadingRecord, ...]:
    """Return every version of a reading, the first one first."""
    query = (
        sa.select(readings)
        .where(readings.c.test_set_id == test_set_id, readings.c.name == name)
        .order_by(readings.c.version)
    )
    return tuple(_record(row) for row in tx.connection.execute(query))


def _record(row: Any) -> ReadingRecord:
    return ReadingRecord(
        name=row.name,
        value=reading_value(row.value),
        unit=row.unit,
        uncertainty=row.uncertainty,
        at=row.at,
        source=row.source,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
    )
