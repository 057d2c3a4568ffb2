import itertools

import pytest

from photopeak.model.reception import StoredInstance
from photopeak.model.series import SeriesState
from photopeak.storage import instances, series
from photopeak.storage.database import Database
from photopeak.storage.instances import AddOutcome, IndexEntry
from support.rows import NOON, after, instance

UID = "1.2.3.10"


def outcomes(database: Database, *batch: StoredInstance) -> list[AddOutcome]:
    with database.transaction() as tx:
        return [added.outcome for added in instances.add_batch(tx, batch)]


def test_new_instances_are_counted_in_a_series_that_receives(database: Database) -> None:
    added = outcomes(database, instance(1), instance(2), instance(3, series="1.2.3.11"))

    assert added == [AddOutcome.NEW] * 3
    with database.snapshot() as tx:
        record = series.get(tx, UID)
        assert (record.state, record.instances, record.generation) == (SeriesState.RECEIVING, 2, 1)
        assert record.first_received_at == record.last_received_at == NOON
        assert series.get(tx, "1.2.3.11").instances == 1


def test_an_instance_comes_back_as_it_was_stored(database: Database) -> None:
    entry = instance(1)
    outcomes(database, entry)

    with database.snapshot() as tx:
        assert instances.get(tx, entry.id) == entry
        assert instances.by_sha256(tx, entry.sha256) == (entry,)
        assert instances.by_series(tx, UID) == (entry,)
        assert instances.get(tx, "nothing") is None


def test_identical_bytes_are_a_duplicate_that_names_the_file_to_keep(database: Database) -> None:
    first, again = instance(1), instance(1)
    outcomes(database, first)

    with database.transaction() as tx:
        (added,) = instances.add_batch(tx, [again])

    assert added.outcome is AddOutcome.DUPLICATE
    assert added.instance.path == first.path
    with database.snapshot() as tx:
        assert series.get(tx, UID).instances == 1


def test_a_commit_repeated_after_a_lost_answer_is_still_new(database: Database) -> None:
    entry = instance(1)
    outcomes(database, entry)

    assert outcomes(database, entry) == [AddOutcome.NEW]
    with database.snapshot() as tx:
        assert series.get(tx, UID).instances == 1


def test_other_bytes_under_the_same_uid_are_kept_as_a_conflict(database: Database) -> None:
    first, other = instance(1), instance(1, content="other")
    outcomes(database, first)

    with database.transaction() as tx:
        (added,) = instances.add_batch(tx, [other])

    assert added.outcome is AddOutcome.CONFLICT
    assert added.first == first
    assert added.instance.path == other.path
    assert added.instance.conflict
    assert outcomes(database, instance(1, content="other")) == [AddOutcome.DUPLICATE]
    with database.snapshot() as tx:
        assert instances.by_series(tx, UID) == (first,)
        assert len(instances.by_series(tx, UID, conflicts=True)) == 2
        assert (series.get(tx, UID).instances, series.get(tx, UID).conflicts) == (1, 1)


def test_one_batch_may_hold_the_same_instance_several_times(database: Database) -> None:
    added = outcomes(database, instance(1), instance(1), instance(1, content="other"), instance(2))

    assert added == [
        AddOutcome.NEW,
        AddOutcome.DUPLICATE,
        AddOutcome.CONFLICT,
        AddOutcome.NEW,
    ]


@pytest.mark.parametrize("state", [s for s in SeriesState if s is not SeriesState.RECEIVING])
def test_a_late_instance_reopens_a_series(sqlite_database: Database, state: SeriesState) -> None:
    outcomes(sqlite_database, instance(1))
    with sqlite_database.transaction() as tx:
        series.set_state(tx, UID, state)

    outcomes(sqlite_database, instance(2, at=after(60)))

    with sqlite_database.snapshot() as tx:
        record = series.get(tx, UID)
    assert (record.state, record.generation) == (SeriesState.RECEIVING, 2)
    assert record.last_received_at == after(60)
    assert record.reason == instances.REOPENED


def test_a_duplicate_or_a_conflict_reopens_nothing(database: Database) -> None:
    outcomes(database, instance(1))
    with database.transaction() as tx:
        series.set_state(tx, UID, SeriesState.ANALYZED)

    outcomes(database, instance(1, at=after(60)), instance(1, content="x", at=after(60)))

    with database.snapshot() as tx:
        record = series.get(tx, UID)
    assert (record.state, record.generation) == (SeriesState.ANALYZED, 1)
    assert record.last_received_at == NOON


def test_a_duplicate_keeps_a_receiving_series_from_being_quiet(database: Database) -> None:
    outcomes(database, instance(1))
    outcomes(database, instance(1, at=after(60)))

    with database.snapshot() as tx:
        assert series.get(tx, UID).last_received_at == after(60)


def test_an_instance_is_unindexed_until_its_header_was_read(database: Database) -> None:
    entries = [instance(n) for n in range(3)]
    outcomes(database, *entries)

    with database.transaction() as tx:
        assert [e.id for e in instances.unindexed(tx, 2)] == sorted(e.id for e in entries)[:2]
        header = {"Modality": "NM", "text": "洪水 \udc80 \0"}
        done = [
            IndexEntry(id=entries[0].id, header=header),
            IndexEntry(id=entries[1].id, fault="no preamble"),
        ]
        instances.set_indexed(tx, done, NOON)

    with database.snapshot() as tx:
        assert [e.id for e in instances.unindexed(tx, 9)] == [entries[2].id]
        known = dict(instances.headers(tx, UID))
        first = known[f"{UID}.0"]
        assert first.header == {"Modality": "NM", "text": "洪水 \ufffd \0"}
        assert known[f"{UID}.1"].fault == "no preamble"


def test_pages_by_id_reach_every_instance_once(database: Database) -> None:
    entries = [instance(n) for n in range(7)]
    outcomes(database, *entries)
    seen: list[str] = []

    with database.snapshot() as tx:
        after_id = ""
        while found := instances.page_by_id(tx, after_id, 3):
            seen.extend(e.id for e in found)
            after_id = found[-1].id
        assert instances.known_ids(tx, [*seen, "other"]) == frozenset(seen)

    assert seen == sorted(e.id for e in entries)


def test_a_batch_larger_than_the_number_of_bound_values_is_stored(database: Database) -> None:
    batch = [instance(n) for n in range(1200)]

    assert set(outcomes(database, *batch)) == {AddOutcome.NEW}
    assert set(outcomes(database, *(instance(n) for n in range(1200)))) == {AddOutcome.DUPLICATE}


def test_many_writers_of_the_same_instances_store_each_once(database: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(offset: int) -> list[AddOutcome]:
        batch = [instance((n + offset) % 20) for n in range(20)]
        return outcomes(database, *batch)

    with ThreadPoolExecutor(4) as pool:
        found = list(itertools.chain.from_iterable(pool.map(write, range(8))))

    assert found.count(AddOutcome.NEW) == 20
    assert found.count(AddOutcome.DUPLICATE) == 140
    with database.snapshot() as tx:
        assert series.get(tx, UID).instances == 20
