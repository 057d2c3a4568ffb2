import pytest

from photopeak.model.series import SeriesState
from photopeak.storage import instances, series
from photopeak.storage.database import Database
from photopeak.storage.errors import CursorError, NotFoundError
from photopeak.storage.instances import IndexEntry
from support.rows import NOON, after, instance, series_of

UID = "1.2.3.10"


def index(database: Database, uid: str = UID) -> None:
    with database.transaction() as tx:
        entries = [IndexEntry(id=e.id) for e in instances.by_series(tx, uid)]
        instances.set_indexed(tx, entries, NOON)


def test_an_unknown_series_is_named_in_the_error(sqlite_database: Database) -> None:
    with (
        sqlite_database.snapshot() as tx,
        pytest.raises(NotFoundError, match=r"there is no series 1\.9"),
    ):
        series.get(tx, "1.9")


def test_what_the_headers_say_is_kept_with_the_series(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx)
        series.set_display(
            tx,
            UID,
            modality="NM",
            display={"SeriesDescription": "均匀性"},
            acquired_at=after(-60),
            expected_instances=4,
        )
        series.set_device(tx, UID, "camera-1")

    with database.snapshot() as tx:
        record = series.get(tx, UID)
    assert (record.modality, record.device_id, record.expected_instances) == ("NM", "camera-1", 4)
    assert record.display == {"SeriesDescription": "均匀性"}
    assert record.acquired_at == after(-60)


def test_a_quiet_series_is_due_and_not_a_moment_before(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx)
    index(database)

    with database.snapshot() as tx:
        assert series.due_for_completion(tx, after(29.9), 30.0) == ()
        assert [s.series_instance_uid for s in series.due_for_completion(tx, after(30), 30)] == [
            UID
        ]


def test_a_series_with_all_its_instances_is_due_at_once(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx, count=3)
        series.set_display(
            tx, UID, modality="NM", display={}, acquired_at=None, expected_instances=3
        )
    index(database)

    with database.snapshot() as tx:
        assert len(series.due_for_completion(tx, NOON, 30.0)) == 1


def test_a_series_is_not_due_while_a_header_is_unread(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx, count=2)

    with database.snapshot() as tx:
        assert series.due_for_completion(tx, after(3600), 30.0) == ()


def test_a_state_is_not_set_on_a_series_that_was_reopened_meanwhile(database: Database) -> None:
    with database.transaction() as tx:
        series_of(tx)
        series.set_state(tx, UID, SeriesState.COMPLETE)
        instances.add_batch(tx, [instance(7)])

        assert not series.set_state(tx, UID, SeriesState.ANALYZED, generation=1)
        assert not series.set_state(
            tx, UID, SeriesState.ANALYZED, only_from=[SeriesState.RUNNING, SeriesState.QUEUED]
        )
        assert series.get(tx, UID).state is SeriesState.RECEIVING
        assert series.set_state(tx, UID, SeriesState.COMPLETE, "quiet", generation=2)
        assert series.get(tx, UID).reason == "quiet"


def test_pages_show_every_series_once_newest_first(database: Database) -> None:
    uids = [f"1.2.3.{n}" for n in range(25)]
    with database.transaction() as tx:
        for position, uid in enumerate(uids):
            # Several share a moment: the UID decides between them.
            instances.add_batch(tx, [instance(1, series=uid, at=after(position // 3))])

    seen = []
    cursor = None
    with database.snapshot() as tx:
        while True:
            page = series.page(tx, limit=7, cursor=cursor)
            seen.extend(page.items)
            cursor = page.next_cursor
            if cursor is None:
                break

    assert sorted(s.series_instance_uid for s in seen) == sorted(uids)
    keys = [(s.last_received_at, s.series_instance_uid) for s in seen]
    assert keys == sorted(keys, reverse=True)


def test_a_page_is_filtered_by_state_device_and_time(database: Database) -> None:
    with database.transaction() as tx:
        for n in range(3):
            instances.add_batch(tx, [instance(1, series=f"1.2.3.{n}", at=after(n))])
        series.set_state(tx, "1.2.3.1", SeriesState.UNROUTED)
        series.set_device(tx, "1.2.3.2", "camera-2")

        unrouted = series.page(tx, states=[SeriesState.UNROUTED])
        of_camera = series.page(tx, device_id="camera-2")
        late = series.page(tx, since=after(1))
        assert [s.series_instance_uid for s in unrouted.items] == ["1.2.3.1"]
        assert [s.series_instance_uid for s in of_camera.items] == ["1.2.3.2"]
        assert [s.series_instance_uid for s in late.items] == ["1.2.3.2", "1.2.3.1"]
        assert series.count_by_state(tx) == {SeriesState.RECEIVING: 2, SeriesState.UNROUTED: 1}


@pytest.mark.parametrize("cursor", ["", "x", "é", "bm9uc2Vuc2U", "WyIyMDI2LTAzLTAyIiwieCJd"])
def test_a_damaged_cursor_is_refused(sqlite_database: Database, cursor: str) -> None:
    with sqlite_database.snapshot() as tx, pytest.raises(CursorError):
        series.page(tx, cursor=cursor)
