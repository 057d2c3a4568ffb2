"""Service events: versions that stay, the newest in force."""

from dataclasses import replace

import pytest

from photopeak.model.trends import EpochEffect, EventKind
from photopeak.storage import events
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError, StateError
from support.trend_points import day, event


def test_an_event_comes_back_as_it_was_kept(database: Database) -> None:
    with database.transaction() as tx:
        kept = events.add(
            tx,
            event(
                1, detector=2, kind=EventKind.CORRECTIVE_ACTION, epoch=EpochEffect.STARTS,
                owner="field service", answers_alert="a", answers_result="r", returned_by="p",
                temperature_c=21.5, humidity_percent=45.0,
            ),
        )  # fmt: skip

        assert events.get(tx, kept.id) == kept
        assert kept.version == 1


def test_a_revision_is_a_new_version_and_the_old_one_stays(database: Database) -> None:
    with database.transaction() as tx:
        first = events.add(tx, event(1))
        second = events.revise(tx, replace(first, text="crystal changed", reason="wrong text"))

        assert second.version == 2
        assert events.versions(tx, first.id) == (first, second)
        assert events.of_device(tx, first.device_id) == (second,)
        with pytest.raises(StateError, match="has the version 2 by now"):
            events.revise(tx, replace(first, text="other"))


def test_events_of_a_device_come_in_order_and_without_those_withdrawn(database: Database) -> None:
    with database.transaction() as tx:
        late = events.add(tx, event(5))
        early = events.add(tx, event(1))
        wrong = events.add(tx, event(3))
        events.revise(tx, replace(wrong, withdrawn=True, reason="another device"))
        events.add(tx, event(2, device_id="camera-2"))

        assert events.of_device(tx, "camera-1") == (early, late)
        every = events.of_device(tx, "camera-1", withdrawn=True)
    assert [(e.id, e.withdrawn) for e in every] == [
        (early.id, False), (wrong.id, True), (late.id, False),
    ]  # fmt: skip


def test_a_list_of_events_is_read_page_by_page(database: Database) -> None:
    with database.transaction() as tx:
        for number in range(3):
            events.add(tx, event(number))
        events.add(tx, event(9, device_id="camera-2", kind=EventKind.SOURCE))

        page = events.page(tx, limit=2, device_id="camera-1")
        rest = events.page(tx, limit=2, cursor=page.next_cursor, device_id="camera-1")
        sources = events.page(tx, kinds=[EventKind.SOURCE])

    assert [e.at for e in (*page.items, *rest.items)] == [day(2), day(1), day(0)]
    assert rest.next_cursor is None
    assert [e.device_id for e in sources.items] == ["camera-2"]


def test_an_event_that_is_not_there_is_told(database: Database) -> None:
    with database.snapshot() as tx, pytest.raises(NotFoundError, match="no event nothing"):
        events.get(tx, "nothing")
