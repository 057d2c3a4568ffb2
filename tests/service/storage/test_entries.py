"""Measurements that people entered: one set each, found again, moved to the day they were made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from photopeak.model.results import ReadingRecord
from photopeak.model.test_sets import TestSetState
from photopeak.storage import entries, readings, test_sets
from photopeak.storage.database import Database
from photopeak.storage.errors import StateError
from support.rows import NOON, after, key, waiting_set

KEY = key("pet_sensitivity")


def described(tx: Any, record: Any, **changes: Any) -> None:
    values = {"performed_at": NOON, "day": KEY.day, "operator": "x", "detector": None}
    entries.describe(tx, record, **{**values, **changes}, now=NOON)


def test_an_entry_is_found_again_by_its_content_and_by_its_key(database: Database) -> None:
    with database.transaction() as tx:
        record, new = entries.find_or_create(tx, KEY, ["counts"], days=1, now=NOON)
        assert (new, entries.known(tx, "c1", "k1")) == (True, None)
        entries.keep(tx, record.id, "c1", "k1", entered_by="x", now=NOON)
    with database.transaction() as tx:
        assert entries.known(tx, "c1", "k1") == record.id
        assert entries.known(tx, "c1", None) == record.id
        assert entries.known(tx, "c1", "k2") == record.id
        assert entries.known(tx, "c2", None) is None
        with pytest.raises(StateError, match="other content"):
            entries.known(tx, "c2", "k1")


def test_an_entry_completes_what_waits_and_never_another_measurement(database: Database) -> None:
    with database.transaction() as tx:
        opened = waiting_set(tx)
        mine = opened.key

        joined, new = entries.find_or_create(tx, mine, ["counts"], days=1, now=NOON)
        assert (joined.id, new) == (opened.id, False)
        described(tx, joined, day=mine.day)
        second, new = entries.find_or_create(tx, mine, ["counts"], days=1, now=NOON)
        assert (second.ordinal, new) == (2, True)
        readings.put(tx, second.id, ReadingRecord(name="counts", value=1.0), now=NOON)
        third, new = entries.find_or_create(tx, mine, ["counts"], days=1, now=NOON)
        assert (third.ordinal, new) == (3, True)
        fourth, new = entries.find_or_create(tx, mine, ["volume"], days=1, now=NOON)
        assert (fourth.id, new) == (third.id, False)


def test_a_set_of_several_days_is_completed_on_a_later_one(database: Database) -> None:
    with database.transaction() as tx:
        first, _ = entries.find_or_create(tx, KEY, ["a"], days=3, now=NOON)
        later = replace(KEY, day=KEY.day + timedelta(days=2))
        assert entries.find_or_create(tx, later, ["b"], days=3, now=NOON)[0].id == first.id
        assert entries.find_or_create(tx, later, ["b"], days=2, now=NOON)[1]


def test_a_set_moves_to_the_day_of_its_measurement_unless_images_tell_it(
    database: Database,
) -> None:
    with database.transaction() as tx:
        there = test_sets.create(tx, replace(KEY, day=date(2026, 3, 1)), now=NOON)
        record = test_sets.create(tx, KEY, now=NOON)
        described(tx, record, day=date(2026, 3, 1), detector=2)
        moved = test_sets.get(tx, record.id)
        with_images = waiting_set(tx)
        described(tx, with_images, day=date(2026, 3, 1))

        assert (moved.key.day, there.ordinal, moved.ordinal) == (date(2026, 3, 1), 1, 2)
        assert (moved.performed_at, moved.operator, moved.detector) == (NOON, "x", 2)
        assert test_sets.get(tx, with_images.id).key.day == with_images.key.day


@pytest.mark.parametrize("state", [TestSetState.DONE, TestSetState.REFUSED, TestSetState.FAILED])
def test_a_reading_lets_a_finished_set_wait_again(database: Database, state: TestSetState) -> None:
    with database.transaction() as tx:
        record = test_sets.create(tx, KEY, now=NOON)
        claimed = test_sets.claim(tx, test_sets.queue(tx, record.id, now=NOON).id, "w", now=NOON)
        assert claimed is not None
        assert test_sets.finish(tx, record.id, "w", claimed.attempt, state, now=NOON, reason="r")
        reading = ReadingRecord(name="counts", value=((1.0, "vial", None),), entered_at=NOON)

        assert readings.put(tx, record.id, reading, now=after(1))
        again = test_sets.get(tx, record.id)
        assert (again.state, again.reason) == (TestSetState.WAITING, "")
        assert readings.latest(tx, record.id)[0].value == ((1.0, "vial", None),)
        assert not readings.put(tx, record.id, reading, now=after(2))


def test_the_last_times_are_told_the_newest_first(database: Database) -> None:
    with database.transaction() as tx:
        for days in (0, 2, 1):
            record = test_sets.create(
                tx, replace(KEY, day=KEY.day - timedelta(days=days)), now=NOON
            )
            readings.put(tx, record.id, ReadingRecord(name="a", value=float(days)), now=NOON)
        test_sets.create(tx, KEY, now=NOON)  # without readings

        found = readings.last_times(tx, KEY.device_id, KEY.test, sets=2)

    assert [known[0].value for _, known in found] == [0.0, 1.0]
