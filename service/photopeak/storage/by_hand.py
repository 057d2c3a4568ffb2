"""What people ask of a test set: to be analysed with what it has; and sets that became empty."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from photopeak.model.test_sets import TestSetRecord, TestSetState
from photopeak.storage import test_sets
from photopeak.storage.database import Transaction
from photopeak.storage.errors import StateError
from photopeak.storage.locks import serialise
from photopeak.storage.tables.results import members, readings, results
from photopeak.storage.tables.results import test_sets as sets


def ask_partial(tx: Transaction, test_set_id: str, reason: str, *, now: datetime) -> TestSetRecord:
    """Send a waiting test set to the workers with what it has, and remember why.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    StateError
        If it does not wait.
    """
    done = tx.connection.execute(
        sa.update(sets)
        .where(sets.c.id == test_set_id, sets.c.state == TestSetState.WAITING)
        .values(partial=reason)
    )
    if done.rowcount != 1:
        state = test_sets.get(tx, test_set_id).state
        raise StateError(f"test set {test_set_id} is {state}")
    return test_sets.queue(tx, test_set_id, now=now)


def get_alone(tx: Transaction, test_set_id: str) -> TestSetRecord:
    """Return a test set that no other series joins until the transaction ends.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    key = test_sets.get(tx, test_set_id).key
    serialise(tx, (f"test sets of {key.device_id} {key.test} {key.day}",))
    return test_sets.get(tx, test_set_id)


def forget_if_empty(tx: Transaction, test_set_id: str) -> bool:
    """Delete a waiting test set to which nothing belongs: no series, no reading, no result.

    Returns
    -------
    bool
        True when it is gone.
    """
    nothing = (
        ~sa.select(table.c.test_set_id).where(table.c.test_set_id == test_set_id).exists()
        for table in (members, readings, results)
    )
    done = tx.connection.execute(
        sa.delete(sets).where(
            sets.c.id == test_set_id, sets.c.state == TestSetState.WAITING, *nothing
        )
    )
    return done.rowcount == 1
