from dataclasses import replace

import pytest

from photopeak.model.judgement import Status
from photopeak.model.results import FailureRecord, MeasurementRecord
from photopeak.storage import results
from photopeak.storage.database import Database
from photopeak.storage.errors import NotFoundError
from support.rows import after, result_of, waiting_set


def test_a_result_comes_back_whole(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx)))

    with database.snapshot() as tx:
        found = results.get(tx, stored.id)
    assert found.figures[0].forms == {"json": b"", "svg": b""}
    assert replace(found, figures=stored.figures) == stored
    assert (stored.version, stored.supersedes, stored.current) == (1, None, True)


def test_a_figure_is_served_in_its_forms(database: Database) -> None:
    with database.transaction() as tx:
        stored = results.add(tx, result_of(waiting_set(tx)))

        assert results.figure(tx, stored.id, "flood", "svg") == b"<svg/>"
        with pytest.raises(NotFoundError, match=r"has no figure flood\.png"):
            results.figure(tx, stored.id, "flood", "png")


def test_the_same_work_done_twice_is_one_result(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        first = results.add(tx, result_of(test_set))
    again = result_of(test_set)
    later = replace(again.provenance, started_at=after(60), finished_at=after(61), host="other")
    with database.transaction() as tx:
        second = results.add(tx, replace(again, provenance=later))
        assert len(results.versions(tx, test_set.id)) == 1

    assert second.id == first.id
    assert second.provenance.finished_at == after(1)


@pytest.mark.parametrize(
    "change",
    [
        {"analyzer_version": "2"},
        {"parameters": {"pixel_size_mm": 3.2}},
        {"limit_sets": {"ws523": "ef" * 32}},
        {"baselines": ("b1",)},
        {"readings": ()},
        {"inputs": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_work_supersedes_and_keeps_what_was(
    sqlite_database: Database, change: dict[str, object]
) -> None:
    with sqlite_database.transaction() as tx:
        test_set = waiting_set(tx)
        first = results.add(tx, result_of(test_set))
        record = result_of(test_set)
        second = results.add(
            tx,
            replace(record, provenance=replace(record.provenance, **change)),  # type: ignore[arg-type]
        )

        assert (second.version, second.supersedes) == (2, first.id)
        old = results.get(tx, first.id)
        assert (old.current, old.measurements) == (False, first.measurements)
        current = results.current(tx, test_set.id)
        assert current is not None
        assert current.id == second.id


def test_returning_to_earlier_limits_makes_the_earlier_result_count(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        record = result_of(test_set)
        first = results.add(tx, record)
        other = replace(record.provenance, limit_sets={"ws523": "ef" * 32})
        second = results.add(tx, replace(record, provenance=other))
        third = results.add(tx, record)

        assert third.id == first.id
        assert [s.current for s in results.versions(tx, test_set.id)] == [True, False]
        assert not results.get(tx, second.id).current


def test_an_error_is_a_result_that_a_success_supersedes(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)
        failed = result_of(
            test_set,
            status=Status.ERROR,
            failure=FailureRecord(
                code="fit", message="no peak", quantity="peak", value=3.0, bound=5.0
            ),
            measurements=(),
            verdicts=(),
            figures=(),
        )
        first = results.add(tx, failed)
        second = results.add(tx, result_of(test_set))

        assert results.get(tx, first.id).failure == failed.failure
        assert second.supersedes == first.id


def test_nothing_of_a_result_stays_when_its_transaction_fails(database: Database) -> None:
    with database.transaction() as tx:
        test_set = waiting_set(tx)

    def add_and_fail() -> None:
        with database.transaction() as tx:
            results.add(tx, result_of(test_set))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    with database.snapshot() as tx:
        assert results.page(tx).items == ()


def test_results_are_listed_by_device_test_status_and_time(database: Database) -> None:
    with database.transaction() as tx:
        for n in range(4):
            test_set = waiting_set(tx, f"1.2.3.{n}", device_id=f"camera-{n % 2}")
            record = result_of(test_set, status=Status.FAIL if n == 3 else Status.PASS)
            moment = replace(record.provenance, finished_at=after(n))
            results.add(tx, replace(record, provenance=moment))
        first = results.page(tx, limit=3)
        rest = results.page(tx, limit=3, cursor=first.next_cursor)

        assert [r.finished_at for r in (*first.items, *rest.items)] == [
            after(3),
            after(2),
            after(1),
            after(0),
        ]
        assert rest.next_cursor is None
        assert [r.finished_at for r in results.page(tx, device_id="camera-1").items] == [
            after(3),
            after(1),
        ]
        assert len(results.page(tx, statuses=[Status.FAIL]).items) == 1
        assert len(results.page(tx, since=after(2)).items) == 2
        assert results.page(tx, test="other").items == ()
        assert len(results.by_series(tx, "1.2.3.1")) == 1
        latest = results.latest_per_test(tx)
        assert [(r.device_id, r.finished_at) for r in latest] == [
            ("camera-0", after(2)),
            ("camera-1", after(3)),
        ]
        assert len(results.latest_per_test(tx, "camera-1")) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_cannot_be_stored(value: float) -> None:
    with pytest.raises(ValueError, match="iu_ufov"):
        MeasurementRecord(metric="iu_ufov", label="", label_zh="", value=value, unit="%")


def test_an_error_has_a_failure_and_nothing_else_has() -> None:
    from photopeak.model.test_sets import TestSetMember, TestSetRecord, TestSetState
    from support.rows import NOON, key

    test_set = TestSetRecord(
        id="1",
        key=key(),
        ordinal=1,
        state=TestSetState.RUNNING,
        waiting_for="",
        reason="",
        purpose="",
        members=(TestSetMember(role="flood", series_instance_uid="1.2", generation=1),),
        parameters={},
        limits=(),
        attempt=1,
        worker_id=None,
        job_id=None,
        created_at=NOON,
        updated_at=NOON,
    )
    with pytest.raises(ValueError, match="without a failure"):
        result_of(test_set, status=Status.ERROR)
    with pytest.raises(ValueError, match="the status PASS"):
        result_of(test_set, failure=FailureRecord(code="x", message="y"))


def test_results_of_a_period_are_found_by_when_they_were_measured(database: Database) -> None:
    with database.transaction() as tx:
        stored = []
        for place, at in enumerate((after(0.0), after(7200.0), after(3600.0), None)):
            test_set = waiting_set(tx, f"1.2.3.{place}", group=str(place))
            made = result_of(test_set)
            finished = replace(made.provenance, finished_at=after(5400.0))
            stored.append(results.add(tx, replace(made, acquired_at=at, provenance=finished)))
        test_set = waiting_set(tx, "1.2.3.9", group="other", variant="iec")
        results.add(tx, result_of(test_set, acquired_at=after(3600.0)))
    asked = {"device_id": "camera-1", "test": "intrinsic_uniformity", "variant": "nema"}

    with database.snapshot() as tx:
        every = results.measured(tx, **asked)
        some = results.measured(tx, **asked, since=after(3600.0), before=after(7200.0))

    # One that does not know when it was measured stands where it was finished.
    first, second, third, unknown = (each.id for each in stored)
    assert [found.id for found in every] == [second, unknown, third, first]
    assert [found.id for found in some] == [unknown, third]
